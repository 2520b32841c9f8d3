import { execFileSync } from 'node:child_process';
import { chmod, mkdir, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEgide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { backends } from '../spec/backends.js';
import { batch, entriesOf, record, signal, temporaryFolder } from './fixtures.js';
import { openBank } from './open.js';

describe('the folder of a bank', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let path: string;
  beforeEach(async () => {
    folder = await temporaryFolder();
    path = join(folder.path, 'deep', 'bank');
  });
  afterEach(() => folder[Symbol.asyncDispose]());
  const many = Array.from({ length: 2000 }, (_, i) => record(`k${i}`, signal('sha256', i)));
  const filled = async () => {
    const bank = await openBank(path);
    await bank.apply('a', batch(many));
    await bank.close();
  };

  test('is made with its parents, for its owner alone', async () => {
    const egide = await load();
    const bank = await egide.openBank(path);
    await bank.apply('a', batch([record('x', signal('md5', 1))]));
    for (const name of await readdir(path)) expect((await stat(join(path, name))).mode & 0o777, name).toBe(0o600);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
    await bank.close();
    expect((await stat(join(path, 'bank.db-wal'))).size).toBe(0);
    await expect(bank.lists()).rejects.toMatchObject({ code: 'DISPOSED' });
    await bank.close();
  });

  test('is for nobody else, whatever the umask, also while it is filled and a snapshot is written', async () => {
    const egide = await load();
    const modes = new Map<string, number>();
    let filling = true;
    const look = async (): Promise<void> => {
      while (filling)
        for (const name of await readdir(folder.path, { recursive: true })) {
          const found = await stat(join(folder.path, name)).catch(() => undefined); // a temporary file may be gone
          if (found) modes.set(name.replace(/\d+-[0-9a-f]+\.part/, 'part'), found.mode & 0o777);
        }
    };
    const umask = process.umask(0);
    try {
      const looking = look();
      const bank = await egide.openBank(path);
      await bank.apply('a', batch(many));
      await egide.saveSnapshot(bank, join(path, 'other.snapshot'));
      await bank.snapshot();
      await bank.compact();
      filling = false;
      await looking;
      await bank.close();
    } finally {
      filling = false;
      process.umask(umask);
    }
    for (const name of ['bank.db', 'bank.db-wal', 'bank.db-shm', 'bank.snapshot', 'other.snapshot', 'other.snapshot.part'])
      expect(modes.get(`deep/bank/${name}`)?.toString(8), name).toBe('600');
    for (const [name, mode] of modes) expect(mode & 0o077, name).toBe(0);
  });

  test('is not made where that is not wanted', async () => {
    await expect(openBank(path, { create: false })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await filled();
    await (await openBank(path, { create: false })).close();
  });

  test.each([
    ['', 'INVALID_ARGUMENT'],
    ['a\0b', 'INVALID_ARGUMENT'],
    [7, 'INVALID_ARGUMENT'],
    ['/dev/null/bank', 'WRITE_FAILED'],
  ])('cannot be %j', async (target, code) => {
    await expect(openBank(target as string)).rejects.toMatchObject({ code });
  });

  test('cannot be one with other files, a file, or the database of another program', async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'letter.txt'), 'dear');
    await expect(openBank(path)).rejects.toMatchObject({ code: 'INVALID_BANK' });
    await expect(openBank(join(path, 'letter.txt'))).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    await rm(join(path, 'letter.txt'));
    const other = new Database(join(path, 'bank.db'));
    other.exec('create table customers (name text)');
    other.close();
    await expect(openBank(path)).rejects.toMatchObject({ code: 'INVALID_BANK', message: expect.stringContaining('another program') });
    await writeFile(join(path, 'bank.db'), 'no database '.repeat(1000));
    await expect(openBank(path)).rejects.toMatchObject({ code: 'INVALID_BANK' });
  });

  test('of another version is refused with both versions', async () => {
    await filled();
    const database = new Database(join(path, 'bank.db'));
    database.exec('pragma user_version=7');
    database.close();
    await expect(openBank(path)).rejects.toMatchObject({ code: 'INVALID_BANK', message: expect.stringMatching(/7.*1/) });
  });

  test('that was made and not filled before the process died is made again', async () => {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'bank.db'), '');
    await filled();
    expect(await (await openBank(path)).lists()).toHaveLength(1);
  });

  test('that was cut off is refused', async () => {
    await filled();
    const { size } = await stat(join(path, 'bank.db'));
    for (const left of [size - 1, size - 4096, Math.floor(size / 2), 4096, 100]) {
      await truncate(join(path, 'bank.db'), left);
      await expect(openBank(path), `${left} of ${size} bytes`).rejects.toMatchObject({ code: 'INVALID_BANK' });
    }
  });

  test('that was damaged is found out by verify, and the error names no value', async () => {
    await filled();
    const bytes = await readFile(join(path, 'bank.db'));
    for (let page = 8; page < 24; ++page) bytes.fill(0xee, 4096 * page + 100, 4096 * page + 2000);
    await writeFile(join(path, 'bank.db'), bytes);
    const bank = await openBank(path);
    const found = await bank.verify().catch((error) => ({ ok: false, problems: [String(error)] }));
    expect(found.ok).toBe(false);
    expect(found.problems.join()).not.toMatch(/[0-9a-f]{32}/i);
    await expect(bank.apply('a', batch(many.map(({ key }) => key)))).rejects.toMatchObject({ code: 'INVALID_BANK' });
    await bank.close();
  });

  test('finds what contradicts itself', async () => {
    await filled();
    const database = new Database(join(path, 'bank.db'));
    database.exec(
      "delete from entry where id=5; insert into signal values (4, 99999, 0, 1, x'00', null, null, null); update bank set next_entry=9",
    );
    database.close();
    const bank = await openBank(path);
    const { ok, problems } = await bank.verify();
    expect([ok, problems.length]).toEqual([false, 4]);
    await bank.close();
  });

  test('waits for another writer, and says that it is busy if that takes too long', { timeout: 30_000 }, async () => {
    await filled();
    const bank = await openBank(path);
    const other = new Database(join(path, 'bank.db'));
    other.exec('begin immediate');
    const waiting = bank.apply('a', batch([record('x')]));
    expect(await bank.lists()).toHaveLength(1); // readers do not wait
    setTimeout(() => other.exec('commit'), 200);
    expect(await waiting).toMatchObject({ added: 1 });
    other.exec('begin immediate');
    await expect(bank.apply('a', batch([record('y')]))).rejects.toMatchObject({ code: 'BUSY' });
    other.exec('commit');
    expect(await bank.apply('a', batch([record('y')]))).toMatchObject({ added: 1 });
    other.close();
    await bank.close();
  });

  test.skipIf(process.getuid?.() === 0)('that may not be written is refused', async () => {
    await filled();
    await chmod(join(path, 'bank.db'), 0o400);
    await chmod(path, 0o500);
    const bank = await openBank(path).catch((error) => error);
    expect(bank).toMatchObject({ code: 'WRITE_FAILED' });
    await chmod(path, 0o700);
  });

  test('is smaller once it was compacted', async () => {
    await filled();
    const bank = await openBank(path);
    await bank.apply('a', batch(many.slice(10).map(({ key }) => key)));
    const before = (await bank.status()).byteLength;
    await bank.compact();
    expect((await bank.status()).byteLength).toBeLessThan(before / 2);
    expect(await entriesOf(bank)).toHaveLength(10);
    await bank.close();
  });

  test('is read by another process while this one writes', async () => {
    await filled();
    const bank = await openBank(path);
    const script = `const D = require('libsql'); const d = new D(process.argv[1]); console.log(d.prepare('select count(*) n from entry').all([])[0].n)`;
    expect(execFileSync(process.execPath, ['-e', script, join(path, 'bank.db')], { encoding: 'utf8' }).trim()).toBe('2000');
    expect(await bank.apply('a', batch([record('z')]))).toMatchObject({ added: 1 });
    await bank.close();
  });

  test('is nothing that an edge runtime has', async () => {
    const [, makeBackend] = backends[0] as (typeof backends)[number];
    const edge = createEgide(makeBackend(), { runtime: 'edge', createDigester: createPortableDigester });
    await expect(edge.openBank(path)).rejects.toMatchObject({ code: 'NO_FILESYSTEM' });
  });
});
