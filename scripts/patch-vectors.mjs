// Writes test/vectors/patches.json: what each stage of the patches of pictures by formula (docs/pdq.md, "Vectors") comes to with the
// scalar kernel of the addon. Run it, after a build, when the method changes; then its diff says which stages did.
//
//   node scripts/patch-vectors.mjs
import { writeFileSync } from 'node:fs';
import { createNativeBackend } from '../dist/backend/native.js';
import { patchStages } from '../dist/self-test/patch-stages.js';
import { picture } from '../dist/self-test/pictures.js';

/** Usual sizes, odd ones, slim ones, tiny ones, and what has no features or too many that are alike. */
const PICTURES = [
  ['noise', 640, 480],
  ['noise', 333, 517],
  ['noise', 2000, 100],
  ['noise', 64, 64],
  ['noise', 5, 5],
  ['noise', 1, 300],
  ['noise', 1, 1],
  ['blocks', 640, 480],
  ['blocks', 1280, 853],
  ['blocks', 97, 61],
  ['waves', 640, 480],
  ['waves', 333, 517],
  ['waves', 100, 2000],
  ['blocks', 512, 96],
  ['disc', 161, 99],
  ['ramp', 320, 240],
  ['stripes', 640, 480],
  ['stripes', 301, 200],
  ['checks', 640, 480],
  ['checks', 320, 321],
  ['flat', 640, 480],
];

const backend = createNativeBackend();
const rows = PICTURES.map(([pattern, width, height], i) => {
  const seed = 2463534242 + 7 * i;
  const stages = patchStages(backend, { data: picture(pattern, seed, width, height), width, height, channels: 3 }, 'scalar');
  return { pattern, seed, width, height, ...stages };
});
writeFileSync(new URL('../test/vectors/patches.json', import.meta.url), `${JSON.stringify(rows, null, 2)}\n`);
