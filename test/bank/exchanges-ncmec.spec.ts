import { afterEach, describe, expect, test } from 'vitest';
import type { Checkpoint } from '../../src/bank/record.js';
import { type Fake, type FakeOptions, LAST_DAY } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { fakeNcmec } from '../../src/fakes/ncmec.js';
import { NCMEC_ENVIRONMENTS, type NcmecOptions, ncmecExchange } from '../../src/list/exchanges/ncmec.js';
import { NCMEC_FINGERPRINTS } from '../../src/list/exchanges/ncmec-feedback.js';
import { describeFaults } from './exchange-faults.js';
import { readOn, Store, sorted } from './exchange-store.js';

const credentialsOf = ({ credentials }: Fake) => credentials as { username: string; password: string };
const AFTER_ALL = LAST_DAY + 86_400_000;
const HOUR = 3_600_000;

describeFaults(
  fakeNcmec,
  (fake, options) => ncmecExchange({ baseUrl: fake.url, ...credentialsOf(fake), largeFingerprints: true, windowRecords: 9, ...options }),
  { entries: 40, pageSize: 5 },
);

describe('NCMEC', () => {
  const open: Fake[] = [];
  afterEach(async () => {
    for (const fake of open.splice(0)) await fake.close();
  });
  const client = async (options: Partial<NcmecOptions> = {}, fakeOptions: FakeOptions = {}) => {
    const fake = await startFake('ncmec', { entries: 40, pageSize: 10, now: () => AFTER_ALL, ...fakeOptions });
    open.push(fake);
    return { fake, exchange: ncmecExchange({ baseUrl: fake.url, ...credentialsOf(fake), ...options }) };
  };

  test('asks in UTC, whatever the zone of the machine', async () => {
    const { fake, exchange } = await client();
    await readOn(exchange, new Store(), { now: Date.UTC(2025, 0, 1, 0, 30) });
    expect(fake.requests[0]?.query.get('from')).toBe('1970-01-01T00:00:00Z');
    expect(fake.requests[0]?.query.get('to')).toBe('2025-01-01T00:25:00Z');
  });

  test('of versions on different pages of a window the newest counts, wherever it stands', async () => {
    for (const fault of ['out-of-order', 'delete-before-add', 'duplicates']) {
      const { fake, exchange } = await client({}, { pageSize: 3, faults: ['out-of-order', fault] });
      const store = new Store();
      await readOn(exchange, store, { now: AFTER_ALL });
      expect(fake.requests.filter(({ query }) => !query.has('start'))).toHaveLength(1);
      expect(store.truth(), fault).toEqual(sorted(fake.truth()));
    }
  });

  test('no more is held than was agreed, and a checkpoint stands after each window', async () => {
    const { exchange } = await client({ windowRecords: 12 });
    const reads: number[] = [];
    const froms: unknown[] = [];
    for await (const { read, checkpoint } of exchange.fetch(undefined, { now: AFTER_ALL })) {
      reads.push(read);
      froms.push(checkpoint?.['from']);
    }
    expect(reads.reduce((a, b) => a + b)).toBe(40);
    expect(Math.max(...reads)).toBeLessThanOrEqual(12);
    expect(froms).toEqual([...new Set(froms)].sort());
    expect(froms.at(-1)).toBe(AFTER_ALL / 1000 - 300);
  });

  test('keeps classification, opinions and time', async () => {
    const { exchange } = await client();
    const store = new Store();
    await readOn(exchange, store, { now: AFTER_ALL });
    expect(store.held.get('42-image0')).toMatchObject({
      category: 'A1',
      updatedAt: Date.UTC(2024, 0, 1),
      opinions: [
        { by: '42', value: 'positive', tags: ['A1'] },
        { by: '43', value: 'positive', tags: ['MD5'] },
        { by: '101', value: 'negative', tags: ['SHA1', 'Example Reason 1'] },
      ],
    });
  });

  test('the path to a large fingerprint is kept, and asked for only on demand', async () => {
    const { fake, exchange } = await client({}, { faults: ['large-fingerprints'] });
    const store = new Store();
    await readOn(exchange, store, { now: AFTER_ALL });
    const signal = store.held.get('42-video3')?.signals.find(({ name }) => name === 'TMK_PDQF');
    expect(new TextDecoder().decode(signal?.value)).toBe('/v2/entries/3/fingerprints/TMK_PDQF');
    expect(fake.requests.filter(({ path }) => path.includes('fingerprints'))).toEqual([]);
  });

  test('keeps only the types that are wanted; an entry with none of them is held all the same', async () => {
    const { exchange } = await client();
    const store = new Store();
    await readOn(exchange, store, { now: AFTER_ALL, types: ['pdq'] });
    expect(store.held.get('42-image0')?.signals.map(({ type }) => type)).toEqual(['pdq']);
    expect(store.held.get('42-video3')?.signals).toEqual([]);
  });

  test('a crowded second is read page by page; a stored URL is used for the same second, and not after 11 hours', async () => {
    for (const { hours, repeats } of [
      { hours: 1, repeats: false },
      { hours: 13, repeats: true },
    ]) {
      let now = AFTER_ALL;
      const { fake, exchange } = await client({ windowRecords: 12 }, { entries: 120, faults: ['same-second'], now: () => now });
      const store = new Store();
      const isInside = ({ next }: Checkpoint): boolean => typeof next === 'string' && next.includes('start=31');
      while (!store.checkpoint || !isInside(store.checkpoint)) await readOn(exchange, store, { now, stopAfter: 1 });
      const { from } = store.checkpoint;
      const before = fake.requests.length;
      now += hours * HOUR;
      await readOn(exchange, store, { now });
      expect(store.truth()).toEqual(sorted(fake.truth()));
      const first = fake.requests[before]?.query;
      expect(first?.get('from')).toBe(`${new Date(1000 * Number(from)).toISOString().slice(0, 19)}Z`);
      expect(first?.has('start')).toBe(!repeats);
    }
  });

  test('a checkpoint that it did not make begins anew', async () => {
    const { fake, exchange } = await client();
    const store = new Store();
    store.checkpoint = { somebody: 'else' };
    expect(exchange.isStale(store.checkpoint, AFTER_ALL)).toBe(true);
    store.held.set('1-gone', { key: '1-gone', signals: [] });
    await readOn(exchange, store, { now: AFTER_ALL });
    expect(store.truth()).toEqual(sorted(fake.truth()));
    expect(exchange.isStale(store.checkpoint, AFTER_ALL + 1e12)).toBe(false);
  });

  test('a page that is cut short moves nothing', async () => {
    const cut: NcmecOptions['fetch'] = async (url, init) => new Response((await (await fetch(url, init)).text()).slice(0, -20));
    const { exchange } = await client({ fetch: cut });
    const store = new Store();
    await expect(readOn(exchange, store, { now: AFTER_ALL })).rejects.toThrow(/the page ends before .* cut short/);
    expect(store).toMatchObject({ checkpoint: undefined, read: 0 });
  });

  test('says who asks', async () => {
    const { exchange } = await client();
    expect(await exchange.status()).toEqual({ username: 'fake-member', memberId: '1', memberName: 'Example Member' });
  });

  test('gives feedback, with the reasons that are offered', async () => {
    const { fake, exchange } = await client();
    const about = { key: '42-image0', value: new Uint8Array(20) } as const;
    await exchange.giveFeedback({ ...about, signal: 'sha1', opinion: 'positive' });
    await exchange.giveFeedback({ ...about, signal: 'video-md5', opinion: 'negative', reasons: ['Example Reason 2'] });
    expect(fake.requests.map(({ method, path }) => `${method} ${path}`)).toEqual([
      'PUT /hashsharing/v2/entries/42/image0/SHA1/feedback',
      'GET /hashsharing/v2/feedback/MD5/reasons',
      'PUT /hashsharing/v2/entries/42/image0/MD5/feedback',
    ]);
    expect(fake.requests[0]?.body).toContain('<affirmative/>');
    expect(fake.requests[2]?.body).toContain(
      '<negative><reasonIds><guid>01234567-abcd-0123-4567-012345678901</guid></reasonIds></negative>',
    );
    const why = exchange.giveFeedback({ ...about, signal: 'pdq', opinion: 'negative' });
    await expect(why).rejects.toThrow('one or more of: Example Reason 1, Example Reason 2');
    await expect(exchange.giveFeedback({ ...about, signal: 'url', opinion: 'positive' })).rejects.toThrow('signal: expected');
    await expect(exchange.giveFeedback({ ...about, key: 'image0', signal: 'pdq', opinion: 'positive' })).rejects.toThrow('key: expected');
    for (const type of NCMEC_FINGERPRINTS) expect(await exchange.feedbackReasons(type)).toHaveLength(2);
  });

  test('knows every database by name', () => {
    const credentials = { username: 'a', password: 'b' };
    for (const environment of Object.keys(NCMEC_ENVIRONMENTS) as (keyof typeof NCMEC_ENVIRONMENTS)[])
      expect(ncmecExchange({ environment, ...credentials }).host).toBe(new URL(NCMEC_ENVIRONMENTS[environment]).host);
    expect(Object.keys(NCMEC_ENVIRONMENTS)).toHaveLength(14);
    expect(() => ncmecExchange(credentials)).toThrow('environment: expected one of industry');
    expect(() => ncmecExchange({ environment: 'industry', ...credentials, password: '' })).toThrow('password');
  });
});
