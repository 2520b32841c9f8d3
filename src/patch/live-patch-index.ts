import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkedIds } from '../search/build-index.js';
import type { BuildOptions, CheckOptions } from '../search/index-bytes.js';
import { withHeader } from '../search/stored-index.js';
import { buildFromRecords, bytesOf, openPatchIndex, type RecordSource } from './build-patch-index.js';
import { LiveRows, LiveSegment } from './live-segment.js';
import { PatchIndex, type PatchSearchOptions, type PatchSearchResult, searchSegments } from './patch-index.js';
import type { Patches } from './patches.js';
import type { PatchProfile, PatchRecord } from './record.js';
import { checkStops } from './stop-features.js';

/** How to make a bank of patches that changes. */
export interface LivePatchOptions {
  /**
   * What added records are marked with, and everything at a merge: the table of stop features that the base was built with, or `keep`
   * (the default): added records have the marks that they carry, which is none after `enrol`.
   */
  readonly stops?: 'keep' | Uint8Array;
}

/** How to add to a bank that changes. */
export interface AddPatchOptions {
  /** An id for each record, 0 to 2^32 - 1. Default: the numbers after the largest id that the bank has had. */
  readonly ids?: Uint32Array;
  readonly signal?: AbortSignal;
}

/** How to merge a bank that changes. */
export interface MergePatchOptions extends BuildOptions {
  /**
   * A file to save the new base to, and to map it from. It may be the old base's own: those who have that mapped keep it. Default: none;
   * the new base is in memory, wherever the old one was.
   */
  readonly path?: string;
}

/** What `remove` did. */
export interface RemovedPatches {
  /** Images that were there and are not any more. */
  readonly removed: number;
  /** Those of the ids that no image had. */
  readonly unknown: Uint32Array;
}

/** Indexes that a search goes through at most: each costs it a look into every bucket (our own choice). */
const MAX_SEGMENTS = 8;
/** The part of a merge that building is, if a file is written too (our own choice; as long, about, as for hashes). */
const BUILT_PART = 0.8;
const MAX_ID = 2 ** 32 - 1;

/**
 * A {@link PatchIndex} that changes: records are added and removed beside an immutable base, and merged into a new base when the caller
 * says so. What it answers is, at any time, what an index newly built of the records that are left would answer. Changes are in memory
 * alone until a merge with a `path` has saved them.
 *
 * One adds or merges at a time (`BUSY`); searches and removals go on meanwhile.
 */
export class LivePatchIndex implements Disposable {
  readonly profile: PatchProfile;
  readonly #backend: Backend;
  readonly #platform: Platform;
  readonly #stops: 'keep' | Uint8Array;
  #segments: readonly LiveSegment[] | undefined; // the base, then what was added, in order
  #nextId: number | undefined;
  #underWay: 'add' | 'merge' | undefined;

  /** @internal Use `egide.livePatchIndex`. */
  constructor(backend: Backend, platform: Platform, base: PatchIndex, stops: 'keep' | Uint8Array) {
    this.#backend = backend;
    this.#platform = platform;
    this.#stops = stops;
    this.profile = base.profile;
    this.#segments = [new LiveSegment(base)];
  }

  /** Images that a search can find. */
  get size(): number {
    return this.#live().reduce((sum, { left }) => sum + left, 0);
  }

  /** Images added and removed since the base, that the next merge takes into a new one. */
  get pending(): number {
    const [base] = this.#live();
    return base ? this.size - base.left + (base.index.size - base.left) : 0;
  }

  /** Indexes that a search goes through, 1 to 8: the base, and those of what was added. */
  get segments(): number {
    return this.#live().length;
  }

