/** Numbers of 32 bits from a seed and a name, so that every attack has its own: FNV-1a of the name, then Marsaglia's xorshift32 (2003). */
export function seededNumbers(seed: number, name: string): () => number {
  let state = 2166136261 ^ seed;
  for (const character of name) state = Math.imul(state ^ (character.codePointAt(0) as number), 16777619);
  state ||= 2463534242; // xorshift stays at 0 for ever
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Numbers with mean 0 and variance 1 that are nearly Gaussian: the sum of the four bytes of each, of which no logarithm is needed. */
export function seededNoise(next: () => number): () => number {
  return () => {
    const bits = next();
    return ((bits & 255) + ((bits >>> 8) & 255) + ((bits >>> 16) & 255) + (bits >>> 24) - 510) / BYTE_SUM_DEVIATION;
  };
}

/** Four even distributions of 256 values: sqrt(4 * (256^2 - 1) / 12). */
const BYTE_SUM_DEVIATION = Math.sqrt((256 ** 2 - 1) / 3);
