import { type Backend, HASH_BYTES } from '../backend.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { buildFrom, openPdqIndex } from './build-pdq-index.js';
import type { BuildOptions, CheckOptions } from './index-bytes.js';
import type { Generation } from './live-generation.js';
import type { Moment } from './overlay.js';
import type { PdqIndex } from './pdq-index.js';
import { withHeader } from './stored-index.js';

/** How to merge. */
export interface MergeOptions extends BuildOptions {
  /**
   * A file to save the new base to, and to map it from. It may be the old base's own: those who have that mapped keep it. It is there
   * shortly before the index uses it, so a merge that fails at the very end may leave it.
   */
  readonly path?: string;
  /** Whether the new base lies in a SharedArrayBuffer. Default: as the old one does; one from a file needs `path` or this. */
  readonly shared?: boolean;
  /** As for `buildPdqIndex`. Default: as the old base, if that has bands (32,768 hashes), else false. */
  readonly lean?: boolean;
}

/** Rows read between two looks at the clock: about 2 ms. */
const ROWS_AT_ONCE = 1 << 13;
/** Milliseconds of reading between two turns of the event loop, as for a build (index-bytes.ts). */
const SLICE_MS = 15;
/** Parts of the work that are done after reading, and after building if a file is written too: by our measurement. */
const [READ_PART, BUILT_PART] = [0.3, 0.8];

/** Throws unless a merge with these options can begin. */
export function checkMerge(platform: Platform, base: PdqIndex, options: MergeOptions): void {
  checkCallOptions(options);
  const { path, shared, lean } = options;
  for (const [name, value] of Object.entries({ shared, lean }))
    if (value !== undefined && typeof value !== 'boolean') throw invalid(name, 'true or false', value);
  if (path === undefined) {
    if (shared === undefined && base.path !== undefined)
      throw invalid('options', 'a path for the new base, or shared: true or false, as the old one lies in a file', 'neither');
    return;
  }
  if (typeof path !== 'string' || path === '') throw invalid('path', 'the path of a file', path);
  if (shared) throw invalid('shared', 'no shared memory where the new base is mapped from a path', shared);
  if (!platform.indexFiles) throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: merge without one');
}

/**
 * Builds a base of what a generation holds at a moment. Every hash has its id then, whether or not the old base has ids of its own.
 *
 * @param goOn Throws when the merge is wanted no more.
 */
export async function mergedBase(
  backend: Backend,
  platform: Platform,
  generation: Generation,
  moment: Moment,
  options: MergeOptions,
  goOn: () => void,
): Promise<PdqIndex> {
  const { path, signal, onProgress } = options;
  const { base } = generation;
  const built = path === undefined ? 1 : BUILT_PART;
  const rows = new LiveRows(generation, moment, goOn, (part) => onProgress?.(READ_PART * part));
  const shape = { count: await rows.count(), ids: true, tags: !(options.lean ?? base.lean) };
  const shared = path === undefined && (options.shared ?? base.storage === 'shared');
  const building = { ...(signal && { signal }), onProgress: within(READ_PART, built, onProgress) };
  const merged = await buildFrom(backend, platform, shape, shared, building, (add) => rows.feed(add));
  if (path === undefined) return merged;
  const header = merged.header();
  {
    using _saved = merged; // before the file is opened: where it is read, there would be two of it
    goOn();
    await merged.save(path, { ...(signal && { signal }), onProgress: within(built, 1, onProgress) });
  }
  return openBase(backend, platform, path, header);
}

/** Opens the base that has this header. Throws `SUPERSEDED` if its file holds another. */
export async function openBase(
  backend: Backend,
  platform: Platform,
  source: SharedArrayBuffer | string,
  header: Uint8Array,
  options: CheckOptions = {},
): Promise<PdqIndex> {
  return withHeader(await openPdqIndex(backend, platform, source, options), header);
}

function within(start: number, end: number, onProgress: MergeOptions['onProgress']): (done: number) => void {
  return (done) => onProgress?.(start + (end - start) * done);
}

/** The rows of a generation at a moment, read in slices: once to count them, if any were removed, and once to hand them on. */
class LiveRows {
  readonly #generation: Generation;
  readonly #moment: Moment;
  readonly #goOn: () => void;
  readonly #onProgress: (done: number) => void;
  readonly #total: number; // rows to read
  #read = 0;
  #turned = performance.now();

  constructor(generation: Generation, moment: Moment, goOn: () => void, onProgress: (done: number) => void) {
    this.#generation = generation;
    this.#moment = moment;
    this.#goOn = goOn;
    this.#onProgress = onProgress;
    this.#total = generation.base.size + moment.adds;
    if (generation.overlay.hasRemovals(moment)) this.#total *= 2;
  }

  async count(): Promise<number> {
    const { base, overlay } = this.#generation;
    if (!overlay.hasRemovals(this.#moment)) return base.size + this.#moment.adds;
    let count = 0;
    await this.feed((_hashes, ids) => {
      count += ids.length;
    });
    return count;
  }

  async feed(take: (hashes: Uint8Array, ids: Uint32Array) => void): Promise<void> {
    const { base, overlay } = this.#generation;
    for (let first = 0; first < base.size; first += ROWS_AT_ONCE) {
      const { hashes, ids } = base.read(first, Math.min(ROWS_AT_ONCE, base.size - first));
      let kept = 0;
      for (let row = 0; row < ids.length; ++row) {
        if (overlay.removedFromBase(ids[row] as number, this.#moment)) continue;
        if (kept < row) hashes.copyWithin(HASH_BYTES * kept, HASH_BYTES * row, HASH_BYTES * (row + 1));
        ids[kept++] = ids[row] as number;
      }
      take(hashes.subarray(0, HASH_BYTES * kept), ids.subarray(0, kept));
      await this.#turn(ids.length);
    }
    await this.#feedAdded(take);
  }

  async #feedAdded(take: (hashes: Uint8Array, ids: Uint32Array) => void): Promise<void> {
    const { overlay } = this.#generation;
    const { adds } = this.#moment;
    for (let first = 0; first < adds; first += ROWS_AT_ONCE) {
      const rows = Math.min(ROWS_AT_ONCE, adds - first);
      const [hashes, ids] = [new Uint8Array(HASH_BYTES * rows), new Uint32Array(rows)];
      let kept = 0;
      for (let add = first; add < first + rows; ++add) {
        const id = overlay.addedId(add, this.#moment);
        if (id === undefined) continue;
        hashes.set(overlay.addedHash(add), HASH_BYTES * kept);
        ids[kept++] = id;
      }
      take(hashes.subarray(0, HASH_BYTES * kept), ids.subarray(0, kept));
      await this.#turn(rows);
    }
  }

  async #turn(rows: number): Promise<void> {
    this.#read += rows;
    if (performance.now() - this.#turned < SLICE_MS) return;
    this.#onProgress(this.#read / this.#total);
    await nextTurn(undefined);
    this.#goOn();
    this.#turned = performance.now();
  }
}
