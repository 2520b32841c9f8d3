import { HASH_BYTES } from '../backend.js';

/** Hashes to fill an index with, the same everywhere: Marsaglia's xorshift32 (2003). */
export function seededHashes(count: number): Uint8Array {
  const words = new Uint32Array((count * HASH_BYTES) / 4);
  let state = 2463534242;
  for (let i = 0; i < words.length; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    words[i] = state;
  }
  return new Uint8Array(words.buffer);
}
