import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { BankRecord } from '../../src/bank/record.js';
import { seededBytes } from '../spec/search-fixture.js';
import { type BankPlace, places } from './banks.js';
import { batch, expected, record, searched, signal, valueFor } from './fixtures.js';

describe.each(places)('what a platform adds to a bank on %s', (_name, makePlace) => {
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

  test('is there at once, all of it or nothing, and goes again', async () => {
    const mine: BankRecord = {
      ...record('case 1', signal('pdq', 1, { quality: 90 }), signal('md5', 1)),
      note: 'confirmed',
      tags: ['mode:full-res'],
    };
    expect(await bank.add([mine, record('case 2', signal('md5', 2))])).toMatchObject({ list: 'own', added: 2 });
    expect(await bank.entry('own', 'case 1')).toEqual({ list: 'own', record: mine });
    expect(await bank.lists()).toMatchObject([{ name: 'own', kind: 'own', entries: 2 }]);
    const bad = record('case 4', { type: 'md5', value: new Uint8Array(3) });
    await expect(bank.add([record('case 3', signal('md5', 3)), bad])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'case 1'], [2, 'case 2']));
    expect(await bank.remove('own', ['case 2', 'case 9'])).toBe(1);
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'case 1']));
    expect(await bank.entry('own', 'case 2')).toBeUndefined();
  });

  test('by an opinion takes an entry out of the search, whatever its source does', async () => {
    await bank.apply('a', batch([record('x', signal('md5', 1), signal('pdq', 1), signal('pdq', 2)), record('y', signal('md5', 1))]));
    const before = await bank.snapshots.change();
    await bank.opine('a', 'x', { value: 'negative', tags: ['a toy'] });
    expect(await bank.snapshots.view((view) => view.changesSince(before))).toEqual({ entries: [1], lists: [], values: [] });
    expect(await searched(bank, 'pdq')).toEqual([]);
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'y']));
    await bank.apply('a', batch(['x']));
    await bank.apply('a', batch([record('x', signal('md5', 5))]));
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [1, 'y']));
    expect(await bank.entry('a', 'x')).toMatchObject({ own: 'negative' });
    await bank.opine('a', 'x', { value: 'disputed' });
    expect(await searched(bank, 'md5')).toHaveLength(2);
    await bank.opine('a', 'x', null);
    expect(await bank.entry('a', 'x')).not.toHaveProperty('own');
    await expect(bank.opine('a', 'z', { value: 'positive' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bank.opine('a', 'x', { value: 'maybe' as 'positive' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('holds a value in quarantine until a person releases it', async () => {
    await bank.apply('a', batch([record('x', signal('md5', 1), signal('pdq', 1)), record('y', signal('pdq', 2), signal('pdq', 1))]));
    const before = await bank.snapshots.change();
    await bank.quarantine('pdq', valueFor('pdq', 1), { reason: 'matches every second upload', now: 77 });
    await bank.quarantine('pdq', valueFor('pdq', 1), { reason: 'again' });
    expect(await searched(bank, 'pdq')).toEqual(expected('pdq', [2, 'y']));
    expect(await searched(bank, 'md5')).toHaveLength(1);
    expect(await bank.quarantined()).toEqual([{ type: 'pdq', value: valueFor('pdq', 1), reason: 'matches every second upload', at: 77 }]);
    const changes = await bank.snapshots.view((view) => view.changesSince(before));
    expect(changes).toEqual({ entries: [], lists: [], values: [{ type: 'pdq', value: valueFor('pdq', 1) }] });
    expect((await bank.status()).quarantined).toBe(1);
    expect(await bank.release('pdq', valueFor('pdq', 1))).toBe(true);
    expect(await bank.release('pdq', valueFor('pdq', 1))).toBe(false);
    expect(await searched(bank, 'pdq')).toHaveLength(3);
    await expect(bank.quarantine('pdq', new Uint8Array(31), { reason: 'x' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bank.quarantine('pdq', valueFor('pdq', 1), { reason: '' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('holds what one entry carries in quarantine, by its key, and releases it', async () => {
    const entry = record('x', signal('md5', 1), signal('video-md5', 2), signal('pdq', 1), signal('pdq', 3), signal('url', 4));
    const patches = { type: 'patches', value: seededBytes(20_000, 1) } as const;
    await bank.apply('a', batch([{ ...entry, signals: [...entry.signals, patches] }, record('y', signal('pdq', 1), signal('pdq', 2))]));
    expect(await bank.quarantineEntry('a', 'x', 'pdq', { reason: 'a blank page', now: 77 })).toBe(2);
    expect(await searched(bank, 'pdq')).toEqual(expected('pdq', [2, 'y']));
    expect(await bank.quarantineEntry('a', 'x', 'md5', { reason: 'floods' })).toBe(2);
    expect([await searched(bank, 'md5'), await searched(bank, 'video-md5')]).toEqual([[], []]);
    expect(await bank.quarantineEntry('a', 'x', 'patches', { reason: 'a logo' })).toBe(1);
    expect(await searched(bank, 'patches')).toEqual([]);
    expect(await bank.quarantined()).toHaveLength(5);
    expect(await bank.releaseEntry('a', 'x', 'md5')).toBe(2);
    expect(await bank.releaseEntry('a', 'x', 'md5')).toBe(0);
    expect([await bank.releaseEntry('a', 'x', 'pdq'), await bank.releaseEntry('a', 'x', 'patches')]).toEqual([2, 1]);
    expect(await searched(bank, 'pdq')).toHaveLength(4);
    expect(await searched(bank, 'patches')).toHaveLength(1);
    const refused = { code: 'INVALID_ARGUMENT' };
    await expect(bank.quarantineEntry('a', 'z', 'pdq', { reason: 'x' })).rejects.toMatchObject(refused);
    await expect(bank.releaseEntry('a', 'x', 'sha1')).rejects.toMatchObject(refused);
    await expect(bank.releaseEntry('b', 'x', 'md5')).rejects.toMatchObject(refused);
  });

  test('says where a value comes from', async () => {
    await bank.apply('a', batch([record('x', signal('pdq', 9), signal('pdq', 1, { quality: 70 })), record('other', signal('pdq', 2))]));
    await bank.apply('b', batch([{ ...record('y', signal('pdq', 1), signal('url', 1)), category: 'B2' }]));
    expect(await bank.find('pdq', valueFor('pdq', 1))).toMatchObject([
      { list: 'a', record: { key: 'x' } },
      { list: 'b', record: { key: 'y', category: 'B2' } },
    ]);
    expect(await bank.find('url', valueFor('url', 1))).toMatchObject([{ list: 'b' }]);
    expect(await bank.find('sha1', valueFor('sha1', 1))).toEqual([]);
    const keys: string[] = [];
    for await (const entry of bank.entries('a')) keys.push(entry.record.key);
    expect(keys).toEqual(['other', 'x']);
  });

  test('keeps feedback until it was sent', async () => {
    await bank.apply('a', batch([record('x', signal('md5', 1))]));
    await bank.addList('b');
    const feedback = { key: 'x', signal: 'md5', value: valueFor('md5', 1), opinion: 'negative', reasons: ['a toy'] } as const;
    const first = await bank.feedback.add('a', feedback, { now: 5 });
    const second = await bank.feedback.add('b', { ...feedback, opinion: 'positive' });
    await bank.close();
    bank = await place.open();
    expect(await bank.feedback.pending({ list: 'a' })).toEqual([{ id: first, list: 'a', at: 5, feedback }]);
    expect(await bank.feedback.pending()).toHaveLength(2);
    expect((await bank.status()).feedbackPending).toBe(2);
    await bank.feedback.markSent(first);
    await expect(bank.feedback.markSent(first)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await bank.feedback.pending()).map(({ id }) => id)).toEqual([second]);
    await expect(bank.feedback.add('c', feedback)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('by canaries says whether what must always be found would be', async () => {
    await bank.addCanary(record('one', signal('pdq', 1)));
    await bank.addCanary(record('two', signal('md5', 2)));
    expect((await bank.status()).canaries).toEqual([
      { key: 'one', found: true },
      { key: 'two', found: true },
    ]);
    await bank.quarantine('md5', valueFor('md5', 2), { reason: 'a mistake' });
    expect((await bank.status()).canaries[1]).toEqual({ key: 'two', found: false });
    await bank.setList('canary', { enabled: false });
    expect((await bank.status()).canaries[0]).toEqual({ key: 'one', found: false });
  });

  test('keeps the records of a file', async () => {
    const rows = Array.from({ length: 2500 }, (_, i) => `k${i},${Buffer.from(valueFor('md5', i)).toString('hex')}`);
    const file = new TextEncoder().encode(['id,md5', 'bad,xyz', ...rows, ''].join('\n'));
    const steps: number[] = [];
    const report = await bank.import(file, { list: 'file', onProgress: ({ read }) => steps.push(read) });
    expect(report).toMatchObject({ format: 'csv', complete: true, read: 2501, added: 2501, partial: 1, list: 'file' }); // also what has no signal
    expect(steps.at(-1)).toBe(2501);
    expect(await bank.import(file, { list: 'file' })).toMatchObject({ added: 0, unchanged: 2501, withdrawn: 0 });
    const half = new TextEncoder().encode(['id,md5', ...rows.slice(0, 100), ''].join('\n'));
    expect(await bank.import(half, { list: 'file', whole: false })).toMatchObject({ unchanged: 100, withdrawn: 0 });
    expect(await bank.import(half, { list: 'file' })).toMatchObject({ unchanged: 100, withdrawn: 2401 });
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
    await expect(bank.import(new TextEncoder().encode('letter'), { list: 'file' })).rejects.toMatchObject({ code: 'INVALID_LIST' });
  });
});
