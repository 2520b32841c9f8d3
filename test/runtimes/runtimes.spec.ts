import { execFile, spawn } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checks } from './checks.js';

const require = createRequire(import.meta.url);
const core = resolve('dist/core.wasm');

/** Inside the repository, so that Deno and Bun find node_modules above it. */
mkdirSync('.cache', { recursive: true });
const folder = mkdtempSync(resolve('.cache/runtimes-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** workerd imports core.wasm by a relative name; the Node entry stays outside, because it finds the addon by its own place. */
const outside: Plugin = {
  name: 'outside',
  setup(builder) {
    builder.onResolve({ filter: /^egide\/core\.wasm$/ }, () => ({ path: './core.wasm', external: true }));
    builder.onResolve({ filter: /^egide\/node$/ }, () => ({ path: pathToFileURL(resolve('dist/entry/node.js')).href, external: true }));
  },
};

async function bundle(program: string, conditions: string[]): Promise<string> {
  const outfile = join(folder, program.replace(/\.ts$/, '.mjs'));
  const entryPoints = [join('test/runtimes', program)];
  await build({
    entryPoints,
    outfile,
    conditions,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*'],
    loader: { '.tsv': 'text' },
    plugins: [outside],
  });
  return outfile;
}

/** Runs a bundled program and reads its last line. */
async function run(command: string, args: string[]): Promise<Record<string, string>> {
  const env = { ...process.env, DENO_DIR: join(folder, 'deno'), DENO_NO_UPDATE_CHECK: '1', NO_COLOR: '1' };
  const { stdout } = await promisify(execFile)(command, args, { env, timeout: 100_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string) as Record<string, string>;
}

/** Serves the bundled worker on the loopback, at a port of workerd's choosing, and asks it once. */
async function runInWorkerd(binary: string): Promise<Record<string, string>> {
  await bundle('worker.ts', ['workerd', 'worker', 'import']);
  copyFileSync(core, join(folder, 'core.wasm'));
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    modules = [(name = "worker.mjs", esModule = embed "worker.mjs"), (name = "core.wasm", wasm = embed "core.wasm")],
    compatibilityDate = "2026-10-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
`,
  );
  const server = spawn(binary, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  try {
    const response = await fetch(`http://127.0.0.1:${await portOf(server.stdio[3] as Readable)}/`);
    const body = await response.text();
    if (!response.ok) throw new Error(`workerd answered ${response.status}: ${body}`);
    return JSON.parse(body) as Record<string, string>;
  } finally {
    server.kill();
  }
}

async function portOf(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const message = JSON.parse(line) as { event: string; port?: number };
    if (message.event === 'listen' && message.port) return message.port;
  }
  throw new Error('workerd ended before it listened');
}

/** The file of a command that an npm package brings, or `undefined` where the package has none for this machine. */
function binaryOf(name: 'workerd' | 'deno' | 'bun'): string | undefined {
  const path = name === 'workerd' ? (require('workerd') as { default: string }).default : resolve('node_modules/.bin', name);
  return existsSync(path) ? path : undefined;
}

const node = process.execPath;
const [workerd, deno, bun] = [binaryOf('workerd'), binaryOf('deno'), binaryOf('bun')];
const denoRun = ['run', '--quiet', '--no-lock', '--allow-read', '--allow-env', '--allow-ffi', '--allow-sys'];
const edge = () => bundle('edge-program.ts', ['import']);
const full = () => bundle('node-program.ts', ['node', 'import']);

const runtimes = [
  { name: 'workerd, edge entry', binary: workerd, backend: 'wasm', go: runInWorkerd },
  { name: 'Node, edge entry', binary: node, backend: 'wasm', go: async (b: string) => run(b, [await edge(), core]) },
  { name: 'Node, Node entry', binary: node, backend: 'native', go: async (b: string) => run(b, [await full()]) },
  { name: 'Deno, edge entry', binary: deno, backend: 'wasm', go: async (b: string) => run(b, [...denoRun, await edge(), core]) },
  { name: 'Deno, Node entry', binary: deno, backend: 'native', go: async (b: string) => run(b, [...denoRun, await full()]) },
  { name: 'Bun, edge entry', binary: bun, backend: 'wasm', go: async (b: string) => run(b, ['run', await edge(), core]) },
  { name: 'Bun, Node entry', binary: bun, backend: 'native', go: async (b: string) => run(b, ['run', await full()]) },
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
  });
}
