import { spawnSync } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, open, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { seededBytes } from './search-fixture.js';

const MIB = 1 << 20;
const { save } = createIndexFiles(undefined);
const before = seededBytes(2 * MIB + 1, 1);
const after = seededBytes(9 * MIB + 5, 2);
let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-save-'));
  path = join(folder, 'some.index');
  await writeFile(path, before);
});
afterEach(() => rm(folder, { recursive: true }));
afterEach(() => vi.restoreAllMocks());

/** What stands at the path, and that nothing else stands beside it. */
async function expectOnly(bytes: Uint8Array): Promise<void> {
  expect((await readFile(path)).equals(bytes)).toBe(true);
  expect(await readdir(folder)).toEqual(['some.index']);
}

function* piecesOf(bytes: Uint8Array, ...sizes: number[]): Generator<Uint8Array> {
  for (let [at, i] = [0, 0]; at < bytes.length; at += sizes[i++ % sizes.length] as number)
    yield bytes.subarray(at, at + (sizes[i % sizes.length] as number));
}

async function* oneByOne(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) {
    await new Promise(setImmediate);
    yield chunk;
  }
}

/** The handles of node:fs/promises share one prototype. */
async function handlePrototype() {
  const file = await open(path);
  await file.close();
  return Object.getPrototypeOf(file) as typeof file;
}

describe('saving replaces the file by', () => {
  test.each([
    ['one large chunk', () => [after]],
    ['many small ones', () => piecesOf(after, 1000, 7, 0, 65_536)],
    ['chunks about the size of a write', () => piecesOf(after, 4 * MIB - 1, 2)],
    ['chunks that come with time', () => oneByOne(piecesOf(after, MIB))],
    ['a Buffer', () => [Buffer.from(after)]],
    ['chunks in memory that the caller uses again', () => reused(after)],
  ])('%s', async (_what, chunks) => {
    await save(path, chunks());
    await expectOnly(after);
  });

  function* reused(bytes: Uint8Array): Generator<Uint8Array> {
    const memory = new Uint8Array(MIB + 1);
    for (const piece of piecesOf(bytes, MIB + 1, 3)) {
      memory.set(piece);
      yield memory.subarray(0, piece.length);
      memory.fill(0xee);
    }
  }
});

test('a file that was not there is made', async () => {
  await rm(path);
  await save(path, [after]);
  await expectOnly(after);
});

test.skipIf(process.platform === 'win32')('permissions stay as they are', async () => {
  for (const mode of [0o600, 0o640, 0o666]) {
    await chmod(path, mode);
    await save(path, [after]);
    expect((await stat(path)).mode & 0o777).toBe(mode);
  }
});

test.skipIf(process.platform === 'win32')('a link is followed, into another folder as well', async () => {
  const elsewhere = join(folder, 'elsewhere');
  await mkdir(elsewhere);
  await symlink('../some.index', join(elsewhere, 'link'));
  await save(join(elsewhere, 'link'), [after]);
  expect((await lstat(join(elsewhere, 'link'))).isSymbolicLink()).toBe(true);
  expect(await readdir(elsewhere)).toEqual(['link']);
  expect((await readFile(path)).equals(after)).toBe(true);
});

test('the file is on the disk before it takes the name, and the name after it', async () => {
  const prototype = await handlePrototype();
  const { sync } = prototype;
  const seen: [string, Buffer][] = [];
  vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof prototype) {
    seen.push([(await this.stat()).isFile() ? 'file' : 'folder', await readFile(path)]);
    return sync.call(this);
  });
  await save(path, [after]);
  expect(seen.map(([what, there]) => [what, there.equals(before) ? 'before' : there.equals(after) ? 'after' : 'neither'])).toEqual([
    ['file', 'before'],
    ...(process.platform === 'win32' ? [] : [['folder', 'after']]),
  ]);
});

