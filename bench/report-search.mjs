// The sections of RESULTS.md about search.
import { ms, named, table, times, us } from './tables.mjs';

const count = (value) => value.toLocaleString('en');
const seconds = (value) => (value > 0 ? `${value.toFixed(value < 10 ? 2 : 0)} s` : '');
const perSecond = (value) => `${(value / 1e9).toFixed(2)} thousand million`;
const gigabytes = (hashes, time) => `${((32 * hashes) / time / 1000).toFixed(1)} GB/s`;

/** At each size, how many times faster than FAISS's ways egide's index has to be. */
const GOALS = [
  [1_000_000, { 'FAISS IndexBinaryFlat': 50, 'FAISS IndexBinaryMultiHash 16x16': 65, 'FAISS IndexBinaryMultiHash 11x23': 20 }],
  [10_000_000, { 'FAISS IndexBinaryFlat': 200, 'FAISS IndexBinaryMultiHash 16x16': 700, 'FAISS IndexBinaryMultiHash 11x23': 40 }],
];

const HUGE = ', pages of 2 MiB';

export function searchGoals({ sets, node, digests: finds }, goal) {
  for (const [hashes, others] of GOALS)
    for (const [other, least] of Object.entries(others)) {
      const ratios = sets
        .filter((set) => set.hashes === hashes)
        .flatMap(({ kind, contenders }) =>
          contenders
            .filter(({ name }) => name.startsWith(other))
            .map(({ name, us: time }) => ({ kind, huge: name.endsWith(HUGE), ratio: time / named(contenders, 'egide index').us })),
        );
      const asItComes = ratios.filter(({ huge }) => !huge);
      if (asItComes.length === 0) continue;
      const measured = ratios
        .map(({ kind, huge, ratio }) => `${times(ratio)} ${kind}${huge ? ' with FAISS in huge pages' : ''}`)
        .join(', ');
      const reached = asItComes.every(({ ratio }) => ratio >= least);
      goal(`search among ${count(hashes)} hashes: at least ${least} times faster than ${other}`, measured, reached);
    }
  const [native, wasm] = ['native', 'wasm'].map((name) => named(node.contenders, name).cpuMs);
  goal('search among 1,000,000 hashes through Node: WebAssembly within 3 times native', times(wasm / native), wasm / native <= 3);
  goal('opening a file of 10,000,000 hashes: under 20 ms', ms(node.open.wallMs), node.open.wallMs < 20);
  const slowest = Math.min(...finds.map(({ ways }) => ways[0].millionsPerSecond));
  const through = named(node.digests.ways, 'native').millionsPerSecond;
  goal(
    'digests that are not listed: at least ten million looked up in a second',
    `${slowest.toFixed(1)} million, through Node ${through.toFixed(1)} million`,
    Math.min(slowest, through) >= 10,
  );
}

export function searchSections(search) {
  return [peers(search), growth(search.growth), throughNode(search.node), usearch(search.usearch), digests(search.digests)];
}

function peers({ sets, faiss, hugePages }) {
  const parts = sets.map(({ hashes, kind, contenders }) => {
    const egide = named(contenders, 'egide index').us;
    const rows = contenders.map(({ name, us: time, p99Us, batch, buildSeconds, bytesPerHash }) => [
      name,
      us(time),
      batch === 1 && !name.startsWith('reading') ? us(p99Us) : '',
      seconds(buildSeconds),
      bytesPerHash.toFixed(0),
      times(time / egide),
    ]);
    return `### ${count(hashes)} hashes, ${kind}\n\n${table(['', 'a query', '99th percentile', 'build', 'bytes a hash', 'to egide index'], rows)}`;
  });
  const [version, ...options] = (faiss.version ?? '').split(' ');
  const others = faiss.missing
    ? `FAISS was not there: \`${faiss.missing}\`.`
    : `FAISS ${version} is the one that pip installs (${options.join(' ')}), on one
thread, asked from Python, less what a call from Python takes. MultiHash 16x16 with 1 flip is python-threatexchange's index; 11x23 with 2 is the fastest
of its settings that are exact.`;
  return `## Search

Every stored hash within 31 bits of a query, one core. Half of the queries lie 0 to 31 bits from a stored hash, half are random; every answer of every
contender was held against brute force. Uniform: random hashes. Clustered: ten variants of each of a tenth as many, 0 to 24 bits from it, in random
order. ${others}

egide asks the system for pages of 2 MiB, as its addon does; others have what malloc gives them (huge pages: ${hugePages}), unless the row says otherwise.
The mapped file was in the system's cache. Bytes count the hashes themselves.

${parts.join('\n\n')}`;
}

