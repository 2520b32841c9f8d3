import { type Backend, HASH_BYTES, HIT_FIELDS, MAX_INDEX_COUNT } from '../backend.js';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkKind, MAX_HITS, type OpenedIndex, StoredIndex, wholeRows } from './stored-index.js';

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
/** Rows that are read at once (our own choice). */
const SLICE_ROWS = 1 << 16;
/** Pairs whose fields still fit one typed array (2^32 bytes, the limit of every current engine). */
const MAX_PAIRS = Math.floor(2 ** 32 / (4 * HIT_FIELDS));
/** Pairs that are rather gathered than counted once more within less, and room for which is kept: 12 MB (our own choice). */
const GATHERED = 1 << 20;

/**
 * An immutable set of 256-bit hashes, searched exactly by Hamming distance: every stored hash within the radius is found
 * (docs/search.md says why). One flat buffer, in memory or in a mapped file.
 */
export class PdqIndex extends StoredIndex {
  /** @internal Whether it was built as `lean`; a small index, which has no bands, does not know. */
  readonly lean: boolean;
  readonly #backend: Backend;
  #pairs = new Uint32Array(HIT_FIELDS * FIRST_CAPACITY); // (query, id, distance), grown on demand

  /** @internal Use `egide.buildPdqIndex` or `egide.openPdqIndex`. */
  constructor(backend: Backend, platform: Platform, opened: OpenedIndex) {
    checkKind(opened.facts, 'pdq');
    super(backend, platform, opened);
    this.lean = opened.facts.directoryBits > 0 && !opened.facts.tags;
    this.#backend = backend;
  }

  /**
   * Finds every hash within `maxDistance` bits of `query`.
   *
   * @param query 32 bytes.
   * @throws {EgideError} `INVALID_ARGUMENT` if a parameter is out of range; `DISPOSED` after disposal; `INVALID_INDEX` if the index
   *   turns out to be damaged; `OUT_OF_MEMORY` if there are more than 4,194,304 hits and no `limit`.
   */
  search(query: Uint8Array, options: SearchOptions): SearchResult {
    if (wholeHashes('query', query) !== 1) throw invalid('query', `${HASH_BYTES} bytes`, query);
    const { hits, ...rest } = this.searchMany(query, options);
    return { hits: hits.map(({ id, distance }) => ({ id, distance })), ...rest };
  }

  /**
   * Finds every pair of a query and a stored hash within `maxDistance` bits, in one call that shares the work: the eight orientations
   * of several views, for example. Nothing else runs meanwhile: ask for thousands in parts, or in a worker.
   *
   * @param queries 32 bytes each, one after the other; none is allowed.
   * @throws {EgideError} As {@link PdqIndex.search}.
   */
  searchMany(queries: Uint8Array, options: SearchOptions): SearchResult<QueryHit> {
    const count = wholeHashes('queries', queries);
    const { maxDistance, limit } = checkedSearch(options);
    const method = this.#backend.index.pdqScans(this.live(), maxDistance, count) ? 'scan' : 'bands';
    const found = this.#search(queries, maxDistance, this.#pairs);
    const length = HIT_FIELDS * found;
    const pairs = length <= this.#pairs.length ? this.#pairs.subarray(0, length) : this.#gathered(queries, maxDistance, limit, found);
    return { hits: nearestOf(pairs, limit), truncated: found > limit, method };
  }

  /** All pairs that were found; or if that is more than `limit` and very many, those within a lesser distance that are still more. */
  #gathered(queries: Uint8Array, maxDistance: number, limit: number, found: number): Uint32Array {
    let [low, high, count] = [0, maxDistance, found];
    while (count > limit && count > GATHERED && low < high) {
      const middle = (low + high) >> 1;
      const nearer = this.#search(queries, middle, new Uint32Array(0));
      if (nearer > limit) [high, count] = [middle, nearer];
      else low = middle + 1;
    }
    if (count > (count > limit ? MAX_PAIRS : MAX_HITS))
      throw new EgideError('OUT_OF_MEMORY', `${count} pairs are within ${high} bits: lower maxDistance, give a limit, or ask in parts`);
    const pairs = new Uint32Array(HIT_FIELDS * count);
    if (count <= GATHERED) this.#pairs = pairs; // the next search may find as many
    return pairs.subarray(0, HIT_FIELDS * this.#search(queries, high, pairs));
  }

  /** Counts the pairs, and writes as many as there is room for. */
  #search(queries: Uint8Array, maxDistance: number, pairs: Uint32Array): number {
    return this.#backend.index.pdqSearch(this.live(), queries, maxDistance, pairs);
  }

  /**
   * @internal Writes (query, id, distance) of each pair within `maxDistance` bits, in no order, and returns how many there are; only those that fit
   * the `pairs.length / HIT_FIELDS` are written. Nothing is checked.
   */
  pairsWithin(queries: Uint8Array, maxDistance: number, pairs: Uint32Array): number {
    return this.#search(queries, maxDistance, pairs);
  }

  /**
   * Hashes from number `first` on, as they were given, and their ids: at most `count`, fewer at the end.
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `DISPOSED`.
   */
  read(first: number, count: number): { readonly hashes: Uint8Array; readonly ids: Uint32Array } {
    wholeNumber('first', first, 0, this.size);
    const rows = Math.min(wholeNumber('count', count, 0, MAX_INDEX_COUNT), this.size - first);
    const hashes = new Uint8Array(HASH_BYTES * rows);
    const ids = new Uint32Array(rows);
    this.#backend.index.pdqRead(this.live(), first, hashes, ids);
    return { hashes, ids };
  }

  /** @internal The ids of all hashes, in slices. */
  *idSlices(): Generator<Uint32Array> {
    for (let first = 0; first < this.size; first += SLICE_ROWS) yield this.read(first, SLICE_ROWS).ids;
  }
}

/** Checks how near is near enough, and how many are wanted: without a limit, infinitely many. */
export function checkedSearch({ maxDistance, limit }: SearchOptions): { readonly maxDistance: number; readonly limit: number } {
  wholeNumber('maxDistance', maxDistance, 0, HASH_BITS);
  return { maxDistance, limit: limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber('limit', limit, 1, MAX_HITS) };
}

/** The nearest `limit` of (query, id, distance) triples. An object is made of those alone: of a cluster there may be a million more. */
function nearestOf(pairs: Uint32Array, limit: number): QueryHit[] {
  const order = new Float64Array(pairs.length / HIT_FIELDS); // by distance, then by id
  for (let i = 0, at = 0; i < order.length; ++i, at += HIT_FIELDS)
    order[i] = 2 ** 32 * (pairs[at + 2] as number) + (pairs[at + 1] as number);
  const last = order.length > limit ? (order.slice().sort()[limit - 1] as number) : Number.POSITIVE_INFINITY;
  const hits: QueryHit[] = [];
  for (let i = 0, at = 0; i < order.length; ++i, at += HIT_FIELDS)
    if ((order[i] as number) <= last)
      hits.push({ query: pairs[at] as number, id: pairs[at + 1] as number, distance: pairs[at + 2] as number });
  return hits.sort(nearestFirst).slice(0, limit);
}

/** By distance, then by id, then by query. */
export function nearestFirst(a: QueryHit, b: QueryHit): number {
  return a.distance - b.distance || a.id - b.id || a.query - b.query;
}

/** Checks that `bytes` are whole hashes and returns how many. */
export function wholeHashes(parameter: string, bytes: Uint8Array): number {
  return wholeRows(parameter, bytes, HASH_BYTES);
}
