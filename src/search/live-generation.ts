import { HASH_BYTES } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import type { Moment, Overlay } from './overlay.js';
import {
  checkedSearch,
  type Hit,
  nearestFirst,
  type PdqIndex,
  type QueryHit,
  type SearchOptions,
  type SearchResult,
  wholeHashes,
} from './pdq-index.js';
import { MAX_HITS } from './stored-index.js';

/** What a search in an index that changes found: as a search in an index built from the hashes that there were at `version`. */
export interface LiveSearchResult<Found extends Hit = Hit> extends SearchResult<Found> {
  /** How the unchanged part was searched; changes are always compared one by one. */
  readonly method: 'bands' | 'scan';
  /** Changes since the index was created, of which this answer knows all. */
  readonly version: number;
  /** Whether a merge has put another state in this one's place: its owner has a newer one to give (`share`). */
  readonly superseded: boolean;
}

/** A base and the changes to it, from which answers come. Both live until the last who holds them lets go. */
export class Generation {
  readonly base: PdqIndex;
  readonly overlay: Overlay;
  #holders = 1;

  constructor(base: PdqIndex, overlay: Overlay) {
    this.base = base;
    this.overlay = overlay;
  }

  hold(): this {
    ++this.#holders;
    return this;
  }

  release(): void {
    if (--this.#holders > 0) return;
    this.base[Symbol.dispose]();
    this.overlay[Symbol.dispose]();
  }

  search(query: Uint8Array, options: SearchOptions, moment: Moment): LiveSearchResult {
    if (wholeHashes('query', query) !== 1) throw invalid('query', `${HASH_BYTES} bytes`, query);
    const { hits, ...rest } = this.searchMany(query, options, moment);
    return { hits: hits.map(({ id, distance }) => ({ id, distance })), ...rest };
  }

  searchMany(queries: Uint8Array, options: SearchOptions, moment: Moment): LiveSearchResult<QueryHit> {
    wholeHashes('queries', queries);
    const { maxDistance, limit } = checkedSearch(options);
    const { log } = this.overlay;
    const superseded = log.superseded;
    const stored = this.#searchBase(queries, maxDistance, limit, moment);
    const added = this.overlay.search(queries, maxDistance, limit, moment);
    const hits = [...stored.hits, ...added.hits].sort(nearestFirst);
    const truncated = stored.more || added.more || hits.length > limit;
    if (truncated) hits.length = limit;
    return { hits, truncated, method: stored.method, version: log.firstVersion + moment.changes, superseded };
  }

  /**
   * The base's hits that were not removed: all of them or, if there are more, at least as many as are wanted, nearest first. Removed ones
   * may stand among the nearest, so it is asked for more until enough of the others are certain.
   */
  #searchBase(queries: Uint8Array, maxDistance: number, limit: number, moment: Moment) {
    for (let asked = limit + 1; ; asked *= 4) {
      const { hits, truncated, method } = this.base.searchMany(queries, asked > MAX_HITS ? { maxDistance } : { maxDistance, limit: asked });
      const left = hits.filter(({ id }) => !this.overlay.removedFromBase(id, moment));
      if (!truncated || left.length > limit) return { hits: left, more: truncated, method };
    }
  }
}

/**
 * An index that changes, as it was at one version: neither changes nor merges touch it. Hold one for the searches that should all see the
 * same, and dispose of it then: as long as it is held, so is the memory of what it reads.
 */
export class PdqSnapshot implements Disposable {
  /** Changes since the index was created, of which this knows all. */
  readonly version: number;
  readonly #moment: Moment;
  #generation: Generation | undefined;

  /** @internal Use `LivePdqIndex.snapshot`. */
  constructor(generation: Generation, moment: Moment) {
    this.version = generation.overlay.log.firstVersion + moment.changes;
    this.#generation = generation.hold();
    this.#moment = moment;
  }

  /** As {@link PdqIndex.search}. */
  search(query: Uint8Array, options: SearchOptions): LiveSearchResult {
    return this.#live().search(query, options, this.#moment);
  }

  /** As {@link PdqIndex.searchMany}. */
  searchMany(queries: Uint8Array, options: SearchOptions): LiveSearchResult<QueryHit> {
    return this.#live().searchMany(queries, options, this.#moment);
  }

  #live(): Generation {
    if (!this.#generation) throw new EgideError('DISPOSED', 'this snapshot has been disposed of: take a new one');
    return this.#generation;
  }

  [Symbol.dispose](): void {
    this.#generation?.release();
    this.#generation = undefined;
  }
}
