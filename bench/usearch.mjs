// usearch, as npm gives it, beside egide's index: exact search and HNSW, its approximate graph, one thread.
//
// usearch has no search within a radius: it is asked for the ten nearest, and those within 31 bits are kept (a clustered set has ten variants
// of each picture). From JavaScript it takes a bit as a number: 1 or -1 in an Int8Array, 256 bytes a hash. Its index packs them into bits
// again; its exact search has no Hamming distance for them, so it gets the squared Euclidean one, which is four times as large.
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { load } from '../dist/entry/node.js';
import { hand, interleave, require, timed } from './measure.mjs';
import { HASH_BYTES, looped, plantedQueries, RADIUS, seededHashes } from './search-data.mjs';

const NEAREST = 10;
const BITS = 8 * HASH_BYTES;
const QUERIES = 128;
/** The graph takes about ten minutes to build at a million. */
const GRAPH_SIZE = 100_000;
const EXACT_SIZE = 1_000_000;

function asSigns(bytes) {
  const signs = new Int8Array(8 * bytes.length);
  for (let i = 0; i < signs.length; ++i) signs[i] = ((bytes[i >> 3] >> (i & 7)) & 1) === 1 ? 1 : -1;
  return signs;
}

/** The matches within the radius. `scale`: what usearch calls one bit. */
const within = ({ keys, distances }, scale) =>
  [...keys].map((key, i) => ({ position: Number(key), distance: distances[i] / scale })).filter(({ distance }) => distance <= RADIUS);

/** Asks each contender everything once, for the share of right answers that it gives, then lets them take turns. */
async function measure(size, kind, makeContenders) {
  const hashes = seededHashes(size, { clustered: kind === 'clustered' });
  const queries = plantedQueries(hashes, QUERIES).map((bytes) => ({ bytes, signs: asSigns(bytes) }));
  const truth = queries.map(({ bytes }) => looped(hashes, bytes));
  const contenders = await makeContenders(hashes);
  const wanted = truth.reduce((sum, hits) => sum + hits.length, 0);
  const figures = contenders.map(({ name, exact, search, buildSeconds, bytesPerHash }) => {
    const found = queries.map((query, i) => {
      const hits = search(query);
      for (const { position, distance } of hits)
        require(truth[i].some((hit) => hit.position === position && hit.distance === distance), `${name}: a hit that is none`);
      return hits.length;
    });
    const recall = found.reduce((sum, count) => sum + count, 0) / wanted;
    require(!exact || recall === 1, `${name} found ${recall} of the hashes`);
    return { recall, buildSeconds, bytesPerHash };
  });
  const works = contenders.map(({ name, search }) => {
    let next = 0;
    return { name, work: () => search(queries[next++ % QUERIES]) };
  });
  const turns = await interleave(works, { turnMs: 20 });
  return { hashes: size, kind, contenders: turns.map((turn, i) => ({ ...turn, ...figures[i] })) };
}

const egide = await load({ backend: 'native' });

async function egideContender(hashes) {
  const { made: index, seconds } = await timed(() => egide.buildPdqIndex(hashes));
  const search = ({ bytes }) => index.search(bytes, { maxDistance: RADIUS }).hits.map(({ id, distance }) => ({ position: id, distance }));
  return { name: 'egide index', exact: true, search, buildSeconds: seconds, bytesPerHash: index.byteLength / index.size };
}

/** usearch's graph, built once and then opened with so many candidates a search: more of them find more and take longer. */
async function graphs(usearch, signs, file) {
  const open = (candidates) =>
    new usearch.Index({
      dimensions: BITS,
      metric: usearch.MetricKind.Hamming,
      quantization: usearch.ScalarKind.B1,
      connectivity: 16, // this and the next: usearch's defaults
      expansion_add: 128,
      expansion_search: candidates,
    });
  const built = open(64);
  const keys = BigUint64Array.from({ length: GRAPH_SIZE }, (_, i) => BigInt(i));
  const { seconds } = await timed(() => built.add(keys, signs, 1));
  built.save(file);
  return [64, 512].map((candidates) => {
    const graph = open(candidates);
    graph.load(file);
    const search = (query) => within(graph.search(query.signs, NEAREST, 1), 1);
    return {
      name: `usearch HNSW, ${candidates} candidates`,
      search,
      buildSeconds: seconds,
      bytesPerHash: statSync(file).size / GRAPH_SIZE,
    };
  });
}

const exact = (usearch, signs) => ({
  name: 'usearch exact search',
  exact: true,
  search: (query) => within(usearch.exactSearch(signs, query.signs, BITS, NEAREST, usearch.MetricKind.L2sq, 1), 4),
  bytesPerHash: BITS,
});

async function compare(usearch, file) {
  const everything = async (hashes) => {
    const signs = asSigns(hashes);
    return [await egideContender(hashes), exact(usearch, signs), ...(await graphs(usearch, signs, file))];
  };
  const sets = [await measure(GRAPH_SIZE, 'uniform', everything)];
  if (process.env.EGIDE_BENCH_LARGE === '1') sets.push(await measure(GRAPH_SIZE, 'clustered', everything));
  sets.push(await measure(EXACT_SIZE, 'uniform', async (hashes) => [await egideContender(hashes), exact(usearch, asSigns(hashes))]));
  return sets;
}

// Not every platform has its binary.
let usearch;
let missing;
try {
  usearch = await import('usearch');
} catch (error) {
  missing = String(error.message).split('\n')[0];
}
if (usearch) {
  const { version } = JSON.parse(readFileSync(new URL('../node_modules/usearch/package.json', import.meta.url), 'utf8'));
  const folder = mkdtempSync(join(tmpdir(), 'egide-bench-'));
  try {
    hand({ version, sets: await compare(usearch, join(folder, 'graph')) });
  } finally {
    rmSync(folder, { recursive: true });
  }
} else hand({ missing });
