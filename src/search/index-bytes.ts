import { INDEX_CHECK_BYTES, INDEX_HEADER_BYTES, type IndexBuild, type IndexCore, type Placed } from '../backend.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { chunksOf, type Input, liveBytes, nextTurn } from '../input.js';
import type { Platform } from '../platform.js';

/**
 * Where the bytes of an index lie: in memory of this thread alone, in a SharedArrayBuffer, in a mapped file, or in memory that a file was
 * read into because it could not be mapped.
 */
export type IndexStorage = 'memory' | 'shared' | 'mapped' | 'read';

/** How to check an index. */
export interface CheckOptions {
  readonly signal?: AbortSignal;
  /** Called between slices with the part that is done, 0 to 1. */
  readonly onProgress?: (done: number) => void;
}

/** How to save an index. */
export type SaveOptions = CheckOptions;

/** How to build an index. */
export type BuildOptions = CheckOptions;

/** Milliseconds of work between two turns of the event loop: others wait at most some times as long (our own choice). */
const SLICE_MS = 15;
/** Rows moved in the first slice: about 1 ms. Later slices are as long as the clock says. */
const FIRST_UNITS = 1 << 19;
const MAX_UNITS = 1 << 26;
/** Bytes summed up, copied or written at a time: a millisecond, and some tens where a mapped file must come from a slow disk. */
const SLICE_BYTES = 1 << 22;

/** Bytes of the smallest page of memory in use, and pages touched between two looks at the clock. */
const PAGE_BYTES = 4096;
const PAGES_AT_ONCE = 512;

/**
 * Makes the system give the memory of a build, in slices. It does so at the first touch, and sorting touches all of an area within a few
 * milliseconds of work: of 2 million hashes that step took 100 ms.
 */
export async function touchPages(core: IndexCore, placed: Placed, signal: AbortSignal | undefined): Promise<void> {
  const zero = new Uint8Array(1);
  let turned = performance.now();
  for (let page = 0; page * PAGE_BYTES < placed.byteLength; ++page) {
    core.write(placed, page * PAGE_BYTES, zero);
    if (page % PAGES_AT_ONCE < PAGES_AT_ONCE - 1 || performance.now() - turned < SLICE_MS) continue;
    await nextTurn(signal);
    turned = performance.now();
  }
}

/** Works a build to its end, in slices. */
export async function finishBuild(core: IndexCore, build: IndexBuild, { signal, onProgress }: BuildOptions): Promise<void> {
  let units = FIRST_UNITS;
  let total = 0;
  for (;;) {
    const started = performance.now();
    const left = core.step(build, units);
    if (left === 0) break;
    const elapsed = performance.now() - started;
    total = Math.max(total, left);
    onProgress?.(1 - left / total);
    units = Math.min(MAX_UNITS, Math.max(FIRST_UNITS / 8, Math.floor((units * SLICE_MS) / Math.max(elapsed, 0.1))));
    await nextTurn(signal);
  }
  onProgress?.(1);
}

/** Holds the whole of an index against its checksum, in slices. */
export async function checkIndex(core: IndexCore, live: () => Placed, options: CheckOptions): Promise<void> {
  checkCallOptions(options);
  const { signal, onProgress } = options;
  signal?.throwIfAborted();
  const state = new Uint8Array(INDEX_CHECK_BYTES);
  const total = live().byteLength;
  for (let left = core.check(live(), state, SLICE_BYTES); left > 0; left = core.check(live(), state, SLICE_BYTES)) {
    onProgress?.(1 - left / total);
    await nextTurn(signal);
  }
  onProgress?.(1);
}

/** The bytes of an index, in slices. */
export function* chunksOfIndex(core: IndexCore, live: () => Placed, onProgress?: (done: number) => void): Generator<Uint8Array> {
  const total = live().byteLength;
  for (let at = 0; at < total; at += SLICE_BYTES) {
    yield core.read(live(), at, Math.min(SLICE_BYTES, total - at));
    onProgress?.(Math.min(1, (at + SLICE_BYTES) / total));
  }
}

