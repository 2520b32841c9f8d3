import { afterEach, describe, expect, test } from 'vitest';
import { type Fake, LAST_DAY } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { fakeHma } from '../../src/fakes/hma.js';
import { type HmaOptions, hmaExchange } from '../../src/list/exchanges/hma.js';
import { describeFaults } from './exchange-faults.js';
import { readOn, Store, sorted } from './exchange-store.js';

const small = { idsPerStep: 8, maxGap: 24 };
const make = ({ url, settings, credentials }: Fake, options: Partial<HmaOptions>) =>
  hmaExchange({ ...({ ...settings, ...credentials } as unknown as HmaOptions), baseUrl: url, ...small, ...options });
const now = LAST_DAY + 86_400_000;

/** What is wrong with look-ups alone has tests of its own (remote-hma.spec.ts). */
const LOOK_UPS: readonly string[] = ['outer-key', 'index-stale', 'index-not-loaded'];
const asList = { ...fakeHma, faults: fakeHma.faults.filter(({ name }) => !LOOK_UPS.includes(name)) };

describeFaults(asList, make, { entries: 20, pageSize: 8 });

describe('A bank of Hasher-Matcher-Actioner', () => {
  const open: Fake[] = [];
  afterEach(async () => {
    for (const fake of open.splice(0)) await fake.close();
  });
  const start = async (faults: string[] = [], entries = 120) => {
    const fake = await startFake('hma', { entries, faults, now: () => now });
    open.push(fake);
    return fake;
  };

  test('is read by several questions at a time, and what it has of other banks is left alone', async () => {
    const fake = await start();
    const store = new Store();
    await readOn(make(fake, { idsPerStep: 50, parallel: 8 }), store, { now });
    expect(store.truth()).toEqual(sorted(fake.truth()));
    expect(store.held.size).toBe(90);
    expect(store.checkpoint).toEqual({ highest: 120 + 5 * 11 });
    const ids = new Set(fake.requests.map(({ path }) => path).filter((path) => path.includes('/content/')));
    expect(ids.size).toBe(200); // four steps, none twice
  });

  test('keeps exchanges and notes; what is switched off is held without its signals, until it is switched on', async () => {
    const fake = await start(['disabled']);
    const store = new Store();
    await readOn(make(fake, { idsPerStep: 200 }), store, { now });
    const disabled = [...store.held.values()].filter(({ tags }) => tags?.includes('disabled'));
    expect(disabled.length).toBeGreaterThan(5);
    expect(disabled.every(({ signals }) => signals.length === 0)).toBe(true);
    expect(store.held.get('3')).toMatchObject({ tags: ['EXAMPLE_EXCHANGE'], note: 'an example', signals: [{ type: 'pdq' }] });
    await readOn(make(fake, { idsPerStep: 200 }), store, { now: now + 365 * 86_400_000 });
    const still = [...store.held.values()].filter(({ tags }) => tags?.includes('disabled'));
    expect(still.length).toBeLessThan(disabled.length);
    expect(still.length).toBeGreaterThan(5); // those that are off for ever
  });

  test('withdraws nothing behind its end, nor when a 404 is about something else', async () => {
    const fake = await start([], 40);
    const store = new Store();
    await readOn(make(fake, {}), store, { now });
    const before = store.truth();
    for (const faults of [['odd-errors'], ['no-bank']]) {
      const changed = await start(faults, 40);
      await expect(readOn(make(changed, {}), store, { now })).rejects.toMatchObject({ code: 'EXCHANGE_FAILED' });
      expect(store.truth()).toEqual(before);
    }
    const emptied = await start([], 1);
    await readOn(make(emptied, {}), store, { now }); // goes on where the reading above was given up
    await readOn(make(emptied, {}), store, { now });
    expect(store.truth()).toEqual(sorted(emptied.truth())); // told by name, id by id
    expect(store.held.size).toBe(1);
  });

  test('is given up where it does not show what it says it holds, and says so', async () => {
    await expect(readOn(make(await start(['no-signals'], 40), {}), new Store(), { now })).rejects.toThrow(
      /FAKE_BANK: the source says that it holds more than it showed, and has none of \d+ ids in a row/,
    );
    await expect(readOn(make(await start(['no-bank'], 40), {}), new Store(), { now })).rejects.toThrow('the name of the bank');
  });

  test.each([
    [{ baseUrl: 'https://hma.example', bank: 'small' }, 'bank: expected capitals'],
    [{ baseUrl: 'http://hma.example', bank: 'A' }, 'https:'],
    [{ baseUrl: 'https://hma.example', bank: 'A', authorization: '' }, 'authorization'],
    [{ baseUrl: 'https://hma.example', bank: 'A', parallel: 65 }, 'parallel'],
  ])('%j is a mistake', (options, message) => {
    expect(() => hmaExchange(options)).toThrow(message);
  });
});
