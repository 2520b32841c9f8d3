// The section of RESULTS.md about patches.
import { ms, named, table, times } from './tables.mjs';

const count = (value) => Math.round(value).toLocaleString('en');
const median = (row, door) => named(row.contenders, door).cpuMs;
const rowOf = ({ rows }, what) => rows.find((row) => row.what === what);

/** By bytes of a code, what a feature of an index takes, and what an image takes besides (docs/formats.md). */
const FEATURE_BYTES = { 16: 28.6, 8: 20.6 };
const IMAGE_BYTES = 20.25;
const featureBytes = ({ bytes, gridBytes, images, features }) => (bytes - gridBytes - IMAGE_BYTES * images) / features;

function patchGoals({ node, banks }, goal) {
  const [native, wasm] = ['native', 'wasm'].map((door) => median(rowOf(node, 'extraction at 640 px'), door));
  goal('patches of 1600x1200 RGB at 640 px: at most 8 ms on one core', ms(native), native <= 8);
  goal('the same on WebAssembly SIMD: at most 12 ms', `${ms(wasm)}, ${times(wasm / native)} native`, wasm <= 12);
  const scan = median(rowOf(node, 'a whole scan of the JPEG'), 'native');
  goal('a whole scan of a JPEG of 1600 pixels, decoding, PDQ and patches included: at most 40 ms', ms(scan), scan <= 40);
  const bank = banks.find(({ images, real, codeBytes }) => images > real && codeBytes === 16);
  const search = named(bank.ways, 'search');
  goal(`search for patches among ${count(bank.images)} images: at most 5 ms`, ms(search.us / 1000), search.us <= 5000);
  for (const one of banks.filter(({ images, real }) => images > real)) {
    const [bytes, wanted] = [featureBytes(one), FEATURE_BYTES[one.codeBytes]];
    // The directory is as large for fewer features: within a fiftieth.
    goal(`a feature with a code of ${8 * one.codeBytes} bits there: ${wanted} bytes`, bytes.toFixed(1), bytes <= 1.02 * wanted);
  }
}

/** The section stands by itself, with its machine and its goals: `npm run bench -- patches` writes it alone. */
export function patchSection(results) {
  const { machine, loadAfter, native } = results;
  const facts = [
    ['date, commit', `${machine.date}, ${machine.commit}`],
    ['processor', `${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB`],
    ['system', `${machine.system}; load ${machine.load.join(', ')} before, ${loadAfter.join(', ')} after`],
    ['C++, Node', `${native.compiler}, ${machine.node}`],
  ];
  const goals = [];
  patchGoals(results, (text, measured, reached) => goals.push([text, measured, reached ? 'yes' : '**no**']));
  return `## Patches

${table(['', ''], facts)}

${table(['goal', 'measured', 'reached'], goals)}

${[extraction(results.native), matching(results.native), throughNode(results.node), banks(results), hostile(results.native)].join('\n\n')}`;
}

const openCv = ({ opencv }) =>
  opencv ? `OpenCV ${opencv}, one thread, its defaults but for the number of features.` : 'OpenCV was not there (Debian: `libopencv-dev`).';

function extraction(native) {
  const [best] = native.extraction;
  const rows = native.extraction.map(({ name, us, features }) => [name, features, ms(us / 1000), times(us / best.us)]);
  const kernels = [...new Set(native.stages.map(({ kernel }) => kernel))];
  const stages = [...new Set(native.stages.map(({ name }) => name))];
  const stageRows = stages.map((stage) => [
    stage,
    ...kernels.map((kernel) => ms(native.stages.find((one) => one.name === stage && one.kernel === kernel).us / 1000)),
  ]);
  return `### Extraction, in C++

From 640x480 pixels of luma, the same bytes for all, to the descriptors of 500 features; the five photographs of examples/pictures in turn. Every kernel
gives the same features. ${openCv(native)}

${table(['', 'features', 'a picture', 'to egide'], rows)}

Stage by stage; "working picture" is luma of 640x480 from RGB of 1280x960, "describing" directions and descriptors.

${table(['stage', ...kernels], stageRows)}`;
}

function matching(native) {
  const [best] = native.copies;
  const stranger = (name) => native.strangers.find((one) => one.name === name).us;
  const rows = native.copies.map(({ name, us, inliers }) => [
    name,
    inliers,
    ms(us / 1000),
    times(us / best.us),
    ms(stranger(name) / 1000),
    times(stranger(name) / native.strangers[0].us),
  ]);
  return `### One pair, in C++

An edited copy (cropped, turned by 8 degrees, JPEG of quality 60) with 500 features against its original and against another photograph: features that
resemble each other, and the transform that they agree in. egide compares with the 256 features of a standard record, half the pairs that OpenCV's 500
by 500 are (so of its lead over another picture a factor of two is the smaller record), fits up to a homography without random sampling, counts what is distinctive and compares the dense grid; "two variants" is what \`match\` does, with the mirror image. OpenCV's two
nearest of each feature pass the ratio test (0.8), then \`findHomography\` with RANSAC. All find the original, none the other.

${table(['', 'inliers', 'original', 'to egide', 'another picture', 'to egide'], rows)}`;
}

