import { once } from 'node:events';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type LivePdqIndex, load } from 'egide/node';
import { seededNumbers } from '../spec/search-fixture.js';
import { type Answer, type Change, makeChurn, wrongAnswers } from './live-churn.js';

// Changes an index, and merges it several times, while a worker searches it; then holds every answer against the log of changes.
// Arguments: the worker's program, a folder for files, hashes, changes.
const [program, folder, ...counts] = process.argv.slice(2) as [string, string, ...string[]];
const [count, changeCount] = counts.map(Number) as [number, number];
/** After so many changes the next merge begins, once the last one has ended. */
const CHANGES_PER_MERGE = Math.floor(changeCount / 8);

const egide = await load({ backend: 'native' });
const churn = makeChurn(count, changeCount);
const live = egide.livePdqIndex(await egide.buildPdqIndex(churn.hashes, { ids: churn.ids, shared: true }), { capacity: 1 << 15 });
const published = new Int32Array(new SharedArrayBuffer(4));
const worker = new Worker(program, { workerData: { state: live.share(), published } });
await once(worker, 'message');

const turns: number[] = [];
let merges = 0;
let merging: Promise<void> | undefined;
let mergedAt = 0;
const started = performance.now();
const watch = watchTurns(turns);
await changeAll();
await merging;
clearInterval(watch);
const elapsedMs = performance.now() - started;

const handedOver = once(worker, 'message');
worker.postMessage('stop');
const [answers] = (await handedOver) as [Answer[]];
const wrong = wrongAnswers(churn, answers);
console.log(
  JSON.stringify({
    merges,
    answers: answers.length,
    versions: new Set(answers.map(({ version }) => version)).size,
    different: new Set(answers.map(({ hits }) => hits.join())).size,
    superseded: answers.filter(({ superseded }) => superseded).length,
    lastVersion: answers.at(-1)?.version,
    wrong: wrong.length,
    firstWrong: wrong[0],
    elapsedMs,
    turnMs: [0.5, 0.95, 0.99, 1].map((part) => turns.sort((a, b) => a - b)[Math.ceil(part * turns.length) - 1]),
  }),
);

async function changeAll(): Promise<void> {
  const next = seededNumbers(31);
  for (let first = 0; first < changeCount; ) {
    const burst = churn.changes.slice(first, first + 1 + (next() % 200));
    if (live.pending + burst.length > live.capacity) await (merging ??= merge());
    for (let i = 0; i < burst.length; ) i += make(live, burst, i);
    first += burst.length;
    Atomics.store(published, 0, first);
    if (first - mergedAt >= CHANGES_PER_MERGE) {
      mergedAt = first;
      await merging;
      merging = merge();
    }
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}

/** One change or, where adds follow each other, several in one call; returns how many. */
function make(index: LivePdqIndex, changes: readonly Change[], first: number): number {
  const { id, hash } = changes[first] as Change;
  if (!hash) index.remove(id);
  else if (id % 2) index.add(id, hash);
  else {
    const after = changes.findIndex((change, i) => i > first && !change.hash);
    const adds = changes.slice(first, after < 0 ? changes.length : after);
    index.addMany(
      Uint32Array.from(adds, (add) => add.id),
      new Uint8Array(adds.flatMap((add) => [...(add.hash as Uint8Array)])),
    );
    return adds.length;
  }
  return 1;
}

/** Into shared memory and into a file by turns. */
async function merge(): Promise<void> {
  await live.merge(merges % 2 ? { shared: true } : { path: join(folder, 'churn.index') });
  ++merges;
  merging = undefined;
  worker.postMessage(live.share());
}

/** Milliseconds from one turn of the event loop to the next. */
function watchTurns(into: number[]): NodeJS.Timeout {
  let last = performance.now();
  return setInterval(() => {
    const now = performance.now();
    into.push(now - last);
    last = now;
  }, 1);
}
