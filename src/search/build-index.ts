import { type Backend, type IndexBuild, type IndexCore, type IndexSize, MAX_INDEX_COUNT } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import { type Input, liveBytes, nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { type BuildOptions, type CheckOptions, checkIndex, finishBuild, placeIndex, touchPages } from './index-bytes.js';
import type { OpenedIndex } from './stored-index.js';

/** Rows added between two turns of the event loop: some milliseconds. */
const ROWS_PER_TURN = 1 << 16;

/** An index to be built, of any kind. */
export interface IndexPlan {
  readonly count: number;
  /** What its rows are. */
  readonly rows: 'hashes' | 'digests' | 'features';
  /** Bytes of a row. */
  readonly width: number;
  /** Bytes of an index like this one, of any number of rows. */
  sizeOf(count: number): IndexSize;
  begin(build: IndexBuild): void;
}

/** Adds rows to a build, with an id for each if the index is to have ids. */
export type Add = (rows: Uint8Array, ids: Uint32Array | undefined) => void;

/** Builds from rows that `feed` brings, `plan.count` in all. */
export async function buildIndex(
  core: IndexCore,
  plan: IndexPlan,
  shared: boolean,
  options: BuildOptions,
  feed: (add: Add) => Promise<void>,
): Promise<OpenedIndex> {
  if (plan.count > MAX_INDEX_COUNT) throw invalid(plan.rows, `at most ${MAX_INDEX_COUNT} ${plan.rows}`, plan.count);
  options.signal?.throwIfAborted();
  const build = reserved(core, plan, shared);
  try {
    await nextTurn(options.signal); // whoever builds one after the other has just let go of as much memory
    await touchPages(core, build.index, options.signal);
    await touchPages(core, build.scratch, options.signal);
    plan.begin(build);
    await feed((rows, ids) => core.add(build, rows, ids));
    await finishBuild(core, build, options);
    return { placed: build.index, facts: core.open(build.index), storage: shared ? 'shared' : 'memory' };
  } catch (error) {
    build.index[Symbol.dispose]();
    throw error;
  } finally {
    build.scratch[Symbol.dispose]();
  }
}

/** Brings the rows that a caller gave, in slices. Throws `INVALID_ARGUMENT` if they or the ids are transferred away meanwhile. */
export async function feedRows(
  { rows: parameter, width, count }: IndexPlan,
  rows: Uint8Array,
  ids: Uint32Array | undefined,
  signal: AbortSignal | undefined,
  add: Add,
): Promise<void> {
  for (let first = 0; first < count; first += ROWS_PER_TURN) {
    if (first > 0) await nextTurn(signal);
    const end = Math.min(count, first + ROWS_PER_TURN);
    add(liveBytes(parameter, rows).subarray(width * first, width * end), checkedIds(ids, count)?.subarray(first, end));
  }
}

/** Checks that there is an id for each row, if there are ids. */
export function checkedIds(ids: unknown, count: number): Uint32Array | undefined {
  if (ids === undefined || (ids instanceof Uint32Array && ids.length === count)) return ids;
  throw invalid('ids', `a Uint32Array of ${count} ids`, ids);
}

function reserved(core: IndexCore, plan: IndexPlan, shared: boolean): IndexBuild {
  const { indexBytes, scratchBytes } = plan.sizeOf(plan.count);
  if (indexBytes + scratchBytes > core.limitBytes)
    throw new EgideError(
      'OUT_OF_MEMORY',
      `an index of ${plan.count} ${plan.rows} takes ${indexBytes} bytes and ${scratchBytes} more to build; this runtime's ` +
        `${core.limitBytes} have room to open one of ${capacityOf(plan, core.limitBytes)}: build it in Node, or take fewer ${plan.rows}`,
    );
  const index = core.reserve(indexBytes, shared);
  try {
    return { index, scratch: core.reserve(scratchBytes) };
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}

/** Rows of the largest index that fits so many bytes. */
export function capacityOf({ width, sizeOf }: Pick<IndexPlan, 'width' | 'sizeOf'>, bytes: number): number {
  let [low, high] = [0, Math.min(MAX_INDEX_COUNT, Math.floor(bytes / width))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (sizeOf(middle).indexBytes <= bytes) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Opens an index that was saved, and makes of it what it is. */
export async function openIndex<Kind>(
  backend: Backend,
  platform: Platform,
  source: Input | SharedArrayBuffer,
  options: CheckOptions,
  make: (opened: OpenedIndex) => Kind,
): Promise<Kind> {
  const { placed, storage } = await placeIndex(backend.index, platform, source, options);
  try {
    const facts = backend.index.open(placed);
    if (storage === 'memory' || storage === 'read') await checkIndex(backend.index, () => placed, options);
    return make({ placed, facts, storage, ...(typeof source === 'string' && { path: source }) });
  } catch (error) {
    placed[Symbol.dispose]();
    throw error;
  }
}
