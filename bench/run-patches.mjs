// The part of run.mjs about patches: extraction and comparison beside OpenCV, search in a bank of 100,000 images, and through Node.
//
// EGIDE_BENCH_PICTURES: folders with pictures to enrol, put together with colons; by default those of the corpus that is there
// (docs/corpus.md). Without any, the bank is made of the five pictures of examples/pictures, whose keys are not those of pictures at large.
// OpenCV is Debian's (libopencv-dev); where it is missing, that is said in one line.
import { existsSync, mkdirSync } from 'node:fs';
import { delimiter, join } from 'node:path';

const IMAGES = 100_000;
const SOURCES = ['.cache/attack-corpus', '.cache/corpus'];

/** What run.mjs gives: `run` a program, announce a `step`, run a `script` of this folder; `out`, a folder to write to. */
export function runPatches({ run, step, script, out, root }) {
  const folder = join(out, 'patches');
  mkdirSync(folder, { recursive: true });
  const found = SOURCES.map((source) => join(root, source)).find(existsSync);
  const sources = process.env.EGIDE_BENCH_PICTURES?.split(delimiter) ?? (found ? [found] : []);
  const program = (name, ...args) => JSON.parse(run(join(out, name), [folder, ...args]));
  return {
    data: step('Pictures, records and queries of patches', () => script('patch-data.mjs', folder, ...sources)),
    native: step('Patches in C++', () => program('patch_bench')),
    banks: step(`Search among the patches of ${IMAGES.toLocaleString('en')} images`, () => program('patch_bank_bench', IMAGES)).banks,
    node: step('Patches through Node: native and WebAssembly', () => script('patches.mjs', folder)),
  };
}
