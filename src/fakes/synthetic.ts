/**
 * The first eight bytes of every hash that a fake makes: `egidFAKE` in ASCII. No fixture can be mistaken for an entry of a real list,
 * and whoever finds this at the start of a hash in a bank knows that it is one.
 */
export const FAKE_TAG: Uint8Array = Uint8Array.of(0x65, 0x67, 0x69, 0x64, 0x46, 0x41, 0x4b, 0x45);

/** What every password, key and token of a fake begins with, so that one is recognised wherever it should not be. */
export const FAKE_SECRET = 'fake-secret-';

/** Bytes of `length`, at least 8, that begin with {@link FAKE_TAG}; the rest comes from the seed and the name. */
export function fakeBytes(length: number, seed: number, name: string): Uint8Array {
  const next = fakeNumbers(seed, name);
  const bytes = Uint8Array.from({ length }, () => next() & 255);
  bytes.set(FAKE_TAG.subarray(0, length));
  return bytes;
}

/** {@link fakeBytes} as lower-case hex. */
export function fakeHex(length: number, seed: number, name: string): string {
  return Array.from(fakeBytes(length, seed, name), (byte) => byte.toString(16).padStart(2, '0')).join('');
}

/** Bits in which two hashes of one length differ. */
export function bitsApart(a: Uint8Array, b: Uint8Array): number {
  let bits = 8 * Math.abs(a.length - b.length);
  for (const [i, byte] of a.entries()) for (let differing = byte ^ (b[i] ?? byte); differing > 0; differing &= differing - 1) bits += 1;
  return bits;
}

/** Numbers of 32 bits from a seed and a name: FNV-1a of the name, then Marsaglia's xorshift32 (2003). */
export function fakeNumbers(seed: number, name: string): () => number {
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
