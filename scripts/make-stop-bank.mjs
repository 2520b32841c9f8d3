#!/usr/bin/env node
// Writes src/patch/stop-bank.ts, the stop features that come with the library (docs/patches.md): node scripts/make-stop-bank.mjs
// Draws screens, captions, emoji, watermarks and players of our own (stop-bank/), enrols several renderings of each, and chooses the
// features that most of them share. The same seed, DejaVu fonts and sharp give the same file; to be run again when the learned tables
// change. How many entries, and how many keys of each, was chosen by what they mark of other drawings, which the script prints.
import { createHash } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { chooseEntries, marks, RADIUS } from './stop-bank/choose.mjs';
import { featuresOf } from './stop-bank/features.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const [SEED, HELD_OUT_SEED] = [1, 2];
const [PICTURES, RENDERINGS, HELD_OUT] = [330, 2, 66];
/** So many that the module stays below 100 KB: 22 bytes each, a third more in base64. */
const ENTRIES = 3400;
/** Bits of the key that may differ, and pictures that must have a feature (docs/patches.md). */
const [MASK_BITS, FEWEST] = [6, 3];

const egide = await load();
const { features } = await featuresOf({ egide, sharp, seed: SEED, pictures: PICTURES, renderings: RENDERINGS });
const entries = chooseEntries(features, { entries: ENTRIES, maskBits: MASK_BITS, fewest: FEWEST });
const bytes = packed(entries, features);
writeFileSync(join(root, 'src/patch/stop-bank.ts'), source(bytes));
await report();

/** Key and mask of 3 bytes each, and the code, by key. */
function packed(chosen, { codes }) {
  const EACH = 22;
  const all = Buffer.alloc(EACH * chosen.length);
  chosen
    .toSorted((a, b) => a.key - b.key || a.feature - b.feature)
    .forEach(({ key, mask, feature }, i) => {
      all.writeUIntLE(key, EACH * i, 3);
      all.writeUIntLE(mask, EACH * i + 3, 3);
      for (let word = 0; word < 4; ++word) all.writeUInt32LE(codes[4 * feature + word], EACH * i + 6 + 4 * word);
    });
  return all;
}

function source(table) {
  const drawings = createHash('sha256');
  for (const name of ['drawings', 'overlays', 'pictures', 'random', 'screens', 'words'])
    drawings.update(readFileSync(join(root, `scripts/stop-bank/${name}.mjs`)));
  return `// Written by scripts/make-stop-bank.mjs: do not edit. Chosen from ${features.count} features of ${RENDERINGS} renderings each of ${PICTURES} drawings of our
// own (SHA-256 of the scripts that draw them: ${drawings.digest('hex').slice(0, 16)}), seed ${SEED}.

/** @internal ${entries.length} stop features in base64: a key and a mask of 3 bytes each, and a code of 16. */
export const STOP_BANK =
  '${table.toString('base64')}';
`;
}

/** Shares that are marked of drawings that were not chosen from. */
async function report() {
  const held = await featuresOf({ egide, sharp, seed: HELD_OUT_SEED, pictures: HELD_OUT, renderings: 1 });
  const percent = (part, whole) => `${((100 * part) / whole).toFixed(1)} %`;
  for (const count of [500, 1000, 2000, entries.length].filter((some) => some <= entries.length)) {
    const some = entries.slice(0, count);
    const wide = marks(held.features, some, features, { words: 4, radius: RADIUS.standard });
    const narrow = marks(held.features, some, features, { words: 2, radius: RADIUS.compact });
    const kinds = [...new Set(held.kinds)].map((kind) => {
      const own = held.features.pictures.flatMap((picture, i) => (held.kinds[picture] === kind ? [i] : []));
      return `${kind} ${percent(own.filter((i) => wide.has(i)).length, own.length)}`;
    });
    const all = held.features.count;
    console.log(
      `${count} entries: ${percent(wide.size, all)}, compact ${percent(narrow.size, all)} of other drawings (${kinds.join(', ')})`,
    );
  }
}
