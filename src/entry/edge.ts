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
import { createPortableDigester } from '../hash/digests-portable.js';

export * from './public.js';

/**
 * Puts egide together over the WebAssembly core. There is no decoder here: pass pixels to `egide.image`.
 *
 * @param core The compiled module of `egide/core.wasm`.
 * @throws {EgideError} `INVALID_ARGUMENT` if `core` is not a module, `BACKEND_UNAVAILABLE` if it cannot be instantiated.
 */
export async function load(core: WebAssembly.Module): Promise<Egide> {
  const platform = { runtime: 'edge', createDigester: createPortableDigester };
  return createEgide(createWasmBackend(core), platform, 'the edge entry always uses WebAssembly');
}
