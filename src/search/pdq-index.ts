import { type Backend, HASH_BYTES, HIT_FIELDS } from '../backend.js';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import type { Platform } from '../platform.js';
import { type OpenedIndex, StoredIndex, wholeRows } from './stored-index.js';

/** One stored hash that is near enough. */
export interface Hit {
  /** The id of the stored hash: the one it was given, or else its number, from 0, in the order in which the hashes were given. */
  readonly id: number;
  /** Bits that differ, 0 to 256. */
  readonly distance: number;
}

/** One stored hash that is near enough to one of several queries. */
export interface QueryHit extends Hit {
  /** Which of the queries, from 0. */
  readonly query: number;
}

/** How near is near enough, and how many hits are wanted. */
export interface SearchOptions {
  /**
   * Bits, a whole number from 0 to 256, inclusive. There is no default: 31 is what python-threatexchange calls a
   * confident PDQ match (`PDQ_CONFIDENT_MATCH_THRESHOLD`); measure your own.
   */
  readonly maxDistance: number;
  /** The nearest so many are returned, 1 or more. Without it, all. */
  readonly limit?: number;
}

/** What a search found: every hit, nearest first, ties by id and then by query. */
export interface SearchResult<Found extends Hit = Hit> {
  readonly hits: Found[];
  /** Whether there were more than `limit`. */
  readonly truncated: boolean;
  /** How it was found: through the bands, or by comparing every hash, as small indexes and wide radii are. Both are exact. */
  readonly method: 'bands' | 'scan';
}

/** Bits of a hash, so the largest distance there is. */
const HASH_BITS = 8 * HASH_BYTES;
/** Hits that fit without a second search; a real upload has a handful (our own choice). */
const FIRST_CAPACITY = 64;
/** Hits whose fields still fit one typed array (2^32 bytes, the limit of every current engine). */
export const MAX_HITS = Math.floor(2 ** 32 / (4 * HIT_FIELDS));

/**
 * An immutable set of 256-bit hashes, searched exactly by Hamming distance: every stored hash within the radius is found
 * (docs/search.md says why). One flat buffer, in memory or in a mapped file.
 */
export class PdqIndex extends StoredIndex {
  /** @internal Whether it was built as `lean`; a small index, which has no bands, does not know. */
  readonly lean: boolean;
  readonly #backend: Backend;
  #hits = new Uint32Array(HIT_FIELDS * FIRST_CAPACITY); // (query, id, distance), grown on demand

  /** @internal Use `egide.buildPdqIndex` or `egide.openPdqIndex`. */
  constructor(backend: Backend, platform: Platform, opened: OpenedIndex) {
    if (opened.facts.kind !== 'pdq') throw new EgideError('INVALID_INDEX', 'this is an index of digests: open it with openDigestIndex');
    super(backend, platform, opened);
    this.lean = opened.facts.directoryBits > 0 && !opened.facts.tags;
    this.#backend = backend;
  }

  /**
   * Finds every hash within `maxDistance` bits of `query`.
   *
   * @param query 32 bytes.
   * @throws {EgideError} `INVALID_ARGUMENT` if a parameter is out of range; `DISPOSED` after disposal; `INVALID_INDEX` if the index
   *   turns out to be damaged; `OUT_OF_MEMORY` if the hits are more than fit.
   */
  search(query: Uint8Array, options: SearchOptions): SearchResult {
    if (wholeHashes('query', query) !== 1) throw invalid('query', `${HASH_BYTES} bytes`, query);
    const { hits, ...rest } = this.searchMany(query, options);
    return { hits: hits.map(({ id, distance }) => ({ id, distance })), ...rest };
  }

  /**
   * Finds every pair of a query and a stored hash within `maxDistance` bits, in one call that shares the work: the eight orientations
   * of several views, for example.
   *
   * @param queries 32 bytes each, one after the other; none is allowed.
   * @throws {EgideError} As {@link PdqIndex.search}.
   */
  searchMany(queries: Uint8Array, options: SearchOptions): SearchResult<QueryHit> {
    const count = wholeHashes('queries', queries);
    const { maxDistance, limit } = checkedSearch(options);
    const method = this.#backend.index.pdqScans(this.live(), maxDistance, count) ? 'scan' : 'bands';
    const found = this.#search(queries, maxDistance, limit);
    if (found > limit) return { hits: this.#nearest(queries, maxDistance, limit), truncated: true, method };
    return { hits: this.#written(found).sort(nearestFirst), truncated: false, method };
  }

  /** The nearest `limit` pairs when there are more: of those within the least distance that gives more than `limit`. */
  #nearest(queries: Uint8Array, maxDistance: number, limit: number): QueryHit[] {
    let [low, high] = [0, maxDistance]; // `high` gives more than `limit`
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#count(queries, middle) > limit) high = middle;
      else low = middle + 1;
    }
    const found = this.#search(queries, high, Number.POSITIVE_INFINITY);
    return this.#written(found).sort(nearestFirst).slice(0, limit);
  }

  /** Counts the pairs and, if they are no more than `limit`, fills `#hits` with them. */
  #search(queries: Uint8Array, maxDistance: number, limit: number): number {
    const found = this.#backend.index.pdqSearch(this.live(), queries, maxDistance, this.#hits);
    if (found > limit || HIT_FIELDS * found <= this.#hits.length) return found;
    if (found > MAX_HITS)
      throw new EgideError('OUT_OF_MEMORY', `${found} pairs are within ${maxDistance} bits: lower maxDistance, or ask in parts`);
    this.#hits = new Uint32Array(HIT_FIELDS * found);
    return this.#backend.index.pdqSearch(this.live(), queries, maxDistance, this.#hits);
  }

  #count(queries: Uint8Array, maxDistance: number): number {
    return this.#backend.index.pdqSearch(this.live(), queries, maxDistance, new Uint32Array(0));
  }

  #written(count: number): QueryHit[] {
    const hits: QueryHit[] = [];
    for (let i = 0; i < HIT_FIELDS * count; i += HIT_FIELDS)
      hits.push({ query: this.#hits[i] as number, id: this.#hits[i + 1] as number, distance: this.#hits[i + 2] as number });
    return hits;
  }

  /**
   * Hashes from number `first` on, as they were given, and their ids: at most `count`, fewer at the end.
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `DISPOSED`.
   */
  read(first: number, count: number): { readonly hashes: Uint8Array; readonly ids: Uint32Array } {
    wholeNumber('first', first, 0, this.size);
    const rows = Math.min(wholeNumber('count', count, 0, this.size), this.size - first);
    const hashes = new Uint8Array(HASH_BYTES * rows);
    const ids = new Uint32Array(rows);
    this.#backend.index.pdqRead(this.live(), first, hashes, ids);
    return { hashes, ids };
  }
}

/** Checks how near is near enough, and how many are wanted: without a limit, infinitely many. */
export function checkedSearch({ maxDistance, limit }: SearchOptions): { readonly maxDistance: number; readonly limit: number } {
  wholeNumber('maxDistance', maxDistance, 0, HASH_BITS);
  return { maxDistance, limit: limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', limit, 1, MAX_HITS) };
}

/** By distance, then by id, then by query. */
export function nearestFirst(a: QueryHit, b: QueryHit): number {
  return a.distance - b.distance || a.id - b.id || a.query - b.query;
}

/** Checks that `bytes` are whole hashes and returns how many. */
export function wholeHashes(parameter: string, bytes: Uint8Array): number {
  return wholeRows(parameter, bytes, HASH_BYTES);
}
