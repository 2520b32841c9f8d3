import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank, Decision } from '../../src/bank/bank.js';
import type { Exchange, Feedback } from '../../src/bank/exchange.js';
import { load } from '../../src/entry/node.js';
import { EgideError } from '../../src/errors.js';
import { startFake } from '../../src/fakes/fakes.js';
import { exchangeOf } from '../../src/list/exchanges/registry.js';
import { type BankPlace, places } from './banks.js';
import { batch, expected, record, searched, signal, valueFor } from './fixtures.js';

/** An exchange that takes feedback as `take` does, and nothing else. */
function exchangeThat(take: (feedback: Feedback, signal?: AbortSignal) => Promise<void>, kind = 'ncmec'): Exchange {
  return {
    kind,
    host: 'example.org',
    isStale: () => false,
    async *fetch() {},
    giveFeedback: (feedback, { signal } = {}) => take(feedback, signal),
  };
}

describe.each(places)('what reviewers decide, on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
    await bank.addList('a', { kind: 'ncmec' });
    await bank.apply(
      'a',
      batch([record('x', signal('md5', 1), signal('pdq', 1)), record('y', signal('md5', 2)), record('z', signal('md5', 3))]),
    );
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
  });
  const pending = async () =>
    (await bank.feedback.pending()).map(({ feedback }) => `${feedback.key} ${feedback.signal} ${feedback.opinion}`);

  test('is an opinion and feedback at once, or neither', async () => {
    const id = await bank.decide('a', 'x', { opinion: 'negative', signal: 'md5', reasons: ['a toy'] }, { now: 5 });
    expect(await bank.entry('a', 'x')).toMatchObject({ own: 'negative' });
    expect(await searched(bank, 'md5')).toEqual(expected('md5', [2, 'y'], [3, 'z']));
    const feedback = { key: 'x', signal: 'md5', value: valueFor('md5', 1), opinion: 'negative', reasons: ['a toy'] };
    expect(await bank.feedback.pending()).toEqual([{ id, list: 'a', at: 5, feedback }]);
    const wrong: [list: string, key: string, decision: Decision][] = [
      ['a', 'nobody', { opinion: 'positive', signal: 'md5' }],
      ['a', 'y', { opinion: 'positive', signal: 'pdq' }],
      ['a', 'y', { opinion: 'disputed' as 'positive', signal: 'md5' }],
      ['a', 'y', { opinion: 'positive', signal: 'moon' as 'md5' }],
      ['b', 'y', { opinion: 'positive', signal: 'md5' }],
    ];
    for (const [list, key, decision] of wrong)
      await expect(bank.decide(list, key, decision)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(await bank.entry('a', 'y')).not.toHaveProperty('own');
    expect(await pending()).toEqual(['x md5 negative']);
  });

  test('takes the place of what was not sent yet, of the same entry and signal', async () => {
    await bank.decide('a', 'x', { opinion: 'negative', signal: 'md5' });
    await bank.decide('a', 'x', { opinion: 'negative', signal: 'pdq' });
    await bank.decide('a', 'x', { opinion: 'positive', signal: 'md5' });
    expect(await pending()).toEqual(['x pdq negative', 'x md5 positive']);
    expect(await bank.entry('a', 'x')).toMatchObject({ own: 'positive' });
    await bank.feedback.send(
      'a',
      exchangeThat(async () => {}),
    );
    await bank.decide('a', 'x', { opinion: 'negative', signal: 'md5' });
    expect(await pending()).toEqual(['x md5 negative']);
  });

  test('of a list without a source is told to nobody', async () => {
    await bank.add(record('mine', signal('md5', 9)));
    expect(await bank.decide('own', 'mine', { opinion: 'negative', signal: 'md5' })).toBeUndefined();
    expect(await bank.entry('own', 'mine')).toMatchObject({ own: 'negative' });
    expect(await pending()).toEqual([]);
  });

  test('is sent, each marked after its answer; what fails stays and stops nothing', async () => {
    for (const key of ['x', 'y', 'z']) await bank.decide('a', key, { opinion: 'positive', signal: 'md5' });
    const told: string[] = [];
    const exchange = exchangeThat(async ({ key }) => {
      // What was answered before is marked by now.
      expect(await pending()).toHaveLength(3 - told.filter((one) => one !== 'y').length);
      told.push(key);
      if (key === 'y') throw new EgideError('EXCHANGE_FAILED', 'no answer');
    });
    const progress: unknown[] = [];
    const report = await bank.feedback.send('a', exchange, { onProgress: (now) => progress.push(now) });
    const [left] = await bank.feedback.pending();
    expect(report).toEqual({ list: 'a', sent: 2, failed: 1, problems: [{ id: left?.id, reason: 'no answer' }] });
    expect(progress.at(-1)).toEqual({ list: 'a', sent: 2, failed: 1 });
    expect(told).toEqual(['x', 'y', 'z']);
    expect(await pending()).toEqual(['y md5 positive']);
    const broken = exchangeThat(async ({ value }) => {
      throw new TypeError(Buffer.from(value).toString('hex'));
    });
    expect((await bank.feedback.send('a', broken)).problems).toEqual([{ id: left?.id, reason: 'the exchange failed: TypeError' }]);
    expect(
      await bank.feedback.send(
        'a',
        exchangeThat(async () => {}),
      ),
    ).toMatchObject({ sent: 1, failed: 0 });
    expect(
      await bank.feedback.send(
        'a',
        exchangeThat(async () => {}),
      ),
    ).toMatchObject({ sent: 0, failed: 0 });
    expect((await bank.status()).feedbackPending).toBe(0);
  });

  test('is sent no further once the caller stops it', async () => {
    for (const key of ['x', 'y', 'z']) await bank.decide('a', key, { opinion: 'positive', signal: 'md5' });
    const controller = new AbortController();
    const exchange = exchangeThat(async ({ key }, signal) => {
      if (key === 'y') controller.abort(new Error('enough'));
      signal?.throwIfAborted();
    });
    await expect(bank.feedback.send('a', exchange, { signal: controller.signal })).rejects.toThrow('enough');
    expect(await pending()).toEqual(['y md5 positive', 'z md5 positive']);
  });

  test('is sent to nobody but the list’s own source', async () => {
    await expect(
      bank.feedback.send(
        'a',
        exchangeThat(async () => {}, 'stopncii'),
      ),
    ).rejects.toThrow('one of the kind of the list, ncmec');
    const { giveFeedback: _, ...deaf } = exchangeThat(async () => {});
    await expect(bank.feedback.send('a', deaf)).rejects.toThrow('ncmec takes no feedback');
    await expect(bank.feedback.send('nobody', deaf)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('feedback on what was read', () => {
  test.each(['ncmec', 'stopncii', 'threatexchange'])('reaches %s, and no report has a hash in it', async (kind) => {
    const egide = await load();
    await using place = await (places[0] as (typeof places)[number])[1]();
    const fake = await startFake(kind, { entries: 12 });
    const exchange = exchangeOf(kind, fake.settings, fake.credentials, { tries: 1 });
    const bank = await egide.openBank(place.target);
    try {
      await bank.addList('a', { kind });
      await bank.sync('a', exchange);
      let decided = 0;
      let again: string | undefined;
      for await (const { record } of bank.entries('a')) {
        const type = record.signals.find((one) => ['pdq', 'md5', 'sha256'].includes(one.type))?.type;
        if (type) await bank.decide('a', record.key, { opinion: 'positive', signal: type });
        if (type) decided += 1;
        if (type === 'pdq') again = record.key;
      }
      const before = fake.requests.length;
      const { sent, failed, problems } = await bank.feedback.send('a', exchange);
      expect(sent + failed).toBe(decided);
      expect(sent).toBeGreaterThan(1);
      expect(fake.requests.slice(before).filter(({ method }) => method !== 'GET').length).toBeGreaterThanOrEqual(sent);
      // An indicator that only this app describes has nobody to react to.
      expect(problems.every(({ reason }) => kind === 'threatexchange' && reason.includes('no other member'))).toBe(true);
      await fake.close();
      if (again) await bank.decide('a', again, { opinion: 'negative', signal: 'pdq' });
      const unreachable = await bank.feedback.send('a', exchange);
      expect(unreachable.failed).toBeGreaterThan(0);
      expect(JSON.stringify(unreachable)).not.toMatch(/6567696446414b45/i);
    } finally {
      await bank.close();
    }
  });

  test('what a reviewer confirmed and added is found by the next snapshot', async () => {
    const egide = await load();
    await using place = await (places[0] as (typeof places)[number])[1]();
    const bank = await egide.openBank(place.target);
    const upload = 'examples/pictures/nagasaki-boats.jpg';
    const shield = egide.shield({ bank });
    const found = async (): Promise<string> => (await shield.scan(upload)).action;
    try {
      await bank.addList('a');
      expect(await found()).toBe('allow');
      const { hash, quality } = await egide.pdq.hashAsync(await egide.decode(upload));
      await bank.add({ key: 'case 1', signals: [{ type: 'pdq', value: hash, quality }], note: 'confirmed' });
      expect(await found()).not.toBe('allow');
      await bank.decide('own', 'case 1', { opinion: 'negative', signal: 'pdq' });
      expect(await found()).toBe('allow');
    } finally {
      await bank.close();
    }
  });
});
