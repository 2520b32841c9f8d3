import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveFile } from '../../src/search/save-file-node.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { killed } from './kill.js';
import { version } from './versions.js';

const KILLS = 45;
const PHASES = ['write', 'sync', 'rename', 'folder', 'saved'];

const work = workFolder();
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-crash-'));
});
afterAll(() => Promise.all([work, folder].map((made) => rm(made, { recursive: true }))));

test(`a saver that is killed ${KILLS} times leaves the old file or the new one, whole`, async () => {
  const saver = await bundle('test/crash/saver.ts', work, ['node', 'import']);
  const path = join(folder, 'some.index');
  await saveFile(path, [version(0)]);
  const next = seededNumbers(12);
  const struck = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
  let there = 0; // the number of the version at the path
  for (let i = 0; i < KILLS; ++i) {
    const aim = { phase: PHASES[i % PHASES.length] as string, nth: next() % 4 === 0 ? 2 : 1, delayMs: next() % 4 };
    const { phase, possible } = await killed(saver, [path, String(there + 1)], aim);
    struck[phase] = (struck[phase] as number) + 1;
    const bytes = await readFile(path);
    const found = possible.filter((number) => bytes.equals(version(number)));
    expect(found, `kill ${i}, at ${phase}, one of ${possible}: ${bytes.length} bytes`).toHaveLength(1);
    there = found[0] as number;
  }
  console.log(`killed at ${JSON.stringify(struck)}`);
  for (const phase of PHASES) expect(struck[phase], phase).toBeGreaterThan(0);

  // The next save clears away what they left, once it is old.
  const leftovers = (await readdir(folder)).filter((name) => name !== 'some.index');
  expect(leftovers.length).toBeGreaterThan(KILLS / 10);
  for (const name of leftovers) await utimes(join(folder, name), 0, 0);
  await saveFile(path, [version(1)]);
  expect(await readdir(folder)).toEqual(['some.index']);
});
