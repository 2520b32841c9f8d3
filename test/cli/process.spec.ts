import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { photo } from '../fixtures/shield.js';

// The command as it is installed: dist/cli/main.js in a process of its own. Build first: `npm run build`.
const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url));
let root: string;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'egide-process-'));
  await writeFile(join(root, 'boats.jpg'), await photo('nagasaki-boats'));
  await writeFile(join(root, 'cat.jpg'), await photo('locomotion-house-cat'));
  await egide(['list', 'make', join(root, 'boats.jpg'), '-o', join(root, 'list.csv')]);
});
afterAll(() => rm(root, { recursive: true }));

test('exits with the sternest action and prints no progress into a pipe', async () => {
  const list = ['--list', join(root, 'list.csv')];
  expect(await egide(['scan', join(root, 'cat.jpg'), ...list])).toMatchObject({ code: 0, err: '' });
  expect(await egide(['scan', join(root, 'cat.jpg'), join(root, 'list.csv'), ...list])).toMatchObject({ code: 2, err: '' });
  expect(await egide(['scan', join(root, 'cat.jpg'), join(root, 'boats.jpg'), ...list])).toMatchObject({ code: 3, err: '' });
  expect(await egide(['scan', '/no/such/picture.jpg', ...list])).toMatchObject({ code: 1, out: '' });
});

test('prints its version, and that its self test passes', async () => {
  const { version } = JSON.parse(await readFile(new URL('../../package.json', import.meta.url), 'utf8')) as { version: string };
  expect(await egide(['--version'])).toEqual({ code: 0, out: `${version}\n`, err: '' });
  expect(await egide(['--version', '--verbose'])).toMatchObject({ code: 0, out: expect.stringContaining('self test  passed') });
});

test('a reader that stops early does not make a scan look as if all was allowed', async () => {
  const files = Array<string>(200).fill(join(root, 'boats.jpg'));
  expect((await egide(['scan', '--json', ...files, '--list', join(root, 'list.csv')], { readOnlyFirst: true })).code).toBe(1);
});

test('stops at an interrupt with exit code 130', async () => {
  const files = Array<string>(2000).fill(join(root, 'boats.jpg'));
  const { code } = await egide(['scan', '--json', ...files, '--list', join(root, 'list.csv')], { interrupt: true });
  expect(code).toBe(130);
});

/** Runs the command. `interrupt`: sends SIGINT after the first output; `readOnlyFirst`: closes the pipe after it. */
function egide(
  words: readonly string[],
  { interrupt = false, readOnlyFirst = false } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', 'pipe', 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (interrupt) child.kill('SIGINT');
      if (readOnlyFirst) child.stdout.destroy();
      interrupt = false;
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
