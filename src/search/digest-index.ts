import { type Backend, DIGEST_HIT_FIELDS, INDEX_HEADER_BYTES } from '../backend.js';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import { liveBytes } from '../input.js';
import type { Platform } from '../platform.js';
import { checkKind, MAX_HITS, type OpenedIndex, StoredIndex, wholeRows } from './stored-index.js';

/** One stored digest that is one of several queries. */
export interface DigestHit {
  /** Which of the queries, from 0. */
  readonly query: number;
  /** The id of the stored digest: the one it was given, or else its number, from 0, in the order in which the digests were given. */
  readonly id: number;
}

/** A digest as it is stored. */
export interface StoredDigest {
  readonly digest: Uint8Array;
  readonly id: number;
}

const TYPES: readonly DigestType[] = ['md5', 'sha1', 'sha256'];
/** Rows that are read at once (our own choice). */
const SLICE_ROWS = 1 << 16;
/** Hits that fit without a second look-up; a real upload has a handful (our own choice). */
const FIRST_CAPACITY = 64;

/**
 * An immutable set of MD5, SHA-1 or SHA-256 digests. One flat buffer, in memory or in a mapped file.
 *
 * A digest may stand in it several times, with different ids: several entries of a list can name the same file.
 */
export class DigestIndex extends StoredIndex {
  /** The digests that it holds. */
  readonly type: DigestType;
  readonly #backend: Backend;
  /** Where its rows begin (docs/formats.md). */
  readonly #rowsAt: number;
  #hits = new Uint32Array(DIGEST_HIT_FIELDS * FIRST_CAPACITY); // (query, id), grown on demand

  /** @internal Use `egide.buildDigestIndex` or `egide.openDigestIndex`. */
  constructor(backend: Backend, platform: Platform, opened: OpenedIndex) {
    checkKind(opened.facts, 'digest');
    super(backend, platform, opened);
    this.type = TYPES.find((type) => DIGEST_BYTES[type] === opened.facts.width) as DigestType; // the core takes no other width
    this.#rowsAt = aligned(INDEX_HEADER_BYTES + 4 * (2 ** opened.facts.directoryBits + 1));
    this.#backend = backend;
  }

  /**
   * The ids, ascending, of the stored digests that are `digest`; none if it is not there.
   *
   * @param digest 16 bytes for `md5`, 20 for `sha1`, 32 for `sha256`.
   * @throws {EgideError} `INVALID_ARGUMENT` if the length does not fit; `DISPOSED` after disposal; `INVALID_INDEX` if the index turns out
   *   to be damaged; `OUT_OF_MEMORY` if there are more than 4,194,304.
   */
  find(digest: Uint8Array): number[] {
    const width = DIGEST_BYTES[this.type];
    if (wholeRows('digest', digest, width) !== 1) throw invalid('digest', `${width} bytes for ${this.type}`, digest);
    return this.findMany(digest).map(({ id }) => id);
  }

  /**
   * Finds every pair of a query and an equal stored digest, by query, ids ascending. Many at once are several times as fast as one by
   * one: none waits for memory by itself.
   *
   * @param digests Whole digests, one after the other; none is allowed.
   * @throws {EgideError} As {@link DigestIndex.find}.
   */
  findMany(digests: Uint8Array): DigestHit[] {
    wholeRows('digests', digests, DIGEST_BYTES[this.type]);
    const hits: DigestHit[] = [];
    const found = this.#find(digests);
    for (let i = 0; i < DIGEST_HIT_FIELDS * found; i += DIGEST_HIT_FIELDS)
      hits.push({ query: this.#hits[i] as number, id: this.#hits[i + 1] as number });
    return hits;
  }

  /**
   * The stored digests that begin with some bits, ascending, equal ones by id: for those who may see a part of what they ask for only.
   *
   * @param prefix Whole bytes, of which the first `bits` count; no longer than a digest.
   * @param bits 0 to 8 times the bytes. Default: all of them.
   * @throws {EgideError} `INVALID_ARGUMENT`; `DISPOSED` after disposal; `OUT_OF_MEMORY` if there are more than 4,194,304.
   */
  withPrefix(prefix: Uint8Array, bits: number = 8 * liveBytes('prefix', prefix).byteLength): StoredDigest[] {
    const width = DIGEST_BYTES[this.type];
    if (liveBytes('prefix', prefix).byteLength > width) throw invalid('prefix', `at most ${width} bytes`, prefix);
    wholeNumber('bits', bits, 0, 8 * prefix.byteLength);
    const first = this.#firstRow((row) => comparePrefix(row, prefix, bits) >= 0);
    const count = this.#firstRow((row) => comparePrefix(row, prefix, bits) > 0) - first;
    if (count > MAX_HITS) throw new EgideError('OUT_OF_MEMORY', `${count} digests begin so: ask for more bits`);
    const { index } = this.#backend;
    const digests = index.read(this.live(), this.#rowsAt + width * first, width * count);
    const ids = index.read(this.live(), aligned(this.#rowsAt + width * this.size) + 4 * first, 4 * count);
    const idOf = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
    return Array.from({ length: count }, (_, i) => ({
      digest: digests.slice(width * i, width * (i + 1)),
      id: idOf.getUint32(4 * i, true),
    }));
  }

  /** @internal The ids of all digests, in slices. */
  *idSlices(): Generator<Uint32Array> {
    const at = aligned(this.#rowsAt + DIGEST_BYTES[this.type] * this.size);
    for (let first = 0; first < this.size; first += SLICE_ROWS) {
      const ids = this.#backend.index.read(this.live(), at + 4 * first, 4 * Math.min(SLICE_ROWS, this.size - first));
      const view = new DataView(ids.buffer, ids.byteOffset, ids.byteLength);
      yield Uint32Array.from({ length: ids.byteLength / 4 }, (_, i) => view.getUint32(4 * i, true));
    }
  }

  /** The first row of which `holds` is true, by halving; every later one is such, too. */
  #firstRow(holds: (row: Uint8Array) => boolean): number {
    const width = DIGEST_BYTES[this.type];
    let [low, high] = [0, this.size];
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      if (holds(this.#backend.index.read(this.live(), this.#rowsAt + width * middle, width))) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Fills `#hits` and returns how many there are. */
  #find(digests: Uint8Array): number {
    const { index } = this.#backend;
    const found = index.digestFind(this.live(), digests, this.#hits);
    if (DIGEST_HIT_FIELDS * found <= this.#hits.length) return found;
    if (found > MAX_HITS) throw new EgideError('OUT_OF_MEMORY', `${found} pairs of digests are equal: ask in parts`);
    this.#hits = new Uint32Array(DIGEST_HIT_FIELDS * found);
    return index.digestFind(this.live(), digests, this.#hits);
  }
}

/** Sections begin at cache lines (docs/formats.md). */
function aligned(at: number): number {
  return 64 * Math.ceil(at / 64);
}

/** Negative, zero or positive, as the first `bits` of a row come before, are, or come after those of a prefix. */
function comparePrefix(row: Uint8Array, prefix: Uint8Array, bits: number): number {
  for (let i = 0; 8 * i < bits; ++i) {
    const mask = 0xff << Math.max(0, 8 * (i + 1) - bits);
    const difference = ((row[i] as number) & mask) - ((prefix[i] as number) & mask);
    if (difference !== 0) return difference;
  }
  return 0;
}
