import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { startFake } from '../../src/fakes/fakes.js';
import { digestToHex, hashToHex } from '../../src/hash/encoding.js';
import { urlMd5Compat } from '../../src/hash/url-md5.js';
import { credentialVariable } from '../../src/list/exchanges/registry.js';
import { defaultPolicy } from '../../src/shield/policy.js';
import type { Match } from '../../src/shield/verdict.js';
import { documents, type } from '../cli/command-line.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';

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

  test('says which lists and entries carry a hash, a URL or a file, and never the hash', async () => {
    const at = ['--bank', join(folder.path, 'searched')];
    const cat = 'examples/pictures/locomotion-house-cat.jpg';
    const { hash } = await egide.pdq.hashAsync(await egide.decode(cat));
    const { md5 } = await egide.digest(cat);
    const photodna = valueFor('photodna', 1);
    const held = await egide.openBank(join(folder.path, 'searched'));
    const near = { type: 'pdq', value: hash } as const;
    await held.apply('hotline', batch([{ key: 'cat', category: 'a1', signals: [near, { type: 'md5', value: md5 }] }]));
    await held.apply('photos', batch([{ key: 'p', signals: [{ type: 'photodna', value: photodna }, signal('url', 7)] }]));
    await held.apply('links', batch([{ key: 'u', signals: [{ type: 'url-md5', value: urlMd5Compat('https://example.org/8') }] }]));
    await held.close();
    const search = async (...words: string[]) => {
      const told = await type(egide, ['bank', 'search', ...words, '--json', ...at]);
      const lines = told.out.trim() === '' ? [] : documents(told.out);
      return {
        ...told,
        found: lines.map(({ matches }) => (matches as Match[]).map(({ signal: by, entry }) => `${by} ${entry.list} ${entry.id}`)),
      };
    };
    const off = hash.slice();
    off[0] = (off[0] as number) ^ 0xff;
    const [hex, base64, md5Hex] = [hashToHex(hash), Buffer.from(hash).toString('base64'), digestToHex(md5)];
    expect(await search(hex, base64)).toMatchObject({ code: 2, found: [['pdq hotline cat'], ['pdq hotline cat']] });
    expect(await search(md5Hex)).toMatchObject({ code: 3, found: [['md5 hotline cat']] });
    expect(await search(hashToHex(off))).toMatchObject({ code: 0, found: [[]] });
    expect(await search(hashToHex(off), '--max-distance', '8')).toMatchObject({ code: 2, found: [['pdq hotline cat']] });
    const far = Buffer.from(photodna.map((byte, i) => (i === 0 ? byte ^ 1 : byte))).toString('hex');
    expect(await search(far)).toMatchObject({ code: 0, found: [[]] });
    expect(await search(far, '--max-distance', '1000')).toMatchObject({ code: 2, found: [['photodna photos p']] });
    expect(await search('http://listed.example.org/7', 'https://EXAMPLE.org/8')).toMatchObject({
      code: 3,
      found: [['url photos p'], ['url-md5 links u']],
    });
    const urlMd5 = digestToHex(urlMd5Compat('https://example.org/8'));
    expect(await search(urlMd5)).toMatchObject({ code: 0, found: [[]] });
    expect(await search(urlMd5, '--type', 'url-md5')).toMatchObject({ code: 3, found: [['url-md5 links u']] });
    expect(await search(cat)).toMatchObject({ code: 3, found: [['md5 hotline cat', 'pdq hotline cat']] });
    const path = join(folder.path, 'searched.snapshot');
    await type(egide, ['bank', 'snapshot', '--out', path, ...at]);
    const words = ['bank', 'search', hex, cat, md5Hex, '--snapshot', path];
    const table = await type(egide, words);
    expect(table).toMatchObject({ code: 3, out: expect.stringMatching(/near pdq\s+0 of 256\s+hotline \/ cat\s+a1\s+1 \(sha256 or pdq\)/) });
    for (const secret of [hex, md5Hex, base64]) expect(table.out + (await type(egide, [...words, '--json'])).out).not.toContain(secret);
    const policy = join(folder.path, 'policy.json');
    await writeFile(policy, JSON.stringify({ ...defaultPolicy, version: 'x', actions: { ...defaultPolicy.actions, near: 'block' } }));
    expect(await search(hashToHex(off), '--policy', policy)).toMatchObject({ code: 3, found: [['pdq hotline cat']] });
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

  test('a snapshot is made whole where that is asked for, and else only what has changed', async () => {
    const [path, uploads, at] = [join(folder.path, 'whole.snapshot'), 'examples/pictures', ['--bank', join(folder.path, 'whole')]];
    const save = async (...words: string[]) => (await type(egide, ['bank', 'snapshot', '--out', path, ...words, ...at])).out;
    const listed = async (name: string): Promise<string> => {
      const list = join(folder.path, `${name}.csv`);
      await type(egide, ['list', 'make', join(uploads, `${name}.jpg`), '-o', list]);
      await type(egide, ['list', 'import', name, list, ...at]);
      return join(uploads, `${name}.jpg`);
    };
    const there = async () => (await readdir(folder.path)).filter((name) => name.startsWith('whole.snapshot')).sort();
    const first = await listed('nagasaki-boats');
    expect(await save()).toMatch(/^the snapshot is at change \d+ of the bank$/m);
    const second = await listed('locomotion-house-cat');
    expect(await save()).toMatch(/^the overlay of the snapshot is at change \d+ of the bank$/m);
    expect(await there()).toEqual(['whole.snapshot', 'whole.snapshot.overlay']);
    const scan = () => type(egide, ['scan', first, second, '--snapshot', path]);
    const before = await scan();
    expect(before).toMatchObject({ code: 3, out: expect.stringContaining('2 block, 0 hold, 0 allow') });
    expect(JSON.parse(await save('--whole', '--json'))).toMatchObject({ wrote: 'whole' });
    expect(await there()).toEqual(['whole.snapshot']);
    expect(await scan()).toEqual(before);
  });

  test('what a reviewer decided is kept, and told to the exchange of the list', async () => {
    const fake = await startFake('threatexchange', { entries: 12 });
    const at = ['--bank', join(folder.path, 'reviewed')];
    const keys = ['4000000000000014', '4000000000000021', '4000000000000000'];
    try {
      for (const [name, value] of Object.entries(fake.credentials)) vi.stubEnv(credentialVariable(fake.kind, name), value);
      const settings = Object.entries(fake.settings).flatMap(([name, value]) => ['--setting', `${name}=${value}`]);
      expect(await type(egide, ['list', 'add', 'te', '--kind', fake.kind, ...settings, ...at])).toMatchObject({ code: 0 });
      expect(await type(egide, ['list', 'sync', 'te', ...at])).toMatchObject({ code: 0 });
      const signals = ['sha1', 'video-sha256', 'pdq'];
      for (const [i, key] of keys.entries()) {
        const decided = await type(egide, ['list', 'decide', 'te', key, '--negative', '--signal', signals[i] as string, ...at]);
        expect(decided).toMatchObject({ code: 0, out: 'the opinion is kept, and the source is still to be told\n', err: '' });
      }
      const dry = await type(egide, ['list', 'feedback', 'te', '--dry-run', ...at]);
      expect(dry).toMatchObject({ code: 0, out: 'to be told: 0 positive, 3 negative\n' });
      expect(fake.requests.some(({ method }) => method === 'POST')).toBe(false);
      // The third is described by this app alone, so that there is nobody to tell.
      const sent = await type(egide, ['list', 'feedback', 'te', ...at]);
      expect(sent).toMatchObject({ code: 1, out: '2 sent, 1 failed\n', err: expect.stringContaining('no other member') });
      const again = await type(egide, ['list', 'feedback', 'te', '--json', ...at]);
      expect(JSON.parse(again.out)).toMatchObject({ list: 'te', sent: 0, failed: 1 });
    } finally {
      vi.unstubAllEnvs();
      await fake.close();
    }
  });

  test('lists and files are compared, entry by entry, and no key that is shown has a hash in it', async () => {
    const at = ['--bank', join(folder.path, 'compared')];
    await using temporary = await temporaryFolder();
    vi.stubEnv('TMPDIR', temporary.path);
    const file = async (name: string, ...rows: string[]): Promise<string> => {
      const path = join(folder.path, name);
      await writeFile(path, ['id,md5,category,tags', ...rows, ''].join('\n'));
      return path;
    };
    const md5 = (number: number): string => Buffer.from(valueFor('md5', number)).toString('hex');
    const older = await file('older.csv', `gone,${md5(1)},A,x`, `same,${md5(2)},A,x`, `other,${md5(3)},A,x`, `\u{1f600},${md5(4)},A,x`);
    const newer = await file('newer.csv', `\u{1f600},${md5(4)},A,x`, `\uff61,${md5(5)},A,x`, `same,${md5(2)},A,x`, `other,${md5(6)},B,x`);
    const files = await type(egide, ['list', 'diff', older, newer]);
    expect(files).toEqual({ code: 2, out: 'added 1, withdrawn 1, changed 1 (signals 1, category 1), equal 2\n', err: '' });
    expect(await type(egide, ['list', 'diff', newer, newer])).toMatchObject({ code: 0, out: 'added 0, withdrawn 0, changed 0, equal 4\n' });

    await type(egide, ['list', 'import', 'held', older, ...at]);
    const mixed = documents((await type(egide, ['list', 'diff', 'held', newer, '--json', ...at])).out);
    expect(mixed).toEqual([
      { key: 'gone', change: 'withdrawn' },
      { key: 'other', change: 'changed', fields: ['signals', 'category'] },
      { key: '\uff61', change: 'added' },
      { added: 1, withdrawn: 1, changed: 1, equal: 2, fields: { signals: 1, category: 1 } },
    ]);
    for (const format of ['csv', 'ndjson']) {
      const out = join(folder.path, `held.${format}`);
      await type(egide, ['list', 'export', 'held', '--out', out, '--format', format, ...at]);
      expect(await type(egide, ['list', 'diff', 'held', out, ...at])).toMatchObject({ code: 0 });
    }
    const telling = await file('telling.csv', `ImagePDQ:${md5(7)},${md5(7)},A,x`);
    const [shown] = documents((await type(egide, ['list', 'diff', older, telling, '--json'])).out);
    expect(shown).toEqual({ key: expect.stringMatching(/^sha256:[0-9a-f]{16}$/), change: 'added' });
    await writeFile(telling, '{"value":[{"MediaID":1,"MD5":"');
    expect(await type(egide, ['list', 'diff', older, telling])).toMatchObject({ code: 1, out: '' });
    expect(await type(egide, ['list', 'diff', 'held', 'nothing', ...at])).toMatchObject({
      code: 1,
      err: expect.stringContaining('nothing'),
    });
    expect(await readdir(temporary.path)).toEqual([]);
    vi.unstubAllEnvs();
  });

  test('uploads are kept from a list of them, and told when a list has come that they match', async () => {
    const at = ['--bank', join(folder.path, 'uploads')];
    const [uploads, list, found] = ['uploads.csv', 'come.csv', 'found.csv'].map((name) => join(folder.path, name)) as [
      string,
      string,
      string,
    ];
    expect(await type(egide, ['list', 'make', 'examples/pictures', '-o', uploads])).toMatchObject({ code: 0 });
    await writeFile(found, 'id,md5\nold,900150983cd24fb0d6963f7d28e17f72\n');
    const kept = await type(egide, ['bank', 'keep', uploads, '--at', '2026-01-02T03:04:05Z', ...at]);
    expect(kept).toMatchObject({ code: 0, out: expect.stringMatching(/^[1-9]\d* uploads kept, 0 without/) });
    await type(egide, ['bank', 'keep', found, '--at', '2020-01-01', '--retention-days', '36000', ...at]);
    expect((await type(egide, ['bank', 'rematch', '--max-distance', '31', ...at])).out).toBe('0 matches\n');
    await type(egide, ['list', 'make', 'examples/pictures/nagasaki-boats.jpg', '--category', 'B2', '-o', list]);
    await type(egide, ['list', 'import', 'a', list, ...at]);
    const said = await type(egide, ['bank', 'rematch', '--max-distance', '31', '--since', '0', '--list', 'a', ...at]);
    expect(said.out).toContain('nagasaki-boats.jpg of 2026-01-02T03:04:05.000Z: a, nagasaki-boats.jpg (B2): pdq, 0 bits\n');
    const matches = (await type(egide, ['bank', 'rematch', '--max-distance', '31', '--json', ...at])).out.trim().split('\n');
    expect(
      matches
        .map((line) => JSON.parse(line))
        .map(({ entry, signal }) => `${entry.key} ${signal}`)
        .sort(),
    ).toEqual(['md5', 'pdq', 'sha1', 'sha256'].map((signal) => `nagasaki-boats.jpg ${signal}`));
    expect((await type(egide, ['bank', 'rematch', '--max-distance', '31', ...at])).out).toBe('0 matches\n');
    expect((await type(egide, ['bank', 'forget', 'nagasaki-boats.jpg', 'nobody', ...at])).out).toBe('1 upload deleted\n');
    expect((await type(egide, ['bank', 'expire', '--days', '1000', '--json', ...at])).out).toBe('{"deleted":1}\n');
    expect((await type(egide, ['bank', 'status', ...at])).out).toContain('uploads kept, the first of 2026-01-02');
  });

  test.each([
    [['list', 'diff', 'a'], 'expected list diff A B'],
    [['bank', 'rematch', '--bank', 'x'], 'expected --max-distance N'],
    [['bank', 'keep', '--bank', 'x'], 'expected bank keep FILE'],
    [['bank', 'keep', 'x', '--at', 'soon', '--bank', 'x'], '--at: expected a time'],
    [['bank', 'forget', '--bank', 'x'], 'expected bank forget ID'],
    [['bank', 'status'], 'expected --bank DIR'],
    [['bank', 'snapshot', '--bank', 'x'], 'expected --out FILE'],
    [['bank', 'search', '--bank', 'x'], 'expected a hash, a URL or a file'],
    [['bank', 'search', 'xyz', '--bank', 'x'], 'query 1 is neither a hash nor a URL'],
    [['bank', 'search', 'a'.repeat(32), '--type', 'sha1', '--bank', 'x'], 'query 1: sha1: neither 40 hex digits'],
    [['bank', 'search', 'a'.repeat(32), '--max-distance', '257', '--bank', 'x'], 'goes with PhotoDNA hashes alone'],
    [['bank', 'search', 'a'.repeat(32)], 'expected --bank DIR'],
    [['list', 'add', '--bank', 'x'], 'expected list add NAME'],
    [['list', 'import', 'a', '--bank', 'x'], 'expected list import NAME FILE'],
    [['list', 'sync', '--bank', 'x'], 'expected list sync NAME'],
    [['list', 'decide', 'a', '--bank', 'x'], 'expected list decide NAME KEY'],
    [['list', 'decide', 'a', 'k', '--signal', 'pdq', '--bank', 'x'], 'expected --positive or --negative'],
    [['list', 'decide', 'a', 'k', '--positive', '--bank', 'x'], 'expected --signal TYPE'],
    [['list', 'feedback', '--bank', 'x'], 'expected list feedback NAME'],
    [['list', 'add', 'a', '--setting', 'x', '--bank', 'x'], '--setting: expected NAME=TEXT'],
  ])('%j is an error, exit code 1', async (words, message) => {
    expect(await type(egide, words)).toMatchObject({ code: 1, err: expect.stringContaining(message) });
  });
});
