import { spawn } from 'node:child_process';
import { lstat, mkdtemp, open, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
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

test.runIf(process.platform === 'linux')('says so when its output cannot be written, and leaves nothing behind', async () => {
  const full = await open('/dev/full', 'w');
  const folder = await mkdtemp(join(root, 'full-'));
  const report = ['--report', join(folder, 'report.html')];
  const printed = await egide(['scan', join(root, 'boats.jpg'), '--list', join(root, 'list.csv'), ...report], { stdout: full.fd });
  await full.close();
  expect(printed).toEqual({ code: 1, out: '', err: expect.stringMatching(/^egide: ENOSPC.*\n$/) });
  expect(await readdir(folder)).toEqual([]);
});

test.runIf(process.platform === 'linux')('puts no file in the place of a device', async () => {
  const device = join(root, 'device');
  await symlink('/dev/null', device);
  const refused = { code: 1, out: '', err: expect.stringContaining('expected the name of a new or a regular file') };
  expect(await egide(['list', 'make', join(root, 'boats.jpg'), '-o', device])).toEqual(refused);
  expect(await egide(['scan', join(root, 'boats.jpg'), '--list', join(root, 'list.csv'), '--report', device])).toEqual(refused);
  expect((await lstat(device)).isSymbolicLink()).toBe(true);
});

/** Runs the command. `interrupt`: sends SIGINT after the first output; `readOnlyFirst`: closes the pipe after it; `stdout`: where output goes. */
function egide(
  words: readonly string[],
  {
    interrupt = false,
    readOnlyFirst = false,
    stdout = 'pipe',
  }: { interrupt?: boolean; readOnlyFirst?: boolean; stdout?: 'pipe' | number } = {},
): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [main, ...words], { stdio: ['ignore', stdout, 'pipe'] });
    let [out, err] = ['', ''];
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (interrupt) child.kill('SIGINT');
      if (readOnlyFirst) child.stdout?.destroy();
      interrupt = false;
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      err += chunk.toString();
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, out, err }));
  });
}
