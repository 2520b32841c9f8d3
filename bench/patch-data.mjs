// Pictures, records and queries for the benchmarks of patches: node bench/patch-data.mjs FOLDER [PICTURES ...]
// Writes into FOLDER
//   picture-0.ppm to picture-4.ppm, copy.ppm   the photographs of examples/pictures at 1,280x960, and an edited copy of the first
//   records                                    the standard record of each picture of PICTURES and of examples/pictures, one after the other
//   queries                                    edited copies: per query the number of its original, the length of its patches, the patches
import { closeSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { hand, photographs, require } from './measure.mjs';

const EXAMPLES = fileURLToPath(new URL('../examples/pictures', import.meta.url));
/** Pictures that are enrolled at most, evenly from all there are. */
const MOST_PICTURES = 1500;
const QUERIES = 100;

const [folder, ...sources] = process.argv.slice(2);
const egide = await load({ backend: 'native' });

/** The working picture's own pixels: nothing is enlarged beyond the photographs' 900 pixels once it is brought down to 640. */
async function writePhotographs() {
  const files = await photographs(1280, 960, { grained: false });
  for (const [i, { bytes }] of files.entries()) await writePpm(`picture-${i}.ppm`, sharp(bytes));
  const turned = sharp(files[0].bytes).extract({ left: 160, top: 120, width: 900, height: 720 }).rotate(8, { background: '#ffffff' });
  await writePpm('copy.ppm', sharp(await turned.jpeg({ quality: 60 }).toBuffer()));
}

async function writePpm(name, image) {
  const { data, info } = await image.toColourspace('srgb').removeAlpha().raw().toBuffer({ resolveWithObject: true });
  writeFileSync(join(folder, name), Buffer.concat([Buffer.from(`P6 ${info.width} ${info.height} 255\n`), data]));
}

function filesIn(source) {
  const files = readdirSync(source, { recursive: true, withFileTypes: true }).filter((entry) => /\.(jpe?g|png|webp)$/i.test(entry.name));
  return files.map((entry) => join(entry.parentPath, entry.name)).sort();
}

/** What an edited copy went through, one after the other over the queries. */
const EDITS = {
  'cropped to half, mirrored': (image, [w, h]) =>
    image.extract({ left: Math.floor(w / 4), top: Math.floor(h / 5), width: Math.floor(w * 0.7), height: Math.floor(h * 0.7) }).flop(),
  'turned by 12 degrees': (image) => image.rotate(12, { background: '#808080' }),
  'in a frame': (image, [w, h]) =>
    image.extend({ top: h >> 2, bottom: h >> 2, left: w >> 2, right: w >> 2, background: { r: 250, g: 250, b: 250 } }),
  'JPEG, quality 20, three quarters of the size': (image, [w]) => image.resize({ width: Math.ceil(w * 0.75) }),
};

/** Decoding may fail: a corpus has whatever its sources have. */
async function enrolAll(files) {
  const records = openSync(join(folder, 'records'), 'w');
  const kept = [];
  for (const file of files) {
    const image = await egide.decode(readFileSync(file)).catch(() => undefined);
    if (image === undefined) continue;
    const { bytes, protection } = await egide.patches.enrol(image);
    writeSync(records, bytes);
    kept.push({ file, protection });
  }
  closeSync(records);
  return kept;
}

async function writeQueries(kept) {
  const queries = openSync(join(folder, 'queries'), 'w');
  const originals = kept.flatMap(({ protection }, image) => (protection === 'full' ? [image] : []));
  const edits = Object.values(EDITS);
  const count = Math.min(QUERIES, originals.length);
  for (let i = 0; i < count; ++i) {
    const image = originals[Math.floor((i * originals.length) / count)];
    const { data, info } = await sharp(readFileSync(kept[image].file))
      .rotate()
      .flatten({ background: '#808080' })
      .png({ compressionLevel: 0 })
      .toBuffer({ resolveWithObject: true });
    const copy = await edits[i % edits.length](sharp(data), [info.width, info.height])
      .jpeg({ quality: 20 + 20 * (i % edits.length === 3 ? 0 : 2) })
      .toBuffer();
    const { bytes } = await egide.patches.extractAsync(await egide.decode(copy));
    writeSync(queries, Buffer.from(Uint32Array.of(image, bytes.byteLength).buffer));
    writeSync(queries, bytes);
  }
  closeSync(queries);
  return count;
}

await writePhotographs();
const all = sources.flatMap(filesIn);
const some = all.filter((_, i) => Math.floor((i * MOST_PICTURES) / all.length) !== Math.floor(((i - 1) * MOST_PICTURES) / all.length));
const kept = await enrolAll([...filesIn(EXAMPLES), ...(all.length > MOST_PICTURES ? some : all)]);
require(kept.length >= 5, `${kept.length} pictures were enrolled`);
hand({
  pictures: kept.length,
  unprotected: kept.filter(({ protection }) => protection !== 'full').length,
  queries: await writeQueries(kept),
  edits: Object.keys(EDITS),
});
