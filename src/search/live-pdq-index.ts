import { type Backend, HASH_BYTES } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { Generation, type LiveSearchResult, PdqSnapshot } from './live-generation.js';
import { checkMerge, type MergeOptions, mergedBase, openBase } from './live-merge.js';
import { type Moment, Overlay } from './overlay.js';
import { type ChangeKind, ChangeLog, MAX_CAPACITY } from './overlay-log.js';
import { PdqIndex, type QueryHit, type SearchOptions, wholeHashes } from './pdq-index.js';

/** How to make an index that changes. */
export interface LiveOptions {
  /**
   * Changes between two merges, 1 to 16,777,216, those included that come during a merge: 77 bytes each, and every search compares each
   * added hash. Default 65,536 (our own choice: about as many hashes as a search compares faster than it goes through bands).
   */
  readonly capacity?: number;
}

/** What another thread needs to join an index that changes: to be posted to it, not to be looked into. */
export interface SharedPdqIndex {
  readonly log: SharedArrayBuffer;
  readonly base: SharedArrayBuffer | string;
  readonly header: Uint8Array;
}

const DEFAULT_CAPACITY = 1 << 16;
/** Changes that are taken up between two turns of the event loop: some milliseconds. */
const CHANGES_PER_TURN = 1 << 14;

/**
 * A {@link PdqIndex} that changes: hashes are added and removed at once, beside an immutable base, and merged into a new base from time to
 * time, while searches go on. Every answer is exact for the version that it names. Changes are in memory alone until a merge with a `path`
 * has saved them.
 *
 * One thread makes the changes; others join to search ({@link LivePdqIndex.share}).
 */
export class LivePdqIndex implements Disposable {
  readonly #backend: Backend;
  readonly #platform: Platform;
  readonly #writes: boolean;
  #current: Generation | undefined;
  #merging = false;

  /** @internal Use `egide.livePdqIndex` or `egide.joinPdqIndex`. */
  constructor(backend: Backend, platform: Platform, generation: Generation, writes: boolean) {
    this.#backend = backend;
    this.#platform = platform;
    this.#writes = writes;
    this.#current = generation;
  }

  /** Changes since the index was created: each hash added and each id removed is one. */
  get version(): number {
    const { log } = this.#live().overlay;
    return log.firstVersion + log.count;
  }

  /** Changes since the base, that the next merge takes into a new one. */
  get pending(): number {
    return this.#live().overlay.log.count;
  }

  /** Changes that there is room for between two merges. */
  get capacity(): number {
    return this.#live().overlay.log.capacity;
  }

  /**
   * Adds a hash. Several may share an id, and the same one twice is two hashes.
   *
   * @param id 0 to 2^32 - 1. In a base without ids of its own, a hash's id is its number.
   * @param hash 32 bytes.
   * @returns The version from which on it is found.
   * @throws {EgideError} `TOO_MANY_CHANGES` if there is no room before the next merge; `INVALID_ARGUMENT`, `READ_ONLY`, `DISPOSED`.
   */
  add(id: number, hash: Uint8Array): number {
    if (wholeHashes('hash', hash) !== 1) throw invalid('hash', `${HASH_BYTES} bytes`, hash);
    return this.#change('add', Uint32Array.of(checkedId(id)), hash);
  }

  /**
   * Adds hashes: all, or none if they do not fit; other threads see all or none. It takes them up before it returns, so give some ten
   * thousand at a time where the event loop matters.
   *
   * @param ids One for each hash.
   * @param hashes 32 bytes each, one after the other.
   * @returns The version from which on they are found.
   * @throws {EgideError} As {@link LivePdqIndex.add}.
   */
  addMany(ids: Uint32Array, hashes: Uint8Array): number {
    const count = wholeHashes('hashes', hashes);
    if (!(ids instanceof Uint32Array) || ids.length !== count) throw invalid('ids', `a Uint32Array of ${count} ids`, ids);
    return this.#change('add', ids, hashes);
  }

  /**
   * Removes every hash with this id, in the base and among the added. An id that no hash has is no error: it counts as a change.
   *
   * @returns The version from which on they are not found.
   * @throws {EgideError} As {@link LivePdqIndex.add}.
   */
  remove(id: number): number {
    return this.#change('remove', Uint32Array.of(checkedId(id)));
  }

  /**
   * Finds every hash within `maxDistance` bits of `query`: as {@link PdqIndex.search} in an index built at that moment.
   *
   * @throws {EgideError} As {@link PdqIndex.search}.
   */
  search(query: Uint8Array, options: SearchOptions): LiveSearchResult {
    const generation = this.#live();
    return generation.search(query, options, generation.overlay.now());
  }

  /**
   * Finds every pair of a query and a hash within `maxDistance` bits: as {@link PdqIndex.searchMany} in an index built at that moment.
   *
   * @throws {EgideError} As {@link PdqIndex.search}.
   */
  searchMany(queries: Uint8Array, options: SearchOptions): LiveSearchResult<QueryHit> {
    const generation = this.#live();
    return generation.searchMany(queries, options, generation.overlay.now());
  }

  /** The index as it is now, whatever changes: for searches that should all see the same. Dispose of it. Throws `DISPOSED`. */
  snapshot(): PdqSnapshot {
    const generation = this.#live();
    return new PdqSnapshot(generation, generation.overlay.now());
  }

