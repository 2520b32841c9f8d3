import { type Backend, HASH_BYTES, HIT_FIELDS, type Placed } from '../backend.js';
import type { ChangeLog } from './overlay-log.js';
import { nearestFirst, type QueryHit } from './pdq-index.js';

/** A place in a log of changes. */
export interface Moment {
  /** Changes until then. */
  readonly changes: number;
  /** Hashes added until then. */
  readonly adds: number;
}

/** Pairs of a query and an added hash that are compared at a time, so that a limit bounds the memory of any search (our own choice). */
const PAIRS_AT_ONCE = 1 << 20;
/** Hits that fit without a second search. */
const FIRST_CAPACITY = 64;

/**
 * The changes of a log as this thread has taken them up: added hashes where the core can compare them, and when which id was removed. It
 * answers for any moment of its log.
 */
export class Overlay implements Disposable {
  readonly log: ChangeLog;
  readonly #backend: Backend;
  readonly #hashes: Placed; // the added ones
  readonly #records: Uint32Array; // their records in the log
  readonly #removals = new Map<number, number>(); // id to the record of its last removal
  readonly #earlierRemoval: Int32Array; // record of a removal to that of the same id's before it, or -1
  #adds = 0;
  #changes = 0;
  #hits = new Uint32Array(HIT_FIELDS * FIRST_CAPACITY);

  /** Throws `OUT_OF_MEMORY`. */
  constructor(backend: Backend, log: ChangeLog) {
    this.log = log;
    this.#backend = backend;
    this.#records = new Uint32Array(log.capacity);
    this.#earlierRemoval = new Int32Array(log.capacity);
    this.#hashes = backend.index.reserve(HASH_BYTES * log.capacity);
  }

  /** The latest moment, once all that the log has is taken up. */
  now(): Moment {
    while (this.takeUp(this.log.capacity));
    return { changes: this.#changes, adds: this.#adds };
  }

  /** Takes up the log's next changes, at most so many, and returns whether there are more. */
  takeUp(atMost: number): boolean {
    const count = this.log.count;
    const end = Math.min(count, this.#changes + atMost);
    while (this.#changes < end) {
      if (this.log.kind(this.#changes) === 'add') this.#takeAdds(end);
      else this.#takeRemoval();
    }
    return end < count;
  }

  /** Adds that follow each other lie side by side in the log, and go over in one piece. */
  #takeAdds(end: number): void {
    const first = this.#changes;
    let record = first;
    for (; record < end && this.log.kind(record) === 'add'; ++record) this.#records[this.#adds + record - first] = record;
    const hashes = this.log.hashes.subarray(HASH_BYTES * first, HASH_BYTES * record);
    this.#backend.index.write(this.#hashes, HASH_BYTES * this.#adds, hashes);
    this.#adds += record - first;
    this.#changes = record;
  }

  #takeRemoval(): void {
    const record = this.#changes++;
    const id = this.log.ids[record] as number;
    this.#earlierRemoval[record] = this.#removals.get(id) ?? -1;
    this.#removals.set(id, record);
  }

  /** Whether the base's hashes with this id are gone by then. */
  removedFromBase(id: number, { changes }: Moment): boolean {
    return this.#removedSince(id, 0, changes);
  }

  /** Whether anything was removed by then. */
  hasRemovals({ changes, adds }: Moment): boolean {
    return changes > adds;
  }

  /** The id of added hash number `add`, unless it was removed by then. */
  addedId(add: number, { changes }: Moment): number | undefined {
    const record = this.#records[add] as number;
    const id = this.log.ids[record] as number;
    return this.#removedSince(id, record, changes) ? undefined : id;
  }

  addedHash(add: number): Uint8Array {
    const record = this.#records[add] as number;
    return this.log.hashes.subarray(HASH_BYTES * record, HASH_BYTES * (record + 1));
  }

  #removedSince(id: number, from: number, end: number): boolean {
    let removal = this.#removals.get(id) ?? -1;
    while (removal >= end) removal = this.#earlierRemoval[removal] as number;
    return removal >= from;
  }

  /** The nearest `limit` pairs of a query and a hash that was added and not removed by then, and whether there are more. */
  search(queries: Uint8Array, maxDistance: number, limit: number, moment: Moment): { hits: QueryHit[]; more: boolean } {
    const rows = Math.max(1, Math.floor((PAIRS_AT_ONCE * HASH_BYTES) / queries.byteLength));
    let hits: QueryHit[] = [];
    let more = false;
    let radius = maxDistance;
    for (let first = 0; first < moment.adds && queries.byteLength > 0; first += rows) {
      const found = this.#scan(queries, radius, first, Math.min(rows, moment.adds - first));
      for (let i = 0; i < HIT_FIELDS * found; i += HIT_FIELDS) {
        const id = this.addedId(first + (this.#hits[i + 1] as number), moment);
        if (id !== undefined) hits.push({ query: this.#hits[i] as number, id, distance: this.#hits[i + 2] as number });
      }
      if (hits.length <= limit) continue;
      more = true;
      hits = hits.sort(nearestFirst).slice(0, limit);
      radius = hits.at(-1)?.distance ?? radius; // nothing beyond can be among the nearest any more
    }
    return { hits, more };
  }

  /** Fills `#hits`, with rows counted from `first`. */
  #scan(queries: Uint8Array, radius: number, first: number, count: number): number {
    const rows = { first, count };
    const found = this.#backend.hammingScan(queries, this.#hashes, radius, this.#hits, undefined, rows);
    if (HIT_FIELDS * found <= this.#hits.length) return found;
    this.#hits = new Uint32Array(HIT_FIELDS * found);
    return this.#backend.hammingScan(queries, this.#hashes, radius, this.#hits, undefined, rows);
  }

  [Symbol.dispose](): void {
    this.#hashes[Symbol.dispose]();
  }
}
