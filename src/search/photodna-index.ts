import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { MAX_PHOTODNA_DISTANCE, PHOTODNA_BYTES } from '../hash/photodna.js';
import { liveBytes, nextTurn } from '../input.js';
import { MAX_HITS } from './stored-index.js';

/** One listed PhotoDNA hash that is near enough. */
export interface PhotoDnaHit {
  /** The id that the hash was given. */
  readonly id: number;
  /** Squared Euclidean distance, 0 to 9,363,600. */
  readonly distance: number;
}

/** How near is near enough, and how many hits are wanted. */
export interface PhotoDnaSearchOptions {
  /** Squared Euclidean distance, 0 to 9,363,600, inclusive. There is no default: nothing here measures one. */
  readonly maxDistance: number;
  /** The nearest so many are returned, 1 or more. Without it, all. */
  readonly limit?: number;
  readonly signal?: AbortSignal;
}

/** What a search found: nearest first, ties by id. */
export interface PhotoDnaSearchResult {
  readonly hits: readonly PhotoDnaHit[];
  /** Whether there were more than `limit`. */
  readonly truncated: boolean;
}

/** Reads bytes of an index, wherever it lies. */
type ReadBytes = (offset: number, length: number) => Uint8Array;

/** Bytes of a hash and of its id. */
const ROW_BYTES = PHOTODNA_BYTES + 4;
/** Rows between two turns of the event loop: some 2 ms, 20 ms where most of them are near (measured here). */
const SLICE_ROWS = 1 << 16;
/** Numbers that are compared before it is asked whether two hashes are too far apart already (measured here: 4, 12 and 16 are slower). */
const STEP = 8;

/**
 * An immutable set of PhotoDNA hashes, searched exactly: every one is compared with the query until it is known to be too far away. A row is
 * a hash and its id (docs/formats.md).
 */
export class PhotoDnaIndex implements Disposable {
  /** Hashes in the index. */
  readonly size: number;
  /** Bytes of the index, all included. */
  readonly byteLength: number;
  #read: ReadBytes | undefined;

  /** @internal */
  constructor(byteLength: number, read: ReadBytes) {
    if (byteLength % ROW_BYTES !== 0) throw new EgideError('INVALID_INDEX', 'these bytes are no index of PhotoDNA hashes');
    this.size = byteLength / ROW_BYTES;
    this.byteLength = byteLength;
    this.#read = read;
  }

