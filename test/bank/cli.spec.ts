import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { startFake } from '../../src/fakes/fakes.js';
import { credentialVariable } from '../../src/list/exchanges/registry.js';
import { type } from '../cli/command-line.js';
import { temporaryFolder } from './fixtures.js';

describe('a bank on the command line', () => {
  let egide: Egide;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const bank = () => ['--bank', join(folder.path, 'bank')];
  beforeAll(async () => {
    [egide, folder] = [await load(), await temporaryFolder()];
  });
  afterAll(() => folder[Symbol.asyncDispose]());

  test('is made, filled, looked at and compacted', async () => {
    expect(await type(egide, ['bank', 'status', ...bank()])).toMatchObject({ code: 1, err: expect.stringContaining('NOT_FOUND') });
    expect(await type(egide, ['bank', 'init', ...bank()])).toMatchObject({ code: 0, out: 'the bank is there\n' });
    expect(await type(egide, ['list', 'add', 'a', '--negative', '--off', ...bank()])).toMatchObject({ code: 0 });
    const file = join(folder.path, 'list.csv');
    await writeFile(file, 'id,md5\nx,900150983cd24fb0d6963f7d28e17f72\n');
    const imported = await type(egide, ['list', 'import', 'a', file, '--json', ...bank()]);
    expect(JSON.parse(imported.out)).toMatchObject({ added: 1, complete: true, format: 'csv' });
    const status = await type(egide, ['bank', 'status', ...bank()]);
    expect(status).toMatchObject({ code: 0, out: expect.stringContaining('a (file): 1 entry, 1 md5, off, negative, synchronised') });
    expect(await type(egide, ['bank', 'verify', ...bank()])).toMatchObject({ code: 0, out: 'no damage\n' });
    expect(await type(egide, ['bank', 'compact', '--json', ...bank()])).toMatchObject({ code: 0 });
    expect(await type(egide, ['list', 'sync', 'a', ...bank()])).toMatchObject({ code: 1, err: expect.stringContaining('kind') });
  });

  test('a newcomer synchronises with a fake, makes a snapshot and scans with it', async () => {
    const fake = await startFake('stopncii', { entries: 50 });
    const path = join(folder.path, 'snapshot');
    const at = ['--bank', join(folder.path, 'first')];
    try {
      for (const [name, value] of Object.entries(fake.credentials)) vi.stubEnv(credentialVariable('stopncii', name), value);
      const added = ['list', 'add', 'ncii', '--kind', 'stopncii', '--setting', `baseUrl=${fake.url}`, ...at];
      expect(await type(egide, added)).toMatchObject({ code: 0 });
      const synced = await type(egide, ['list', 'sync', 'ncii', '--json', ...at]);
      expect(synced).toMatchObject({ code: 0 });
      expect(await type(egide, ['bank', 'snapshot', '--out', path, ...at])).toMatchObject({
        code: 0,
        out: expect.stringMatching(/change \d+ of the bank/),
      });
      using snapshot = await egide.openSnapshot(path);
      expect(snapshot.lists.map(({ name, pdq }) => [name, pdq.size > 0])).toEqual([['ncii', true]]);
      const scanned = await type(egide, ['scan', 'examples/pictures/nagasaki-boats.jpg', '--snapshot', path]);
      expect(scanned).toMatchObject({ code: 0, out: expect.stringContaining('no-match') });
    } finally {
      vi.unstubAllEnvs();
      await fake.close();
    }
  });

  test.each([
    [['bank', 'status'], 'expected --bank DIR'],
    [['bank', 'snapshot', '--bank', 'x'], 'expected --out FILE'],
    [['list', 'add', '--bank', 'x'], 'expected list add NAME'],
    [['list', 'import', 'a', '--bank', 'x'], 'expected list import NAME FILE'],
    [['list', 'sync', '--bank', 'x'], 'expected list sync NAME'],
    [['list', 'add', 'a', '--setting', 'x', '--bank', 'x'], '--setting: expected NAME=TEXT'],
  ])('%j is an error, exit code 1', async (words, message) => {
    expect(await type(egide, words)).toMatchObject({ code: 1, err: expect.stringContaining(message) });
  });
});
