import { describe, expect, test } from 'vitest';
import { startFake } from '../../src/fakes/fakes.js';
import { fakeStopNcii } from '../../src/fakes/stopncii.js';
import { fakeBytes } from '../../src/fakes/synthetic.js';
import { type StopNciiOptions, stopNciiExchange } from '../../src/list/exchanges/stopncii.js';
import { describeFaults } from './exchange-faults.js';
import { readOn, Store } from './exchange-store.js';

type Credentials = Pick<StopNciiOptions, 'subscriptionKey' | 'fetchKey' | 'submitKey' | 'feedbackKey'>;

describeFaults(
  fakeStopNcii,
  (fake, options) => stopNciiExchange({ baseUrl: fake.url, ...(fake.credentials as unknown as Credentials), ...options }),
  { entries: 60, pageSize: 7 },
);

describe('StopNCII', () => {
  const client = async (options: Partial<StopNciiOptions> = {}, faults: string[] = []) => {
    const fake = await startFake('stopncii', { entries: 40, pageSize: 10, faults });
    const exchange = stopNciiExchange({ baseUrl: fake.url, ...(fake.credentials as unknown as Credentials), ...options });
    return { fake, exchange };
  };

  test('keeps opinions, status and time of a record', async () => {
    const { fake, exchange } = await client();
    const store = new Store();
    await readOn(exchange, store);
    await fake.close();
    const records = [...store.held.values()];
    expect(records).toHaveLength(40);
    expect(records[0]).toMatchObject({ tags: ['Received'], updatedAt: Date.UTC(2024, 0, 1) });
    const opinions = records.flatMap((record) => record.opinions ?? []);
    expect(new Set(opinions.map(({ value }) => value))).toEqual(new Set(['positive', 'negative']));
    expect(opinions[0]).toMatchObject({ by: 'Example Platform', tags: ['Example'] });
  });

  test('a malformed record costs itself alone, and is told by its place', async () => {
    const { fake, exchange } = await client({}, ['malformed-record']);
    const store = new Store();
    await readOn(exchange, store);
    await fake.close();
    expect(store.held.size).toBe(40);
    expect(store.problems).toHaveLength(4);
    expect(store.read).toBe(44);
    expect(store.problems[0]).toEqual({ reason: 'record 6 of the page: no record with signalType and hashValue', partial: false });
  });

  test('keeps only the types that are wanted', async () => {
    const { fake, exchange } = await client({}, ['other-types']);
    const store = new Store();
    await readOn(exchange, store, { types: ['pdq', 'url'] });
    await fake.close();
    expect(new Set([...store.held.values()].flatMap(({ signals }) => signals.map(({ type }) => type)))).toEqual(new Set(['pdq', 'url']));
  });

  test('everything is read anew after 30 days', async () => {
    const { fake, exchange } = await client();
    const store = new Store();
    const now = Date.UTC(2026, 5, 1);
    await readOn(exchange, store, { now });
    const { checkpoint } = store;
    if (!checkpoint) throw new Error('no checkpoint');
    expect(exchange.isStale(checkpoint, now + 30 * 86_400_000)).toBe(false);
    expect(exchange.isStale(checkpoint, now + 30 * 86_400_000 + 1)).toBe(true);
    store.held.set('ImagePDQ:gone', { key: 'ImagePDQ:gone', signals: [] });
    await readOn(exchange, store, { now: now + 86_400_000 });
    expect(store.held.has('ImagePDQ:gone')).toBe(true);
    await readOn(exchange, store, { now: now + 86_400_000 * 32 });
    expect(store.held.has('ImagePDQ:gone')).toBe(false);
    expect(store.held.size).toBe(40);
    await fake.close();
  });

  test('gives feedback and submits with the key of each, once', async () => {
    const { fake, exchange } = await client();
    const value = fakeBytes(32, 1, 'own');
    const hashValue = Buffer.from(value).toString('hex');
    await exchange.giveFeedback?.({ key: 'x', signal: 'pdq', value, opinion: 'negative', reasons: ['Example'] });
    await exchange.submit?.([{ signal: { type: 'pdq', value }, tags: ['Nude'] }], { now: 5000 });
    await expect(exchange.submit?.([{ signal: { type: 'sha1', value: new Uint8Array(20) } }])).rejects.toThrow('StopNCII takes pdq');
    await fake.close();
    const [feedback, submission] = fake.requests;
    expect(JSON.parse(feedback?.body ?? '')).toEqual({
      count: 1,
      hashFeedbacks: [{ tags: ['Example'], feedbackValue: 'NotBlocked', hashValue }],
    });
    expect(feedback?.headers['x-functions-key']).toBe(fake.credentials['feedbackKey']);
    expect(JSON.parse(submission?.body ?? '')).toEqual({
      count: 1,
      hashRecords: [
        { lastModtimestamp: 5, signalType: 'ImagePDQ', hashValue, CSPFeedbacks: [{ tags: ['Nude'], feedbackValue: 'Blocked' }] },
      ],
    });
    expect(fake.requests).toHaveLength(2);
  });

  test('cannot do what it has no key for', () => {
    const exchange = stopNciiExchange({ subscriptionKey: 'a', fetchKey: 'b' });
    expect(exchange).toMatchObject({ kind: 'stopncii', host: 'api.stopncii.org' });
    expect(exchange.giveFeedback).toBeUndefined();
    expect(exchange.submit).toBeUndefined();
    expect(() => stopNciiExchange({ subscriptionKey: 'a', fetchKey: '' })).toThrow('fetchKey');
  });
});
