import type { Answer, Matcher } from '../matcher.js';

/** What makes a matcher of a hash whose distance is counted in bits. */
export interface BitHash extends Pick<Matcher, 'name' | 'version' | 'setting' | 'calibrated'> {
  /** Bits of a hash, a multiple of 32. */
  readonly bits: number;
  /** Bits that may differ; of no meaning if `calibrated`. */
  readonly maxDistance: number;
  /** Bits up to which a reference is told of. */
  readonly toldDistance: number;
  /** The hash as hex digits or as ones and zeros. */
  hash(file: Uint8Array): Promise<string>;
}

/** A matcher that compares the query's hash with every other. Its score is the number of bits that agree. */
export function bitHashMatcher({ bits, maxDistance, toldDistance, hash, ...rest }: BitHash): Matcher {
  const wordsOf = async (file: Uint8Array) => packed(await hash(file), bits);
  return {
    ...rest,
    reference: async (file) => new Uint8Array((await wordsOf(file)).buffer),
    async open(references) {
      const known = references.map(({ id, signature }) => ({ id, words: new Uint32Array(signature.slice().buffer) }));
      return {
        async search(file) {
          const query = await wordsOf(file);
          const answers: Answer[] = [];
          for (const { id, words } of known) {
            const distance = distanceOf(query, words);
            if (distance <= toldDistance) answers.push({ id, score: bits - distance, accepted: distance <= maxDistance });
          }
          return answers;
        },
      };
    },
  };
}

/** Packs ones and zeros, or hex digits, into words. Throws if there are not `bits` of them. */
function packed(text: string, bits: number): Uint32Array<ArrayBuffer> {
  const binary =
    text.length === bits ? text : Array.from(text, (digit) => Number.parseInt(digit, 16).toString(2).padStart(4, '0')).join('');
  if (!/^[01]+$/.test(binary) || binary.length !== bits) throw new Error(`expected a hash of ${bits} bits, got ${text.length} characters`);
  return Uint32Array.from({ length: bits / 32 }, (_, i) => Number.parseInt(binary.slice(32 * i, 32 * i + 32), 2));
}

function distanceOf(a: Uint32Array, b: Uint32Array): number {
  let distance = 0;
  for (let i = 0; i < a.length; ++i) {
    // Counts the ones of a word in parallel (Warren, Hacker's Delight, 2nd ed., figure 5-2).
    let x = (a[i] as number) ^ (b[i] as number);
    x -= (x >>> 1) & 0x55555555;
    x = (x & 0x33333333) + ((x >>> 2) & 0x33333333);
    distance += Math.imul((x + (x >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
  }
  return distance;
}
