import { seededBytes } from '../spec/search-fixture.js';

/** What the saver writes under a number: two of them differ in every word, and neighbours in length. */
export function version(number: number): Uint8Array {
  const words = new Uint32Array(number % 2 === 0 ? 1_200_000 : 1_500_000);
  for (let i = 0; i < words.length; ++i) words[i] = Math.imul(i, 0x9e3779b1) ^ number;
  return new Uint8Array(words.buffer, 1); // an odd length
}

/** Enough for an index with bands: 8 MB. */
const FEWEST = 33_000;
const hashes = seededBytes(32 * (FEWEST + 1000), 13);

/** Hashes of the index of a number: each has one more than the index before. */
export function hashesOf(number: number): Uint8Array {
  return hashes.subarray(0, 32 * (FEWEST + number));
}

/** Id of the last of them. */
export function idOf(number: number): number {
  return FEWEST + number - 1;
}
