import type { QueryHit } from '../../src/search/pdq-index.js';

/** Bits in which two pieces of equal length differ, counted one by one. */
export function slowDistance(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let bit = 0; bit < 8 * a.length; ++bit) bits += (((a[bit >> 3] as number) ^ (b[bit >> 3] as number)) >> (bit & 7)) & 1;
  return bits;
}

/** Bytes from a seed: the high byte of xorshift32 (Marsaglia 2003). */
export function seededBytes(count: number, seed: number): Uint8Array {
  const next = seededNumbers(seed);
  return Uint8Array.from({ length: count }, () => next() >>> 24);
}

/** Numbers of 32 bits from a seed. */
export function seededNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Hashes in groups: a random one, and the others of its group up to 24 bits from it. */
export function clustered(count: number, group: number, seed: number): Uint8Array {
  const bytes = seededBytes(32 * count, seed);
  const next = seededNumbers(seed + 1);
  for (let i = 0; i < count; ++i) {
    if (i % group === 0) continue;
    bytes.copyWithin(32 * i, 32 * (i - (i % group)), 32 * (i - (i % group)) + 32);
    turnBits(bytes.subarray(32 * i, 32 * i + 32), next() % 25, next);
  }
  return bytes;
}

/** Queries, by turns a stored hash with up to `maxDistance` bits turned (exactly so many, now and then) and a random one. */
export function planted(stored: Uint8Array, count: number, maxDistance: number, seed: number): Uint8Array {
  const queries = seededBytes(32 * count, seed);
  const next = seededNumbers(seed + 1);
  for (let i = 0; i < count; i += 2) {
    const from = 32 * (next() % (stored.length / 32));
    const hash = stored.slice(from, from + 32);
    turnBits(hash, i % 4 === 0 ? maxDistance : next() % (maxDistance + 1), next);
    queries.set(hash, 32 * i);
  }
  return queries;
}

/** Turns so many different bits. */
function turnBits(hash: Uint8Array, count: number, next: () => number): void {
  const turned = new Set<number>();
  while (turned.size < count) turned.add(next() % 256);
  for (const bit of turned) hash[bit >> 3] = (hash[bit >> 3] as number) ^ (1 << (bit & 7));
}

/** Set bits of every 16-bit number. */
const BITS = Uint8Array.from({ length: 1 << 16 }, (_, i) => i.toString(2).replaceAll('0', '').length);

/** Every pair within a distance, by comparing all: nearest first, ties by position and then by query. */
export function bruteForce(stored: Uint8Array, queries: Uint8Array, maxDistance: number): QueryHit[] {
  const words = new Uint16Array(new Uint8Array(stored).buffer);
  const asked = new Uint16Array(new Uint8Array(queries).buffer);
  const hits: QueryHit[] = [];
  for (let query = 0; query < asked.length / 16; ++query)
    for (let id = 0; id < words.length / 16; ++id) {
      let distance = 0;
      for (let i = 0; i < 16; ++i) distance += BITS[(words[16 * id + i] as number) ^ (asked[16 * query + i] as number)] as number;
      if (distance <= maxDistance) hits.push({ query, id, distance });
    }
  return hits.sort((a, b) => a.distance - b.distance || a.id - b.id || a.query - b.query);
}
