import { readFileSync } from 'node:fs';
import { createNativeBackend } from '../../src/backend/native.js';
import { createWasmBackend } from '../../src/backend/wasm.js';
import type { Backend } from '../../src/backend.js';

/** Every backend, for `describe.each`: the suites in this folder run on all of them. Build first: `npm run build`. */
export const backends: [name: string, make: () => Backend][] = [
  ['native', createNativeBackend],
  ['wasm', () => createWasmBackend(new WebAssembly.Module(readFileSync(new URL('../../dist/core.wasm', import.meta.url))))],
];
