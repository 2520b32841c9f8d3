import { join } from 'node:path';
import { load } from 'egide/node';
import { seededBytes, seededNumbers } from '../spec/search-fixture.js';

// Changes and merges an index a hundred times, and tells the memory of the process on the way. Run with --expose-gc.
// Arguments: backend, `memory`, `shared` or `file`, a folder.
const [backend, kind, folder] = process.argv.slice(2) as ['native' | 'wasm', 'memory' | 'shared' | 'file', string];
const COUNT = 40_000;
const [MERGES, WARM_UP] = [100, 30];

const egide = await load({ backend });
using live = egide.livePdqIndex(await egide.buildPdqIndex(seededBytes(32 * COUNT, 3), { shared: kind === 'shared' }), { capacity: 4096 });
const next = seededNumbers(7);
const residentMb: number[] = [];
for (let merge = 1; merge <= MERGES; ++merge) {
  using taken = live.snapshot();
  for (let i = 0; i < 100; ++i) {
    const id = next() % COUNT;
    live.remove(id);
    live.add(id, seededBytes(32, next() | 1));
  }
  await live.merge(kind === 'file' ? { path: join(folder, `${backend}.index`) } : {});
  if (taken.version === live.version || live.pending !== 0) throw new Error('the merge took nothing in');
  if (merge < WARM_UP || merge % 10 > 0) continue;
  await new Promise((resolve) => setTimeout(resolve, 10));
  (globalThis as { gc?: () => void }).gc?.();
  residentMb.push(Math.round(process.memoryUsage().rss / 2 ** 20));
}
console.log(JSON.stringify(residentMb));