  /**
   * What another thread joins with (`egide.joinPdqIndex`), for `postMessage`. Changes reach those who joined by themselves; after a merge
   * their answers say that they are `superseded` and keep to the last version before it: share anew then.
   *
   * @throws {EgideError} `NOT_SHARED` if the base lies in this thread's memory alone (build it as `shared`, or open it from a file) or the
   *   runtime has no shared memory; `DISPOSED`.
   */
  share(): SharedPdqIndex {
    const { base, overlay } = this.#live();
    const log = overlay.log.memory;
    if (log instanceof ArrayBuffer) throw new EgideError('NOT_SHARED', 'this runtime has no SharedArrayBuffer for other threads to read');
    const place = base.shared ?? base.path;
    if (place === undefined)
      throw new EgideError('NOT_SHARED', 'the base lies in memory of this thread alone: build it as shared, or open it from a file');
    return { log, base: place, header: base.header() };
  }

  /**
   * Builds a new base of the old one and the changes so far, in slices that do not hold the event loop, and puts it in the old one's
   * place. Changes and searches go on meanwhile; changes that come during the merge are pending after it. The old base is disposed of when
   * the last snapshot of it is. A merge that fails or is stopped leaves everything as it was. It takes the memory of a second index, and
   * 16 bytes a hash while it builds.
   *
   * @throws {EgideError} `BUSY` if a merge is under way; `INVALID_ARGUMENT`, `OUT_OF_MEMORY`, `NO_FILESYSTEM`, `WRITE_FAILED`, `READ_ONLY`,
   *   `DISPOSED`; `SUPERSEDED` if another index was saved to the same path just then; or the signal's reason.
   */
  async merge(options: MergeOptions = {}): Promise<void> {
    const old = this.#writable('merge');
    checkMerge(this.#platform, old.base, options);
    if (this.#merging) throw new EgideError('BUSY', 'merge: one is under way: await it');
    options.signal?.throwIfAborted();
    this.#merging = true;
    old.hold();
    try {
      const moment = old.overlay.now();
      const goOn = (): void => {
        options.signal?.throwIfAborted();
        this.#live();
      };
      const base = await mergedBase(this.#backend, this.#platform, old, moment, options, goOn);
      await this.#replace(old, moment, base);
    } finally {
      old.release();
      this.#merging = false;
    }
  }

  /** Puts the new base in the old one's place, with the changes that the merge did not take in. */
  async #replace(old: Generation, { changes }: Moment, base: PdqIndex): Promise<void> {
    const { log } = old.overlay;
    let overlay: Overlay | undefined;
    try {
      this.#live();
      overlay = new Overlay(this.#backend, ChangeLog.create(log.capacity, log.firstVersion + changes));
      for (let first = changes; ; first += CHANGES_PER_TURN) {
        overlay.log.carry(log, first, Math.min(log.count, first + CHANGES_PER_TURN));
        overlay.now();
        if (first + CHANGES_PER_TURN >= log.count) break;
        await nextTurn(undefined);
        this.#live();
      }
      // Nothing gives way between the last change that was carried over and here, so none is lost.
      this.#current = new Generation(base, overlay);
      log.supersede();
      old.release();
    } catch (error) {
      base[Symbol.dispose]();
      overlay?.[Symbol.dispose]();
      throw error;
    }
  }

  #change(kind: ChangeKind, ids: Uint32Array, hashes?: Uint8Array): number {
    const { overlay } = this.#writable(kind);
    overlay.log.append(kind, ids, hashes);
    overlay.now();
    return this.version;
  }

  #writable(method: string): Generation {
    if (!this.#writes)
      throw new EgideError('READ_ONLY', `${method}: this index was joined: only the thread that created it changes it, so ask that`);
    return this.#live();
  }

  #live(): Generation {
    if (!this.#current) throw new EgideError('DISPOSED', 'this index has been disposed of: create or join it anew');
    return this.#current;
  }

  /** Ends a merge that is under way; snapshots go on. */
  [Symbol.dispose](): void {
    this.#current?.release();
    this.#current = undefined;
  }
}

function checkedId(id: unknown): number {
  return wholeNumber('id', id, 0, 2 ** 32 - 1);
}

/**
 * Makes an index that changes, in front of an immutable one.
 *
 * @param base Taken over: it is disposed of when a merge has replaced it, or with the index. Do not dispose of it before.
 * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; `DISPOSED` if the base is.
 */
export function livePdqIndex(backend: Backend, platform: Platform, base: PdqIndex, options: LiveOptions = {}): LivePdqIndex {
  if (!(base instanceof PdqIndex)) throw invalid('base', 'a PdqIndex of this egide', base);
  checkCallOptions(options);
  const capacity = wholeNumber('capacity', options.capacity ?? DEFAULT_CAPACITY, 1, MAX_CAPACITY);
  base.header(); // throws if it was disposed of
  const overlay = new Overlay(backend, ChangeLog.create(capacity, 0));
  return new LivePdqIndex(backend, platform, new Generation(base, overlay), true);
}

/**
 * Joins an index that another thread changes, to search it.
 *
 * @param state What `share` gave there.
 * @throws {EgideError} `SUPERSEDED` if the base's file has been replaced since: ask for the state again; `INVALID_ARGUMENT`,
 *   `INVALID_INDEX`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function joinPdqIndex(
  backend: Backend,
  platform: Platform,
  state: SharedPdqIndex,
  options: { readonly signal?: AbortSignal } = {},
): Promise<LivePdqIndex> {
  if (typeof state !== 'object' || state === null || !(state.header instanceof Uint8Array))
    throw invalid('state', 'what share() gave', state);
  const log = ChangeLog.open(state.log);
  const base = await openBase(backend, platform, state.base, state.header, options);
  let overlay: Overlay | undefined;
  try {
    overlay = new Overlay(backend, log);
    while (overlay.takeUp(CHANGES_PER_TURN)) await nextTurn(options.signal);
    return new LivePdqIndex(backend, platform, new Generation(base, overlay), false);
  } catch (error) {
    base[Symbol.dispose]();
    overlay?.[Symbol.dispose]();
    throw error;
  }
}
