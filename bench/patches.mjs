// Patches through Node, by the addon and by the WebAssembly core: extraction, enrolment, comparison, search, and a whole scan.
// Usage: node bench/patches.mjs FOLDER, in which native/patch_bank_bench.cpp has left `bank`, an index of patches.
import { join } from 'node:path';
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { hand, interleave, photographs, ROW_MS, require } from './measure.mjs';
import { HASH_BYTES, seededHashes } from './search-data.mjs';

const [folder] = process.argv.slice(2);
/** Hashes in the list that a scan looks into besides the bank of patches. */
const LISTED = 100_000;
const BACKENDS = ['native', 'wasm'];

const files = await photographs(1600, 1200);
const copies = await Promise.all(
  files.map(({ bytes }) =>
    sharp(bytes).extract({ left: 200, top: 150, width: 1100, height: 800 }).rotate(7).jpeg({ quality: 70 }).toBuffer(),
  ),
);
const doors = [];
for (const name of BACKENDS) doors.push(await door(name));
for (const other of doors)
  for (const [i, query] of other.queries.entries())
    require(Buffer.compare(query.bytes, doors[0].queries[i].bytes) === 0, `${other.name} and ${doors[0].name} extract different patches`);

/** A backend with pictures, records and patches of its own making, and the bank. */
async function door(name) {
  const egide = await load({ backend: name });
  const images = await Promise.all(files.map(({ bytes }) => egide.decode(bytes)));
  const records = [];
  for (const image of images) records.push(await egide.patches.enrol(image));
  const queries = [];
  for (const bytes of copies) queries.push(egide.patches.extract(await egide.decode(bytes)));
  for (const [i, query] of queries.entries()) {
    require(egide.patches.match(query, records[i])?.tier === 'confirmed', `${name}: copy ${i} of its original`);
    require(!egide.patches.match(query, records[(i + 1) % 5]), `${name}: copy ${i} of another picture`);
  }
  const bank = await egide.openPatchIndex(join(folder, 'bank'));
  // The first images of the bank are the photographs of examples/pictures.
  for (const [i, query] of queries.entries()) {
    const { hits } = bank.search(query);
    require(hits[0]?.id === i && hits[0].match.tier === 'confirmed', `${name}: copy ${i} in the bank: ${JSON.stringify(hits[0]?.id)}`);
  }
  const list = await egide.hashList(listText(), { name: 'hashes' });
  const entry = (id) => ({ id: String(id), list: 'pictures' });
  const shield = egide.shield({ lists: [list], patches: [{ name: 'pictures', index: bank, entry }] });
  for (const [i, bytes] of copies.entries()) {
    const { matches, summary } = await shield.scan(bytes);
    require(matches.some(
      (match) => match.entry.list === 'pictures' && match.entry.id === String(i),
    ), `${name}: scan of copy ${i}: ${summary}`);
  }
  return { name, egide, images, records, queries, bank, shield };
}

/** A CSV list of seeded PDQ hashes. */
function listText() {
  const hashes = Buffer.from(seededHashes(LISTED).buffer);
  const lines = Array.from({ length: LISTED }, (_, i) => `pdq,${hashes.toString('hex', HASH_BYTES * i, HASH_BYTES * (i + 1))},entry-${i}`);
  return Buffer.from(['type,hash,id', ...lines].join('\n'));
}

const WORKS = {
  'extraction at 640 px': ({ egide, images }, i) => egide.patches.extract(images[i], { use: 'lite' }),
  'extraction at 800 px': ({ egide, images }, i) => egide.patches.extract(images[i]),
  'extraction at 1,024 px, 1,500 features': ({ egide, images }, i) => egide.patches.extract(images[i], { use: 'deep' }),
  'enrolment (asynchronous)': ({ egide, images }, i) => egide.patches.enrol(images[i]),
  'comparison with the original': ({ egide, queries, records }, i) => egide.patches.match(queries[i], records[i]),
  'comparison with another picture': ({ egide, queries, records }, i) => egide.patches.match(queries[i], records[(i + 1) % 5]),
  'search in the bank': ({ bank, queries }, i) => bank.search(queries[i]),
  'decoding the JPEG': ({ egide }, i) => egide.decode(files[i].bytes),
  'a whole scan of the JPEG': ({ shield }, i) => shield.scan(files[i].bytes),
};

// V8 first compiles WebAssembly quickly and then, while it runs, well: measured is what a server has after its first seconds.
for (const one of doors) for (let i = 0; i < 100; ++i) await one.shield.scan(files[i % files.length].bytes);

const rows = [];
for (const [what, work] of Object.entries(WORKS)) {
  const contenders = doors.map((one) => {
    let next = 0;
    return { name: one.name, work: () => work(one, next++ % files.length) };
  });
  rows.push({ what, contenders: await interleave(contenders, { turnMs: 20, pieces: files.length, ms: 2 * ROW_MS }) });
}
hand({ bank: doors[0].bank.size, listed: LISTED, rows });
