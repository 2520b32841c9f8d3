import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { saveFile } from '../../src/search/save-file-node.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededBytes } from '../spec/search-fixture.js';
import { version } from './versions.js';

const KILLS = 45;
const PHASES = ['write', 'sync', 'rename', 'folder', 'saved'];

const work = workFolder();
let folder: string;
let saver: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-crash-'));
  saver = await bundle('test/crash/saver.ts', work, ['node', 'import']);
});
afterAll(() => Promise.all([work, folder].map((made) => rm(made, { recursive: true }))));

/** Runs the saver, kills it some time after it began the `nth` phase of that name, and gives all that it said. */
async function killed(path: string, first: number, phase: string, nth: number, delayMs: number): Promise<string[]> {
  const child = spawn(process.execPath, [saver, path, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close'); // after the last of its output
  let said = '';
  let begun = 0;
  const aimed = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const seen = said.length;
      said += text;
      begun += [...said.slice(said.lastIndexOf('\n', seen - 1) + 1).matchAll(new RegExp(`^${phase} \\d+$`, 'gm'))].length;
      if (begun >= nth) resolve();
    });
  });
  await aimed;
  if (delayMs > 0) await delay(delayMs);
  child.kill('SIGKILL');
  expect(await closed).toEqual([null, 'SIGKILL']);
  return said.trim().split('\n');
}

test(`a saver that is killed ${KILLS} times leaves the old file or the new one, whole`, async () => {
  const path = join(folder, 'some.index');
  await saveFile(path, [version(0)]);
  const random = seededBytes(2 * KILLS, 12);
  const struck = Object.fromEntries(PHASES.map((phase) => [phase, 0]));
  let there = 0; // the number of the version at the path
  for (let i = 0; i < KILLS; ++i) {
    const [nth, delayMs] = [1 + ((random[2 * i] as number) % 2), (random[2 * i + 1] as number) % 4];
    const said = await killed(path, there + 1, PHASES[i % PHASES.length] as string, nth, delayMs);
    const [phase, number] = (said.at(-1) as string).split(' ') as [string, string];
    struck[phase] = (struck[phase] as number) + 1;

    // Once it is renamed the new one is there; until then it is the one before.
    const bytes = await readFile(path);
    const possible = phase === 'folder' || phase === 'saved' ? [Number(number)] : [Number(number) - 1];
    if (phase === 'rename') possible.push(Number(number));
    const found = possible.filter((each) => bytes.equals(version(each)));
    expect(found, `kill ${i}, after ${said.slice(-3).join(', ')}: ${bytes.length} bytes`).toHaveLength(1);
    there = found[0] as number;
  }
  console.log(`killed after: ${JSON.stringify(struck)}`);
  for (const phase of PHASES) expect(struck[phase], phase).toBeGreaterThan(0);

  // The next save clears away what they left, once it is old.
  const leftovers = (await readdir(folder)).filter((name) => name !== 'some.index');
  expect(leftovers.length).toBeGreaterThan(KILLS / 10);
  for (const name of leftovers) await utimes(join(folder, name), 0, 0);
  await saveFile(path, [version(1)]);
  expect(await readdir(folder)).toEqual(['some.index']);
});