  /**
   * Finds every hash within `maxDistance` of `query`, in slices that do not hold the event loop: some 40 ms for a million hashes, and six
   * times as much where most of them are near (measured here).
   *
   * @param query 144 bytes, copied.
   * @throws {EgideError} `INVALID_ARGUMENT` if a parameter is out of range; `DISPOSED`; `OUT_OF_MEMORY` if there are more than 4,194,304
   *   hits and no `limit`; or the signal's reason.
   */
  async search(query: Uint8Array, options: PhotoDnaSearchOptions): Promise<PhotoDnaSearchResult> {
    checkCallOptions(options);
    const { maxDistance, limit = Number.POSITIVE_INFINITY, signal } = options;
    const nearest = new Nearest(wholeNumber('maxDistance', maxDistance, 0, MAX_PHOTODNA_DISTANCE), limit);
    const wanted = new Uint8Array(checkPhotoDna('query', query));
    for (let first = 0; first < this.size; first += SLICE_ROWS) {
      if (first > 0) await nextTurn(signal);
      signal?.throwIfAborted();
      lookIn(this.#rows(first, Math.min(SLICE_ROWS, this.size - first)), wanted, nearest);
    }
    return nearest.result();
  }

  /** The bytes of the index in order, in slices. */
  *chunks(): Generator<Uint8Array> {
    for (let first = 0; first < this.size; first += SLICE_ROWS) yield this.#rows(first, Math.min(SLICE_ROWS, this.size - first));
  }

  /** @internal The ids of all hashes, in slices. */
  *idSlices(): Generator<Uint32Array> {
    for (const rows of this.chunks()) {
      const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
      yield Uint32Array.from({ length: rows.length / ROW_BYTES }, (_, i) => view.getUint32(ROW_BYTES * i + PHOTODNA_BYTES, true));
    }
  }

  #rows(first: number, count: number): Uint8Array {
    if (!this.#read) throw new EgideError('DISPOSED', 'this index has been disposed of: open it anew');
    return this.#read(first * ROW_BYTES, count * ROW_BYTES);
  }

  [Symbol.dispose](): void {
    this.#read = undefined;
  }
}

/** An index of hashes in memory: `ids[i]` is the id of the 144 bytes from `144 * i` on. */
export function buildPhotoDnaIndex(hashes: Uint8Array, ids: Uint32Array): PhotoDnaIndex {
  const bytes = new Uint8Array(ids.length * ROW_BYTES);
  const view = new DataView(bytes.buffer);
  for (const [i, id] of ids.entries()) {
    bytes.set(hashes.subarray(i * PHOTODNA_BYTES, (i + 1) * PHOTODNA_BYTES), i * ROW_BYTES);
    view.setUint32(i * ROW_BYTES + PHOTODNA_BYTES, id, true);
  }
  return new PhotoDnaIndex(bytes.length, (offset, length) => bytes.subarray(offset, offset + length));
}

/** Checks a hash. Throws `INVALID_ARGUMENT`, without it. */
export function checkPhotoDna(parameter: string, hash: Uint8Array): Uint8Array {
  if (liveBytes(parameter, hash).byteLength !== PHOTODNA_BYTES) throw invalid(parameter, `${PHOTODNA_BYTES} bytes`, hash);
  return hash;
}

function lookIn(rows: Uint8Array, query: Uint8Array, nearest: Nearest): void {
  const view = new DataView(rows.buffer, rows.byteOffset, rows.byteLength);
  for (let at = 0; at < rows.length; at += ROW_BYTES) {
    const { maxDistance } = nearest;
    let distance = 0;
    for (let i = 0; i < PHOTODNA_BYTES && distance <= maxDistance; ) {
      const end = i + STEP;
      for (; i < end; ++i) {
        const difference = (rows[at + i] as number) - (query[i] as number);
        distance += difference * difference;
      }
    }
    if (distance <= maxDistance) nearest.add(view.getUint32(at + PHOTODNA_BYTES, true), distance);
  }
}

/** The nearest `limit` of what is found. Once there are twice as many, the farther half goes, and so does whatever is as far. */
class Nearest {
  /** What is farther is of no use any more. */
  maxDistance: number;
  readonly #limit: number;
  #hits: PhotoDnaHit[] = [];
  #truncated = false;

  constructor(maxDistance: number, limit: number) {
    this.maxDistance = maxDistance;
    this.#limit = limit === Number.POSITIVE_INFINITY ? limit : wholeNumber('limit', limit, 1, MAX_HITS);
  }

  add(id: number, distance: number): void {
    if (this.#hits.push({ id, distance }) >= 2 * this.#limit) this.#cut();
    if (this.#limit === Number.POSITIVE_INFINITY && this.#hits.length > MAX_HITS)
      throw new EgideError('OUT_OF_MEMORY', `more than ${MAX_HITS} hashes are so near: lower maxDistance, or give a limit`);
  }

  result(): PhotoDnaSearchResult {
    this.#cut();
    return { hits: this.#hits, truncated: this.#truncated };
  }

  #cut(): void {
    this.#hits.sort((a, b) => a.distance - b.distance || a.id - b.id);
    if (this.#hits.length <= this.#limit) return;
    this.#hits.length = this.#limit;
    this.#truncated = true;
    this.maxDistance = (this.#hits.at(-1) as PhotoDnaHit).distance;
  }
}