/** Writes an index to a file. */
export async function saveIndex(
  core: IndexCore,
  platform: Platform,
  live: () => Placed,
  path: string,
  options: SaveOptions,
): Promise<void> {
  checkCallOptions(options);
  if (typeof path !== 'string' || path === '') throw invalid('path', 'the path of a file', path);
  if (!platform.indexFiles)
    throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: store what chunks() gives, or save in Node');
  const { signal, onProgress } = options;
  live();
  await platform.indexFiles.save(path, chunksOfIndex(core, live, onProgress), signal ? { signal } : {});
}

/** An index that was found somewhere, not checked beyond its length. */
export interface FoundIndex {
  readonly placed: Placed;
  readonly storage: IndexStorage;
}

/** Brings an index to where the core can search it: a file is mapped, shared memory is used as it lies, anything else is copied. */
export async function placeIndex(
  core: IndexCore,
  platform: Platform,
  source: Input | SharedArrayBuffer,
  options: CheckOptions,
): Promise<FoundIndex> {
  checkCallOptions(options);
  const { signal } = options;
  signal?.throwIfAborted();
  if (typeof SharedArrayBuffer !== 'undefined' && source instanceof SharedArrayBuffer) {
    if (core.adopts) return { placed: core.adoptShared(source), storage: 'shared' };
    throw invalid('source', 'bytes, a stream or a path, as WebAssembly has memory of its own', 'a SharedArrayBuffer');
  }
  if (typeof source !== 'string')
    return { placed: await copied(core, chunksOf(source as Input, undefined, signal), signal), storage: 'memory' };
  if (!platform.indexFiles)
    throw new EgideError('NO_FILESYSTEM', 'source: a path was given, but this runtime has no files: pass bytes or a stream');
  if (!core.adopts) return { placed: await copied(core, platform.indexFiles.read(source), signal), storage: 'read' };
  const file = await platform.indexFiles.open(source);
  return { placed: core.adoptFile(file), storage: file.storage };
}

/** Bytes as they come, into one piece of the core's memory: nothing else holds the whole. */
async function copied(core: IndexCore, chunks: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Placed> {
  const head = new Uint8Array(INDEX_HEADER_BYTES);
  let placed: Placed | undefined;
  let length = 0;
  let sinceTurn = 0;
  try {
    for await (const chunk of chunks) {
      let part = liveBytes('source', chunk);
      if (!placed) {
        const taken = part.subarray(0, INDEX_HEADER_BYTES - length);
        head.set(taken, length);
        length += taken.byteLength;
        if (length < INDEX_HEADER_BYTES) continue;
        placed = core.reserve(core.lengthOf(head));
        core.write(placed, 0, head);
        part = part.subarray(taken.byteLength);
      }
      if (length + part.byteLength > placed.byteLength) throw wrongLength('more', placed.byteLength);
      for (let at = 0; at < part.byteLength; at += SLICE_BYTES) {
        const slice = liveBytes('source', chunk) && part.subarray(at, at + SLICE_BYTES);
        core.write(placed, length + at, slice);
        sinceTurn += slice.byteLength;
        if (sinceTurn < SLICE_BYTES) continue;
        sinceTurn = 0;
        await nextTurn(signal);
      }
      length += part.byteLength;
      signal?.throwIfAborted();
    }
    if (!placed) core.lengthOf(head.subarray(0, length)); // says what is wrong with so little
    if (!placed || length < placed.byteLength) throw wrongLength('fewer', placed?.byteLength ?? INDEX_HEADER_BYTES);
    return placed;
  } catch (error) {
    placed?.[Symbol.dispose]();
    throw error;
  }
}

function wrongLength(which: string, expected: number): EgideError {
  return new EgideError('INVALID_INDEX', `source: expected the ${expected} bytes that its header says, got ${which}: fetch it again`);
}
