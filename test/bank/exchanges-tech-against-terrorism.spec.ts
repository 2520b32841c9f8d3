import { afterEach, describe, expect, test } from 'vitest';
import { type Fake, LAST_DAY } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { fakeTechAgainstTerrorism } from '../../src/fakes/tech-against-terrorism.js';
import { techAgainstTerrorismExchange } from '../../src/list/exchanges/tech-against-terrorism.js';
import { describeFaults, type MakeExchange } from './exchange-faults.js';
import { readOn, Store, sorted } from './exchange-store.js';

const make: MakeExchange = (fake, options) =>
  techAgainstTerrorismExchange({ baseUrl: fake.url, ...(fake.credentials as { username: string; password: string }), ...options });
const now = LAST_DAY + 86_400_000;

describeFaults(fakeTechAgainstTerrorism, make, { entries: 60, pageSize: 7 });

describe('Tech Against Terrorism', () => {
  const open: Fake[] = [];
  afterEach(async () => {
    for (const fake of open.splice(0)) await fake.close();
  });
  const start = async (faults: string[], entries = 40) => {
    const fake = await startFake('tech-against-terrorism', { entries, pageSize: 10, faults, now: () => now });
    open.push(fake);
    return fake;
  };

  test('logs in once, and again whenever the token has expired', async () => {
    const logins = ({ requests }: Fake): number => requests.filter(({ method }) => method === 'POST').length;
    const lasting = await start([]);
    await readOn(make(lasting, {}), new Store(), { now });
    expect(logins(lasting)).toBe(1);
    const short = await start(['expired-token']);
    const store = new Store();
    await readOn(make(short, {}), store, { now });
    expect(logins(short)).toBe(2);
    expect(store.truth()).toEqual(sorted(short.truth()));
    expect(short.requests.find(({ method }) => method === 'GET')?.headers['authorization']).toBe('Bearer fake-secret-1');
  });

  test('does not follow the list to another host', async () => {
    const fake = await start(['foreign-next']);
    await expect(readOn(make(fake, {}), new Store(), { now })).rejects.toThrow('the next page is on another host, which is never asked');
  });

  test('pages by what it has read, not by counting', async () => {
    const fake = await start(['changing']);
    const store = new Store();
    await readOn(make(fake, {}), store, { now });
    expect(fake.requests.some(({ query }) => query.has('offset'))).toBe(false);
    expect(store.truth()).toEqual(sorted(fake.truth()));
  });

  test('counts where there is nothing else, and stops where there is no end', async () => {
    const fake = await start([]);
    const withoutCheckpoint = async (url: string, init: RequestInit): Promise<Response> => {
      const answer = (await (await fetch(url, init)).json()) as Record<string, unknown>;
      return Response.json({ ...answer, checkpoint: '' });
    };
    const store = new Store();
    await readOn(make(fake, { fetch: withoutCheckpoint }), store, { now });
    expect(store.truth()).toEqual(sorted(fake.truth()));
    expect(store.checkpoint).toBeUndefined();
    const endless = async (url: string): Promise<Response> =>
      url.includes('token-auth')
        ? Response.json({ token: 'a' })
        : Response.json({ results: [], next: `${fake.url}/api/hash-list/v2/all?offset=5` });
    await expect(readOn(make(fake, { fetch: endless }), new Store(), { now })).rejects.toThrow('its pages do not end');
  });

  test('keeps ideology, type of file and time; what it does not know as other', async () => {
    const fake = await start(['unknown-types']);
    const store = new Store();
    await readOn(make(fake, {}), store, { now });
    expect(store.held.get('3')).toMatchObject({ category: 'islamist', tags: ['hologram'], updatedAt: Date.UTC(2024, 0, 1) });
    const signals = [...store.held.values()].flatMap((record) => record.signals);
    expect(new Set(signals.map(({ type }) => type))).toEqual(
      new Set(['md5', 'video-md5', 'sha256', 'video-sha256', 'sha512', 'pdq', 'other']),
    );
    expect(signals.find(({ type }) => type === 'other')?.name).toBe('BLAKE3');
  });

  test('needs both name and password', () => {
    expect(() => techAgainstTerrorismExchange({ username: 'a', password: '' })).toThrow('password');
    const exchange = techAgainstTerrorismExchange({ username: 'a', password: 'b' });
    expect(exchange).toMatchObject({ kind: 'tech-against-terrorism', host: 'app.terrorismanalytics.org' });
    expect(exchange.giveFeedback).toBeUndefined();
  });
});
