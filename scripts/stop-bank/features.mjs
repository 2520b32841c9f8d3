import { rendering, stopPicture } from './pictures.mjs';

/** Bytes before a record's features, and of each: a code of 16, a key, a place (docs/formats.md). */
const [HEADER, EACH] = [32, 24];

/** Features of several pictures, side by side: codes of four words, keys, and the number of the picture that each is of. */
export class Features {
  codes = [];
  keys = [];
  pictures = [];

  get count() {
    return this.keys.length;
  }

  /** Adds those of a record of the standard profile. */
  add(record, picture) {
    const view = new DataView(record.bytes.buffer, record.bytes.byteOffset);
    for (let i = 0; i < record.features; ++i) {
      const at = HEADER + EACH * i;
      for (let word = 0; word < 4; ++word) this.codes.push(view.getUint32(at + 4 * word, true));
      this.keys.push(view.getUint32(at + 16, true) & 0xffffff);
      this.pictures.push(picture);
    }
  }
}

/** Renders pictures and keeps what an enrolled copy of each would have. */
export async function featuresOf({ egide, sharp, seed, pictures, renderings }) {
  const features = new Features();
  const kinds = [];
  for (let number = 0; number < pictures; ++number) {
    const picture = stopPicture(seed, number);
    kinds.push(picture.kind);
    for (let i = 0; i < renderings; ++i) {
      const file = await rendering(sharp, picture, seed * 1e6 + number * renderings + i);
      features.add(await egide.patches.enrol(await egide.decode(file)), number);
    }
  }
  return { features, kinds };
}

/** Features by key. */
export function byKey({ keys }) {
  const found = new Map();
  keys.forEach((key, i) => {
    const run = found.get(key);
    if (run) run.push(i);
    else found.set(key, [i]);
  });
  return found;
}

function bits(word) {
  let left = word - ((word >>> 1) & 0x55555555);
  left = (left & 0x33333333) + ((left >>> 2) & 0x33333333);
  return Math.imul((left + (left >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Bits that two codes differ in; of their first `words` words. */
export function distance(a, i, b, j, words) {
  let sum = 0;
  for (let word = 0; word < words; ++word) sum += bits(a[4 * i + word] ^ b[4 * j + word]);
  return sum;
}
