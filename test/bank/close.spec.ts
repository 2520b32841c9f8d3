import { setTimeout as delay } from 'node:timers/promises';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import { openLibsqlStore } from '../../src/bank/libsql-store-node.js';
import { openPostgresStore } from '../../src/bank/postgres-store-node.js';
import type { RecordBatch } from '../../src/bank/record.js';
import { type BankPlace, places } from './banks.js';
import { batch, entriesOf, record, signal } from './fixtures.js';

const disposed = { code: 'DISPOSED', message: 'this bank has been closed: open it again' };
const records = (name: string, count: number) => Array.from({ length: count }, (_, i) => record(`${name} ${i}`, signal('md5', i)));

describe.each(places)('a bank that is closed in the middle, on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
    await bank.add(records('first', 3));
    return async () => {
      await bank.close();
      await place[Symbol.asyncDispose]();
    };
  });
  /** What the next one finds. */
  const keysAfter = async (): Promise<string[]> => {
    await using next = await place.open();
    expect(await next.verify()).toEqual({ ok: true, problems: [] });
    return (await entriesOf(next)).map((entry) => entry.record.key).filter((key) => !key.startsWith('first'));
  };
  const settled = async (work: Promise<unknown>): Promise<unknown> =>
    work.then(
      () => 'done',
      (error) => error,
    );

  test('of a call: it is done as a whole before the bank is closed, or refused as a whole', async () => {
    const adding = settled(bank.add(records('at once', 3)));
    const closing = bank.close();
    const outcome = await adding;
    await closing;
    if (outcome !== 'done') expect(outcome).toMatchObject(disposed);
    expect(await keysAfter()).toHaveLength(outcome === 'done' ? 3 : 0);
  });

  test('of a call that waits for another writer: it is done first', async () => {
    const { target } = place;
    const other = await (typeof target === 'string'
      ? openLibsqlStore(target, { create: false })
      : openPostgresStore(target, { create: false }));
    const order: string[] = [];
    let [adding, closing]: Promise<unknown>[] = [];
    await other.write(async () => {
      adding = bank.add(records('ours', 3)).then(() => order.push('added'));
      await delay(10);
      closing = bank.close().then(() => order.push('closed'));
      await delay(10);
      order.push('written');
    });
    await Promise.all([adding, closing]);
    await other.close();
    expect(order).toEqual(['written', 'added', 'closed']);
    expect(await keysAfter()).toHaveLength(3);
  });

  test('of a sync: what was kept stays, the next step is refused, and another sync goes on', async () => {
    let closing: Promise<void> | undefined;
    async function* source(from: number): AsyncGenerator<RecordBatch> {
      for (let step = from; step < 4; ++step) {
        if (step === 2) closing = bank.close();
        yield batch(records(`step ${step}`, 2), { checkpoint: { step } });
      }
    }
    await expect(bank.sync('a', source(0))).rejects.toMatchObject(disposed);
    await closing;
    expect(await keysAfter()).toEqual(['step 0 0', 'step 0 1', 'step 1 0', 'step 1 1']);
    bank = await place.open();
    await bank.sync('a', source(3));
    expect(await keysAfter()).toHaveLength(6);
  });

  test('of reading: a view ends before the bank is closed, and what goes on slice by slice is refused', async () => {
    await bank.add(records('many', 1_500)); // more than are read at once
    const order: string[] = [];
    let closing: Promise<unknown> | undefined;
    await bank.snapshots.view(async (view) => {
      closing = bank.close().then(() => order.push('closed'));
      for await (const slice of view.entries({ slice: 500 })) expect(slice.length).toBeGreaterThan(0);
      await view.lists();
      order.push('viewed');
    });
    await closing;
    expect(order).toEqual(['viewed', 'closed']);
    bank = await place.open();
    const reading = async (): Promise<void> => {
      for await (const _ of bank.entries('own')) await bank.close();
    };
    await expect(reading()).rejects.toMatchObject(disposed);
  });

  test('while more calls wait than there are connections: each is answered or refused, at once', async () => {
    const calls = Array.from({ length: 12 }, () => settled(bank.status({ signals: true })));
    const begun = performance.now();
    const closings = [bank.close(), bank.close()];
    for (const outcome of await Promise.all(calls)) if (outcome !== 'done') expect(outcome).toMatchObject(disposed);
    await Promise.all(closings);
    expect(performance.now() - begun).toBeLessThan(20_000); // a pool would let them wait for 30
    await expect(bank.lists()).rejects.toMatchObject(disposed);
  });
});
