import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { FileMapper, MappedPages } from '../../src/backend.js';
import type { IndexFile } from '../../src/search/index-file.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { seededBytes } from './search-fixture.js';

const MIB = 1 << 20;
const mapper = createFileMapper();
const mapped = createIndexFiles(mapper);
let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'egide-index-file-'));
});
afterAll(() => rm(root, { recursive: true }));

async function fileOf(bytes: Uint8Array, name = 'some.index'): Promise<string> {
  await writeFile(join(root, name), bytes);
  return join(root, name);
}

const { index: core } = createNativeBackend();

function contents(file: IndexFile): Buffer {
  return Buffer.from(core.read(core.adoptFile(file), 0, file.byteLength));
}

describe.each([
  ['mapped', mapped],
  ['read', createIndexFiles(undefined)],
] as const)('a file that is %s', (storage, files) => {
  test.each([1, 4095, 4 * MIB - 1, 4 * MIB, 4 * MIB + 1, 9_000_001])('of %i bytes is at hand byte for byte', async (size) => {
    const bytes = seededBytes(size, size);
    using file = await files.open(await fileOf(bytes));
    expect(file).toMatchObject({ storage, byteLength: size });
    expect(contents(file).equals(bytes)).toBe(true);
  });

  test('is gone after disposal, which may be repeated', async () => {
    const file = await files.open(await fileOf(seededBytes(100, 1)));
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    expect(() => file.memory).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });

  test('keeps its bytes when another takes its name', async () => {
    const [before, after] = [seededBytes(5 * MIB, 1), seededBytes(6 * MIB, 2)];
    const path = await fileOf(before);
    using old = await files.open(path);
    await files.save(path, [after]);
    expect(contents(old).equals(before)).toBe(true);
    using now = await files.open(path);
    expect(contents(now).equals(after)).toBe(true);
  });

  test.each([
    ['no file', () => '/no/such/file', 'NOT_FOUND', /could not be read \(ENOENT\)/],
    ['a file taken for a folder', () => fileOf(seededBytes(1, 1)).then((path) => `${path}/x`), 'NOT_FOUND', /ENOTDIR/],
    ['a folder', () => root, 'INVALID_ARGUMENT', /expected a file .*a folder/],
    ['a device', () => '/dev/zero', 'INVALID_ARGUMENT', /expected a file .*a device/],
    ['an empty file', () => fileOf(new Uint8Array(0)), 'INVALID_ARGUMENT', /expected a saved index .*an empty file/],
    ['no path', () => '', 'INVALID_ARGUMENT', /expected the path of a file/],
    ['a path with a zero byte', () => 'a\0b', 'INVALID_ARGUMENT', /expected the path of a file/],
    ['a number', () => 7 as never, 'INVALID_ARGUMENT', /expected the path of a file/],
  ])('refuses %s', async (_what, path, code, message) => {
    const expected = expect.objectContaining({ name: 'EgideError', code, message: expect.stringMatching(message) });
    await expect(files.open(await path())).rejects.toEqual(expected);
    await expect(files.read(await path()).next()).rejects.toEqual(expected);
  });

  test.runIf(process.platform === 'linux')('does not wait for the other end of a pipe', async () => {
    const path = join(root, `${storage}-pipe`);
    expect(spawnSync('mkfifo', [path]).status).toBe(0);
    await expect(files.open(path)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

test.each([1, 4 * MIB, 4 * MIB + 1, 10 * MIB + 3])('reads %i bytes slice by slice', async (size) => {
  const bytes = seededBytes(size, 4);
  const copies: Buffer[] = [];
  for await (const slice of mapped.read(await fileOf(bytes))) copies.push(Buffer.from(slice)); // the next may stand in the same memory
  expect(Buffer.concat(copies).equals(bytes)).toBe(true);
  expect(Math.max(...copies.map((copy) => copy.length))).toBeLessThanOrEqual(4 * MIB);
});

test('tells when a file becomes shorter while it is read', async () => {
  const path = await fileOf(seededBytes(9 * MIB, 5));
  const slices = mapped.read(path);
  await slices.next();
  await writeFile(path, 'short');
  await expect(slices.next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('became shorter') });
});

test('reads what the system will not map', async () => {
  const bytes = seededBytes(5 * MIB, 6);
  const refusing: FileMapper = { ...mapper, mapFile: () => undefined };
  using file = await createIndexFiles(refusing).open(await fileOf(bytes));
  expect(file).toMatchObject({ storage: 'read' });
  expect(contents(file).equals(bytes)).toBe(true);
});

test('maps files above 4 GiB', async () => {
  const path = join(root, 'large');
  const file = await open(path, 'w');
  const size = 5 * 2 ** 30;
  await file.write(Uint8Array.of(1, 2, 3), 0, 3, size - 3); // a hole before: it takes no room on the disk
  await file.close();
  using large = await mapped.open(path);
  expect(large).toMatchObject({ storage: 'mapped', byteLength: size });
  expect(core.read(core.adoptFile(large), size - 4, 4)).toEqual(Uint8Array.of(0, 1, 2, 3));
  await rm(path);
});

test('refuses a file that the process may not read', async () => {
  const path = await fileOf(seededBytes(100, 7), 'forbidden');
  await chmod(path, 0);
  await chmod(root, 0o755);
  const program = `
    import { createIndexFiles } from '${pathToFileURL('dist/search/index-file-node.js').href}';
    import { createFileMapper } from '${pathToFileURL('dist/backend/native.js').href}';
    const mapper = createFileMapper();
    if (process.getuid?.() === 0) process.setuid(65534); // root may read anything
    await createIndexFiles(mapper).open(${JSON.stringify(path)}).catch(({ code, message }) => console.log(code, message));`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^NOT_FOUND .*could not be read \(EACCES\)\n$/), stderr: '' });
});

describe('the addon', () => {
  const pagesOf = (path: string) => mapper.mapFile(path)?.pages as MappedPages;
  const held = (pages: MappedPages) => core.adoptFile({ memory: pages, byteLength: 100, [Symbol.dispose]: () => {} });

  test('answers the use of an unmapped file with an error', async () => {
    const pages = pagesOf(await fileOf(seededBytes(100, 8)));
    mapper.unmapFile(pages);
    mapper.unmapFile(pages);
    expect(() => core.read(held(pages), 0, 1)).toThrow('this file was unmapped');
  });

  test('writes to no mapped file and reads nothing beyond its end', async () => {
    const pages = pagesOf(await fileOf(seededBytes(100, 9)));
    const shape = { count: 0, ids: false, tags: false };
    expect(() => core.pdqBegin({ index: held(pages), scratch: held(pages) }, shape)).toThrow('a mapped file cannot be written to');
    expect(() => core.read(held(pages), 100, 1)).toThrow(RangeError);
    expect(() => core.read(core.adoptFile({ memory: pages, byteLength: 101, [Symbol.dispose]: () => {} }), 0, 101)).toThrow(RangeError);
    mapper.unmapFile(pages);
  });

  test('takes nothing for a mapped file that is none', () => {
    for (const other of [{}, null, undefined, 7, 'x', Object.create(null)])
      expect(() => mapper.unmapFile(other as never)).toThrow('expected a mapped file');
  });
});

// What the system still has mapped of a file, in a process that others use as well.
const mappingsOf = async (path: string) => (await readFile('/proc/self/maps', 'utf8')).split('\n').filter((line) => line.endsWith(path));

describe.runIf(process.platform === 'linux')('the pages of a file', () => {
  test('go at once when it is disposed of, 200 times 64 MB', async () => {
    const path = await fileOf(new Uint8Array(64e6), 'pages');
    for (let i = 0; i < 200; ++i) {
      using file = await mapped.open(path);
      core.read(core.adoptFile(file), 64e6 - 1, 1);
      if (i === 0) expect(await mappingsOf(path)).toHaveLength(1);
    }
    expect(await mappingsOf(path)).toEqual([]);
  });

  test('go with the garbage when it was forgotten', async () => {
    const path = await fileOf(new Uint8Array(MIB), 'forgotten');
    for (let i = 0; i < 10; ++i) await mapped.open(path);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    for (let i = 0; i < 100 && (await mappingsOf(path)).length > 0; ++i) {
      collect();
      await new Promise((turn) => setTimeout(turn, 10));
    }
    expect(await mappingsOf(path)).toEqual([]);
  });

  test('go with the worker that mapped it', async () => {
    const path = await fileOf(new Uint8Array(MIB), 'of a worker');
    const program = `
      import { parentPort } from 'node:worker_threads';
      import { createFileMapper } from '${pathToFileURL('dist/backend/native.js').href}';
      globalThis.kept = createFileMapper().mapFile(${JSON.stringify(path)});
      parentPort.on('message', () => {});
      parentPort.postMessage('mapped');`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    await once(worker, 'message');
    expect(await mappingsOf(path)).toHaveLength(1);
    await worker.terminate();
    expect(await mappingsOf(path)).toEqual([]);
  });
});
