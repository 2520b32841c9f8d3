// Turns the figures of run.mjs into RESULTS.md.

import { bankSection } from './report-bank.mjs';
import { patchSection } from './report-patches.mjs';
import { rematchSection } from './report-rematch.mjs';
import { searchGoals, searchSections } from './report-search.mjs';
import { urlSection } from './report-urls.mjs';
import { mib, ms, named, table, times, us } from './tables.mjs';

/** @returns The text of RESULTS.md, and its first table for the terminal. */
export function report(results) {
  const goals = table(['goal', 'measured', 'reached'], goalRows(results));
  const sections = [
    head(results),
    `## Goals\n\n${goals}`,
    kernels(results),
    throughNode(results),
    hamming(results),
    ...searchSections(results.search),
    endToEnd(results),
    scan(results),
    memory(results),
    changes(results),
    patchSection(results.patches),
    ...(results.banks ? [bankSection(results.banks)] : []),
    rematchSection(results.rematches),
    urlSection(results.urls),
  ];
  return { text: `${sections.join('\n\n')}\n`, goals };
}

/** A text of sections, in which one has taken the place of the one with the same title, or the last. */
export function replaced(text, section) {
  const [title] = section.split('\n', 1);
  const sections = text.trimEnd().split(/\n\n(?=## )/);
  const at = sections.findIndex((one) => one.split('\n', 1)[0] === title);
  sections.splice(at < 0 ? sections.length : at, 1, section);
  return `${sections.join('\n\n')}\n`;
}

function head({ machine, native, endToEnd, loadAfter, packages }) {
  const others = Object.entries(packages).map(([name, version]) => `${name} ${version}`);
  return `# Measurements

Written by \`npm run bench\`: do not edit. Figures are medians; every row was measured in one run in which the contenders took turns, so trust
the ratios more than the figures. Each contender's answers were checked first. Times are processor time unless "wall" is said: on a busy machine
the clock counts other people's work too.

${table(
  ['', ''],
  [
    ['date, commit', `${machine.date}, ${machine.commit}`],
    ['processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
    ['system', `${machine.system}; load ${machine.load.join(', ')} before, ${loadAfter.join(', ')} after`],
    ['C++', `${native.compiler}; kernels ${kernelNames(native).join(', ')}`],
    ['Node', `${machine.node}; sharp ${endToEnd.sharp}, libvips ${endToEnd.libvips}, ${endToEnd.concurrency} thread(s) a picture`],
    ['others', others.join(', ')],
  ],
)}`;
}

const kernelNames = ({ scenes }) => scenes[0].kernels.slice(1).map(({ name }) => name);

function goalRows({ native, node, endToEnd, scan, memory, search }) {
  const rows = [];
  const goal = (text, measured, reached) => rows.push([text, measured, reached ? 'yes' : '**no**']);
  const [twin, ...kernels] = native.scenes[0].kernels;
  const best = kernels.reduce((a, b) => (a.us < b.us ? a : b));
  goal(
    'PDQ at 512x512 RGB: best kernel at least 25 times the scalar twin at plain `-O2`',
    `${times(twin.us / best.us)} (${best.name})`,
    twin.us / best.us >= 25,
  );
  const [nodeTwin, ...doors] = node.scenes[0].contenders;
  const wasm = nodeTwin.cpuMs / named(doors, 'wasm, simd').cpuMs;
  goal('the same on WebAssembly SIMD: at least 6 times that twin, run natively', times(wasm), wasm >= 6);
  const longest = Math.max(...node.largest.contenders.map(({ cpuMs }) => cpuMs));
  goal('the longest synchronous call, 12.5 million pixels: under 50 ms on either backend', ms(longest), longest < 50);
  for (const { width, contenders } of endToEnd.sizes) {
    const egide = named(contenders, 'egide').cpuMs;
    for (const other of ['blockhash-core + sharp', 'imghash', 'sharp-phash']) {
      const ratio = named(contenders, other).cpuMs / egide;
      if (other === 'sharp-phash' && width > 512) {
        rows.push([`from JPEG bytes at ${width} pixels: the ratio to sharp-phash, which shrinks while it decodes`, times(ratio), 'stated']);
        continue;
      }
      goal(`from JPEG bytes at ${width} pixels: faster than ${other}`, times(ratio), ratio > 1);
    }
  }
  searchGoals(search, goal);
  const [overhead] = scan.scans;
  goal(
    'a whole scan without reading, digests, decoding, hashing and search: under 100 us',
    ms(overhead.overheadMs),
    overhead.overheadMs < 0.1,
  );
  if (memory) memoryGoals(memory, goal);
  return rows;
}

/** Resident memory goes up and down with garbage collection: growth is the second half of the run against the first, each at its highest. */
function memoryGoals({ samples, growths }, goal) {
  const highest = (part) => Math.max(...part.map(({ rssMiB }) => rssMiB));
  const [early, late] = [highest(samples.slice(0, samples.length / 2)), highest(samples.slice(samples.length / 2))];
  goal(
    '`egide hash` over 1,000 pictures does not grow (within 16 MiB)',
    `at most ${mib(early)} up to 500, ${mib(late)} after`,
    late - early < 16,
  );
  const { growthMiB } = growths.find(({ work }) => work === 'hash');
  goal('a JPEG of 12 megapixels decoded and hashed: 64 MiB (docs/images.md) and 1 MiB of scratch', mib(growthMiB), growthMiB < 65);
}

function kernels({ native }) {
  const names = native.scenes[0].kernels.map(({ name }) => name);
  const rows = native.scenes.map(({ scene, kernels: [twin, ...rest] }) => [
    scene,
    us(twin.us),
    ...rest.map((kernel) => `${us(kernel.us)}, ${times(twin.us / kernel.us)}`),
    rest.map(({ scratchBytes }) => `${Math.ceil(scratchBytes / 1024)}`).join(', '),
  ]);
  return `## PDQ in C++

Pixels to the eight hashes and the quality. The first column is the scalar twin, compiled once more with nothing but \`-O2\`; the ratios are to it.
The other columns are built as shipped (\`-O3\`). "In turn" goes round 256 pictures, 201 MB: nothing is in a cache when its turn comes.

${table(['picture', names[0], ...names.slice(1), `scratch memory, KiB (${names.slice(1).join(', ')})`], rows)}`;
}

function throughNode({ node }) {
  const names = node.scenes[0].contenders.map(({ name }) => name);
  const rows = node.scenes.map(({ scene, contenders: [twin, ...rest] }) => [
    scene,
    us(twin.cpuMs * 1000),
    ...rest.map(({ cpuMs }) => `${us(cpuMs * 1000)}, ${times(twin.cpuMs / cpuMs)}`),
  ]);
  const largest = node.largest.contenders.map(({ name, cpuMs, wallMs }) => `${name} ${ms(cpuMs)} (wall ${ms(wallMs)})`).join(', ');
  return `## PDQ through Node

One call of the backend, with what the way there and back costs, after a second of warming up. The twin runs natively in another process; all take turns.

${table(['picture', ...names], rows)}

The largest picture of a synchronous call, ${node.largest.scene}: ${largest}.`;
}

function hamming({ hamming: { scans, filters } }) {
  const thousandMillion = (count, time) => `${(count / time / 1000).toFixed(2)} thousand million`;
  const scanRows = scans.flatMap(({ hashes, queries, kernels: list }) =>
    list.map(({ name, us: time }) => [
      hashes.toLocaleString('en'),
      queries,
      name,
      us(time),
      us(time / queries),
      thousandMillion(hashes * queries, time),
      times(list.at(-1).us / time),
    ]),
  );
  const filterRows = filters.flatMap(({ tags, runs, kernels: list }) =>
    list.map(({ name, us: time }) => [
      tags,
      name,
      `${((time / runs) * 1000).toFixed(1)} ns`,
      thousandMillion(tags * runs, time),
      times(list.at(-1).us / time),
    ]),
  );
  return `## Scan of hashes

Every query against every stored hash, radius 31, one core; eight queries are the orientations of one picture.

${table(['hashes', 'queries', 'kernel', 'all queries', 'for one', 'comparisons a second', 'to scalar'], scanRows)}

What an index does with the entries of a bucket: runs of 16-bit tags, near the processor, of which one in 478 is near the query's.

${table(['tags in a run', 'kernel', 'a run', 'tags a second', 'to scalar'], filterRows)}`;
}

function endToEnd({ endToEnd: { sizes } }) {
  const parts = sizes.map(({ width, height, bytes, decodingShare, contenders }) => {
    const egide = named(contenders, 'egide');
    const rows = contenders.map(({ name, cpuMs, wallMs }) => [name, ms(cpuMs), ms(wallMs), times(cpuMs / egide.cpuMs)]);
    const share = `Decoding takes ${(100 * decodingShare).toFixed(0)} % of egide's time.`;
    return `### ${width}x${height}, ${Math.round(bytes / 1024)} KiB a file\n\n${table(['', 'processor', 'wall', 'to egide'], rows)}\n\n${share}`;
  });
  return `## From JPEG bytes to a hash, in Node

Five photographs (examples/pictures), cropped, scaled, with grain added, quality 90; above 900 pixels they are enlarged, not photographed. egide gives
256 bits in eight orientations and a quality, from every pixel. sharp-phash gives 64 bits of a picture that libjpeg shrinks while decoding: fast on
large files, but the result depends on how the decoder shrinks, so no exact hash can do it. blockhash-core and imghash give 256 bits from every pixel.

${parts.join('\n\n')}`;
}

function scan({ scan: { scans } }) {
  const rows = scans.map(({ backend, kernel, entries, readMs, overheadMs, copyMs, pixelsOverheadMs, searchMs }) => [
    `${backend}, ${kernel}`,
    entries.toLocaleString('en'),
    ms(overheadMs),
    ms(copyMs),
    ms(pixelsOverheadMs),
    ms(searchMs),
    ms(readMs),
  ]);
  return `## A whole scan

\`shield.scan\` of JPEG files of 512x512. Overhead: the verdict's total less its reading, digests, decoding, hashing and search (wall).
"Copying" is its reading: the bytes are in memory and are copied once. "Pixels" is a scan of a decoded picture. Search: eight orientations against the
list. Reading: the list from a CSV text in memory, once.

${table(['backend', 'PDQ hashes listed', 'overhead, a file', 'copying the file', 'overhead, pixels', 'search', 'reading the list'], rows)}`;
}

function memory({ memory: measured }) {
  if (!measured) return '## Memory\n\nNot measured: it reads `/proc`, which only Linux has.';
  const { samples, growths } = measured;
  const what = {
    decode: 'decoded',
    hash: 'decoded and hashed by `hash`',
    hashAsync: 'decoded and hashed by `hashAsync`, which copies the pixels',
  };
  return `## Memory

Resident set of \`egide hash\` over 1,000 different pictures of 601 to 800 pixels, MiB:

${table(['pictures', ...samples.map(({ pictures }) => pictures)], [['MiB', ...samples.map(({ rssMiB }) => rssMiB.toFixed(0))]])}

Growth of a process at its peak, for one JPEG of 4000x3000 (34 MiB of pixels):

${table(
  ['', 'growth'],
  growths.map(({ work, growthMiB }) => [what[work], mib(growthMiB)]),
)}`;
}

function changes({ changes: { sizes } }) {
  const rows = sizes[0].changes.map(({ name }, i) => [
    name,
    ...sizes.flatMap(({ pictures, changes: list }) =>
      [list[i].turned, list[i].bySigns].map(({ median, max, near }) => `${median}, ${max}: ${near} of ${pictures}`),
    ),
  ]);
  return `## What moves a hash

Bits between a photograph and its changed copy, the nearest of eight orientations: median, largest: how many of the five are within 31 bits. Two
sizes of the same photographs; for each, the hashes of the turned picture, with which a scan searches, and those made by changing signs.

${table(['change', ...sizes.flatMap(({ size }) => [`${size.join('x')}, turned`, `${size.join('x')}, by signs`])], rows)}`;
}