describe('whatever the system does:', () => {
  test('it may take only some of the bytes', async () => {
    const prototype = await handlePrototype();
    const { write } = prototype as unknown as { write: (...args: unknown[]) => Promise<unknown> };
    const writes: number[] = [];
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...[bytes, offset = 0]: unknown[]) {
      const some = Math.ceil(((bytes as Uint8Array).length - (offset as number)) / (1 + (writes.length % 3)));
      writes.push(some);
      return write.call(this, bytes, offset, some);
    } as never);
    await save(path, piecesOf(after, 100_000));
    await expectOnly(after);
    expect(writes.length).toBeGreaterThan(4);
    expect(Math.max(...writes)).toBeLessThanOrEqual(8 * MIB); // short enough for the thread that copies them
  });

  const failure = () => Object.assign(new Error('EIO: i/o error, such as it is'), { code: 'EIO' });

  test.each(['chmod', 'write', 'sync', 'stat', 'close'] as const)('if it fails to %s, what was there stays', async (call) => {
    const prototype = await handlePrototype();
    if (call === 'close')
      // Not of the prototype; network file systems tell only now that there was no room.
      vi.spyOn(prototype, 'chmod').mockImplementation(async function (this: typeof prototype) {
        const { close } = this;
        this.close = () => close.call(this).then(() => Promise.reject(failure()));
      });
    else vi.spyOn(prototype, call).mockRejectedValue(failure());
    await expect(save(path, [after])).rejects.toMatchObject({
      code: 'WRITE_FAILED',
      message: `${path} could not be saved (EIO: i/o error); what was there is as it was`,
    });
    await expectOnly(before);
  });

  test('if it takes no more, that is a failure and no endless loop', async () => {
    vi.spyOn(await handlePrototype(), 'write').mockResolvedValue({ bytesWritten: 0, buffer: '' });
    await expect(save(path, [after])).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    await expectOnly(before);
  });

  test('if the folder cannot be forced to the disk, the error says that the new file is there', async () => {
    const prototype = await handlePrototype();
    const { sync } = prototype;
    vi.spyOn(prototype, 'sync').mockImplementation(async function (this: typeof prototype) {
      if ((await this.stat()).isFile()) return sync.call(this);
      throw failure();
    });
    await expect(save(path, [after])).rejects.toMatchObject({ code: 'WRITE_FAILED', message: expect.stringContaining('was saved, but') });
    await expectOnly(after);
  });

  // In a process of its own: a limit for the size of its files, and a disk of 5 MiB.
  const program = () => `
    import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
    import { createIndexFiles } from '${pathToFileURL('dist/search/index-file-node.js').href}';
    writeFileSync('some.index', 'before');
    await createIndexFiles(undefined).save('some.index', [new Uint8Array(9e6)]).catch(({ code, message }) => console.log(code, message));
    console.log(readdirSync('.').join(), readFileSync('some.index', 'utf8'));`;
  const saved = (shell: string[]) =>
    spawnSync(shell[0] as string, [...shell.slice(1), process.execPath, program()], { cwd: folder, encoding: 'utf8' });

  test.skipIf(process.platform === 'win32')('a file that is longer than allowed', () => {
    const { stdout, stderr } = saved(['bash', '-c', 'ulimit -f 5000; exec "$0" --input-type=module --eval "$1"']);
    expect(stdout.split('\n'), stderr).toEqual([expect.stringMatching(/^WRITE_FAILED some\.index .*EFBIG/), 'some.index before', '']);
  });

  const mayMount = process.platform === 'linux' && spawnSync('unshare', ['--map-root-user', '--mount', 'true']).status === 0;
  if (!mayMount) console.log('skipped: a full disk: this user cannot make one');
  test.runIf(mayMount)('a full disk', () => {
    const mount = 'mount -t tmpfs -o size=5m none . && cd "$PWD" && exec "$0" --input-type=module --eval "$1"';
    const { stdout, stderr } = saved(['unshare', '--map-root-user', '--mount', 'sh', '-c', mount]);
    expect(stdout.split('\n'), stderr).toEqual([expect.stringMatching(/^WRITE_FAILED some\.index .*ENOSPC/), 'some.index before', '']);
  });
});

