// Lays out the corpus for `egide bench attacks`: node bench/attack-corpus.mjs [CORPUS=.cache/corpus] [OUT=.cache/attack-corpus]
//   originals/    150 photographs, none of those that the tables of patches were learned from
//   distractors/  every other photograph, the largest ones cut into four tiles that share nothing; and other pictures (drawings, cut-out
//                 objects, astronomy, paintings), less those that the same picture is kept of already
//   related.tsv   pairs of them that show the same thing (bench/related-pictures.tsv), and tiles of one photograph
// The same corpus gives the same layout. Needs tiers S, M and L.
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { isForLearning } from '../scripts/learn/choose.mjs';

const [corpus = '.cache/corpus', out = '.cache/attack-corpus'] = process.argv.slice(2);
const ORIGINALS = 150;
const OTHERS = 2100;
/** Sides, in pixels: of an original at least, and of a photograph that is cut into tiles. */
const LEAST_SIDE = 256;
const LARGE_SIDE = 1600;
/** Bits within which two pictures are taken to be the same drawing in other colours; unrelated ones lie around 128. */
const SAME_DRAWING = 90;

const related = [];
const egide = await load();
const photographs = filesIn('photo');
const isOriginal = new Set();
for (const file of photographs) {
  if (isOriginal.size === ORIGINALS) break;
  const { width, height } = await sharp(file).metadata();
  if (!isForLearning(basename(file)) && Math.min(width, height) >= LEAST_SIDE && Math.max(width, height) < LARGE_SIDE) isOriginal.add(file);
}
rmSync(out, { recursive: true, force: true });
for (const folder of ['originals', 'distractors/photo', 'distractors/other']) mkdirSync(join(out, folder), { recursive: true });
for (const file of isOriginal) copyFileSync(file, join(out, 'originals', basename(file)));
let count = 0;
for (const file of photographs.filter((name) => !isOriginal.has(name))) count += await distract(file);
const others = [];
for (const kind of ['painting', 'illustration', 'pano', 'object', 'astro', 'clipart']) others.push(...filesIn(kind));
const kept = await distinct(others, OTHERS);
for (const file of kept) copyFileSync(file, join(out, 'distractors/other', basename(file)));
related.push(...knownPairs());
writeFileSync(join(out, 'related.tsv'), related.map((pair) => `${pair.join('\t')}\n`).join(''));
console.log(`${isOriginal.size} originals; distractors: ${count} photographs, ${kept.length} other pictures, in ${out}`);

/** By name, which begins with the SHA-256: an order that has nothing to do with what the pictures show. */
function filesIn(kind) {
  const items = readdirSync(join(corpus, kind), { recursive: true, withFileTypes: true });
  return items
    .filter((item) => item.isFile() && /\.(jpe?g|png|webp)$/.test(item.name))
    .map((item) => join(item.parentPath ?? item.path, item.name))
    .sort((a, b) => (basename(a) < basename(b) ? -1 : 1));
}

async function distract(file) {
  const { width, height } = await sharp(file).metadata();
  if (Math.max(width, height) < LARGE_SIDE) {
    copyFileSync(file, join(out, 'distractors/photo', basename(file)));
    return 1;
  }
  const [w, h] = [Math.floor(width / 2), Math.floor(height / 2)];
  for (const [i, [left, top]] of [
    [0, 0],
    [width - w, 0],
    [0, height - h],
    [width - w, height - h],
  ].entries()) {
    const tile = sharp(file).removeAlpha().extract({ left, top, width: w, height: h }).resize(1024, 1024, { fit: 'inside' });
    await tile.jpeg({ quality: 92 }).toFile(join(out, 'distractors/photo', `${basename(file).split('.')[0]}-${i}.jpg`));
  }
  for (const i of [0, 1, 2, 3])
    for (let k = 0; k < i; ++k) related.push([i, k].map((tile) => `photo/${basename(file).split('.')[0]}-${tile}.jpg`));
  return 4;
}

/** The pairs of the list whose pictures are both laid out, with the folders that they are in. */
function knownPairs() {
  const list = join(dirname(fileURLToPath(import.meta.url)), 'related-pictures.tsv');
  const lines = readFileSync(list, 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  const placed = (name) =>
    ['originals', 'distractors/photo', 'distractors/other']
      .map((folder) => `${folder}/${name}`)
      .find((path) => existsSync(join(out, path)));
  return lines.map((line) => line.split('\t').slice(0, 2).map(placed)).filter((pair) => pair.every((path) => path !== undefined));
}

/** The first `wanted` that are no recolouring of one before. */
async function distinct(files, wanted) {
  const chosen = [];
  const hashes = [];
  for (const file of files) {
    if (chosen.length === wanted) break;
    const { hash, turned, unhashable } = await egide.pdq.hashAsync(await egide.decode(file));
    if (unhashable || turned.some((one) => hashes.some((other) => egide.pdq.distance(one, other) <= SAME_DRAWING))) continue;
    chosen.push(file);
    hashes.push(hash);
  }
  return chosen;
}
