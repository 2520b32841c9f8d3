/**
 * For browsers: the WebAssembly core, given as a module, as bytes, or as the response of a fetch.
 *
 * @example
 * import { load } from 'egide/browser';
 * const egide = await load(fetch(new URL('egide/core.wasm', import.meta.url)));
 *
 * @module
 */
import { createWasmBackend } from '../backend/wasm.js';
import { createEgide, type Egide } from '../egide.js';
import { EgideError } from '../errors.js';
import { createPortableDigester } from '../hash/digests-portable.js';

export * from './public.js';

/** The core as a browser may have it. */
export type CoreSource = WebAssembly.Module | BufferSource | Response | Promise<Response>;

/**
 * Puts egide together over the WebAssembly core. There is no decoder here: draw the picture on a canvas and pass its pixels to
 * `egide.image`.
 *
 * @throws {EgideError} `BACKEND_UNAVAILABLE` if the core cannot be compiled, `INVALID_ARGUMENT` if it is none of the above.
 */
export async function load(core: CoreSource): Promise<Egide> {
  const platform = { runtime: 'browser', createDigester: createPortableDigester };
  return createEgide(createWasmBackend(await compile(core)), platform, 'browsers always use WebAssembly');
}

async function compile(core: CoreSource): Promise<WebAssembly.Module> {
  if (core instanceof WebAssembly.Module) return core;
  try {
    if (core instanceof Promise || core instanceof Response) return await WebAssembly.compileStreaming(core);
    return await WebAssembly.compile(core);
  } catch (cause) {
    const message = 'core.wasm could not be compiled: expected the file of this version of egide, served as application/wasm';
    throw new EgideError('BACKEND_UNAVAILABLE', message, { cause });
  }
}