function throughNode({ rows, bank, listed }) {
  const cells = rows.map((row) => {
    const [native, wasm] = ['native', 'wasm'].map((door) => median(row, door));
    return [row.what, ms(native), ms(wasm), times(wasm / native), ms(named(row.contenders, 'native').wallMs)];
  });
  return `### Through Node

Five photographs of 1600x1200 RGB and copies of them (cropped, turned by 7 degrees, JPEG of quality 70), after warming up; both backends give the same
patches and find the original first. The bank has ${count(bank)} images (below), and is mapped from a file by the addon and read by WebAssembly. A whole
scan is \`shield.scan\` of the file with the default policy: digests, decoding, hashes in eight orientations, a list of ${count(listed)} PDQ hashes, patches at
800 px, and the bank, in which the photographs themselves are enrolled.

${table(['', 'native', 'wasm', 'to native', 'native, wall'], cells)}`;
}

function banks({ banks: list, data }) {
  const rows = list.map((bank) => {
    const [search, candidates, hits] = bank.ways;
    return [
      `${count(bank.images)}, ${bank.codeBytes === 16 ? 'standard' : 'compact'}`,
      count(bank.features),
      ms(search.us / 1000),
      ms(search.p90Us / 1000),
      ms(search.mostUs / 1000),
      ms(candidates.us / 1000),
      ms(hits.us / 1000),
      `${bank.found} of ${bank.queries}`,
    ];
  });
  const sizes = list.map((bank) => [
    `${count(bank.images)}, ${bank.codeBytes === 16 ? 'standard' : 'compact'}`,
    featureBytes(bank).toFixed(1),
    count(bank.bytes / bank.images),
    `${(bank.addSeconds + bank.sortSeconds).toFixed(1)} s`,
    `${bank.stopSeconds.toFixed(1)} s`,
    count(bank.entries),
    count(bank.hits),
    `${bank.cutOff} of ${bank.queries}`,
  ]);
  const weak = data.unprotected > 0 ? ` (${count(data.unprotected)} of them with fewer than 80 features)` : '';
  const [{ real, hits, entries, turnedBits }, { images, hits: made, entries: met }] = list;
  const grown = images / real;
  return `### Search in a bank

Real: the records of ${count(data.pictures)} pictures${weak}, and ${data.queries} queries, which are edited copies of some of them, extracted at 800 px:
${data.edits.join('; ')}. Made: all further images. Each has the frame, the number of features and the dense grid of a
real one, and features drawn from all real ones, with their keys and places as they are and ${turnedBits} bits of each code turned over, our own choice, which
sets how many hits there are. So keys are as skewed
as in these pictures: a query meets ${times(met / entries)} the entries in ${times(grown)} the images. Of hits it has ${times(made / hits)} only, since what is made lies near nothing
but the feature that it was made of. "Found": the original among the answers, at least \`probable\`; no made image ever was.

A search is a query in two variants (the picture and its mirror image), from its patches to the answers; processor time, one core: median, nine in ten,
slowest query.

${table(['images', 'features', 'search', '90 %', 'slowest', 'candidates alone', 'hits alone', 'found'], rows)}

Bytes of a feature are those of the whole index less the dense grids and ${IMAGE_BYTES} for each image. Entries are those that a query (median) is compared with, hits those that it
resembles, without its original's; "cut off": queries that resemble more than two million features, of
which the first ones are looked at.

${table(['images', 'bytes a feature', 'bytes an image', 'building', 'finding and marking stop features', 'entries', 'hits', 'cut off'], sizes)}`;
}

function hostile({ hostileLite, hostileDeep }) {
  const rows = hostileLite.map(({ name, us, keypoints }, i) => [
    name,
    keypoints === undefined ? '' : count(keypoints),
    ms(us / 1000),
    times(us / hostileLite[0].us),
    hostileDeep[i].keypoints === undefined ? '' : count(hostileDeep[i].keypoints),
    ms(hostileDeep[i].us / 1000),
    times(hostileDeep[i].us / hostileDeep[0].us),
  ]);
  return `### Pictures made to be slow

Extraction in C++ from luma of that size: 500 features of 640x640, 1,500 of 1024x1024 (a million pixels); the photographs are a quarter smaller. Keypoints
are those found, before the choice.

${table(['', 'keypoints', '640 px', 'to photographs', 'keypoints', '1,024 px', 'to photographs'], rows)}`;
}
