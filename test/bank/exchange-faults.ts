import { afterEach, describe, expect, test } from 'vitest';
import type { Exchange } from '../../src/bank/exchange.js';
import { EgideError } from '../../src/errors.js';
import { type Fake, type FakeKind, type FakeOptions, FIRST_DAY, LAST_DAY, SERVER_FAULTS } from '../../src/fakes/fake.js';
import { startFakeOf } from '../../src/fakes/fake-server.js';
import type { HttpOptions } from '../../src/list/http-client.js';
import { expectSecrets, printed, readOn, Store, sorted } from './exchange-store.js';

/** How the tests of one exchange make its client. */
export type MakeExchange = (fake: Fake, options: HttpOptions) => Exchange;

const NO_WAIT: HttpOptions = { sleep: async () => {}, random: () => 0 };
const AFTER_ALL = LAST_DAY + 86_400_000;

/** What every exchange must do, whatever its source does: hold what the source holds, wherever it was stopped, and keep its secrets. */
export function describeFaults(kind: FakeKind, make: MakeExchange, { entries, pageSize }: { entries: number; pageSize: number }): void {
  const names = [...SERVER_FAULTS, ...kind.faults].filter(({ fatal }) => !fatal).map(({ name }) => name);
  const cases: [string, string[]][] = [['no fault', []], ...names.map((name): [string, string[]] => [name, [name]]), ['all faults', names]];
  const open: Fake[] = [];
  const start = async (options: FakeOptions): Promise<{ fake: Fake; exchange: Exchange }> => {
    const fake = await startFakeOf(kind, { entries, pageSize, now: () => AFTER_ALL, ...options });
    open.push(fake);
    return { fake, exchange: make(fake, NO_WAIT) };
  };
  afterEach(async () => {
    for (const fake of open.splice(0)) await fake.close();
  });

  describe.each(cases)(`${kind.kind} with %s`, (_what, faults) => {
    test('what is held is what the source holds, and nothing is printed', async () => {
      const { fake, exchange } = await start({ faults });
      const store = new Store();
      expect(await printed(async () => void (await readOn(exchange, store, { now: AFTER_ALL })))).toBe('');
      expect(store.truth()).toEqual(sorted(fake.truth()));
      expect(fake.truth().size).toBeGreaterThan(entries / 4);
      expect(store.checkpoint).toBeDefined();
      expectSecrets(
        fake,
        store.problems.map((problem) => JSON.stringify(problem)),
      );
      // Once more, with nothing new: the same.
      expect(await readOn(exchange, store, { now: AFTER_ALL })).toBe(true);
      expect(store.truth()).toEqual(sorted(fake.truth()));
    });

    test('it may be stopped after any batch', async () => {
      // With all faults at once a run takes hundreds of questions.
      for (let stopAfter = 1; ; stopAfter += faults.length > 1 ? 3 : 1) {
        const { fake, exchange } = await start({ faults });
        const store = new Store();
        const ended = await readOn(exchange, store, { now: AFTER_ALL, stopAfter });
        // Another process goes on, with another client.
        if (!ended) await readOn(make(fake, NO_WAIT), store, { now: AFTER_ALL });
        expect(store.truth(), `stopped after ${stopAfter}`).toEqual(sorted(fake.truth()));
        await fake.close();
        open.pop();
        if (ended) break;
      }
    });

    test('what changes later is read later', async () => {
      let now = FIRST_DAY + (LAST_DAY - FIRST_DAY) / 3;
      const { fake, exchange } = await start({ faults, now: () => now });
      const store = new Store();
      for (const days of [0, 20, 0.001, 29, 25, AFTER_ALL]) {
        now = Math.min(AFTER_ALL, now + days * 86_400_000);
        await readOn(exchange, store, { now });
        // What came within the last minutes may be left for the next time.
        const later = now + 5_400_000;
        now = later;
        await readOn(exchange, store, { now });
        expect(store.truth()).toEqual(sorted(fake.truth()));
      }
    });
  });

  describe(`${kind.kind} that cannot be read`, () => {
    test.each(kind.faults.filter(({ fatal }) => fatal).map(({ name }) => name))('is not read on with %s', async (fault) => {
      const { fake, exchange } = await start({ faults: [fault] });
      const error = await readOn(exchange, new Store(), { now: AFTER_ALL }).catch((reason) => reason);
      expect(error).toMatchObject({ code: 'EXCHANGE_FAILED' });
      expectSecrets(fake, [`${error.stack} ${String(error.cause)}`]);
    });

    test('refuses credentials that are not its own, and says so without them', async () => {
      const { fake } = await start({});
      const wrong = Object.fromEntries(Object.keys(fake.credentials).map((name) => [name, `wrong-${name}-4711`]));
      const error = await readOn(make({ ...fake, credentials: wrong }, NO_WAIT), new Store(), { now: AFTER_ALL }).catch((reason) => reason);
      expect(error).toBeInstanceOf(EgideError);
      expect(error).toMatchObject({ code: 'EXCHANGE_FAILED' });
      expect(String(error)).toContain('check the credentials');
      expect(`${error.stack} ${String(error.cause)}`).not.toContain('4711');
    });

    test('an answer that is something else is an error that quotes nothing', async () => {
      const { fake } = await start({});
      for (const body of ['<html>6567696446414b45</html>', '{"a":"6567696446414b45"}', '[]', 'null', '6567696446414b45', '']) {
        const strange: HttpOptions = { ...NO_WAIT, fetch: async () => new Response(body) };
        const error = await readOn(make(fake, strange), new Store(), { now: AFTER_ALL }).catch((reason) => reason);
        expect(error, body).toMatchObject({ code: 'EXCHANGE_FAILED' });
        expectSecrets(fake, [`${error.stack} ${String(error.cause)}`]);
      }
    });

    test('stops when the caller does', async () => {
      const { exchange } = await start({});
      const controller = new AbortController();
      const batches = exchange.fetch(undefined, { now: AFTER_ALL, signal: controller.signal })[Symbol.asyncIterator]();
      controller.abort(new Error('enough'));
      await expect(batches.next()).rejects.toThrow('enough');
    });
  });
}
