import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { SignalSlice } from '../../src/bank/snapshot-source.js';
import { type BankPlace, places } from './banks.js';
import { batch, entriesOf, record, signal } from './fixtures.js';

describe.each(places)('what a snapshot is made from, on %s', (_name, makePlace) => {
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
  const since = (change: number) => bank.snapshots.view((view) => view.changesSince(change));

  test('counts every change and no step that changed nothing', async () => {
    expect(await bank.snapshots.change()).toBe(0);
    await bank.apply('a', batch([record('x', signal('md5', 1))]));
    const before = await bank.snapshots.change();
    await bank.apply('a', batch([record('x', signal('md5', 1))], { checkpoint: { at: 1 } }));
    expect(await bank.snapshots.change()).toBe(before);
    await bank.setList('a', { kind: 'other' });
    expect(await bank.snapshots.change()).toBe(before);
    await bank.apply('a', batch(['x']));
    expect(await bank.snapshots.change()).toBe(before + 1);
    expect((await bank.status()).change).toBe(before + 1);
  });

  test('names what changed since then', async () => {
    await bank.apply('a', batch(Array.from({ length: 10 }, (_, i) => record(`k${i}`, signal('md5', i)))));
    await bank.apply('b', batch([record('x', signal('md5', 1))]));
    const ids = new Map((await entriesOf(bank)).map(({ id, record: { key } }) => [key, id]));
    const start = await bank.snapshots.change();
    expect(await since(start)).toEqual({ entries: [], lists: [], values: [] });
    await bank.apply('a', batch([record('k3', signal('md5', 33)), 'k7', 'k8', record('new')]));
    const then = await bank.snapshots.change();
    expect(await since(start)).toEqual({
      entries: [ids.get('k3'), ids.get('k7'), ids.get('k8'), 12],
      lists: [],
      values: [],
    });
    await bank.setList('b', { enabled: false });
    expect(await since(then)).toEqual({ entries: [], lists: [2], values: [] });
    await bank.removeList('a');
    expect(await since(then)).toEqual({ entries: [], lists: [1, 2], values: [] });
    expect(await since(0)).toMatchObject({ lists: [1, 2] });
    expect(await since((await bank.snapshots.change()) + 1)).toBeUndefined();
    await expect(since(-1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('never gives an id again', async () => {
    await bank.apply('a', batch([record('x'), record('y')]));
    await bank.apply('a', batch(['y']));
    await bank.apply('a', batch([record('y'), record('z')]));
    expect((await entriesOf(bank)).map(({ id, record: { key } }) => [id, key])).toEqual([
      [1, 'x'],
      [3, 'y'],
      [4, 'z'],
    ]);
    await bank.removeList('a');
    await bank.apply('a', batch([record('x')]));
    expect(await entriesOf(bank)).toMatchObject([{ id: 5, list: 2 }]);
  });

  test('is the bank of one moment while others write', async () => {
    const many = Array.from({ length: 50 }, (_, i) => record(`k${i}`, signal('md5', i)));
    await bank.apply('a', batch(many));
    await bank.snapshots.view(async (view) => {
      const seen: number[] = [];
      for await (const { entries } of view.signals('md5', { slice: 10 })) {
        seen.push(...entries);
        await bank.apply('a', batch([...many.slice(0, 10).map(({ key }) => key), record(`later ${seen.length}`, signal('md5', 99))]));
      }
      expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
      expect(await view.entriesOf([1, 50, 51, 9999])).toMatchObject([{ id: 1 }, { id: 50 }]);
      expect(view.change).toBeLessThan(await bank.snapshots.change());
    });
    expect(await entriesOf(bank)).toHaveLength(45);
  });

  test('can be left in the middle', async () => {
    await bank.apply('a', batch(Array.from({ length: 500 }, (_, i) => record(`k${i}`, signal('md5', i)))));
    const first = await bank.snapshots.view(async (view) => {
      for await (const slice of view.signals('md5', { slice: 2 })) return slice;
      return undefined;
    });
    expect(first?.entries).toHaveLength(2);
    await expect(
      bank.snapshots.view(async (view) => {
        for await (const _ of view.signals('md5', { slice: 2 })) throw new Error('enough');
      }),
    ).rejects.toThrow('enough');
    await expect(bank.snapshots.view((view) => view.signals('md5', { slice: 0 })[Symbol.asyncIterator]().next())).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await bank.compact();
    expect(await entriesOf(bank)).toHaveLength(500);
  });

  test('gives names and signals by entry that are those of the entries, whatever their records say', async () => {
    const records = [
      {
        ...record('k"\\1\u2028é😀', signal('md5', 1), signal('video-md5', 1), signal('md5', 2)),
        category: 'A"1',
        note: 'long '.repeat(2_000),
      },
      { ...record('k2', signal('pdq', 3, { quality: 66.12345678901234 })), category: 'é' },
      { ...record('k3', signal('pdq', 4, { quality: 7 }), signal('url', 5), signal('sha1', 6)), tags: ['a'] },
      record('k4', signal('md5', 1), signal('pdq', 3, { quality: 100 })),
      record('k5'),
    ];
    await bank.apply('a', batch(records));
    await bank.apply('off', batch([record('k1', signal('md5', 9))]));
    await bank.setList('off', { enabled: false });
    expect(await bank.apply('a', batch(records))).toMatchObject({ added: 0, replaced: 0, unchanged: records.length });
    await bank.snapshots.view(async (view) => {
      const slices = await all(view.scan());
      const names = slices.flatMap((slice) => slice.names);
      const entries = (await all(view.entries())).flat();
      expect(names).toEqual(
        entries.map(({ id, list, record: { key, category } }) => ({ id, list, key, ...(category !== undefined && { category }) })),
      );
      expect(names.slice(0, 2)).toMatchObject([records[0], records[1]].map((one) => ({ key: one?.key, category: one?.category })));
      for (const types of [['md5', 'video-md5'], ['pdq'], ['sha1'], ['sha256'], ['url']] as const) {
        const byValue = pairsOf(await all(view.signals(types, { slice: 2 })));
        const scanned = slices.flatMap((slice) =>
          types.flatMap((type) =>
            (slice.signals.get(type) ?? []).map(({ value, at }) => ({
              value: Buffer.from(value).toString('hex'),
              entry: slice.names[at]?.id,
            })),
          ),
        );
        expect(new Set(scanned)).toEqual(new Set(byValue));
        expect(scanned).toHaveLength(byValue.length);
      }
    });
  });

  test('has the lists and what they are', async () => {
    await bank.addList('good', { negative: true });
    await bank.addList('off', { enabled: false });
    expect(await bank.snapshots.view((view) => view.lists())).toEqual([
      { id: 1, name: 'good', enabled: true, negative: true },
      { id: 2, name: 'off', enabled: false, negative: false },
    ]);
  });
});

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const gathered: Item[] = [];
  for await (const item of items) gathered.push(item);
  return gathered;
}

function pairsOf(slices: readonly SignalSlice[]): { entry: number; value: string }[] {
  return slices.flatMap(({ values, ends, entries }) =>
    [...entries].map((entry, i) => ({ entry, value: Buffer.from(values.subarray(ends[i - 1] ?? 0, ends[i])).toString('hex') })),
  );
}