describe('whatever the caller does:', () => {
  test('chunks that fail', async () => {
    const failing = function* () {
      yield after;
      throw new RangeError('of my own');
    };
    await expect(save(path, failing())).rejects.toThrow(new RangeError('of my own'));
    await expectOnly(before);
  });

  test.each([
    ['a chunk that is no bytes', [after, 'x' as never]],
    ['chunks that are none', 7 as never],
  ])('%s', async (_what, chunks) => {
    await expect(save(path, chunks)).rejects.toThrow();
    await expectOnly(before);
  });

  test('a buffer that is transferred away while it is written', async () => {
    const chunk = new Uint8Array(after);
    const prototype = await handlePrototype();
    const { write } = prototype as unknown as { write: (...args: unknown[]) => Promise<unknown> };
    vi.spyOn(prototype, 'write').mockImplementation(function (this: unknown, ...args: unknown[]) {
      if (chunk.byteLength > 0) structuredClone(chunk, { transfer: [chunk.buffer] });
      return write.apply(this, args);
    } as never);
    await expect(save(path, [chunk])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expectOnly(before);
  });

  test('a signal raised before', async () => {
    await expect(save(path, [after], { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    await expectOnly(before);
  });

  test('a signal raised between two chunks', async () => {
    const controller = new AbortController();
    let taken = 0;
    const chunks = function* () {
      for (const piece of piecesOf(after, MIB)) {
        if (++taken === 6) controller.abort(new Error('enough'));
        yield piece;
      }
    };
    await expect(save(path, chunks(), { signal: controller.signal })).rejects.toThrow('enough');
    expect(taken).toBe(6);
    await expectOnly(before);
  });

  test('a signal raised while a chunk is waited for', async () => {
    const controller = new AbortController();
    const chunks = async function* () {
      yield after;
      setTimeout(() => controller.abort(new Error('enough')), 10);
      await new Promise(() => {}); // never
    };
    await expect(save(path, chunks(), { signal: controller.signal })).rejects.toThrow('enough');
    await expectOnly(before);
  });

  test('a signal raised while the file is forced to the disk', async () => {
    const controller = new AbortController();
    vi.spyOn(await handlePrototype(), 'sync').mockImplementation(async () => controller.abort(new Error('enough')));
    await expect(save(path, [after], { signal: controller.signal })).rejects.toThrow('enough');
    await expectOnly(before);
  });

  test.each([
    ['a folder', () => folder, /new or a regular file .*a folder/, 'INVALID_ARGUMENT'],
    ['a device', () => '/dev/null', /new or a regular file .*a device/, 'INVALID_ARGUMENT'],
    ['a folder that is not there', () => join(folder, 'no', 'x'), /ENOENT/, 'WRITE_FAILED'],
    ['an empty path', () => '', /the path of a file/, 'INVALID_ARGUMENT'],
  ])('%s as the path', async (_what, wrong, message, code) => {
    await expect(save(wrong(), [after])).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
    await expectOnly(before);
  });

  test('several saves at once', async () => {
    const versions = Array.from({ length: 8 }, (_, i) => after.map((byte) => byte ^ i));
    await Promise.all(versions.map((version, i) => save(path, oneByOne(piecesOf(version, 1000 * (i + 100))))));
    const there = await readFile(path);
    expect(versions.filter((version) => there.equals(version))).toHaveLength(1);
    expect(await readdir(folder)).toEqual(['some.index']);
  });
});

test('what a killed process left is removed after an hour, and nothing else', async () => {
  const random = '0123456789abcdef';
  const [stale, fresh] = [`some.index.4711-${random}.part`, `some.index.4712-${random}.part`];
  const others = [
    `other.index.4711-${random}.part`,
    `some.index.old.4711-${random}.part`,
    `some.index.x-${random}.part`,
    'some.index.part',
  ];
  for (const name of [stale, fresh, ...others]) await writeFile(join(folder, name), 'x');
  const now = Date.now() / 1000;
  for (const name of [stale, ...others]) await utimes(join(folder, name), now, now - 3660);
  await utimes(join(folder, fresh), now, now - 3540);
  await save(path, [after]);
  expect(await readdir(folder)).toEqual(['some.index', fresh, ...others].sort());
});

test('a leftover that cannot be removed is a warning and no failure', async () => {
  const name = `some.index.4711-0123456789abcdef.part`;
  await mkdir(join(folder, name));
  await utimes(join(folder, name), 0, 0);
  const warned = new Promise<Error>((resolve) => process.once('warning', resolve));
  await save(path, [after]);
  expect((await warned).message).toContain(name);
  expect((await readFile(path)).equals(after)).toBe(true);
});
