import type { Backend } from '../../src/backend.js';

/** A backend whose scan is the definition itself. Only what lists and indexes call is here. */
export function definitionBackend(): Backend {
  const placed = new WeakMap<object, Uint8Array>();
  const unused = () => {
    throw new Error('not part of this fixture');
  };
  return {
    name: 'wasm',
    kernels: ['scalar'],
    pdq: unused,
    pdqAsync: unused,
    upright: unused,
    place(bytes) {
      const handle = { byteLength: bytes.byteLength, [Symbol.dispose]: () => void placed.delete(handle) };
      placed.set(handle, bytes);
      return handle;
    },
    hammingScan(queries, hashes, maxDistance, hits) {
      const stored = placed.get(hashes);
      if (!stored) throw new Error('searched after disposal');
      let found = 0;
      for (let position = 0; position < stored.length / 32; ++position)
        for (let query = 0; query < queries.length / 32; ++query) {
          const distance = slowDistance(queries.subarray(32 * query, 32 * query + 32), stored.subarray(32 * position, 32 * position + 32));
          if (distance > maxDistance) continue;
          if (3 * found < hits.length) hits.set([query, position, distance], 3 * found);
          ++found;
        }
      return found;
    },
  };
}

/** Bits in which two pieces of equal length differ, counted one by one. */
export function slowDistance(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let bit = 0; bit < 8 * a.length; ++bit) bits += (((a[bit >> 3] as number) ^ (b[bit >> 3] as number)) >> (bit & 7)) & 1;
  return bits;
}

/** Bytes from a seed: the high byte of xorshift32 (Marsaglia 2003). */
export function seededBytes(count: number, seed: number): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: count }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 24;
  });
}
