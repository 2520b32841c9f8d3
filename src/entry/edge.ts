/**
 * For edge workers: no files, no fetch, no eval, no threads. The caller's bundler or runtime compiles `egide/core.wasm`.
 *
 * @example
 * import { load } from 'egide/edge';
 * import core from 'egide/core.wasm'; // a WebAssembly.Module
 * const egide = await load(core);
 *
 * @module
 */
import { createWasmBackend } from '../backend/wasm.js';
import { createEgide, type Egide } from '../egide.js';
import { wholeNumber } from '../errors.js';
import { createPortableDigester } from '../hash/digests-portable.js';
import { EDGE_MEMORY_BYTES } from '../search/build-pdq-index.js';

export * from './public.js';

/** What the runtime has. */
export interface EdgeLoadOptions {
  /** Bytes that WebAssembly may take, 1 MiB to 4 GiB. Default 128 MiB: all that Cloudflare Workers give to JavaScript and WebAssembly. */
  readonly memoryBytes?: number;
}

/**
 * Puts egide together over the WebAssembly core. There is no decoder here: pass pixels to `egide.image`.
 *
 * @param core The compiled module of `egide/core.wasm`.
 * @throws {EgideError} `INVALID_ARGUMENT` if `core` is not a module, `BACKEND_UNAVAILABLE` if it cannot be instantiated.
 */
export async function load(core: WebAssembly.Module, { memoryBytes = EDGE_MEMORY_BYTES }: EdgeLoadOptions = {}): Promise<Egide> {
  wholeNumber('memoryBytes', memoryBytes, 2 ** 20, 2 ** 32);
  const platform = { runtime: 'edge', createDigester: createPortableDigester };
  return createEgide(createWasmBackend(core, memoryBytes), platform, 'the edge entry always uses WebAssembly');
}
