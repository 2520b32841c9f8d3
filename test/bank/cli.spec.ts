import { readFile, stat, writeFile } from 'node:fs/promises';
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

  test('a file is examined without being kept, and a list is written to a file', async () => {
    const at = ['--bank', join(folder.path, 'written')];
    const file = join(folder.path, 'two.csv');
    await writeFile(file, 'id,md5\nx,900150983cd24fb0d6963f7d28e17f72\ny,none\n');
    const examined = await type(egide, ['list', 'import', 'b', file, '--dry-run']);
    expect(examined).toMatchObject({ code: 0, out: expect.stringContaining('read 2, usable 1, withdrawn 0, refused 1\n1 md5\n') });
    expect(examined.err).toContain('line 3: ');
    expect(await type(egide, ['bank', 'status', ...at])).toMatchObject({ code: 1 });
    await type(egide, ['list', 'import', 'b', file, ...at]);
    for (const format of ['csv', 'ndjson', 'vics', 'local_file']) {
      const out = join(folder.path, `out.${format}`);
      const written = await type(egide, ['list', 'export', 'b', '--out', out, '--format', format, ...at]);
      expect(written).toMatchObject({ code: 0, out: expect.stringContaining('written') });
      expect((await stat(out)).mode & 0o777).toBe(0o600);
      expect((await readFile(out, 'utf8')).toLowerCase()).toContain('900150983cd24fb0d6963f7d28e17f72');
      expect(await egide.examineList(out, { signalType: 'md5' })).toMatchObject({ usable: 1, complete: true });
    }
    const wrong = ['list', 'export', 'b', '--out', join(folder.path, 'no'), '--format', 'xml', ...at];
    expect(await type(egide, wrong)).toMatchObject({ code: 1, err: expect.stringContaining('format: expected one of') });
    const nobody = ['list', 'export', 'nobody', '--out', join(folder.path, 'no'), ...at];
    expect(await type(egide, nobody)).toMatchObject({ code: 1, err: expect.stringContaining('no list of this name') });
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
