// Hashes, queries and right answers for the benchmarks of search through JavaScript: seeded, as in native/search_data.hpp.

export const HASH_BYTES = 32;
/** python-threatexchange, PDQ_CONFIDENT_MATCH_THRESHOLD. */
export const RADIUS = 31;

/** Whole numbers below 2^32: G. Marsaglia, "Xorshift RNGs", 2003. */
export function random(state = 2463534242) {
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Bytes, as many as whole words. */
export function seededBytes(count, next = random()) {
  const words = new Uint32Array(count / 4);
  for (let i = 0; i < words.length; ++i) words[i] = next();
  return new Uint8Array(words.buffer);
}

function flipped(hash, flips, next) {
  const turned = new Set();
  while (turned.size < flips) turned.add(next() % (8 * HASH_BYTES));
  const copy = hash.slice();
  for (const bit of turned) copy[bit >> 3] ^= 1 << (bit & 7);
  return copy;
}

/** Random hashes; clustered, ten variants of each of a tenth as many, 0 to 24 bits from it. */
export function seededHashes(count, { clustered = false } = {}) {
  const next = random();
  const hashes = seededBytes(count * HASH_BYTES, next);
  if (!clustered) return hashes;
  for (let i = 0; i < count; ++i) {
    const base = HASH_BYTES * (i - (i % 10));
    hashes.set(flipped(hashes.subarray(base, base + HASH_BYTES), next() % 25, next), HASH_BYTES * i);
  }
  return hashes;
}

/** Every other query is random, the others are 0, 1 ... 31 bits from a stored hash. */
export function plantedQueries(hashes, count) {
  const next = random(88172645);
  return Array.from({ length: count }, (_, i) => {
    const at = HASH_BYTES * (next() % (hashes.length / HASH_BYTES));
    return i % 2 === 0
      ? flipped(hashes.subarray(at, at + HASH_BYTES), (i / 2) % 32, next)
      : Uint8Array.from({ length: HASH_BYTES }, () => next() >>> 24);
  });
}

/** By the plainest loop: the positions of all hashes within the radius of a query, ascending, and how far each is. */
export function looped(hashes, query, radius = RADIUS) {
  const words = new Uint32Array(hashes.buffer, hashes.byteOffset, hashes.length / 4);
  const wanted = new Uint32Array(query.slice().buffer);
  const hits = [];
  for (let i = 0; i < words.length; i += wanted.length) {
    let distance = 0;
    for (let k = 0; k < wanted.length; ++k) distance += bits(words[i + k] ^ wanted[k]);
    if (distance <= radius) hits.push({ position: i / wanted.length, distance });
  }
  return hits;
}

/** Bits that are set: H. Warren, "Hacker's Delight", 2nd edition, figure 5-2. */
function bits(word) {
  word -= (word >>> 1) & 0x55555555;
  word = (word & 0x33333333) + ((word >>> 2) & 0x33333333);
  return Math.imul((word + (word >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
