#!/usr/bin/env node
// Runs every benchmark and writes RESULTS.md: `npm run bench`, about fifteen minutes. Builds what is missing or older than its sources.
// `npm run bench -- patches` (or `bank`, `urls`, `rematch`) runs that part (run-patches.mjs, bank.mjs, urls.mjs, rematch.mjs) and leaves the rest of RESULTS.md as it is.
// EGIDE_BENCH_MS: milliseconds for a row of a table (default 1,500). EGIDE_BENCH_LARGE=1: search among more hashes (run-search.mjs), larger banks.
// Needs what `npm run build` needs; FAISS, for comparison, needs python3; the part about memory needs Linux.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { replaced, report } from './report.mjs';
import { bankSection } from './report-bank.mjs';
import { patchSection } from './report-patches.mjs';
import { rematchSection } from './report-rematch.mjs';
import { urlSection } from './report-urls.mjs';
import { runPatches } from './run-patches.mjs';
import { faiss, runSearch } from './run-search.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const out = join(root, '.cache/bench');
const started = Date.now();
/** What alone is measured. */
const [part] = process.argv.slice(2);

const run = (command, args, options = {}) =>
  execFileSync(command, args.map(String), {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 1 << 26,
    ...options,
  });

function step(title, work) {
  process.stderr.write(`[${Math.round((Date.now() - started) / 1000)} s] ${title} ...\n`);
  return work();
}

function newest(...paths) {
  return Math.max(
    ...paths.map((path) => {
      const facts = statSync(join(root, path));
      return facts.isDirectory() ? newest(...readdirSync(join(root, path)).map((name) => join(path, name))) : facts.mtimeMs;
    }),
  );
}

const stale = (artifact, ...sources) => !existsSync(join(root, artifact)) || newest(artifact) < newest(...sources);

/** The figures belong to a commit: nothing that is older than its sources is measured. */
function build() {
  const addon =
    existsSync(join(root, 'prebuilds')) &&
    readdirSync(join(root, 'prebuilds')).find((name) => name.startsWith(`${process.platform}-${process.arch}`));
  const parts = [];
  if (!addon || stale(join('prebuilds', addon), 'native', 'CMakeLists.txt')) parts.push('native');
  if (stale('dist/core.wasm', 'native', 'scripts/build.mjs')) parts.push('wasm');
  if (stale('dist/entry/node.js', 'src')) parts.push('ts');
  if (parts.length > 0) step(`Build ${parts.join(', ')}`, () => run('node', ['--liftoff-only', 'scripts/build.mjs', ...parts]));
  if (part !== undefined && part !== 'patches') return;
  step('Build the C++ benchmarks', () => {
    mkdirSync(out, { recursive: true });
    run('cmake', ['-S', '.', '-B', out, '-DEGIDE_BENCH=ON', '-DCMAKE_BUILD_TYPE=Release']);
    run('cmake', [
      '--build',
      out,
      '--parallel',
      os.availableParallelism(),
      '--target',
      'pdq_bench',
      'hamming_bench',
      'search_bench',
      'digest_bench',
      'patch_bench',
      'patch_bank_bench',
    ]);
  });
}

const git = (...args) => {
  try {
    return run('git', args, { stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return '';
  }
};

function machine() {
  const changed = git('status', '--porcelain', '--', 'src', 'native', 'bench', ':!bench/RESULTS.md') !== '';
  return {
    date: new Date().toISOString().slice(0, 10),
    commit: (git('rev-parse', '--short', 'HEAD') || 'unknown') + (changed ? ' with changes' : ''),
    cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
    cores: os.cpus().length,
    memoryGiB: Math.round(os.totalmem() / 2 ** 30),
    system: `${os.type()} ${os.release()}, ${process.arch}`,
    node: process.version,
    load: loadNow(),
  };
}

const loadNow = () => os.loadavg().map((value) => value.toFixed(1));

/** Each part in a process of its own: what one leaves behind does not weigh on the next. */
const script = (name, ...args) => JSON.parse(run('node', [join('bench', name), ...args]));

/** What is measured, and where. */
function measured(work) {
  const before = machine();
  const figures = work();
  return { machine: before, loadAfter: loadNow(), ...figures };
}

const banks = () => measured(() => ({ bank: step('Banks', () => script('bank.mjs')) }));
const urls = () => measured(() => ({ urls: step('URLs', () => script('urls.mjs')) }));
const rematches = () =>
  measured(() => {
    const { version, missing } = faiss({ run, step, root });
    return { faiss: { version, missing }, rematch: step('Past uploads', () => script('rematch.mjs')) };
  });
const patches = () => measured(() => runPatches({ run, step, script, out, root }));

function everything() {
  const before = machine();
  const results = {
    machine: before,
    native: step('PDQ in C++', () => JSON.parse(run(join(out, 'pdq_bench'), []))),
    hamming: step('Scan of hashes in C++', () => JSON.parse(run(join(out, 'hamming_bench'), []))),
    search: runSearch({ run, step, script, out, root }),
    node: step('PDQ through Node: native and WebAssembly', () => script('pdq.mjs', join(out, 'pdq_bench'))),
    endToEnd: step('From JPEG bytes to a hash, beside other packages', () => script('end-to-end.mjs')),
    scan: step('Overhead of a whole scan', () => script('scan.mjs')),
    changes: step('How far changes move a hash', () => script('changes.mjs')),
    memory: step('Memory', () => (process.platform === 'linux' ? script('memory.mjs') : null)),
    patches: patches(),
    banks: process.platform === 'linux' ? banks() : null,
    rematches: rematches(),
    urls: urls(),
    loadAfter: loadNow(),
    packages: Object.fromEntries(
      ['sharp-phash', 'imghash', 'blockhash-core'].map((name) => [
        name,
        JSON.parse(readFileSync(join(root, 'node_modules', name, 'package.json'), 'utf8')).version,
      ]),
    ),
  };
  writeFileSync(join(out, 'results.json'), `${JSON.stringify(results, null, 2)}\n`);
  return results;
}

const PARTS = {
  patches: () => patchSection(patches()),
  bank: () => bankSection(banks()),
  rematch: () => rematchSection(rematches()),
  urls: () => urlSection(urls()),
};
if (part !== undefined && !Object.hasOwn(PARTS, part)) throw new Error(`expected nothing or ${Object.keys(PARTS).join(', ')}, got ${part}`);
build();
const file = join(root, 'bench/RESULTS.md');
if (part !== undefined) {
  writeFileSync(file, replaced(readFileSync(file, 'utf8'), PARTS[part]()));
} else {
  const { text, goals } = report(everything());
  writeFileSync(file, text);
  process.stderr.write(`${goals}\n`);
}
process.stderr.write(`[${Math.round((Date.now() - started) / 1000)} s] bench/RESULTS.md is written.\n`);