function growth({ rows, kernels }) {
  const of = (row, name) => row && named(row.contenders, name);
  const at31 = rows.filter(({ kind, radius }) => kind === 'uniform' && radius === 31);
  const sizes = at31.map((row) => {
    const clustered = rows.find(({ kind, hashes }) => kind === 'clustered' && hashes === row.hashes);
    const [index, scan, batched, reading] = ['index', 'scan', 'scan, 32', 'reading'].map((name) => of(row, name));
    return [
      count(row.hashes),
      us(index.us),
      us(index.p99Us),
      clustered ? us(of(clustered, 'index').us) : '',
      us(scan.us),
      us(batched.us),
      perSecond((1e6 * row.hashes) / batched.us),
      `${us(reading.us)}, ${gigabytes(row.hashes, reading.us)}`,
      seconds(index.buildSeconds),
      index.bytesPerHash.toFixed(0),
    ];
  });
  const compared = [1_000_000, 10_000_000];
  const radii = [...new Set(rows.map(({ radius }) => radius))].sort((a, b) => a - b);
  const byRadius = radii.map((radius) => [
    radius,
    ...compared.flatMap((hashes) => {
      const row = rows.find((one) => one.kind === 'uniform' && one.hashes === hashes && one.radius === radius);
      return ['index', 'scan, 32', 'scan'].map((name) => us(of(row, name).us));
    }),
  ]);
  const head = [
    'hashes',
    'index',
    '99th percentile',
    'clustered',
    'scan',
    'scan of 32, a query',
    'comparisons a second',
    'reading them',
    'build',
    'bytes',
  ];
  return `## How search grows

Kernels ${[...new Set(kernels)].join(', ')}. "Reading them" goes once through the bytes of the hashes: no scan for a single query can be faster once they are
larger than the caches. Below a certain size the index is a scan. Plots: [by size](../docs/search-growth.svg), [by radius](../docs/search-radius.svg).

${table(head, sizes)}

By the radius in bits:

${table(['radius', ...compared.flatMap((hashes) => [`index, ${count(hashes)}`, 'scan of 32, a query', 'scan'])], byRadius)}`;
}

function throughNode({ contenders, open, digests: { listed, ways } }) {
  const native = named(contenders, 'native').cpuMs;
  const rows = contenders.map(({ name, cpuMs, buildSeconds }) => [name, us(1000 * cpuMs), seconds(buildSeconds), times(cpuMs / native)]);
  return `## Search through Node

\`index.search\` among 1,000,000 uniform hashes, within 31 bits, after a second of warming up.

${table(['', 'a query', 'build', 'to native'], rows)}

Opening an index file of ${count(open.hashes)} hashes (${(open.bytes / 2 ** 20).toFixed(0)} MiB), in the system's cache: ${ms(open.wallMs)}, wall.

\`index.findMany\` of 4,096 MD5 digests, none of which is among the ${count(listed)} listed:

${table(
  ['', 'millions a second', 'build'],
  ways.map(({ name, millionsPerSecond, buildSeconds }) => [name, millionsPerSecond.toFixed(1), seconds(buildSeconds)]),
)}`;
}

function usearch({ version, sets, missing }) {
  if (missing) return `## usearch\n\nNot measured: ${missing}.`;
  const parts = sets.map(({ hashes, kind, contenders }) => {
    const egide = named(contenders, 'egide').cpuMs;
    const rows = contenders.map(({ name, cpuMs, recall, buildSeconds, bytesPerHash }) => [
      name,
      us(1000 * cpuMs),
      `${(100 * recall).toFixed(1)} %`,
      buildSeconds ? seconds(buildSeconds) : '',
      bytesPerHash.toFixed(0),
      times(cpuMs / egide),
    ]);
    return `### ${count(hashes)} hashes, ${kind}\n\n${table(['', 'a query', 'found', 'build', 'bytes a hash', 'to egide'], rows)}`;
  });
  return `## usearch

usearch ${version} through Node, one thread. It has no search within a radius: it gives the ten nearest, of which those within 31 bits count. "Found" is
their share of all hashes within 31 bits. HNSW, its index, is approximate, and at a million hashes takes ten minutes to build; its bytes are those of its file. Its exact search takes
a bit as a number from JavaScript, 256 bytes a hash, and the squared Euclidean distance, which is four times the Hamming distance.

${parts.join('\n\n')}`;
}

function digests(finds) {
  const TYPES = { 16: 'MD5', 20: 'SHA-1', 32: 'SHA-256' };
  const names = ['present digests', 'one at a time', 'std::binary_search', 'std::unordered_set'];
  const rows = finds.map(({ digests: listed, width, bytes, buildMs, ways }) => [
    `${count(listed)}, ${TYPES[width]}`,
    ...[ways[0], ...names.map((name) => named(ways, name))].map(({ millionsPerSecond }) => millionsPerSecond.toFixed(1)),
    seconds(buildMs / 1000),
    (bytes / listed).toFixed(1),
  ]);
  return `## Look-ups of digests

Millions a second on one core, 4,096 digests at a time and none of them listed, unless the column says otherwise.

${table(['listed', 'egide index', ...names, 'build', 'bytes a digest'], rows)}`;
}
