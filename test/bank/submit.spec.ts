import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import type { Fake } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { credentialVariable } from '../../src/list/exchanges/registry.js';
import { type Printed, type } from '../cli/command-line.js';
import { hashesIn } from '../leaks/leaks.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';

const hex = (kind: 'pdq' | 'video-md5', number: number): string => Buffer.from(valueFor(kind, number)).toString('hex');

describe('egide list submit', () => {
  let egide: Egide;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let fake: Fake;
  let at: string[];
  /** What the fake holds to begin with. */
  let before: Set<string>;
  beforeAll(async () => {
    [egide, folder, fake] = [await load(), await temporaryFolder(), await startFake('stopncii', { entries: 8 })];
    before = new Set([...fake.truth().values()].flat());
    at = ['--bank', join(folder.path, 'bank')];
    await using bank = await egide.openBank(join(folder.path, 'bank'));
    await bank.addList('ncii', { kind: 'stopncii', settings: { baseUrl: fake.url } });
    await bank.addList('other', { kind: 'ncmec' });
    await bank.addList('good', { negative: true });
    await bank.add([
      { key: 'one', signals: [signal('pdq', 1, { quality: 80 }), signal('sha256', 1)] },
      { key: 'two', signals: [signal('pdq', 2), signal('video-md5', 2), signal('url', 2)] },
      { key: 'again', signals: [signal('pdq', 1)] },
      { key: 'flat', signals: [signal('pdq', 3, { quality: 12 })] },
      { key: 'digest', signals: [signal('sha1', 4)] },
      { key: 'wrong', signals: [signal('pdq', 5)] },
      { key: 'crowd', signals: [signal('pdq', 6)] },
      { key: 'kept', signals: [signal('pdq', 7)] },
    ]);
    await bank.opine('own', 'wrong', { value: 'negative' });
    await bank.quarantine('pdq', valueFor('pdq', 6), { reason: 'a test' });
    await bank.apply('many', batch(Array.from({ length: 130 }, (_, i) => ({ key: `${i}`, signals: [signal('pdq', 100 + i)] }))));
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    await fake.close();
    await folder[Symbol.asyncDispose]();
  });

  const withKeys = (change: Readonly<Record<string, string>> = {}): void => {
    for (const [name, value] of Object.entries({ ...fake.credentials, ...change })) vi.stubEnv(credentialVariable('stopncii', name), value);
  };
  /** What it prints, in which no hash may be. */
  const submit = async (...words: string[]): Promise<Printed> => {
    const printed = await type(egide, ['list', 'submit', ...words, ...at]);
    expect(hashesIn(printed.out + printed.err)).toEqual([]);
    return printed;
  };
  /** What of this test the fake holds now. */
  const held = (): string[] => [...fake.truth().values()].flat().filter((one) => !before.has(one));

  test('says what would be sent, and sends nothing, without any credential', async () => {
    const dry = await submit('own', 'one', 'two', 'again', 'flat', 'digest', 'wrong', 'crowd', '--to', 'ncii', '--dry-run');
    const words = '4 hashes of 3 entries (2 pdq, 1 video-md5, 1 url); left out: 3 without anything to send, 1 held for wrong';
    expect(dry).toEqual({ code: 0, out: `to be submitted: ${words}\n`, err: '' });
    const json = await submit('own', 'one', 'wrong', '--to', 'ncii', '--dry-run', '--json');
    expect(JSON.parse(json.out)).toEqual({
      list: 'own',
      to: 'ncii',
      sent: false,
      entries: 1,
      hashes: 1,
      byType: { pdq: 1 },
      leftOut: { negative: 1, nothing: 0 },
    });
    expect(fake.requests).toEqual([]);
  });

  test('the exchange then holds what was sent, and nothing else; and it is read back', async () => {
    withKeys();
    const keys = join(folder.path, 'keys.txt');
    await writeFile(keys, '\ufefftwo\r\nagain\nflat\n\nwrong\ncrowd\n');
    const sent = await submit('own', 'one', '--keys', keys, '--to', 'ncii', '--tag', 'Nude', '--tag', 'Example');
    const words = '4 hashes of 3 entries (2 pdq, 1 video-md5, 1 url); left out: 2 without anything to send, 1 held for wrong';
    expect(sent).toEqual({ code: 0, out: `submitted: ${words}\n`, err: '' });
    const url = Buffer.from(valueFor('url', 2)).toString('hex');
    const all = [`pdq:${hex('pdq', 1)}`, `pdq:${hex('pdq', 2)}`, `video-md5:${hex('video-md5', 2)}`, `url:${url}`];
    expect(held().sort()).toEqual(all.sort());
    expect(fake.requests.map(({ method }) => method)).toEqual(['POST']);
    expect(JSON.parse(fake.requests[0]?.body ?? '').hashRecords[0].CSPFeedbacks).toEqual([
      { tags: ['Nude', 'Example'], feedbackValue: 'Blocked' },
    ]);
    expect(await type(egide, ['list', 'sync', 'ncii', ...at])).toMatchObject({ code: 0 });
    await using bank = await egide.openBank(join(folder.path, 'bank'));
    const lists = async (number: number) => (await bank.find('pdq', valueFor('pdq', number))).map(({ list }) => list).sort();
    expect(await Promise.all([1, 2, 7].map(lists))).toEqual([['ncii', 'own', 'own'], ['ncii', 'own'], ['own']]);
    const [record] = (await bank.find('pdq', valueFor('pdq', 1))).filter(({ list }) => list === 'ncii');
    expect(record?.record.opinions).toEqual([{ by: 'Fake Platform', value: 'positive', tags: ['Nude', 'Example'] }]);
  });

  test('a hundred entries at a time; what fails is not gone on from, and says how far it came', async () => {
    withKeys();
    const keys = join(folder.path, 'many.txt');
    await writeFile(keys, Array.from({ length: 130 }, (_, i) => `${i}\n`).join(''));
    const from = fake.requests.length;
    expect(await submit('many', '--keys', keys, '--to', 'ncii')).toMatchObject({
      code: 0,
      out: 'submitted: 130 hashes of 130 entries (130 pdq)\n',
    });
    expect(fake.requests.slice(from).map(({ body }) => JSON.parse(body).count)).toEqual([100, 30]);
    expect(
      (await readFile(keys, 'utf8'))
        .trim()
        .split('\n')
        .every((_, i) => held().includes(`pdq:${hex('pdq', 100 + i)}`)),
    ).toBe(true);
    withKeys({ submitKey: 'wrong-4711' });
    const refused = await submit('many', '--keys', keys, '--to', 'ncii');
    expect(refused).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(/what the first 0 keys name; the question about the next 100 failed/),
    });
    expect(refused.err).toContain('check the credentials');
    expect(refused.err).not.toContain('4711');
    expect(fake.requests.slice(from)).toHaveLength(3);
  });

  test.each([
    [['own', 'digest', '--to', 'ncii'], 'submitted: 0 hashes of 0 entries; left out: 1 without anything to send'],
    [['own', 'one', 'nobody', hex('pdq', 9), '--to', 'ncii'], 'the list has no entry of 2 of the 3 keys: nothing was sent'],
    [['ncii', 'x', '--to', 'ncii'], 'the list is read from stopncii: only entries of lists of kind own or file'],
    [['good', 'x', '--to', 'ncii'], 'the list is negative'],
    [['own', 'one', '--to', 'other'], '--to: expected a list of kind stopncii, got one of kind ncmec'],
    [['own', 'one', '--to', 'moon'], 'the bank has no list of this name'],
    [['own', 'one'], 'expected --to LIST'],
    [['own', '--to', 'ncii'], 'expected the keys of entries, or --keys FILE'],
    [[], 'expected list submit NAME KEY'],
  ])('%j: exit code 1, and nothing is sent', async (words, message) => {
    withKeys();
    const from = fake.requests.length;
    const { code, out, err } = await submit(...words);
    expect([code, out + err]).toEqual([1, expect.stringContaining(message)]);
    expect(fake.requests).toHaveLength(from);
  });

  test('without the key for submitting it says which variable is missing', async () => {
    withKeys({ submitKey: '' });
    const refused = await submit('own', 'one', '--to', 'ncii');
    expect(refused).toMatchObject({ code: 1, err: expect.stringContaining('EGIDE_STOPNCII_SUBMIT_KEY') });
  });
});
