import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { Exchange } from '../../src/bank/exchange.js';
import type { BankRecord, RecordBatch } from '../../src/bank/record.js';
import type { SyncProgress } from '../../src/bank/report.js';
import { type BankPlace, places } from './banks.js';
import { batch, expected, record, searched, signal } from './fixtures.js';

/** A source that tells its changes in steps of two, in order; the checkpoint is how many it has told. */
class FakeExchange implements Exchange {
  readonly kind = 'fake';
  readonly host = 'example.org';
  readonly changes: (BankRecord | string)[] = [];
  stale = false;
  /** Steps until it fails. */
  failAfter = Number.POSITIVE_INFINITY;
  asked: unknown[] = [];

  async *fetch(checkpoint: { told?: number } | undefined): AsyncGenerator<RecordBatch> {
    this.asked.push(checkpoint);
    for (let told = checkpoint?.told ?? 0; told < this.changes.length; told += 2) {
      if (--this.failAfter < 0) throw new Error('connection lost');
      yield batch(this.changes.slice(told, told + 2), { checkpoint: { told: Math.min(told + 2, this.changes.length) } });
    }
  }

  isStale(): boolean {
    return this.stale;
  }
}

describe.each(places)('a list that is synchronised with a bank on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  let source: FakeExchange;
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
    source = new FakeExchange();
    for (let i = 0; i < 7; ++i) source.changes.push(record(`k${i}`, signal('md5', i)));
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
  });
  const keys = async () => (await searched(bank, 'md5')).map((line) => line.split(' ')[1]).sort();

  test('goes on from where the last sync ended', async () => {
    const progress: SyncProgress[] = [];
    const now = Date.now() + 5;
    expect(await bank.sync('a', source, { onProgress: (step) => progress.push(step), now })).toMatchObject({ steps: 4, read: 7, added: 7 });
    expect(progress.map((step) => step.read)).toEqual([2, 4, 6, 7, 7]);
    source.changes.push('k3', record('k0', signal('md5', 100)));
    expect(await bank.sync('a', source)).toMatchObject({ steps: 1, read: 2, replaced: 1, withdrawn: 1 });
    expect(source.asked).toEqual([undefined, { told: 7 }]);
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [100, 'k0'], [1, 'k1'], [2, 'k2'], [4, 'k4'], [5, 'k5'], [6, 'k6']));
    expect(await bank.lists()).toMatchObject([{ name: 'a', kind: 'fake', entries: 6 }]);
    const [status] = (await bank.status({ now: now + 1000 })).lists;
    expect(status).toMatchObject({ sweeping: false });
    expect(status?.syncedAt).toBeTypeOf('number');
  });

  test.each([0, 1, 2, 3])('that failed after %i steps goes on and comes to the same', async (steps) => {
    source.failAfter = steps;
    await expect(bank.sync('a', source)).rejects.toThrow('connection lost');
    await bank.close();
    bank = await place.open();
    source.failAfter = Number.POSITIVE_INFINITY;
    expect(await bank.sync('a', source)).toMatchObject({ added: 7 - 2 * steps, withdrawn: 0 });
    expect(await keys()).toEqual(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6']);
    expect(await bank.status()).toMatchObject({ lists: [{ sweeping: false }] });
  });

  test.each([0, 1, 2, 3, 9])('with a stale checkpoint is read anew, and failing after %i steps loses nothing', async (steps) => {
    await bank.sync('a', source);
    source.changes.splice(2, 2); // withdrawn, and forgotten by the source
    source.changes.push(record('new', signal('md5', 50)));
    source.stale = true;
    source.failAfter = steps;
    if (steps < 3) {
      await expect(bank.sync('a', source)).rejects.toThrow('connection lost');
      expect(await keys()).toEqual(expect.arrayContaining(['k0', 'k1', 'k2', 'k3', 'k4', 'k5', 'k6'])); // nothing goes before the end
      source.stale = false;
      source.failAfter = Number.POSITIVE_INFINITY;
    }
    await bank.sync('a', source);
    expect(await keys()).toEqual(['k0', 'k1', 'k4', 'k5', 'k6', 'new']);
    source.stale = false;
    expect(await bank.sync('a', source)).toMatchObject({ read: 0, withdrawn: 0 });
    expect(await keys()).toEqual(['k0', 'k1', 'k4', 'k5', 'k6', 'new']);
  });

  test('read anew from a source that is suddenly empty keeps what it held', async () => {
    await bank.sync('a', source);
    source.changes.length = 0;
    source.stale = true;
    await expect(bank.sync('a', source)).rejects.toMatchObject({ code: 'EXCHANGE_FAILED' });
    expect(await keys()).toHaveLength(7);
  });

  test('takes any iterable of batches, and ends a whole across runs', async () => {
    const steps = (some: RecordBatch[]) =>
      (async function* () {
        yield* some;
      })();
    await bank.sync('a', steps([batch([record('x', signal('md5', 1)), record('y', signal('md5', 2))], { whole: 'both' })]));
    await bank.sync('a', steps([batch([record('x', signal('md5', 1))], { whole: 'begin' })]));
    expect(await keys()).toEqual(['x', 'y']);
    expect(await bank.sync('a', steps([batch([record('z', signal('md5', 3))], { whole: 'end' })]))).toMatchObject({ withdrawn: 1 });
    expect(await keys()).toEqual(['x', 'z']);
  });

  test('stops at the signal, with every step that was told of kept', async () => {
    const stop = new AbortController();
    const stopped = bank.sync('a', source, { signal: stop.signal, onProgress: ({ steps }) => steps === 2 && stop.abort() });
    await expect(stopped).rejects.toThrow('aborted');
    expect(await keys()).toHaveLength(4);
    const never = (async function* (): AsyncGenerator<RecordBatch> {
      await new Promise(() => undefined);
    })();
    await expect(bank.sync('b', never, { signal: AbortSignal.timeout(20) })).rejects.toThrow();
  });

  test('by two at a time loses nothing: one of them is told that the list is busy', async () => {
    const other = await place.open();
    const overtaken = (async function* () {
      yield batch([record('x', signal('md5', 1))]);
      await other.sync('a', source);
      yield batch([record('y', signal('md5', 2))]);
    })();
    await expect(bank.sync('a', overtaken)).rejects.toMatchObject({ code: 'BUSY' });
    await bank.sync('a', source);
    expect(await keys()).toHaveLength(7);
    await other.close();
  });

  test('beside another list in the same bank does not disturb it', async () => {
    const other = await place.open();
    await Promise.all([bank.sync('a', source), other.sync('b', source), bank.sync('c', source)]);
    expect(await searched(bank, 'md5')).toHaveLength(21);
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
    await other.close();
  });
});
