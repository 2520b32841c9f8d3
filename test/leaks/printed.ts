import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { FAKE_SECRET } from '../../src/fakes/synthetic.js';
import { leaksIn } from './leaks.js';

// What every part of the suite has printed, with all processes that it started: scripts/test.sh runs this last.
const LOGS = process.env['LOGS'] ?? '.cache/logs';

/** Each leak with the log that it is in. */
async function leaksInLogs(folder: string): Promise<string[]> {
  const logs = (await readdir(folder)).filter((name) => name.endsWith('.log'));
  if (logs.length === 0) throw new Error(`${folder}: expected logs`);
  const texts = await Promise.all(logs.map((name) => readFile(join(folder, name), 'utf8')));
  return logs.flatMap((name, i) => leaksIn(texts[i] as string).map((leak) => `${name}: ${leak}`));
}

test('a secret in a log is found, and no log is a failure', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'egide-logs-'));
  await expect(leaksInLogs(folder)).rejects.toThrow('expected logs');
  await writeFile(join(folder, 'bank.log'), `ok\n${'ok\n'.repeat(100_000)}authorization: Bearer ${FAKE_SECRET}3\n`);
  await writeFile(join(folder, 'spec.log'), 'ok\n');
  expect(await leaksInLogs(folder)).toEqual(['bank.log: a secret, as text']);
  await rm(folder, { recursive: true });
});

test('nothing that the tests printed is a hash of a list, a URL of one or a secret', async () => {
  expect(await leaksInLogs(LOGS)).toEqual([]);
});
