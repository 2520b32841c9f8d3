import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { binaryOf, bundle, workFolder } from './bundle.js';
import { checks } from './checks.js';
import { serve } from './workerd.js';

const folder = workFolder();
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs a bundled program and reads its last line. */
async function run(command: string, args: string[]): Promise<Record<string, string>> {
  const env = { ...process.env, DENO_DIR: join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(command, args, { env, timeout: 100_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, string>;
}

async function runInWorkerd(binary: string): Promise<Record<string, string>> {
  using served = await serve(binary, await bundle('test/runtimes/worker.ts', folder, ['workerd', 'worker', 'import']));
  const response = await fetch(served.url);
  const body = await response.text();
  if (!response.ok) throw new Error(`workerd answered ${response.status}: ${body}`);
  return JSON.parse(body) as Record<string, string>;
}

const denoRun = ['run', '--quiet', '--no-lock', '--allow-read', '--allow-write', '--allow-env', '--allow-ffi', '--allow-sys'];
const edge = async () => [await bundle('test/runtimes/edge-program.ts', folder, ['import']), resolve('dist/core.wasm')];
const full = async () => [
  await bundle('test/runtimes/node-program.ts', folder, ['node', 'import']),
  resolve('examples/pictures/nagasaki-boats.jpg'),
];
const [workerd, deno, bun] = [binaryOf('workerd'), binaryOf('deno'), binaryOf('bun')];

const runtimes = [
  { name: 'workerd, edge entry', binary: workerd, backend: 'wasm', go: runInWorkerd },
  { name: 'Node, edge entry', binary: process.execPath, backend: 'wasm', go: async (node: string) => run(node, await edge()) },
  { name: 'Node, Node entry', binary: process.execPath, backend: 'native', go: async (node: string) => run(node, await full()) },
  { name: 'Deno, edge entry', binary: deno, backend: 'wasm', go: async (it: string) => run(it, [...denoRun, ...(await edge())]) },
  { name: 'Deno, Node entry', binary: deno, backend: 'native', go: async (it: string) => run(it, [...denoRun, ...(await full())]) },
  { name: 'Bun, edge entry', binary: bun, backend: 'wasm', go: async (it: string) => run(it, ['run', ...(await edge())]) },
  { name: 'Bun, Node entry', binary: bun, backend: 'native', go: async (it: string) => run(it, ['run', ...(await full())]) },
];

for (const { name, binary, backend, go } of runtimes) {
  if (!binary) console.log(`skipped: ${name}: its npm package has no program for this machine`);
  describe.skipIf(!binary)(name, () => {
    let results: Record<string, string>;
    beforeAll(async () => {
      results = await go(binary as string);
    });
    test(`runs on ${backend}`, () => expect(results['backend']).toBe(backend));
    test.each(Object.keys(checks))('%s', (check) => expect(results[check]).toBe('ok'));
    if (backend === 'native')
      test.each(['decodes and digests a picture', 'saves and maps an index'])('%s', (check) => expect(results[check]).toBe('ok'));
  });
}
