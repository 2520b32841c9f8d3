import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';

// The command as it is installed, with workers in processes of their own. Build first: `npm run build`.
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
const pictures = fileURLToPath(new URL('../../examples/pictures/', import.meta.url));
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'egide-bench-stopped-'));
  // Slow enough to be stopped in the middle: it finds the copies whose file is of an even length, which is the same each time.
  await writeFile(
    join(root, 'slow.mjs'),
    `export default { name: 'slow', version: '1', setting: 'none', reference: async () => new Uint8Array(0),
      open: async (references) => ({ async search(file) {
        await new Promise((resolve) => setTimeout(resolve, 60));
        return references.map(({ id }) => ({ id, score: 1, accepted: file.length % 2 === 0 }));
      } }) };`,
  );
});
afterAll(() => rm(root, { recursive: true }));

function start(out: string, workers = 2): ChildProcess {
  const words = ['--originals', pictures, '--distractors', pictures, '--attacks', 'jpeg-q50,hflip', '--out', join(root, out)];
  const all = ['bench', 'attacks', ...words, '--matcher-file', join(root, 'slow.mjs'), '--workers', String(workers)];
  return spawn(process.execPath, [main, ...all], { stdio: ['ignore', 'pipe', 'pipe'] });
}

/** Waits until some units are done, but not all. */
async function underWay(out: string): Promise<void> {
  for (;;) {
    const log = await readFile(join(root, out, 'work', 'run.ndjson'), 'utf8').catch(() => '');
    if (log.includes('{"unit":')) return;
    await delay(5);
  }
}

async function recallOf(out: string): Promise<string> {
  return readFile(join(root, out, 'recall.csv'), 'utf8');
}

test('a run that is killed goes on where it was, and ends as one that was not', async () => {
  const killed = start('killed');
  await underWay('killed');
  killed.kill('SIGKILL');
  await once(killed, 'close');
  const done = (await readFile(join(root, 'killed', 'work', 'run.ndjson'), 'utf8')).trimEnd().split('\n');
  await expect(recallOf('killed')).rejects.toThrow('ENOENT');
  expect((await once(start('killed'), 'close'))[0]).toBe(0);
  const after = (await readFile(join(root, 'killed', 'work', 'run.ndjson'), 'utf8')).trimEnd().split('\n');
  expect(after.slice(0, done.length - 1)).toEqual(done.slice(0, -1)); // the last line may have been cut
  expect((await once(start('whole', 1), 'close'))[0]).toBe(0);
  expect(await recallOf('killed')).toBe(await recallOf('whole'));
});

test('Ctrl-C ends a run with exit code 130 and says how to go on', async () => {
  const interrupted = start('interrupted');
  let said = '';
  interrupted.stderr?.on('data', (text: Buffer) => {
    said += text.toString();
  });
  await underWay('interrupted');
  interrupted.kill('SIGINT');
  expect((await once(interrupted, 'close'))[0]).toBe(130);
  expect(said).toMatch(/^egide: stopped: \d+ of \d+ pictures looked up\. Start the same command again and it goes on from there\.\n$/);
});

test('a worker that dies ends the run with an error, not with less', async () => {
  await writeFile(
    join(root, 'dying.mjs'),
    `export default { name: 'dying', version: '1', setting: 'none', reference: async () => process.exit(3), open: async () => undefined };`,
  );
  const words = ['--originals', pictures, '--distractors', pictures, '--attacks', 'hflip', '--out', join(root, 'dying'), '--workers', '2'];
  const child = spawn(process.execPath, [main, 'bench', 'attacks', ...words, '--matcher-file', join(root, 'dying.mjs')]);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    said += text.toString();
  });
  expect((await once(child, 'close'))[0]).toBe(1);
  expect(said).toContain('a worker ended before its work was done (exit code 3)');
});
