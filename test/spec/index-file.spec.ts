import { spawnSync } from 'node:child_process';
import { chmod, mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper } from '../../src/backend/native.js';
import type { FileMapper } from '../../src/backend.js';
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

function contents(file: IndexFile): Buffer {
  const copies: Buffer[] = [];
  for (const slice of file.slices()) copies.push(Buffer.from(slice)); // the next one may stand in the same memory
  return Buffer.concat(copies);
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
    const slices = file.slices();
    slices.next();
    file[Symbol.dispose]();
    file[Symbol.dispose]();
    expect(() => file.memory).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    expect(() => [...file.slices()]).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
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
    ['no file', () => '/no/such/file', 'NOT_FOUND', /could not be opened \(ENOENT\)/],
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

test('reads slice by slice, each with its place and the size of the whole', async () => {
  const bytes = seededBytes(10 * MIB + 3, 4);
  const copy = new Uint8Array(bytes.byteLength);
  let next = 0;
  for await (const slice of mapped.read(await fileOf(bytes))) {
    expect(slice).toMatchObject({ byteLength: bytes.byteLength, offset: next });
    copy.set(slice.bytes, slice.offset);
    next += slice.bytes.byteLength;
  }
  expect(Buffer.from(copy).equals(bytes)).toBe(true);
});

test('tells when a file becomes shorter while it is read', async () => {
  const path = await fileOf(seededBytes(9 * MIB, 5));
  const slices = mapped.read(path);
  await slices.next();
  await writeFile(path, 'short');
  await expect(slices.next()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining('became shorter') });
});

test('reads what the system will not map, and says why', async () => {
  const bytes = seededBytes(5 * MIB, 6);
  const refusing: FileMapper = {
    ...mapper,
    mapFile: () => {
      throw new Error('No such device');
    },
  };
  using file = await createIndexFiles(refusing).open(await fileOf(bytes));
  expect(file).toMatchObject({ storage: 'read', reason: 'the system would not map it: No such device' });
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
  const end = new Uint8Array(4);
  mapper.copyMapped(large.memory as never, size - 4, end);
  expect(end).toEqual(Uint8Array.of(0, 1, 2, 3));
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
  expect({ stdout, stderr }).toEqual({ stdout: expect.stringMatching(/^NOT_FOUND .*could not be opened \(EACCES\)\n$/), stderr: '' });
});

describe('the addon', () => {
  test('answers the use of an unmapped file with an error', async () => {
    const { pages } = mapper.mapFile(await fileOf(seededBytes(MIB, 8)));
    mapper.unmapFile(pages);
    mapper.unmapFile(pages);
    expect(() => mapper.copyMapped(pages, 0, new Uint8Array(1))).toThrow('this file was unmapped');
  });

  test('reads nothing beyond the end of a file', async () => {
    const { pages } = mapper.mapFile(await fileOf(seededBytes(100, 9)));
    for (const [offset, length] of [
      [100, 1],
      [0, 101],
      [-1, 1],
      [2 ** 53, 1],
      [1e300, 1],
      [Number.NaN, 101],
    ] as const)
      expect(() => mapper.copyMapped(pages, offset, new Uint8Array(length))).toThrow(/beyond the end/);
    expect(() => mapper.copyMapped(pages, 100, new Uint8Array(0))).not.toThrow();
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
    const end = new Uint8Array(1);
    for (let i = 0; i < 200; ++i) {
      using file = await mapped.open(path);
      mapper.copyMapped(file.memory as never, 64e6 - 1, end);
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
});
