import { readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { Bank } from '../../src/bank/bank.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { alone } from '../../src/search/lock-file-node.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { nodePlatform } from '../fixtures/shield.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { record, signal, temporaryFolder, valueFor } from './fixtures.js';
import { openBank } from './open.js';
import { Program } from './program.js';
import type { SaverTask } from './saver-program.js';

/** Snapshots that each process saves: EGIDE_SAVES for more. */
const SAVES = Number(process.env['EGIDE_SAVES'] ?? 6);

const NAMES = ['one', 'other'];

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });
const work = workFolder();
afterAll(() => rm(work, { recursive: true }));

/** Entries of a saver that a snapshot has: the first ones, as many as those that it had added. */
function heldBy(name: string, { lists }: Snapshot): number {
  const own = lists.find((list) => list.name === 'own');
  for (let i = 0; ; ++i) if (!own?.digests.md5.find(valueFor('md5', i)).some((id) => own.entry(id).id === `${name} ${i}`)) return i;
}

test(`two processes that save ${SAVES} times each to one path: whoever opens it finds one whole state, and never an earlier one`, {
  timeout: 60_000 + 200 * SAVES,
}, async () => {
  const program = await bundle('test/bank/saver-program.ts', work, ['node', 'import']);
  await using folder = await temporaryFolder();
  const [target, path] = [join(folder.path, 'bank'), join(folder.path, 'snapshot')];
  const bank = await openBank(target);
  await bank.add(record('first', signal('md5', 1000)));
  await bank.addList('empty');
  await egide.saveSnapshot(bank, path);
  const savers = NAMES.map((name) => new Program(program, { target, path, name, count: SAVES } satisfies SaverTask));
  using watch = await egide.watchSnapshot(path, { intervalMs: 10 });
  const saved = () => savers.flatMap(({ lines }) => lines.filter(([, word]) => word === 'saved'));
  const ends = Promise.all(savers.map((saver) => saver.hears('end')));
  let running = true;
  void ends.finally(() => (running = false)).catch(() => undefined);
  let opened = 0;
  while (running) {
    const least = savers.map(({ lines }) => lines.filter(([, word]) => word === 'saved').length);
    using snapshot = await egide.openSnapshot(path);
    await snapshot.verify();
    const held = NAMES.map((name) => heldBy(name, snapshot));
    for (const [i, count] of held.entries()) expect(count).toBeGreaterThanOrEqual(least[i] as number);
    expect(snapshot.lists.find(({ name }) => name === 'own')?.entryCount).toBe(1 + held.reduce((sum, count) => sum + count));
    opened += 1;
    await delay(1);
  }
  await ends;
  const whole = saved().filter(([, , , wrote]) => wrote === 'whole');
  console.log(`opened ${opened} times, saved ${saved().length} times, ${whole.length} of them whole`);
  expect(whole.length).toBeGreaterThan(0);
  await watch.look();
  using last = await egide.openSnapshot(path);
  for (const snapshot of [watch.current, last]) expect(NAMES.map((name) => heldBy(name, snapshot))).toEqual([SAVES, SAVES]);
  for (const saver of savers) await saver.kill();
  await bank.close();
});

test.each([
  [false, false],
  [false, true],
  [true, false],
  [true, true],
])('a saver (whole: %s) that somebody else (whole: %s) overtakes brings nothing back that was before', async (mine, theirs) => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'snapshot');
  await using bank = await openBank(join(folder.path, 'bank'));
  await bank.add(record('0', signal('md5', 0)));
  await egide.saveSnapshot(bank, path);
  await bank.add(record('1', signal('md5', 1)));
  let views = 0;
  const slow: Bank = Object.create(bank, {
    snapshots: {
      value: {
        change: bank.snapshots.change,
        view: (work: Parameters<typeof bank.snapshots.view>[0]) =>
          bank.snapshots.view(async (view) => {
            if (++views === 1) {
              await bank.add(record('2', signal('md5', 2)));
              await egide.saveSnapshot(bank, path, { whole: theirs });
            }
            return work(view);
          }),
      },
    },
  });
  await egide.saveSnapshot(slow, path, { whole: mine });
  expect(views).toBe(2);
  using snapshot = await egide.openSnapshot(path);
  expect(snapshot.change).toBe(await bank.snapshots.change());
  expect(snapshot.lists[0]?.entryCount).toBe(3);
});

test('a lock lets in one after the other, and one that a killed process left lets in the next', async () => {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'file');
  let [inside, most] = [0, 0];
  const enter = async (): Promise<void> => {
    most = Math.max(most, ++inside);
    await delay(2);
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 5 }, () => alone(path, enter)));
  expect(most).toBe(1);
  await expect(alone(path, () => Promise.reject(new Error('failed')))).rejects.toThrow('failed');
  await writeFile(`${path}.lock`, '');
  const begun = performance.now();
  await Promise.all(Array.from({ length: 20 }, () => alone(path, enter, 100)));
  expect(performance.now() - begun).toBeGreaterThanOrEqual(100);
  expect(most).toBe(1);
  expect(await readdir(folder.path)).toEqual([]);
  await expect(alone(join(folder.path, 'none/file'), enter)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
});
