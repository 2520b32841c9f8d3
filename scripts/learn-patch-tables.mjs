#!/usr/bin/env node
// Learns the tables of patches from ordinary photographs and writes native/core/patch/tables.cpp:
//   node scripts/corpus.mjs && node scripts/learn-patch-tables.mjs [CORPUS=.cache/corpus]
// Pairs of one keypoint in a photograph and in an edited copy of it (the place is known from the edit) teach which comparisons of
// cells agree between copies and differ between keypoints, and which directions in descriptor space do. The same corpus, edits and
// seed give the same tables. The photographs that are learned from must not be measured with: see `isForLearning`.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { ATTACKS } from '../dist/bench/attacks/attack-list.js';
import { attackPicture } from '../dist/bench/attacks/attack-picture.js';
import { load } from '../dist/entry/node.js';
import { isForLearning } from './learn/choose.mjs';
import { chooseComparisons } from './learn/comparisons.mjs';
import { keyRows } from './learn/key-rows.mjs';
import { collectPairs } from './learn/pairs.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const corpus = process.argv[2] ?? join(root, '.cache/corpus');
const SEED = 1;
/** Photographs, and the edits made of each: one or two of every family, the mild and the hard. */
const PHOTOGRAPHS = 80;
const EDITS = [
  'jpeg-q30',
  'jpeg-q10',
  'copydays-jpeg20-quarter',
  'gif-64-dither',
  'reupload-chain',
  'scale-150',
  'scale-50',
  'square-256',
  'thumb-200',
  'stretch-100x75',
  'brightness-50',
  'contrast-50',
  'gamma-0.5',
  'gamma-2.0',
  'equalize',
  'posterize-4',
  'wash-white-40',
  'blur-2',
  'blur-4',
  'motion-blur-15',
  'sharpen-a-lot',
  'noise-gauss-mid',
  'noise-gauss-strong',
  'pixelate-50',
  'median-5',
  'crop50-upscale',
  'rotate-10-black',
  'rotate-30-black',
  'rotate-45-black',
  'perspective-mild',
  'perspective-strong',
  'shear-10',
  'blackrect30-centre',
  'emoji25-x3',
  'on-background-50',
  'screenshot-mobile',
  'mix-rotate10-crop-text-q40',
  'sim-photo-of-screen',
];

const files = readdirSync(join(corpus, 'photo'), { recursive: true, withFileTypes: true })
  .filter((item) => item.isFile() && /\.(jpe?g|png|webp)$/.test(item.name) && isForLearning(item.name))
  .map((item) => join(item.parentPath ?? item.path, item.name))
  .sort((a, b) => (a.split('/').at(-1) < b.split('/').at(-1) ? -1 : 1))
  .slice(0, PHOTOGRAPHS);
if (files.length < PHOTOGRAPHS)
  throw new Error(`${corpus}: ${files.length} photographs to learn from, expected ${PHOTOGRAPHS}: run node scripts/corpus.mjs first`);

const egide = await load();
const attacks = EDITS.map((id) => ATTACKS.find((attack) => attack.id === id) ?? missing(id));
const pairs = await collectPairs({ egide, sharp, files, attacks, attackPicture, seed: SEED });
console.log(`${pairs.count} pairs of keypoints from ${files.length} photographs`);
const comparisons = chooseComparisons(pairs, SEED);
const keys = keyRows(pairs);
writeFileSync(join(root, 'native/core/patch/tables.cpp'), source(comparisons, keys));

function missing(id) {
  throw new Error(`there is no attack ${id}`);
}

function source(comparisons, { rows, thresholds, scales }) {
  const table = JSON.stringify({ comparisons, rows, thresholds, scales });
  const version = Number.parseInt(createHash('sha256').update(table).digest('hex').slice(0, 8), 16);
  const learned = createHash('sha256');
  for (const file of files) learned.update(readFileSync(file));
  const wrapped = (items) => `${items.join(', ')},`.replace(/(.{1,110},)( |$)/g, '    $1\n');
  return `// Written by scripts/learn-patch-tables.mjs: do not edit. Learned from ${pairs.count} pairs of keypoints in
// ${files.length} photographs of Debian packages (bench/corpus.tsv) and ${EDITS.length} edits of each, seed ${SEED}. SHA-256 of the files, one
// after the other: ${learned.digest('hex')}.
#include "core/patch/tables.hpp"

namespace egide {

// clang-format off
const std::uint8_t kCodePairs[kCodeBits][2] = {
${wrapped(comparisons.map(([a, b]) => `{${a}, ${b}}`))}};

const std::int8_t kKeyRows[kKeyBits][kHistogramBytes] = {
${rows.map((row) => `  {\n${wrapped(row)}  },`).join('\n')}
};

const std::int32_t kKeyThresholds[kKeyBits] = {
${wrapped(thresholds)}};

const float kKeyScales[kKeyBits] = {
${wrapped(scales.map((scale) => `${scale.toPrecision(8)}f`))}};

const std::uint32_t kTablesVersion = ${version}u;
// clang-format on

}  // namespace egide
`;
}
