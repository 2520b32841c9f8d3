import { parentPort, workerData } from 'node:worker_threads';
import { type LivePdqIndex, load, type SharedPdqIndex } from 'egide/node';
import { seededNumbers } from '../spec/search-fixture.js';
import { type Answer, MAX_DISTANCE, makeQueries, QUERIES } from './live-churn.js';

// Searches an index that the main thread changes, until told to stop, and hands over what it was answered.
const port = parentPort as NonNullable<typeof parentPort>;
const { state, published } = workerData as { state: SharedPdqIndex; published: Int32Array };
const egide = await load({ backend: 'native' });
const queries = makeQueries();
const next = seededNumbers(23);
const answers: Answer[] = [];
let index: LivePdqIndex = await egide.joinPdqIndex(state);
let newer: SharedPdqIndex | undefined;
let running = true;

port.on('message', (message: SharedPdqIndex | 'stop') => {
  if (message === 'stop') running = false;
  else newer = message;
});
port.postMessage('ready');

while (running) {
  if (newer && answers.at(-1)?.superseded) await follow();
  answers.push(ask());
  await new Promise((resolve) => setTimeout(resolve, 1));
}
if (newer) await follow();
answers.push(ask()); // knows every change
port.postMessage(answers);
port.close();

/** Joins what took the place of the index, or waits for what takes its place in turn. */
async function follow(): Promise<void> {
  const joined = newer as SharedPdqIndex;
  newer = undefined;
  try {
    const old = index;
    index = await egide.joinPdqIndex(joined);
    old[Symbol.dispose]();
  } catch (error) {
    if ((error as { code?: string }).code !== 'SUPERSEDED') throw error;
  }
}

function ask(): Answer {
  const numbers = Array.from({ length: 1 + (next() % 3) }, () => next() % QUERIES);
  const asked = new Uint8Array(numbers.flatMap((number) => [...queries.subarray(32 * number, 32 * number + 32)]));
  const maxDistance = [31, MAX_DISTANCE, 10][next() % 3] as number;
  const limit = next() % 3 ? undefined : 1 + (next() % 12);
  const atLeast = Atomics.load(published, 0);
  const { hits, version, superseded, truncated } = index.searchMany(asked, { maxDistance, ...(limit && { limit }) });
  const flat = hits.flatMap(({ query, id, distance }) => [query, id, distance]);
  return { queries: numbers, maxDistance, limit, atLeast, version, superseded, truncated, hits: flat };
}
