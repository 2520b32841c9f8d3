import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { createWasmBackend } from '../../src/backend/wasm.js';

const module = new WebAssembly.Module(readFileSync(new URL('../../dist/core.wasm', import.meta.url)));

/** A backend that gets `allowed` pieces of memory and then no more, and the count of those that it holds. */
function backendWith(allowed: number) {
  const real = new WebAssembly.Instance(module, {}).exports as Record<string, (...args: number[]) => number>;
  const held = new Set<number>();
  const exports = {
    ...real,
    allocate(bytes: number): number {
      const pointer = held.size < allowed ? (real.allocate as (bytes: number) => number)(bytes) : 0;
      if (pointer !== 0) held.add(pointer);
      return pointer;
    },
    release(pointer: number): void {
      held.delete(pointer);
      real.release?.(pointer);
    },
  };
  const { Instance } = WebAssembly;
  class Limited {
    readonly exports = exports;
  }
  WebAssembly.Instance = Limited as unknown as typeof Instance;
  const backend = createWasmBackend(module);
  WebAssembly.Instance = Instance;
  return { backend, held };
}

const pixels = { data: new Uint8Array(64 * 64 * 3), width: 64, height: 64, channels: 3 } as const;

test.each([0, 1])('hashing gives all of its memory back when there is none after %i pieces', (allowed) => {
  const { backend, held } = backendWith(allowed);
  expect(() => backend.pdq(pixels, 'full-res')).toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  expect(held.size).toBe(0);
});

test.each([0, 1])('turning gives all of its memory back when there is none after %i pieces', async (allowed) => {
  const { backend, held } = backendWith(allowed);
  const hashing = backend.pdqAsync(pixels, 'full-res', { orientation: 6 });
  await expect(hashing).rejects.toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
  expect(held.size).toBe(0);
});

test('a picture that is given up half way leaves no memory taken', async () => {
  const { backend, held } = backendWith(100);
  const [width, height] = [4096, 2048];
  const stop = new AbortController();
  const hashing = backend.pdqAsync({ data: new Uint8Array(width * height * 3), width, height, channels: 3 }, 'full-res', {
    signal: stop.signal,
  });
  stop.abort();
  await expect(hashing).rejects.toBe(stop.signal.reason);
  expect(held.size).toBe(0);
});
