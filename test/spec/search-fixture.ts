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
