import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { BankRecord } from '../../src/bank/record.js';
import { type BankPlace, places } from './banks.js';
import { batch, entriesOf, expected, record, searched, signal, valueFor } from './fixtures.js';

describe.each(places)('a batch that is applied to a bank on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
  });

  test('adds, replaces, leaves alone and withdraws entries, and counts each', async () => {
    const first = await bank.apply('a', batch([record('x', signal('md5', 1)), record('y', signal('pdq', 2, { quality: 80 }))]));
    expect(first).toEqual({
      list: 'a',
      steps: 1,
      read: 2,
      added: 2,
      replaced: 0,
      unchanged: 0,
      withdrawn: 0,
      refused: 0,
      partial: 0,
      problems: [],
    });
    const second = await bank.apply(
      'a',
      batch([record('x', signal('md5', 1)), record('y', signal('pdq', 3)), 'z', record('w', signal('md5', 1))]),
    );
    expect(second).toMatchObject({ added: 1, replaced: 1, unchanged: 1, withdrawn: 0 });
    expect(await searched(bank, 'pdq')).toEqual(expected('pdq', [3, 'y']));
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'x'], [1, 'w']).reverse());
    expect(await bank.apply('a', batch(['x', 'y']))).toMatchObject({ withdrawn: 2 });
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'w']));
    expect((await bank.status()).lists[0]).toMatchObject({ name: 'a', entries: 1 });
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });

  test('keeps every field and every signal of a record', async () => {
    const whole: BankRecord = {
      key: 'member-7-entry "1" ñ 🙂',
      signals: [
        signal('pdq', 1, { quality: 99.5, mode: 'reference-cpp' }),
        signal('md5', 1),
        signal('sha1', 1),
        signal('sha256', 1),
        signal('pdq', 2),
        signal('pdq', 3, { quality: 0, mode: 'full-res' }),
        signal('sha512', 1),
        signal('video-md5', 1),
        signal('video-sha256', 1),
        signal('photodna', 1),
        signal('url', 1),
        signal('url-md5', 1),
        signal('other', 1, { name: 'NETCLEAN' }),
      ],
      category: 'A1',
      tags: ['one', 'two'],
      opinions: [{ by: 'member 7', value: 'disputed', tags: ['wrong'] }],
      updatedAt: 1_700_000_000_123,
      note: 'a text\u0000 with a zero',
    };
    await bank.apply('a', batch([whole, record('nothing')]));
    expect((await entriesOf(bank)).map((entry) => entry.record)).toEqual([whole, record('nothing')]);
    for (const type of ['sha512', 'video-md5', 'video-sha256', 'photodna', 'url', 'url-md5'] as const)
      expect(await searched(bank, type), type).toEqual(expected(type, [1, whole.key]));
    expect(await searched(bank, 'other')).toEqual([]);
    expect(await bank.apply('a', batch([whole, record('nothing')]))).toMatchObject({ unchanged: 2, replaced: 0 });
    const { note: _, ...without } = whole;
    expect(await bank.apply('a', batch([without]))).toMatchObject({ unchanged: 0, replaced: 1 });
    expect((await entriesOf(bank))[0]?.record).toEqual(without);
    expect((await bank.status({ signals: true })).lists[0]?.signals).toEqual({
      pdq: 3,
      md5: 1,
      sha1: 1,
      sha256: 1,
      sha512: 1,
      'video-md5': 1,
      'video-sha256': 1,
      photodna: 1,
      url: 1,
      'url-md5': 1,
      other: 1,
    });
    expect(await bank.apply('a', batch([whole.key]))).toMatchObject({ withdrawn: 1 });
    expect(await searched(bank, 'photodna')).toEqual([]);
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });

  test('refuses a malformed record and keeps the rest, also of the record', async () => {
    const broken = [
      { key: 'no array', signals: 7 },
      { key: 'short', signals: [{ type: 'md5', value: new Uint8Array(15) }] },
      { key: 'type', signals: [{ type: 'sha3', value: new Uint8Array(32) }] },
      { key: 'text', signals: [{ type: 'md5', value: 'd41d8cd98f00b204e9800998ecf8427e' }] },
      { key: 'quality', signals: [signal('pdq', 1, { quality: 101 })] },
      { key: 'mode', signals: [signal('md5', 1, { mode: 'full-res' })] },
      { key: 'tags', signals: [signal('pdq', 1)], tags: [1] },
      { key: 'zero\0', signals: [signal('pdq', 1)] },
      { key: 'half \ud800', signals: [signal('pdq', 1)] },
      { key: 'x'.repeat(1025), signals: [signal('pdq', 1)] },
      { key: '', signals: [signal('pdq', 1)] },
    ] as unknown as BankRecord[];
    const half = record('half', signal('md5', 4), { type: 'pdq', value: new Uint8Array(31) });
    const report = await bank.apply('a', batch([...broken, half, record('good', signal('md5', 5))]));
    expect(report).toMatchObject({ read: 13, added: 2, refused: 11, partial: 1 });
    expect(report.problems).toHaveLength(12);
    expect(JSON.stringify(report)).not.toContain('d41d8cd98f00b204e9800998ecf8427e');
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [4, 'half'], [5, 'good']));
    expect(await searched(bank, 'pdq')).toEqual([]);
  });

  test('keeps what a list that it began as new tells again, and lets go of what it withdraws', async () => {
    const told = (from: number, to: number) =>
      batch(Array.from({ length: to - from }, (_, i) => record(`k${from + i}`, signal('md5', from + i))));
    async function* source() {
      yield told(0, 20);
      const others = [...told(20, 30).updates.values()] as BankRecord[];
      yield batch([...others, record('k3', signal('md5', 99)), record('k4', signal('md5', 4)), 'k7']);
      yield told(30, 40);
    }
    expect(await bank.sync('a', source())).toMatchObject({ added: 40, replaced: 1, unchanged: 1, withdrawn: 1 });
    const values = [...Array.from({ length: 40 }, (_, i) => i).filter((i) => i !== 3 && i !== 7), 99];
    expect(await searched(bank, 'md5')).toEqual(expected('md5', ...values.map((i): [number, string] => [i, i === 99 ? 'k3' : `k${i}`])));
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });

  test('leaves what it held where the source now tells something unreadable', async () => {
    await bank.apply('a', batch([record('x', signal('md5', 1)), record('y', signal('md5', 2)), record('z', signal('md5', 3))]));
    const malformed = { key: 'x', signals: 7 } as unknown as BankRecord;
    const problems = [{ key: 'y', reason: 'no JSON', partial: false }];
    expect(await bank.apply('a', batch([malformed], { problems, whole: 'both' }))).toMatchObject({ withdrawn: 1, refused: 2 });
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'x'], [2, 'y']));
  });

  test('withdraws what was not told between the beginning and the end of the whole', async () => {
    await bank.apply(
      'a',
      batch([record('x', signal('md5', 1)), record('y', signal('md5', 2)), record('z', signal('pdq', 3), signal('pdq', 4))]),
    );
    await bank.apply('b', batch([record('x', signal('md5', 9))]));
    await bank.apply('a', batch([record('x', signal('md5', 1))], { whole: 'begin' }));
    expect((await bank.status()).lists[0]).toMatchObject({ sweeping: true, entries: 3 });
    await bank.apply('a', batch([record('new', signal('md5', 7))]));
    expect(await searched(bank, 'pdq')).toHaveLength(2);
    expect(await bank.apply('a', batch([], { whole: 'end' }))).toMatchObject({ withdrawn: 2 });
    expect(await searched(bank, 'pdq')).toEqual([]);
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'x'], [7, 'new'], [9, 'x']));
    expect(await bank.apply('a', batch([], { whole: 'both' }))).toMatchObject({ withdrawn: 2 });
    expect((await bank.status()).lists).toMatchObject([
      { name: 'a', entries: 0, sweeping: false },
      { name: 'b', entries: 1 },
    ]);
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });

  test('keeps all of a step or nothing', async () => {
    const updates = new Map(batch([record('x', signal('md5', 1))]).updates);
    updates.set('y', {
      key: 'y',
      get signals(): never {
        throw new Error('on the way');
      },
    });
    await expect(bank.apply('a', { ...batch([]), updates })).rejects.toThrow('on the way');
    expect(await entriesOf(bank)).toEqual([]);
    expect(await bank.apply('a', batch([record('x', signal('md5', 1))]))).toMatchObject({ added: 1 });
  });

  test('of many entries is found again after the bank was opened anew', async () => {
    const many = Array.from({ length: 1234 }, (_, i) => record(`k${i}`, signal('md5', i), signal('sha1', i % 7)));
    await bank.apply('a', batch(many, { checkpoint: { at: 5 } }));
    await bank.close();
    bank = await place.open();
    expect(await bank.apply('a', batch([...many.slice(1), record('k0')]))).toMatchObject({ unchanged: 1233, replaced: 1 });
    const pairs = many.slice(1).map((one, i) => [i + 1, one.key] as const);
    expect((await searched(bank, 'md5', 100)).sort()).toEqual(expected('md5', ...pairs));
    expect(await searched(bank, 'sha1')).toHaveLength(1233);
  });

  test('into a list that is disabled is kept and not searched', async () => {
    await bank.addList('a', { kind: 'test', settings: { url: 'https://example.org' }, negative: true });
    await bank.apply('a', batch([record('x', signal('md5', 1))]));
    await bank.apply('b', batch([record('x', signal('md5', 1))]));
    expect(await searched(bank, 'md5')).toHaveLength(2);
    expect(await bank.setList('a', { enabled: false })).toEqual({
      name: 'a',
      kind: 'test',
      settings: { url: 'https://example.org' },
      enabled: false,
      negative: true,
      entries: 1,
    });
    expect(await searched(bank, 'md5')).toHaveLength(1);
    await bank.removeList('b');
    expect(await searched(bank, 'md5')).toEqual([]);
    await bank.setList('a', { enabled: true });
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'x']));
    expect(await bank.lists()).toHaveLength(1);
    await expect(bank.setList('b', {})).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('leaves PDQ hashes of low quality and the zero hash out of the search', async () => {
    const zero = { type: 'pdq', value: new Uint8Array(32) } as const;
    const signals = [49.9, 50, undefined].map((quality, i) => signal('pdq', i, quality === undefined ? {} : { quality }));
    await bank.apply('a', batch([record('x', zero), record('y', ...signals), ...signals.map((one, i) => record(`z${i}`, one, zero))]));
    expect((await searched(bank, 'pdq')).sort()).toEqual(expected('pdq', [1, 'y'], [1, 'z1'], [2, 'y'], [2, 'z2']));
  });

  test('gives signals in the order of their bytes', async () => {
    const texts = ['b', 'a', 'ab', '', 'b\u0000', '\u00ff', 'a\u0001'].map((text) => `u${text}`);
    const values = texts.map((text) => new TextEncoder().encode(text));
    await bank.apply('a', batch(values.map((value, i) => record(String(i), { type: 'url', value }))));
    const found = (await searched(bank, 'url', 2)).map((line) => line.split(' ')[0]);
    expect(found).toEqual(values.map((value) => Buffer.from(value).toString('hex')).sort());
    expect(valueFor('url', 1)).not.toEqual(valueFor('url', 2));
  });
});
