import { afterEach, describe, expect, test } from 'vitest';
import { type Fake, LAST_DAY } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { fakeThreatExchange } from '../../src/fakes/threatexchange.js';
import { type ThreatExchangeOptions, threatExchange } from '../../src/list/exchanges/threatexchange.js';
import { describeFaults, type MakeExchange } from './exchange-faults.js';
import { readOn, Store } from './exchange-store.js';

type Texts = Pick<ThreatExchangeOptions, 'baseUrl' | 'privacyGroup' | 'accessToken'>;
const make: MakeExchange = ({ settings, credentials }, options) =>
  threatExchange({ ...({ ...settings, ...credentials } as unknown as Texts), ...options });

describeFaults(fakeThreatExchange, make, { entries: 30, pageSize: 5 });

describe('ThreatExchange', () => {
  const now = LAST_DAY + 86_400_000;
  const open: Fake[] = [];
  afterEach(async () => {
    for (const fake of open.splice(0)) await fake.close();
  });
  const start = async (faults: string[] = [], entries = 40) => {
    const fake = await startFake('threatexchange', { entries, pageSize: 10, faults, now: () => now });
    open.push(fake);
    return fake;
  };
  const read = async (fake: Fake) => {
    const store = new Store();
    await readOn(make(fake, {}), store, { now });
    return store;
  };
  /** A source that tells of these updates. */
  const telling = (...all: { last_updated: number }[]) => {
    const fetch = async (url: string): Promise<Response> => {
      const [from, to] = ['start_time', 'stop_time'].map((name) => new URL(url).searchParams.get(name));
      return Response.json({ data: all.filter((one) => one.last_updated >= Number(from) && one.last_updated < Number(to ?? Infinity)) });
    };
    return threatExchange({ privacyGroup: '1', accessToken: '5|secret', fetch });
  };
  const heldOf = async (...data: { last_updated: number }[]) => {
    const store = new Store();
    await readOn(telling(...data), store, { now });
    return store;
  };
  const descriptor = (more: object = {}) => ({ id: '71', owner: { id: '9' }, status: 'MALICIOUS', tags: ['b', 'a'], ...more });
  const update = (more: object = {}, ...descriptors: object[]) => ({
    ...{ id: '7', indicator: 'aa'.repeat(16), type: 'HASH_MD5', last_updated: 1_700_000_000, should_delete: false },
    descriptors: { data: descriptors.length > 0 ? descriptors : [descriptor()] },
    ...more,
  });

  test('sends the token in a header, never in a URL, and keeps none of it', async () => {
    const fake = await start(['same-second'], 60);
    const store = await read(fake);
    expect(fake.requests.some(({ query }) => query.has('after'))).toBe(true);
    for (const { path, query, headers } of fake.requests) {
      expect(`${path}?${query}`).not.toMatch(/access_token|secret/);
      expect(headers['authorization']).toBe(`Bearer ${fake.credentials['accessToken']}`);
    }
    expect(Object.keys(store.checkpoint ?? {})).toEqual(['from']);
  });

  test('a withdrawn type of a URL leaves the URL to the others', async () => {
    const fake = await start(['url-types']);
    const urls = [...(await read(fake)).held.values()].flatMap(({ key, signals }) =>
      signals.flatMap(({ type, value }) => (type === 'url' ? [{ key, url: new TextDecoder().decode(value) }] : [])),
    );
    const counts = urls.map(({ url }) => urls.filter((other) => other.url === url).length);
    expect(new Set(counts)).toEqual(new Set([1, 2, 3]));
    expect(urls.every(({ url }) => url.startsWith('https://'))).toBe(true);
  });

  test('opinions are those of descriptors, or else of reactions', async () => {
    const reactions = [
      { key: 'HELPFUL', value: '5,9,12' },
      { key: 'DISAGREE_WITH_TAGS', value: '12,13' },
      { key: 'SAW_THIS_TOO', value: '14' },
    ];
    const { held } = await heldOf(
      update(
        {},
        descriptor({ reactions }),
        descriptor({ owner: { id: '10' }, status: 'NON_MALICIOUS' }),
        descriptor({ status: 'UNKNOWN' }),
      ),
    );
    expect(held.get('7')).toMatchObject({ tags: ['a', 'b'], updatedAt: 1_700_000_000_000 });
    const opinions = new Map(held.get('7')?.opinions?.map(({ by, value }) => [by, value]));
    expect(Object.fromEntries(opinions)).toEqual({ own: 'positive', 9: 'positive', 10: 'negative', 12: 'disputed', 13: 'negative' });
    const both = await heldOf(update({}, descriptor(), descriptor({ status: 'NON_MALICIOUS' })));
    expect(both.held.get('7')?.opinions).toEqual([{ by: '9', value: 'disputed', tags: ['a', 'b'] }]);
  });

  test('a descriptor without an owner is named, and costs itself alone', async () => {
    const { held, problems } = await heldOf(update({}, descriptor({ owner: undefined })));
    expect(held.get('7')?.signals).toHaveLength(1);
    expect(held.get('7')).not.toHaveProperty('opinions');
    expect(problems[0]).toEqual({ key: '7', reason: 'a descriptor without an owner', partial: true });
  });

  test('types are those of a bank, tags say which digests are of videos', async () => {
    const typed = async (type: string, indicator: string, ...tags: string[]) =>
      (await heldOf(update({ type, indicator }, descriptor({ tags })))).held.get('7')?.signals[0];
    const hex = 'ab'.repeat(32);
    expect(await typed('HASH_PDQ', hex)).toMatchObject({ type: 'pdq' });
    expect(await typed('HASH_SHA256', hex, 'media_type_video')).toMatchObject({ type: 'video-sha256' });
    expect(await typed('HASH_MD5', hex.slice(32), 'media_type_video')).toMatchObject({ type: 'video-md5' });
    expect(await typed('HASH_URL_MD5', hex.slice(32))).toMatchObject({ type: 'url-md5' });
    expect(await typed('UNCLICKABLE_URL', '[h]ttps://example.org/')).toEqual({
      type: 'url',
      value: new TextEncoder().encode('https://example.org/'),
    });
    expect(await typed('HASH_PDQ_OCR', `${hex},a text`)).toMatchObject({ type: 'other', name: 'HASH_PDQ_OCR' });
    expect(await typed('HASH_PDQ', 'no hash')).toBeUndefined();
  });

  test('everything is read anew after 85 days, since withdrawals are forgotten after 90', async () => {
    const exchange = telling();
    const from = now / 1000;
    expect(exchange.isStale({ from }, now + 85 * 86_400_000)).toBe(false);
    expect(exchange.isStale({ from }, now + 85 * 86_400_000 + 1)).toBe(true);
    expect(exchange.isStale({ from: 5, begunAt: now }, now + 86_400_000)).toBe(false);
    expect(exchange.isStale({}, now)).toBe(true);
  });

  test('pages that do not end are an error', async () => {
    const answer = { data: [], paging: { next: 'https://graph.facebook.com/v21.0/1/threat_updates?after=x' } };
    const exchange = threatExchange({ privacyGroup: '1', accessToken: '5|s', fetch: async () => Response.json(answer) });
    await expect(readOn(exchange, new Store(), { now })).rejects.toThrow('its pages do not end');
  });

  test('feedback reacts to what every other member says of the indicator', async () => {
    const fake = await start();
    const exchange = make(fake, {});
    const given = { key: '4000000000000021', signal: 'sha256', value: new Uint8Array(32), opinion: 'negative' } as const;
    await exchange.giveFeedback?.(given);
    await exchange.giveFeedback?.({ ...given, key: '4000000000000028', reasons: ['NON_MALICIOUS'] });
    const posts = fake.requests.filter(({ method }) => method === 'POST').map(({ path, body }) => `${path} ${body}`);
    // The first indicator has a descriptor of this app, too.
    expect(posts).toEqual(['/v21.0/40000000000000212 reactions=DISAGREE_WITH_TAGS', '/v21.0/40000000000000281 reactions=NON_MALICIOUS']);
    await expect(exchange.giveFeedback?.({ ...given, reasons: ['a toy'] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(exchange.giveFeedback?.({ ...given, key: '../1' })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(exchange.giveFeedback?.({ ...given, key: '4000000000000000' })).rejects.toThrow('no other member');
    await expect(exchange.giveFeedback?.({ ...given, key: '99' })).rejects.toThrow('error code 100: check the privacy group');
  });

  test('needs a group and a token, and says neither', () => {
    expect(() => threatExchange({ privacyGroup: 'x', accessToken: 'a' })).toThrow('privacyGroup');
    expect(() => threatExchange({ privacyGroup: '1', accessToken: '' })).toThrow('accessToken');
    expect(telling()).toMatchObject({ kind: 'threatexchange', host: 'graph.facebook.com' });
  });
});
