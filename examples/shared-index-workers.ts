/**
 * One index for all worker threads: in a file that each of them maps, or in a SharedArrayBuffer. Either way its bytes are in physical
 * memory once, however many search it. Processes share a file's pages just so.
 *
 *     npx bun examples/shared-index-workers.ts
 */
import { randomFillSync } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import { load } from 'egide';

const [HASHES, QUERIES, WORKERS] = [500_000, 200, 4];

/** What a worker is asked: an index by its path or its memory, and what to look for. */
interface Task {
  readonly source: string | SharedArrayBuffer;
  readonly queries: Uint8Array;
}

/** What it answers: where its index lies, and the ids that it found. */
interface Answer {
  readonly storage: string;
  readonly ids: number[];
}

async function work(): Promise<void> {
  const egide = await load();
  parentPort?.on('message', async ({ source, queries }: Task) => {
    const index = await egide.openPdqIndex(source); // stays open, as in a server
    await index.verify(); // brings every page of a file into memory, before there are uploads to wait
    const { hits } = index.searchMany(queries, { maxDistance: 31 });
    parentPort?.postMessage({ storage: index.storage, ids: hits.map(({ id }) => id) } satisfies Answer);
  });
  parentPort?.postMessage('ready');
}

async function main(): Promise<void> {
  const egide = await load();
  const hashes = randomFillSync(new Uint8Array(32 * HASHES));
  const queries = hashes.slice(0, 32 * QUERIES);
  for (let i = 0; i < queries.length; i += 16) queries[i] = (queries[i] as number) ^ 0x15; // 6 bits of each hash

  const folder = mkdtempSync(join(tmpdir(), 'egide-example-'));
  const workers = Array.from({ length: WORKERS }, () => new Worker(new URL(import.meta.url)));
  const answers = <T>(): Promise<T[]> => Promise.all(workers.map((worker) => new Promise<T>((resolve) => worker.once('message', resolve))));
  try {
    await answers(); // all are ready
    using index = await egide.buildPdqIndex(hashes, { shared: true });
    const path = join(folder, 'list.index');
    await index.save(path);
    const expected = index.searchMany(queries, { maxDistance: 31 }).hits.map(({ id }) => id);
    console.log(`an index of ${HASHES} hashes, ${megabytes(index.byteLength)}, and ${WORKERS} workers`);

    for (const source of [path, index.shared as SharedArrayBuffer]) {
      const before = residentBytes();
      for (const worker of workers) worker.postMessage({ source, queries } satisfies Task);
      const answered = await answers<Answer>();
      const after = residentBytes();
      for (const { ids } of answered) if (ids.join() !== expected.join()) throw new Error('a worker found something else');
      const grown = before && after ? `memory grew by ${megabytes(after - before)}` : 'memory is counted on Linux only';
      console.log(`${answered[0]?.storage}: each found ${expected.length} hashes; ${grown}`);
    }
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
    rmSync(folder, { recursive: true });
  }
}

/**
 * Physical memory of this process. The proportional set size (`Pss`) counts a page that is mapped n times as n parts of a page; `Rss`,
 * which most tools show, counts it n times.
 */
function residentBytes(): number | undefined {
  if (process.platform !== 'linux') return undefined;
  const [, kilobytes] = /^Pss:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/smaps_rollup', 'utf8')) ?? [];
  return 1024 * Number(kilobytes);
}

const megabytes = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;

if (!isMainThread) await work();
else if (import.meta.url === `file://${process.argv[1]}`) await main();
