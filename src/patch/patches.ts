import type { Backend, PatchExtraction } from '../backend.js';
import { MAX_SYNC_PIXELS } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { checkImage, type Image } from '../image/image.js';
import { liveBytes } from '../input.js';

/**
 * What patches are extracted for. `query`: a picture that is asked about; it may show a reference in a part of it, so it is looked at
 * at 800 pixels with 500 features. `lite`: the same at 640 pixels, as references are. `deep`: 1,024 pixels and 1,500 features, for
 * small parts of collages.
 */
export type PatchUse = 'query' | 'lite' | 'deep';

/** Long side in pixels, and features, of each use (docs/patches.md). */
export const PATCH_USES: Readonly<Record<PatchUse, Pick<PatchExtraction, 'longSide' | 'maxFeatures'>>> = {
  query: { longSide: 800, maxFeatures: 500 },
  lite: { longSide: 640, maxFeatures: 500 },
  deep: { longSide: 1024, maxFeatures: 1500 },
};
/** Features of one picture at most (native/core/patch/patches_format.hpp). */
const MAX_FEATURES = 4096;
/** How much a side may be stretched: beyond, little is left of it. */
const MAX_STRETCH = 8;

/** How to extract. */
export interface ExtractOptions {
  /** Default `query`. */
  readonly use?: PatchUse;
  /** Features at most, 1 to 4,096. Default: what `use` says. */
  readonly maxFeatures?: number;
  /** Factors by which width and height are changed before, 1/8 to 8: finds a copy whose proportions were changed. Default 1 and 1. */
  readonly stretch?: readonly [x: number, y: number];
}

/** The keypoints of one picture with their descriptors, strongest and best spread first. They are those of the upright picture. */
export interface Patches {
  /** As they pass between machines (docs/formats.md). Not for keeping: a record takes a tenth. */
  readonly bytes: Uint8Array;
  /** Pixels of the working picture that keypoints lie in. */
  readonly width: number;
  /** Pixels of the working picture. */
  readonly height: number;
  /** Pixels of the picture itself, upright. */
  readonly sourceWidth: number;
  /** Pixels of the picture itself, upright. */
  readonly sourceHeight: number;
  /** Features. */
  readonly count: number;
}

/** One keypoint with its descriptor. */
export interface Feature {
  /** In pixels of the working picture; the first pixel's centre is at 0.5. */
  readonly x: number;
  readonly y: number;
  /** Its size: the standard deviation of the blur in which it is strongest, pixels of the working picture. */
  readonly sigma: number;
  /** Of the strongest gradient, radians, from x towards y. */
  readonly angle: number;
  /** 128 bytes: 4 rows of 4 cells of 8 directions. */
  readonly histogram: Uint8Array;
}

const HEADER_BYTES = 32;
const PLACE_BYTES = 16;
const HISTOGRAM_BYTES = 128;

/** @internal Extracts at once. */
export function extract(backend: Backend, image: Image, options: ExtractOptions = {}): Patches {
  checkCallOptions(options);
  const checked = checkImage(image);
  if (checked.width * checked.height > MAX_SYNC_PIXELS)
    throw invalid('image', `at most ${MAX_SYNC_PIXELS} pixels here (use extractAsync)`, `${checked.width} x ${checked.height}`);
  return openPatches(backend.patch.extract(checked, extractionOf(checked, options)));
}

/** @internal Extracts without holding the event loop for long; the caller may transfer the buffer at once. */
export async function extractAsync(
  backend: Backend,
  image: Image,
  options: ExtractOptions & { readonly signal?: AbortSignal } = {},
): Promise<Patches> {
  checkCallOptions(options);
  options.signal?.throwIfAborted();
  const checked = checkImage(image);
  return openPatches(await backend.patch.extractAsync(checked, extractionOf(checked, options), options.signal));
}

function extractionOf(image: Image, options: ExtractOptions): PatchExtraction {
  const use = options.use ?? 'query';
  if (!Object.hasOwn(PATCH_USES, use)) throw invalid('use', "'query', 'lite' or 'deep'", use);
  const stretch: unknown = options.stretch ?? [1, 1];
  const isFactor = (factor: unknown) => typeof factor === 'number' && factor >= 1 / MAX_STRETCH && factor <= MAX_STRETCH;
  if (!Array.isArray(stretch) || stretch.length !== 2 || !stretch.every(isFactor))
    throw invalid('stretch', 'two factors from 1/8 to 8', stretch);
  const [stretchX, stretchY] = stretch as [number, number];
  const maxFeatures = wholeNumber('maxFeatures', options.maxFeatures ?? PATCH_USES[use].maxFeatures, 1, MAX_FEATURES);
  return { longSide: PATCH_USES[use].longSide, maxFeatures, orientation: image.orientation, stretchX, stretchY };
}

/**
 * Reads the header of extracted patches.
 *
 * @internal
 * @throws {EgideError} `INVALID_PATCHES` if they are none, or of another version.
 */
export function openPatches(given: Uint8Array | undefined): Patches {
  const bytes = liveBytes('patches', given);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const number = (i: number): number => (bytes.byteLength < HEADER_BYTES ? 0 : view.getUint32(4 * i, true));
  const [width, height, sourceWidth, sourceHeight, count] = [number(3), number(4), number(5), number(6), number(7)];
  const length = HEADER_BYTES + count * (PLACE_BYTES + HISTOGRAM_BYTES) + width * height;
  if (number(0) !== MAGIC || number(1) !== VERSION || length !== bytes.byteLength)
    throw new EgideError('INVALID_PATCHES', 'patches: expected the bytes that extract gave, in this version; extract them again');
  return { bytes, width, height, sourceWidth, sourceHeight, count };
}

/** `EGPQ`. */
const MAGIC = 0x51504745;
const VERSION = 1;

/** The features one by one, to look at or to measure with. */
export function featuresOf(patches: Patches): Feature[] {
  const { bytes, count } = openPatches(patches?.bytes);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: count }, (_, i) => {
    const place = (field: number): number => view.getFloat32(HEADER_BYTES + i * PLACE_BYTES + 4 * field, true);
    const start = HEADER_BYTES + count * PLACE_BYTES + i * HISTOGRAM_BYTES;
    return { x: place(0), y: place(1), sigma: place(2), angle: place(3), histogram: bytes.slice(start, start + HISTOGRAM_BYTES) };
  });
}
