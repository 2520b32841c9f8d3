import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, expect, test } from 'vitest';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { CrashSource, toldInTheEnd } from './crash-source.js';
import { entriesOf, temporaryFolder } from './fixtures.js';
import { openBank } from './open.js';

/** Processes that are killed: EGIDE_KILLS for more. */
const KILLS = Number(process.env['EGIDE_KILLS'] ?? 20);

const work = workFolder();
afterAll(() => rm(work, { recursive: true }));

test(`a sync that is killed ${KILLS} times comes to the same as one that is not`, { timeout: 60_000 + 10_000 * KILLS }, async () => {
  const program = await bundle('test/bank/crash-program.ts', work, ['node', 'import']);
  await using folder = await temporaryFolder();
  const next = seededNumbers(21);
  let target = '';
  const struck: string[] = [];
  for (let kill = 0, round = 0; kill < KILLS; ) {
    target = join(folder.path, `bank ${round}`);
    const said = await killedAt(program, target, next() % 12, next() % 6);
    if (said.includes('done')) {
      await expectWhole(target);
      round += 1; // the next one begins anew
      continue;
    }
    struck.push(said.trim().split('\n').at(-1) ?? '');
    kill += 1;
  }
  console.log(`killed at: ${struck.join(', ')}`);
  expect(new Set(struck).size).toBeGreaterThan(Math.min(KILLS, 6) / 2);
  const bank = await openBank(target);
  await bank.sync('a', new CrashSource());
  await bank.close();
  await expectWhole(target);
});

/** Runs the program and kills it some milliseconds after a step. Returns what it said. */
async function killedAt(program: string, target: string, step: number, delayMs: number): Promise<string> {
  const child = spawn(process.execPath, [program, target], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close');
  let said = '';
  const aimed = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split('\n').length > step) resolve();
    });
  });
  await Promise.race([aimed, closed]);
  await delay(delayMs);
  child.kill('SIGKILL');
  await closed;
  return said;
}

async function expectWhole(target: string): Promise<void> {
  const bank = await openBank(target);
  const entries = new Map((await entriesOf(bank)).map(({ record }) => [record.key, record]));
  const told = toldInTheEnd();
  expect(entries.size).toBe(told.size);
  for (const [key, { signals }] of told) {
    const values = (some: typeof signals) => some.map(({ type, value }) => `${type} ${Buffer.from(value).toString('hex')}`).sort();
    expect(values(entries.get(key)?.signals ?? []), key).toEqual(values(signals));
  }
  expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  await bank.close();
}
