import { spawnSync } from 'node:child_process';
import { copyFileSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Packed, packAndInstall, run } from './packed.js';

let packed: Packed;
beforeAll(async () => {
  packed = await packAndInstall();
});
afterAll(() => rmSync(packed.consumer, { recursive: true, force: true }));

/** Writes a program into the empty project, runs it there, and reads its last line as JSON. */
async function runThere(name: string, text: string): Promise<unknown> {
  writeFileSync(join(packed.consumer, name), text);
  const out = await run(process.execPath, [name], packed.consumer);
  return JSON.parse(out.trim().split('\n').at(-1) as string);
}

test('the tarball holds what is shipped and nothing else', () => {
  const allowed =
    /^(dist|prebuilds|native\/(core|node))\/|^(native\/sources\.txt|scripts\/build\.mjs|CMakeLists\.txt|package\.json|README\.md|CHANGELOG\.md|LICENSE)$/;
  const paths = packed.files.map((file) => file.path);
  expect(paths.filter((path) => !allowed.test(path))).toEqual([]);
  expect(paths.filter((path) => /(^|\/)test|\.(spec|test|bench)\.|\.tsbuildinfo$|\.map$|\.log$/.test(path))).toEqual([]);
  const entries = ['node', 'edge', 'browser'].map((name) => `dist/entry/${name}.js`);
  expect(paths).toEqual(expect.arrayContaining([...entries, 'dist/core.wasm', 'dist/cli/main.js', 'README.md', 'LICENSE']));
});

test('the tarball is small', () => {
  const unpacked = packed.files.reduce((sum, file) => sum + file.size, 0);
  console.log(`packed: ${packed.size >> 10} KiB, unpacked: ${unpacked >> 10} KiB, ${packed.files.length} files`);
  // Our own bound, so that nothing large slips in.
  expect(packed.size).toBeLessThan(2 << 20);
});

test('every subpath of exports can be imported', async () => {
  const { exports } = JSON.parse(readFileSync('package.json', 'utf8')) as { exports: Record<string, unknown> };
  const subpaths = Object.keys(exports).map((path) => `egide${path.slice(1)}`);
  expect(subpaths.length).toBeGreaterThan(4);
  const program = `import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
const imported = [];
for (const path of ${JSON.stringify(subpaths)}) {
  if (path.endsWith('.wasm')) await WebAssembly.compile(await readFile(fileURLToPath(import.meta.resolve(path))));
  else if (path.endsWith('.json')) JSON.parse(await readFile(fileURLToPath(import.meta.resolve(path)), 'utf8'));
  else if (typeof (await import(path)).load !== 'function') throw new Error(path + ' exports no load');
  imported.push(path);
}
console.log(JSON.stringify(imported));`;
  expect(await runThere('subpaths.mjs', program)).toEqual(subpaths);
});

test('scans a real picture against a list, in an empty project', async () => {
  const picture = resolve('examples/pictures/nagasaki-boats.jpg');
  await sharp(picture).resize(500).flop().jpeg({ quality: 50 }).toFile(join(packed.consumer, 'copy.jpg'));
  copyFileSync('examples/pictures/french-alpine-landscape.jpg', join(packed.consumer, 'other.jpg'));
  const program = `import { load } from 'egide';
const egide = await load();
const image = await egide.decode(${JSON.stringify(picture)});
const hex = Buffer.from(egide.pdq.hash(image).hash).toString('hex');
const list = await egide.hashList(new TextEncoder().encode('id,pdq\\nboats,' + hex + '\\n'), { name: 'harbour' });
const shield = egide.shield({ lists: [list] });
const [copy, other] = [await shield.scan('copy.jpg'), await shield.scan('other.jpg')];
console.log(JSON.stringify([egide.backend.name, copy.action, copy.matches[0].entry.id, copy.matches[0].distance <= 31, other.action]));`;
  expect(await runThere('scan.mjs', program)).toEqual(['native', 'hold', 'boats', true, 'allow']);
});

