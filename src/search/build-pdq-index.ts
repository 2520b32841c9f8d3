import { type Backend, HASH_BYTES, type PdqIndexShape } from '../backend.js';
import { checkCallOptions, invalid, wholeNumber } from '../errors.js';
import type { Input } from '../input.js';
import type { Platform } from '../platform.js';
import { type Add, buildIndex, capacityOf, checkedIds, feedRows, type IndexPlan, openIndex } from './build-index.js';
import type { BuildOptions, CheckOptions } from './index-bytes.js';
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
  const { lean = false, shared = false, signal } = options;
  if (typeof lean !== 'boolean') throw invalid('lean', 'true or false', lean);
  const count = wholeHashes('hashes', hashes);
  const ids = checkedIds(options.ids, count);
  const plan = planOf(backend, { count, ids: ids !== undefined, tags: !lean });
  const opened = await buildIndex(backend.index, plan, shared, options, (add) => feedRows(plan, hashes, ids, signal, add));
  return new PdqIndex(backend, platform, opened);
}

/** @internal Builds from hashes that `feed` brings, `shape.count` in all. */
export async function buildFrom(
  backend: Backend,
  platform: Platform,
  shape: PdqIndexShape,
  shared: boolean,
  options: BuildOptions,
  feed: (add: Add) => Promise<void>,
): Promise<PdqIndex> {
  return new PdqIndex(backend, platform, await buildIndex(backend.index, planOf(backend, shape), shared, options, feed));
}

function planOf({ index: core }: Backend, shape: PdqIndexShape): IndexPlan {
  return {
    count: shape.count,
    rows: 'hashes',
    width: HASH_BYTES,
    sizeOf: (count) => core.pdqBytes({ ...shape, count }),
    begin: (build) => core.pdqBegin(build, shape),
  };
}

/** Hashes of the largest index that fits `memoryBytes`. */
export function pdqIndexCapacity(
  backend: Backend,
  memoryBytes = EDGE_MEMORY_BYTES,
  { lean = false, ids = false }: { readonly lean?: boolean; readonly ids?: boolean } = {},
): number {
  const bytes = wholeNumber('memoryBytes', memoryBytes, 0, Number.MAX_SAFE_INTEGER);
  return capacityOf(planOf(backend, { count: 0, ids, tags: !lean }), bytes);
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
  return openIndex(backend, platform, source, options, (opened) => new PdqIndex(backend, platform, opened));
}