  /**
   * Adds records: all of them, or none if it fails or is stopped. They are found from when the promise resolves. It takes some
   * milliseconds and, now and then, as long as building an index of all that was added since the base: add many at a time, and merge.
   *
   * @param records As `buildPatchIndex` takes them, of the base's profile; not to be changed before the answer.
   * @returns Their ids. Several may share one.
   * @throws {EgideError} `BUSY`, `INVALID_PATCHES`, `INVALID_ARGUMENT`, `OUT_OF_MEMORY`, `DISPOSED`; or the signal's reason.
   */
  async add(records: readonly (PatchRecord | Uint8Array)[], options: AddPatchOptions = {}): Promise<Uint32Array> {
    checkCallOptions(options);
    if (!Array.isArray(records)) throw invalid('records', 'an array of records that enrol gave, or their bytes', records);
    const segments = this.#begin('add');
    const ids = checkedIds(options.ids, records.length)?.slice() ?? this.#idsFor(records.length);
    options.signal?.throwIfAborted();
    if (records.length === 0) return ids;
    this.#underWay = 'add';
    try {
      await this.#rebuild(foldFrom(segments, records.length), { records, ids }, options, async (index) => index);
      this.#nextId = ids.reduce((next, id) => Math.max(next, id + 1), this.#nextId ?? 0);
      return ids;
    } finally {
      this.#underWay = undefined;
    }
  }

  /**
   * Removes every image with one of these ids: no search that begins after this finds them. It takes some milliseconds for each million
   * images, so give many at a time. What is being added just now is not there yet, and is not removed.
   *
   * @param ids 0 to 2^32 - 1 each.
   * @throws {EgideError} `INVALID_ARGUMENT`, `DISPOSED`.
   */
  remove(ids: Uint32Array | readonly number[]): RemovedPatches {
    if (!Array.isArray(ids) && !(ids instanceof Uint32Array)) throw invalid('ids', 'an array of ids', ids);
    for (const [i, id] of ids.entries()) wholeNumber(`ids[${i}]`, id, 0, MAX_ID);
    const wanted = new Set(ids);
    const unknown = new Set(ids);
    const before = this.size;
    for (const segment of this.#live()) {
      const { ids: all } = segment;
      for (let image = 0; image < all.length; ++image) {
        const id = all[image] as number; // not by `entries`, which takes several times as long
        if (!wanted.has(id) || !segment.holds(image)) continue;
        segment.remove(image);
        unknown.delete(id);
      }
    }
    return { removed: before - this.size, unknown: Uint32Array.from(unknown) };
  }

