import { type Backend, HASH_BYTES, type IndexBuild, MAX_INDEX_COUNT, type PdqIndexShape } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { type Input, liveBytes, nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { type BuildOptions, type CheckOptions, checkIndex, finishBuild, placeIndex, touchPages } from './index-bytes.js';
import { PdqIndex, wholeHashes } from './pdq-index.js';

/** How to build an index of PDQ hashes. */
export interface BuildPdqOptions extends BuildOptions {
  /** An id for each hash, 0 to 2^32 - 1; several hashes may share one. Default: each hash's number, from 0. */
  readonly ids?: Uint32Array;
  /** A third smaller (about 84 bytes a hash for 116) and some ten times slower. Default false. */
  readonly lean?: boolean;
  /** Build in a SharedArrayBuffer, for `openPdqIndex` in other workers. Native backend only. Default false. */
  readonly shared?: boolean;
}

/** Hashes added between two turns of the event loop: some milliseconds. */
const HASHES_PER_TURN = 1 << 16;
/** Bytes that edge workers have (Cloudflare Workers: 128 MB for JavaScript and WebAssembly together). */
export const EDGE_MEMORY_BYTES = 128 * 1024 * 1024;

/**
 * Builds an index of PDQ hashes, in slices that do not hold the event loop.
 *
 * @param hashes 32 bytes each, one after the other; not to be changed or transferred before the answer.
 * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function buildPdqIndex(
  backend: Backend,
  platform: Platform,
  hashes: Uint8Array,
  options: BuildPdqOptions = {},
): Promise<PdqIndex> {
  checkCallOptions(options);
  const { ids, shared = false } = options;
  const count = wholeHashes('hashes', hashes);
  const shape = shapeOf(count, options);
  if (ids !== undefined && (!(ids instanceof Uint32Array) || ids.length !== count))
    throw invalid('ids', `a Uint32Array of ${count} ids`, ids);
  return buildFrom(backend, platform, shape, shared, options, async (add) => {
    for (let first = 0; first < count; first += HASHES_PER_TURN) {
      if (first > 0) await nextTurn(options.signal);
      const end = Math.min(count, first + HASHES_PER_TURN);
      add(liveBytes('hashes', hashes).subarray(HASH_BYTES * first, HASH_BYTES * end), ids?.subarray(first, end));
    }
  });
}

type Add = (hashes: Uint8Array, ids: Uint32Array | undefined) => void;

/** @internal Builds from hashes that `feed` brings, `shape.count` in all. */
export async function buildFrom(
  backend: Backend,
  platform: Platform,
  shape: PdqIndexShape,
  shared: boolean,
  options: BuildOptions,
  feed: (add: Add) => Promise<void>,
): Promise<PdqIndex> {
  const core = backend.index;
  options.signal?.throwIfAborted();
  const build = reserved(backend, shape, shared);
  try {
    await touchPages(core, build.index, options.signal);
    await touchPages(core, build.scratch, options.signal);
    core.pdqBegin(build, shape);
    await feed((hashes, ids) => core.add(build, hashes, ids));
    await finishBuild(core, build, options);
    return new PdqIndex(backend, platform, build.index, core.open(build.index), shared ? 'shared' : 'memory');
  } catch (error) {
    build.index[Symbol.dispose]();
    throw error;
  } finally {
    build.scratch[Symbol.dispose]();
  }
}

function shapeOf(count: number, { ids, lean = false }: BuildPdqOptions): PdqIndexShape {
  if (typeof lean !== 'boolean') throw invalid('lean', 'true or false', lean);
  if (count > MAX_INDEX_COUNT) throw invalid('hashes', `at most ${MAX_INDEX_COUNT} hashes`, count);
  return { count, ids: ids !== undefined, tags: !lean };
}

function reserved({ index: core }: Backend, shape: PdqIndexShape, shared: boolean): IndexBuild {
  const { indexBytes, scratchBytes } = core.pdqBytes(shape);
  if (indexBytes + scratchBytes > core.limitBytes)
    throw new EgideError(
      'OUT_OF_MEMORY',
      `an index of ${shape.count} hashes takes ${indexBytes} bytes and ${scratchBytes} more to build; this runtime's ${core.limitBytes} ` +
        `have room to open one of ${capacityOf(core, core.limitBytes, shape)}: build it in Node, or take fewer hashes`,
    );
  const index = core.reserve(indexBytes, shared);
  try {
    return { index, scratch: core.reserve(scratchBytes) };
  } catch (error) {
    index[Symbol.dispose]();
    throw error;
  }
}

/** Hashes of the largest index that fits `memoryBytes`. */
export function pdqIndexCapacity(
  backend: Backend,
  memoryBytes = EDGE_MEMORY_BYTES,
  { lean = false, ids = false }: { readonly lean?: boolean; readonly ids?: boolean } = {},
): number {
  return capacityOf(backend.index, wholeNumber('memoryBytes', memoryBytes, 0, Number.MAX_SAFE_INTEGER), { ids, tags: !lean });
}

function capacityOf(core: Backend['index'], bytes: number, { ids, tags }: Omit<PdqIndexShape, 'count'>): number {
  let [low, high] = [0, Math.min(MAX_INDEX_COUNT, Math.floor(bytes / HASH_BYTES))];
  while (low < high) {
    const middle = Math.ceil((low + high) / 2);
    if (core.pdqBytes({ count: middle, ids, tags }).indexBytes <= bytes) low = middle;
    else high = middle - 1;
  }
  return low;
}

/**
 * Opens an index that `save` has written: the path of a file (Node) is mapped and looked at by its header and directory; a
 * SharedArrayBuffer is used as it lies; anything else is copied and checked whole.
 *
 * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function openPdqIndex(
  backend: Backend,
  platform: Platform,
  source: Input | SharedArrayBuffer,
  options: CheckOptions = {},
): Promise<PdqIndex> {
  const { placed, storage } = await placeIndex(backend.index, platform, source, options);
  try {
    const facts = backend.index.open(placed);
    if (storage === 'memory' || storage === 'read') await checkIndex(backend.index, () => placed, options);
    return new PdqIndex(backend, platform, placed, facts, storage, typeof source === 'string' ? source : undefined);
  } catch (error) {
    placed[Symbol.dispose]();
    throw error;
  }
}