test('a bank says which package it needs, where one or all are missing, and works with those that it needs', async () => {
  const modules = join(packed.consumer, 'node_modules');
  const program = (name: string) => `import { load } from 'egide';
const egide = await load();
const said = [];
for (const target of [${JSON.stringify(`./bank-${name}`)}, { postgres: 'postgres://user:secret@127.0.0.1:1/none' }])
  said.push(await egide.openBank(target).then((bank) => bank.close(), ({ code, message }) => [code, message]) ?? 'well');
console.log(JSON.stringify(said));`;
  const missing = (what: string, name: string) => [
    'MISSING_PACKAGE',
    `${what} needs the package ${name}, which is not installed: npm install ${name}`,
  ];
  const unreached = ['NOT_FOUND', 'the server cannot be reached (ECONNREFUSED)'];
  const optional = ['kysely', 'libsql', 'pg'];
  const says: [name: string, installed: string[], ...said: unknown[]][] = [
    ['none', [], missing('a bank', 'kysely'), missing('a bank', 'kysely')],
    ['folder', ['kysely', 'libsql'], 'well', missing('a bank in PostgreSQL', 'pg')],
    ['server', ['kysely', 'pg'], missing('a bank in a folder', 'libsql'), unreached],
  ];
  for (const [name, installed, ...said] of says) {
    for (const one of installed) symlinkSync(resolve('node_modules', one), join(modules, one));
    expect(await runThere(`bank-${name}.mjs`, program(name)), name).toEqual(said);
    for (const one of optional) rmSync(join(modules, one), { force: true });
  }
});

test('the command works', async () => {
  const bin = join(packed.consumer, 'node_modules/.bin/egide');
  const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
  expect(await run(bin, ['--version'], packed.consumer)).toContain(version);
  const hashed = await run(bin, ['hash', '--json', resolve('examples/pictures/nagasaki-boats.jpg')], packed.consumer);
  expect(hashed).toMatch(/[0-9a-f]{64}/);
  expect(spawnSync(bin, ['no-such-command'], { cwd: packed.consumer }).status).toBe(1);
});

test('falls back to WebAssembly without the addon, and says why', async () => {
  rmSync(join(packed.consumer, 'node_modules/egide/prebuilds'), { recursive: true });
  const program = `import { load } from 'egide';
const egide = await load();
const { ok } = await egide.selfTest();
console.log(JSON.stringify([egide.backend.name, egide.backend.reason.length > 0, ok]));`;
  expect(await runThere('fallback.mjs', program)).toEqual(['wasm', true, true]);
});

test('the addon can be built from the package itself', async () => {
  const { devDependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { devDependencies: Record<string, string> };
  const builders = ['cmake-js', 'node-addon-api'].map((name) => `${name}@${devDependencies[name]}`);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', ...builders], packed.consumer);
  await run('npm', ['run', 'build:native'], join(packed.consumer, 'node_modules/egide'));
  const program = `import { load } from 'egide';
console.log(JSON.stringify((await load()).backend.name));`;
  expect(await runThere('built.mjs', program)).toBe('native');
});

test('publint has nothing to say', async () => {
  expect(await run('npx', ['publint', 'run', packed.tarball, '--strict'], resolve('.'))).toMatch(/All good/i);
});

// It ends with an error for any problem outside the profile: the package is ESM only, so old resolutions do not count.
test('attw finds the types right for ESM', async () => {
  const args = ['attw', packed.tarball, '--profile', 'esm-only', '--exclude-entrypoints', 'core.wasm', '--no-emoji', '--no-color'];
  expect(await run('npx', args, resolve('.'))).toContain('OK (ESM)');
});

test('a strict TypeScript project compiles against the packed types', async () => {
  copyFileSync('test/types/consumer.ts', join(packed.consumer, 'consumer.ts'));
  const lib = ['ES2023', 'ESNext.Disposable', 'DOM', 'DOM.AsyncIterable'];
  const compilerOptions = { strict: true, module: 'NodeNext', target: 'ES2022', lib, noEmit: true, types: [] };
  writeFileSync(join(packed.consumer, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['consumer.ts'] }));
  await run(process.execPath, [resolve('node_modules/typescript/bin/tsc'), '-p', packed.consumer], resolve('.'));
});