  /** Finds what a picture is an edited copy of: as {@link PatchIndex.search} in an index of the images that are left. */
  search(query: Patches, options: PatchSearchOptions = {}): PatchSearchResult {
    const segments = this.#live().map((segment) => segment.segment());
    const images = options.images ?? Math.max(1, this.size);
    return searchSegments(this.#backend, segments, query, { ...options, images });
  }

  /** The ids of the images that are left, in the order in which they came. Throws `DISPOSED`. */
  ids(): Uint32Array {
    return new LiveRows(this.#live()).ids();
  }

  /**
   * Builds a new base of the records that are left, in slices that do not hold the event loop, and puts it in the place of all. Searches
   * and removals go on meanwhile. A merge that fails or is stopped leaves everything as it was, but a new file may be at `path` if it
   * fails at the very end. It takes the memory of a second index, and 20 bytes a feature while it builds.
   *
   * @throws {EgideError} `BUSY`, `INVALID_ARGUMENT`, `OUT_OF_MEMORY`, `NO_FILESYSTEM`, `WRITE_FAILED`, `INVALID_INDEX` if the base turns
   *   out to be damaged, `DISPOSED`; `SUPERSEDED` if another index was saved to the same path just then; or the signal's reason.
   */
  async merge(options: MergePatchOptions = {}): Promise<void> {
    checkCallOptions(options);
    const { path, signal, onProgress } = options;
    if (path !== undefined && (typeof path !== 'string' || path === '')) throw invalid('path', 'the path of a file', path);
    if (path !== undefined && !this.#platform.indexFiles)
      throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: merge without one');
    this.#begin('merge');
    signal?.throwIfAborted();
    this.#underWay = 'merge';
    try {
      const part = path === undefined ? 1 : BUILT_PART;
      const building = { ...(signal && { signal }), onProgress: (done: number) => onProgress?.(part * done) };
      const saving = { ...(signal && { signal }), onProgress: (done: number) => onProgress?.(part + (1 - part) * done) };
      await this.#rebuild(0, { records: [], ids: new Uint32Array(0) }, building, (index) =>
        path === undefined ? Promise.resolve(index) : this.#saved(index, path, saving),
      );
    } finally {
      this.#underWay = undefined;
    }
  }

  /** Puts one index in the place of the segments from `from` on and of what is added, once `finish` has made of it what it is to be. */
  async #rebuild(from: number, added: Added, options: BuildOptions, finish: (index: PatchIndex) => Promise<PatchIndex>): Promise<void> {
    const old = this.#live();
    const rows = new LiveRows(old.slice(from));
    const plan = { profile: this.profile, stops: this.#stops, shared: false };
    const index = await finish(await buildFromRecords(this.#backend, this.#platform, sourceOf(rows, added), plan, options));
    if (!this.#segments) {
      index[Symbol.dispose]();
      throw disposed();
    }
    const segment = new LiveSegment(index);
    for (const row of rows.gone()) segment.remove(row);
    this.#segments = [...old.slice(0, from), segment];
    for (const replaced of old.slice(from)) replaced[Symbol.dispose]();
  }

  async #saved(index: PatchIndex, path: string, options: CheckOptions): Promise<PatchIndex> {
    const header = index.header();
    {
      using saved = index; // before the file is opened: where it is read, there would be two of it
      await saved.save(path, options);
    }
    return withHeader(await openPatchIndex(this.#backend, this.#platform, path), header);
  }

  #begin(method: 'add' | 'merge'): readonly LiveSegment[] {
    const segments = this.#live();
    if (this.#underWay)
      throw new EgideError('BUSY', `${method}: another call (${this.#underWay}) is under way: await it, for one adds or merges at a time`);
    this.#nextId ??= segments.reduce((next, { ids }) => ids.reduce((largest, id) => Math.max(largest, id + 1), next), 0);
    return segments;
  }

  #idsFor(count: number): Uint32Array {
    const first = this.#nextId ?? 0;
    if (first + count - 1 > MAX_ID) throw invalid('ids', 'ids of your own, as the largest there is has been used', undefined);
    return Uint32Array.from({ length: count }, (_, i) => first + i);
  }

  #live(): readonly LiveSegment[] {
    if (!this.#segments) throw disposed();
    return this.#segments;
  }

  /** Ends what is under way. */
  [Symbol.dispose](): void {
    for (const segment of this.#segments ?? []) segment[Symbol.dispose]();
    this.#segments = undefined;
  }
}

/** Records to add, and their ids. */
interface Added {
  readonly records: readonly (PatchRecord | Uint8Array)[];
  readonly ids: Uint32Array;
}

/** The rows' records, and then what is added. */
function sourceOf(rows: LiveRows, { records, ids }: Added): RecordSource {
  const all = new Uint32Array(rows.count + ids.length);
  all.set(rows.ids());
  all.set(ids, rows.count);
  return {
    count: all.length,
    at: (i) => (i < rows.count ? rows.record(i) : bytesOf(records, i - rows.count)),
    ids: (first, end) => all.subarray(first, end),
  };
}

/**
 * From which segment on all are folded into one with so many new images: none while there is room for one more, else the last ones, back
 * to one that is larger than all behind it, so that few images are folded often. Never the base, which is the first.
 */
function foldFrom(segments: readonly LiveSegment[], added: number): number {
  let from = segments.length;
  for (let images = added; from > 1 && (from === MAX_SEGMENTS || (from < segments.length && before(from) <= images)); --from)
    images += before(from);
  return from;

  function before(end: number): number {
    return (segments[end - 1] as LiveSegment).left;
  }
}

function disposed(): EgideError {
  return new EgideError('DISPOSED', 'this bank has been disposed of: open its index and make it anew');
}

/**
 * Makes a bank that changes, in front of an immutable index.
 *
 * @param base Taken over: it is disposed of when a merge has replaced it, or with the bank. Do not dispose of it before.
 * @throws {EgideError} `INVALID_ARGUMENT`, `INVALID_PATCHES`; `DISPOSED` if the base is.
 */
export function livePatchIndex(backend: Backend, platform: Platform, base: PatchIndex, options: LivePatchOptions = {}): LivePatchIndex {
  if (!(base instanceof PatchIndex)) throw invalid('base', 'a PatchIndex of this egide', base);
  checkCallOptions(options);
  const { stops = 'keep' } = options;
  base.header(); // throws if it was disposed of
  if (stops === 'keep') return new LivePatchIndex(backend, platform, base, stops);
  checkStops(backend, stops, base.profile);
  return new LivePatchIndex(backend, platform, base, stops.slice());
}
