import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Egide, load } from '../../src/entry/node.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { killed } from './kill.js';
import { hashesOf, idOf } from './versions.js';

const KILLS = 18;
const PHASES = ['way', 'write', 'sync', 'rename', 'folder', 'saved'];

const work = workFolder();
let folder: string;
let indexer: string;
let egide: Egide;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-crash-'));
  indexer = await bundle('test/crash/indexer.ts', work, ['node', 'import']);
  egide = await load({ backend: 'native' });
});
afterAll(() => Promise.all([work, folder].map((made) => rm(made, { recursive: true }))));

/** Opens and verifies what is there, and says which index it is. */
async function numberAt(path: string): Promise<number> {
  using index = await egide.openPdqIndex(path);
  expect(index.storage).toBe('mapped');
  await index.verify();
  const number = index.size - hashesOf(0).length / 32;
  for (const back of [0, 1]) {
    const last = hashesOf(number - back).slice(-32);
    expect(index.search(last, { maxDistance: 0 }).hits).toEqual([{ id: idOf(number - back), distance: 0 }]);
  }
  expect(index.search(hashesOf(number + 1).slice(-32), { maxDistance: 31 }).hits).toEqual([]);
  return number;
}

test.each(['build', 'merge'])(
  `a process that is killed ${KILLS} times while it %ss and saves leaves a sound index, the last or the one before`,
  async (way) => {
    const path = join(folder, `${way}.index`);
    {
      using index = await egide.buildPdqIndex(hashesOf(0));
      await index.save(path);
    }
    const next = seededNumbers(14);
    const struck: Record<string, number> = {};
    let there = 0;
    for (let i = 0; i < KILLS; ++i) {
      const phase = (PHASES[i % PHASES.length] as string).replace('way', way);
      // Building and merging take their time: anywhere in it.
      const aim = { phase, nth: next() % 4 === 0 ? 2 : 1, delayMs: next() % (phase === way ? 40 : 4) };
      const { phase: at, possible } = await killed(indexer, [path, String(there + 1), way], aim);
      struck[at] = (struck[at] ?? 0) + 1;
      there = await numberAt(path);
      expect(possible, `kill ${i}, at ${at}`).toContain(there);
    }
    console.log(`killed at ${JSON.stringify(struck)}`);
    expect(there).toBeGreaterThan(KILLS / 6);
    expect(struck[way]).toBeGreaterThan(0);
  },
);
