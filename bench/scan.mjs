// What `shield.scan` costs besides reading, digests, decoding, hashing and search, against a list of 100,000 PDQ hashes; search is told apart.
import { load } from '../dist/entry/node.js';
import { hand, median, photographs, ROW_MS, require } from './measure.mjs';

const ENTRIES = 100_000;

/** A CSV list of seeded hashes, the last entry being the first photograph's own. */
function listText(own) {
  const hashes = new Uint32Array(ENTRIES * 8);
  let state = 2463534242;
  for (let i = 0; i < hashes.length; ++i) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    hashes[i] = state;
  }
  const lines = ['type,hash,id'];
  const bytes = Buffer.from(hashes.buffer);
  for (let i = 0; i + 1 < ENTRIES; ++i) lines.push(`pdq,${bytes.toString('hex', 32 * i, 32 * i + 32)},entry-${i}`);
  lines.push(`pdq,${Buffer.from(own).toString('hex')},own`);
  return Buffer.from(lines.join('\n'));
}

async function measure(backend, files) {
  const egide = await load({ backend });
  const own = egide.pdq.hash(await egide.decode(files[0].bytes)).hash;
  const text = listText(own);
  const started = performance.now();
  const list = await egide.hashList(text, { name: 'bench' });
  const readMs = performance.now() - started;
  require(list.entryCount === ENTRIES, `the list has ${list.entryCount} entries`);
  const shield = egide.shield({ lists: [list] });
  const hit = await shield.scan(files[0].bytes);
  require(hit.matches.length === 1 && hit.matches[0].distance === 0 && hit.matches[0].entry.id === 'own', hit.summary);
  require((await shield.scan(files[1].bytes)).outcome === 'no-match', 'another photograph matches');

  const images = await Promise.all(files.map(({ bytes }) => egide.decode(bytes)));
  const fromFiles = await timings(
    shield,
    files.map(({ bytes }) => bytes),
  );
  const fromPixels = await timings(shield, images);
  return { backend, kernel: egide.backend.kernel, entries: ENTRIES, readMs, ...fromFiles, pixelsOverheadMs: fromPixels.overheadMs };
}

/** Medians over many scans, each input in its turn. */
async function timings(shield, inputs) {
  const overhead = [];
  const copy = [];
  const search = [];
  const end = performance.now() + ROW_MS;
  for (let i = 0; i < 50 || performance.now() < end; ++i) {
    const { readMs, digestMs, decodeMs, hashMs, searchMs, totalMs } = (await shield.scan(inputs[i % inputs.length])).timings;
    overhead.push(totalMs - readMs - digestMs - decodeMs - hashMs - searchMs);
    copy.push(readMs);
    search.push(searchMs);
  }
  return { overheadMs: median(overhead), copyMs: median(copy), searchMs: median(search), scans: overhead.length };
}

const files = await photographs(512, 512);
hand({ scans: [await measure('native', files), await measure('wasm', files)] });
