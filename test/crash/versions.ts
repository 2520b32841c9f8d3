/** What the saver writes under a number: two of them differ in every word, and neighbours in length. */
export function version(number: number): Uint8Array {
  const words = new Uint32Array(number % 2 === 0 ? 1_200_000 : 1_500_000);
  for (let i = 0; i < words.length; ++i) words[i] = Math.imul(i, 0x9e3779b1) ^ number;
  return new Uint8Array(words.buffer, 1); // an odd length
}
