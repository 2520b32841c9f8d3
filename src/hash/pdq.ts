import type { Backend, PdqAnswer, PdqMode } from '../backend.js';
import { HASH_BYTES, MAX_SYNC_PIXELS } from '../backend.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { checkImage, type Image } from '../image/image.js';
import { liveBytes } from '../input.js';

/**
 * The eight symmetries of the square, in the order of pdqhash-python and of every list of eight here.
 * Names as in Meta's reference: `flipX` mirrors top to bottom, `flipY` left to right, `flipPlus1` and `flipMinus1`
 * along the diagonals.
 */
export const ORIENTATIONS = ['original', 'rotate90', 'rotate180', 'rotate270', 'flipX', 'flipY', 'flipPlus1', 'flipMinus1'] as const;
export type Orientation = (typeof ORIENTATIONS)[number];

/** Quality below which Meta advises to discard a hash: python-threatexchange `PdqSignal.QUALITY_THRESHOLD` = 50. */
export const PDQ_MIN_QUALITY = 50;

/** Shortest side that is hashed: Meta's reference gives the zero hash with quality 0 below it. */
export const PDQ_MIN_SIDE = 5;

/** One PDQ hash with what is needed to judge it. */
export interface PdqHash {
  /** 32 bytes, big-endian: byte 0 is the first pair of hex digits. */
  readonly hash: Uint8Array;
  /** 0 (featureless) to 100. */
  readonly quality: number;
  readonly mode: PdqMode;
  /** Why the hash must not be matched or put on a list; `null` when it may. */
  readonly unhashable: 'too-small' | 'low-quality' | null;
}

/** The eight orientations of one picture, from one pass over it. `hash` is the first of `hashes` and of `turned`. */
export interface PdqOrientations extends PdqHash {
  /** Eight hashes in the order of {@link ORIENTATIONS}, from one transform by changing signs: bit for bit Meta's. */
  readonly hashes: readonly Uint8Array[];
  /**
   * The same eight, sampled where the turned picture would be: what hashing the turned pixels themselves gives, exactly from 512
   * pixels on and within a dozen bits below.
   * Meta's are up to 50 bits from that on small pictures, because their cell centres are not symmetric (docs/pdq.md,
   * "Orientations"). Search with these.
   */
  readonly turned: readonly Uint8Array[];
}

/** How to hash. */
export interface PdqOptions {
  /** Default `full-res`, the family of python-threatexchange and Hasher-Matcher-Actioner. */
  readonly mode?: PdqMode;
}

/** How to hash without holding the event loop. */
export interface PdqAsyncHashOptions extends PdqOptions {
  /** Hash the picture as its EXIF orientation says that it should be seen; default `false`: the pixels as they are stored. */
  readonly upright?: boolean;
  readonly signal?: AbortSignal;
}

/** PDQ, Meta's perceptual hash of 256 bits (docs/pdq.md). */
export interface Pdq {
  /**
   * Hashes a picture of at most 12.5 million pixels without yielding (well under 50 ms).
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a malformed or larger image: use {@link Pdq.hashAsync}.
   */
  hash(image: Image, options?: PdqOptions): PdqHash;
  /** The eight orientations, at the price of little more than one. Throws as {@link Pdq.hash} does. */
  orientations(image: Image, options?: PdqOptions): PdqOrientations;
  /** The eight orientations of a picture of any size. The caller may transfer the buffer at once. */
  hashAsync(image: Image, options?: PdqAsyncHashOptions): Promise<PdqOrientations>;
  /** Bits in which two hashes differ, 0 to 256. */
  distance(a: Uint8Array, b: Uint8Array): number;
}

/** @internal */
export function createPdq(backend: Backend): Pdq {
  const orientations = (image: Image, options: PdqOptions = {}): PdqOrientations => {
    const mode = checkMode(options.mode);
    const checked = checkImage(image);
    if (checked.width * checked.height > MAX_SYNC_PIXELS)
      throw invalid('image', `at most ${MAX_SYNC_PIXELS} pixels here (use hashAsync)`, `${checked.width} x ${checked.height}`);
    return present(checked, mode, backend.pdq(checked, mode));
  };
  return {
    orientations,
    hash(image, options) {
      const { hash, quality, mode, unhashable } = orientations(image, options);
      return { hash, quality, mode, unhashable };
    },
    async hashAsync(image, options = {}) {
      checkCallOptions(options);
      options.signal?.throwIfAborted();
      const mode = checkMode(options.mode);
      const checked = checkImage(image);
      const orientation = options.upright ? checked.orientation : 1;
      return present(checked, mode, await backend.pdqAsync(checked, mode, { orientation, signal: options.signal }));
    },
    distance: pdqDistance,
  };
}

/** Bits in which two PDQ hashes differ, 0 to 256. */
export function pdqDistance(a: Uint8Array, b: Uint8Array): number {
  for (const [name, hash] of [
    ['a', a],
    ['b', b],
  ] as const)
    if (liveBytes(name, hash).byteLength !== HASH_BYTES)
      throw new EgideError('INVALID_HASH', `${name}: a PDQ hash has 32 bytes, this has ${hash.byteLength}`);
  let bits = 0;
  for (let i = 0; i < HASH_BYTES; ++i) {
    let diff = (a[i] as number) ^ (b[i] as number);
    for (; diff; diff &= diff - 1) ++bits;
  }
  return bits;
}

function checkMode(mode: PdqMode = 'full-res'): PdqMode {
  if (mode !== 'full-res' && mode !== 'reference-cpp') throw invalid('mode', "'full-res' or 'reference-cpp'", mode);
  return mode;
}

function present(image: Image, mode: PdqMode, { hashes, turned, quality }: PdqAnswer): PdqOrientations {
  const tooSmall = image.width < PDQ_MIN_SIDE || image.height < PDQ_MIN_SIDE;
  const eight = (bytes: Uint8Array) => ORIENTATIONS.map((_, i) => bytes.slice(i * HASH_BYTES, (i + 1) * HASH_BYTES));
  const list = eight(hashes);
  return {
    hash: list[0] as Uint8Array,
    hashes: list,
    turned: eight(turned),
    quality,
    mode,
    unhashable: tooSmall ? 'too-small' : quality < PDQ_MIN_QUALITY ? 'low-quality' : null,
  };
}
