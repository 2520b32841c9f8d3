import { type Backend, HASH_BYTES, HIT_FIELDS, type Placed } from '../backend.js';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import { liveBytes } from '../input.js';

/** One stored hash that is near enough. */
export interface Hit {
  /** Which of the stored hashes, from 0, in the order in which they were given. */
  readonly position: number;
  /** Bits that differ, 0 to 256. */
  readonly distance: number;
}

/** One stored hash that is near enough to one of several queries. */
export interface QueryHit extends Hit {
  /** Which of the queries, from 0. */
  readonly query: number;
}

/** How near is near enough. */
export interface SearchOptions {
  /**
   * Bits, a whole number from 0 to 256, inclusive. There is no default: 31 is what python-threatexchange calls a
   * confident PDQ match (`PDQ_CONFIDENT_MATCH_THRESHOLD`); measure your own.
   */
  readonly maxDistance: number;
}

/** How near is near enough, and how many hits are wanted. */
export interface SearchManyOptions extends SearchOptions {
  /** The nearest so many are returned, 1 or more. Without it, all. */
  readonly limit?: number;
}

/** Bits of a hash, so the largest distance there is. */
const HASH_BITS = 8 * HASH_BYTES;
/** Hits that fit without a second scan; a real upload has a handful (our own choice). */
const FIRST_CAPACITY = 64;
/** Hits whose fields still fit one typed array (2^32 bytes, the limit of every current engine). */
const MAX_HITS = Math.floor(2 ** 32 / (4 * HIT_FIELDS));

/**
 * An immutable set of 256-bit hashes, searched exactly by Hamming distance.
 *
 * Every hash is compared, so time grows with `size`. To add or remove hashes, build a new index.
 */
export class HashIndex implements Disposable {
  /** Hashes in the index. */
  readonly size: number;
  readonly #backend: Backend;
  #hashes: Placed | undefined;
  #hits = new Uint32Array(HIT_FIELDS * FIRST_CAPACITY); // (query, position, distance), grown on demand

  /**
   * Copies the hashes to where the core can search them.
   *
   * @param hashes 32 bytes each, one after the other.
   * @throws {EgideError} `INVALID_ARGUMENT` if they are not whole hashes or the buffer was transferred.
   */
  constructor(backend: Backend, hashes: Uint8Array) {
    this.size = wholeHashes('hashes', hashes);
    this.#backend = backend;
    this.#hashes = backend.place(hashes);
  }

  /**
   * Finds every hash within `maxDistance` bits of `query`, nearest first, ties by position.
   *
   * @param query 32 bytes.
   * @throws {EgideError} `INVALID_ARGUMENT` if a parameter is out of range; `DISPOSED` after disposal.
   */
  search(query: Uint8Array, options: SearchOptions): Hit[] {
    if (wholeHashes('query', query) !== 1) throw invalid('query', `${HASH_BYTES} bytes`, query);
    return this.searchMany(query, { maxDistance: options.maxDistance }).hits.map(({ position, distance }) => ({ position, distance }));
  }

  /**
   * Finds every pair of a query and a stored hash within `maxDistance` bits, in one pass over the stored hashes:
   * nearest first, ties by position, then by query. `truncated` says that there were more than `limit`.
   *
   * @param queries 32 bytes each, one after the other; none is allowed.
   * @throws {EgideError} `INVALID_ARGUMENT` if a parameter is out of range; `DISPOSED` after disposal;
   *   `OUT_OF_MEMORY` if the hits are more than fit.
   */
  searchMany(queries: Uint8Array, options: SearchManyOptions): { hits: QueryHit[]; truncated: boolean } {
    wholeHashes('queries', queries);
    const maxDistance = wholeNumber('maxDistance', options.maxDistance, 0, HASH_BITS);
    const limit = options.limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', options.limit, 1, MAX_HITS);

    const found = this.#scan(queries, maxDistance, limit);
    if (found > limit) return { hits: this.#nearest(queries, maxDistance, limit), truncated: true };
    return { hits: this.#written(found).sort(nearestFirst), truncated: false };
  }

  /** The nearest `limit` pairs when there are more: of those within the least distance that gives more than `limit`. */
  #nearest(queries: Uint8Array, maxDistance: number, limit: number): QueryHit[] {
    let [low, high] = [0, maxDistance]; // `high` gives more than `limit`
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#count(queries, middle) > limit) high = middle;
      else low = middle + 1;
    }
    const found = this.#scan(queries, high, Number.POSITIVE_INFINITY);
    return this.#written(found).sort(nearestFirst).slice(0, limit);
  }

  /** Counts the pairs and, if they are no more than `limit`, fills `#hits` with them. */
  #scan(queries: Uint8Array, maxDistance: number, limit: number): number {
    const found = this.#backend.hammingScan(queries, this.#placed(), maxDistance, this.#hits);
    if (found > limit || HIT_FIELDS * found <= this.#hits.length) return found;
    if (found > MAX_HITS)
      throw new EgideError('OUT_OF_MEMORY', `${found} pairs are within ${maxDistance} bits: lower maxDistance, or ask in parts`);
    this.#hits = new Uint32Array(HIT_FIELDS * found);
    return this.#backend.hammingScan(queries, this.#placed(), maxDistance, this.#hits);
  }

  #count(queries: Uint8Array, maxDistance: number): number {
    return this.#backend.hammingScan(queries, this.#placed(), maxDistance, new Uint32Array(0));
  }

  #placed(): Placed {
    if (!this.#hashes) throw new EgideError('DISPOSED', 'this index has been disposed of: build a new one');
    return this.#hashes;
  }

  #written(count: number): QueryHit[] {
    const hits: QueryHit[] = [];
    for (let i = 0; i < HIT_FIELDS * count; i += HIT_FIELDS)
      hits.push({ query: this.#hits[i] as number, position: this.#hits[i + 1] as number, distance: this.#hits[i + 2] as number });
    return hits;
  }

  [Symbol.dispose](): void {
    this.#hashes?.[Symbol.dispose]();
    this.#hashes = undefined;
  }
}

function nearestFirst(a: QueryHit, b: QueryHit): number {
  return a.distance - b.distance || a.position - b.position || a.query - b.query;
}

/** Checks that `bytes` are whole hashes and returns how many. */
function wholeHashes(parameter: string, bytes: Uint8Array): number {
  if (liveBytes(parameter, bytes).byteLength % HASH_BYTES !== 0) throw invalid(parameter, `a multiple of ${HASH_BYTES} bytes`, bytes);
  return bytes.byteLength / HASH_BYTES;
}
