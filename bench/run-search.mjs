// The part of run.mjs about search: egide's index beside FAISS and usearch, how it grows, and what it does through Node.
//
// EGIDE_BENCH_LARGE=1 adds FAISS at ten million hashes and egide's index at a hundred million: about twenty minutes and 20 GB more.
// FAISS is what Python installs, the one that python-threatexchange uses, put into .cache/faiss: Debian's libfaiss is compiled without the
// processor's instruction for counting bits, and takes seven times as long to compare hashes.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import { join } from 'node:path';
import { growthPlots } from './growth.mjs';

const FAISS = 'faiss-cpu==1.15.1';
const LARGE = process.env.EGIDE_BENCH_LARGE === '1';
/** Ten million hashes with FAISS's three indexes, and a hundred million with egide's (measured). */
const LARGE_BYTES = 20e9;

/** When the system gives huge pages: to all who have use for them, to those who ask, or to nobody. */
function hugePages() {
  const file = '/sys/kernel/mm/transparent_hugepage/enabled';
  return existsSync(file) ? /\[(\w+)\]/.exec(readFileSync(file, 'utf8'))?.[1] : 'never';
}

/** @returns A Python that has FAISS and the version, or how to get one. Only the first run installs anything. */
export function faiss({ run, step, root }) {
  const folder = join(root, '.cache/faiss');
  const python = join(folder, 'bin/python');
  const quietly = (command, args) => run(command, args, { stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  const version = () => quietly(python, ['bench/faiss_peer.py', 'version']);
  try {
    return { python, version: version() };
  } catch {
    try {
      step(`Install ${FAISS} into .cache/faiss`, () => {
        quietly('python3', ['-m', 'venv', folder]);
        quietly(python, ['-m', 'pip', 'install', '--retries', '1', '--timeout', '20', FAISS]);
      });
      return { python, version: version() };
    } catch (error) {
      process.stderr.write(`FAISS is skipped: ${String(error.message).split('\n')[0]}\n`);
      return { missing: `python3 -m venv .cache/faiss && .cache/faiss/bin/pip install ${FAISS}` };
    }
  }
}

/** What run.mjs gives: `run` a program, announce a `step`, run a `script` of this folder; `out`, a folder to write to. */
export function runSearch({ run, step, script, out, root }) {
  const large = LARGE && os.freemem() >= LARGE_BYTES;
  if (LARGE && !large) process.stderr.write(`EGIDE_BENCH_LARGE is skipped: ${LARGE_BYTES / 1e9} GB of free memory are needed\n`);
  const { python, version, missing } = faiss({ run, step, root });
  const program = join(out, 'search_bench');
  // `pages`: in which FAISS is measured, as native/search_bench.cpp names them.
  const peers = (count, kind, pages) =>
    step(`Search among ${count.toLocaleString('en')} ${kind} hashes`, () =>
      JSON.parse(run(program, ['peers', count, kind, out, ...(python && pages ? [python, 'bench/faiss_peer.py', pages] : [])])),
    );
  const sets = [peers(1e6, 'uniform', 'both'), peers(1e6, 'clustered', 'any'), peers(1e7, 'uniform', large && 'any')];
  if (large) sets.push(peers(1e7, 'uniform', 'huge'), peers(1e7, 'clustered', 'any'));
  const growth = step('How search grows', () => JSON.parse(run(program, ['growth', large ? 1e8 : 1e7])));
  for (const [name, plot] of Object.entries(growthPlots(growth.rows))) writeFileSync(join(root, 'docs', name), plot);
  return {
    faiss: { version, missing },
    hugePages: hugePages(),
    sets,
    growth,
    digests: step('Look-ups of digests', () => JSON.parse(run(join(out, 'digest_bench'), []))).finds,
    usearch: step('Search beside usearch', () => script('usearch.mjs')),
    node: step('Search through Node: native and WebAssembly', () => script('search.mjs')),
  };
}
