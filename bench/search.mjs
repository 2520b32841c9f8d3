// Search through Node: the addon and the WebAssembly core turn by turn, and how long it takes to open a file.
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../dist/entry/node.js';
import { hand, interleave, median, require, timed } from './measure.mjs';
import { HASH_BYTES, looped, plantedQueries, RADIUS, random, seededBytes, seededHashes } from './search-data.mjs';

const SIZE = 1_000_000;
const FILE_SIZE = 10_000_000;
const QUERIES = 512;
const LOOPED = 16;
const ORIENTATIONS = 8;
const OPTIONS = { maxDistance: RADIUS };

/** Holds some answers against a plain loop, and all of them against what was planted. */
function check(index, hashes, queries, name) {
  for (const [i, query] of queries.entries()) {
    const { hits } = index.search(query, OPTIONS);
    require(hits.length >= (i % 2 === 0 ? 1 : 0), `${name} does not find what query ${i} was made of`);
    if (i >= LOOPED) continue;
    const wanted = looped(hashes, query).map(({ position, distance }) => `${position}: ${distance}`);
    const got = hits.toSorted((a, b) => a.id - b.id).map(({ id, distance }) => `${id}: ${distance}`);
    require(got.join() === wanted.join(), `${name} on query ${i}: ${got.join()} where ${wanted.join()} is right`);
  }
}

async function contendersOf(backend, hashes, queries) {
  const egide = await load({ backend });
  const { made: index, seconds: buildSeconds } = await timed(() => egide.buildPdqIndex(hashes));
  check(index, hashes, queries, backend);
  let next = 0;
  const one = { name: backend, buildSeconds, pieces: 1, work: () => index.search(queries[next++ % QUERIES], OPTIONS) };
  const groups = Array.from({ length: QUERIES / ORIENTATIONS }, (_, i) =>
    Buffer.concat(queries.slice(i * ORIENTATIONS, (i + 1) * ORIENTATIONS)),
  );
  let nextGroup = 0;
  const eight = {
    name: `${backend}, 8 queries at a time`,
    pieces: ORIENTATIONS,
    work: () => index.searchMany(groups[nextGroup++ % groups.length], OPTIONS),
  };
  return [one, eight];
}

async function measureSearch() {
  const hashes = seededHashes(SIZE);
  const queries = plantedQueries(hashes, QUERIES);
  const contenders = [...(await contendersOf('native', hashes, queries)), ...(await contendersOf('wasm', hashes, queries))];
  // V8 first compiles WebAssembly quickly and then, while it runs, well.
  const end = performance.now() + 1000;
  while (performance.now() < end) for (const { work } of contenders) work();
  const turns = await interleave(contenders, { turnMs: 20, ms: 6000 });
  return turns.map((turn, i) => {
    const { pieces, buildSeconds } = contenders[i];
    return { ...turn, cpuMs: turn.cpuMs / pieces, wallMs: turn.wallMs / pieces, buildSeconds };
  });
}

/** From the path to an index that answers. The file is in the system's cache: it has just been written. */
async function measureOpening() {
  const folder = mkdtempSync(join(tmpdir(), 'egide-bench-'));
  const path = join(folder, 'index');
  try {
    const egide = await load({ backend: 'native' });
    const hashes = seededHashes(FILE_SIZE);
    const [query] = plantedQueries(hashes, 1);
    const built = await egide.buildPdqIndex(hashes);
    await built.save(path);
    built[Symbol.dispose]();
    const times = [];
    for (let i = 0; i < 15; ++i) {
      const started = performance.now();
      const index = await egide.openPdqIndex(path);
      times.push(performance.now() - started);
      const { hits } = index.search(query, OPTIONS);
      require(hits[0]?.distance === 0 && sameHash(hashes, hits[0].id, query), 'the opened index does not find a stored hash');
      index[Symbol.dispose]();
    }
    return { hashes: FILE_SIZE, bytes: statSync(path).size, wallMs: median(times) };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const sameHash = (hashes, i, query) => Buffer.compare(hashes.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1)), query) === 0;

/** Look-ups of MD5 digests that are not listed, so many at a time: what a platform does with nearly every upload. */
async function measureDigests() {
  const WIDTH = 16;
  const BATCH = 4096;
  const BATCHES = 256;
  const digests = seededBytes(WIDTH * FILE_SIZE);
  const absent = seededBytes(WIDTH * BATCH * BATCHES, random(88172645));
  const contenders = [];
  for (const backend of ['native', 'wasm']) {
    const egide = await load({ backend });
    const { made: index, seconds: buildSeconds } = await timed(() => egide.buildDigestIndex('md5', digests));
    require(index.findMany(absent).length === 0, `${backend} finds digests that are not listed`);
    for (let i = 0; i < 1000; ++i) {
      const at = WIDTH * Math.floor((i * FILE_SIZE) / 1000);
      require(index.find(digests.subarray(at, at + WIDTH)).includes(at / WIDTH), `${backend} does not find digest ${at / WIDTH}`);
    }
    let next = 0;
    const work = () => {
      const at = WIDTH * BATCH * (next++ % BATCHES);
      return index.findMany(absent.subarray(at, at + WIDTH * BATCH));
    };
    contenders.push({ name: backend, buildSeconds, work });
  }
  const turns = await interleave(contenders, { turnMs: 20 });
  const ways = turns.map(({ name, cpuMs }, i) => ({
    name,
    millionsPerSecond: BATCH / cpuMs / 1000,
    buildSeconds: contenders[i].buildSeconds,
  }));
  return { listed: FILE_SIZE, ways };
}

hand({ contenders: await measureSearch(), open: await measureOpening(), digests: await measureDigests() });
