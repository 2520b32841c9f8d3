/**
 * For Node (and Bun and Deno, which load the same addon): the native core if it loads, else WebAssembly; `egide.backend` says
 * which, and why.
 *
 * @example
 * import { load } from 'egide';
 * const egide = await load();
 *
 * @module
 */
import { createReadStream, readFileSync } from 'node:fs';
import { createFileMapper, createNativeBackend } from '../backend/native.js';
import { createWasmBackend } from '../backend/wasm.js';
import type { Backend } from '../backend.js';
import type { OpenBank } from '../bank/bank.js';
import { createEgide, type Egide, type EgidePlatform } from '../egide.js';
import { EgideError, invalid } from '../errors.js';
import { createNodeDigester } from '../hash/digests-node.js';
import { sharpDecoder } from '../image/sharp-node.js';
import { createIndexFiles } from '../search/index-file-node.js';

export * from './public.js';

/** Which backend to load. */
export interface LoadOptions {
  /** `auto` (the default): native if it loads, else WebAssembly. The others insist. */
  readonly backend?: 'auto' | 'native' | 'wasm';
}

/**
 * Puts egide together for Node, with sharp as the decoder.
 *
 * @throws {EgideError} `BACKEND_UNAVAILABLE` if the backend asked for (or, with `auto`, either) cannot be loaded.
 */
export async function load(options: LoadOptions = {}): Promise<Egide> {
  return loadSync(options);
}

/** The same without a promise. */
export function loadSync({ backend = 'auto' }: LoadOptions = {}): Egide {
  if (backend === 'native') return createEgide(...native(), 'asked for by the caller');
  if (backend === 'wasm') return createEgide(...wasm(), 'asked for by the caller');
  if (backend !== 'auto') throw invalid('backend', "'auto', 'native' or 'wasm'", backend);
  try {
    return createEgide(...native(), `the addon for ${process.platform}-${process.arch} loaded`);
  } catch (error) {
    const why = error instanceof EgideError ? error.message : String(error);
    return createEgide(...wasm(), `fell back to WebAssembly: ${why}`);
  }
}

function native(): [Backend, EgidePlatform] {
  try {
    return [createNativeBackend(), { ...platform, indexFiles: createIndexFiles(createFileMapper()) }];
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split('\n')[0] : String(cause);
    const message = `the addon for ${process.platform}-${process.arch} did not load (${why}); build it with "npm run build:native", or use WebAssembly`;
    throw new EgideError('BACKEND_UNAVAILABLE', message, { cause });
  }
}

function wasm(): [Backend, EgidePlatform] {
  try {
    const module = new WebAssembly.Module(readFileSync(new URL('../core.wasm', import.meta.url)));
    return [createWasmBackend(module), { ...platform, indexFiles: createIndexFiles(undefined) }];
  } catch (cause) {
    throw new EgideError(
      'BACKEND_UNAVAILABLE',
      'core.wasm is missing beside this file or cannot be compiled; build it with "npm run build"',
      { cause },
    );
  }
}

async function* openFile(path: string): AsyncGenerator<Uint8Array> {
  try {
    yield* createReadStream(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === undefined) throw cause;
    throw new EgideError('NOT_FOUND', `input: the file could not be read (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}

/** Most programs that load this open no bank. */
const openBank: OpenBank = async (target, options, needs) => (await import('../bank/open-bank-node.js')).openBank(target, options, needs);

const platform: EgidePlatform = { runtime: 'node', createDigester: createNodeDigester, openFile, decoder: sharpDecoder, openBank };
