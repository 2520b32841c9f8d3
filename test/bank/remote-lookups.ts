import sharp from 'sharp';
import { afterEach, describe, expect, test } from 'vitest';
import { loadSync } from '../../src/entry/node.js';
import { type Fake, type FakeKind, SERVER_FAULTS } from '../../src/fakes/fake.js';
import { startFakeOf } from '../../src/fakes/fake-server.js';
import type { HttpOptions } from '../../src/list/http-client.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import type { RemoteList, RemoteService } from '../../src/shield/remote/remote-service.js';
import type { RemoteMatch, Verdict } from '../../src/shield/verdict.js';
import { expectSecrets, printed } from './exchange-store.js';

export const egide = loadSync();
const pictureOf = async (name: string, width = 320): Promise<Uint8Array> =>
  new Uint8Array(await sharp(`examples/pictures/${name}.jpg`).resize(width).jpeg({ quality: 80 }).toBuffer());
export const boats: Uint8Array = await pictureOf('nagasaki-boats');
export const cat: Uint8Array = await pictureOf('locomotion-house-cat');
/** The same picture, another file. */
export const smaller: Uint8Array = await pictureOf('nagasaki-boats', 200);

/** A client that does not wait between tries. */
export const NO_WAIT: HttpOptions & { deadlineMs: number } = { tries: 20, sleep: async () => {}, random: () => 0, deadlineMs: 5_000 };

/** An answer to the body of a question, where that is a text. */
export type Answering = (asked: string) => string;

/** Answers every question so, but for one about its state, to which it says that all is well. */
export function answering(answer: Answering): NonNullable<HttpOptions['fetch']> {
  return async (url, { body }) => new Response(url.endsWith('/status') ? 'I-AM-ALIVE' : answer(typeof body === 'string' ? body : ''));
}

/** How the tests of one service make its client, and make its fake know a picture. */
export interface ServiceUnderTest {
  readonly kind: FakeKind;
  readonly make: (fake: Fake, options: HttpOptions & { deadlineMs?: number }) => RemoteService;
  readonly teach: (fake: Fake, picture: Uint8Array) => Promise<void>;
  /** What it then says of that picture: of the file, and of its hash. */
  readonly says: { readonly media: Partial<RemoteMatch>; readonly pdq: Partial<RemoteMatch> };
  /** Faults with which it must hold what it is asked about; with all others it answers. */
  readonly holds: (send: 'pdq' | 'media') => readonly string[];
  /** Faults with which it knows nothing, or nothing can be added to it. */
  readonly silent?: readonly string[];
  /** Answers to what was asked that are JSON, and not what the protocol has. */
  readonly strange: readonly Answering[];
}

const open: Fake[] = [];
afterEach(async () => {
  for (const fake of open.splice(0)) await fake.close();
});

/** A running fake that knows {@link boats}, and a scan that asks it. */
export async function known(
  { kind, make, teach }: ServiceUnderTest,
  faults: readonly string[] = [],
  options: HttpOptions & { deadlineMs?: number } = NO_WAIT,
) {
  const fake = await startFakeOf(kind, { faults, entries: 20 });
  open.push(fake);
  await teach(fake, boats);
  const taught = fake.requests.length;
  const service = make(fake, options);
  const shieldOf = (remote: Omit<RemoteList, 'service'>, policy: Partial<Policy> = {}) =>
    egide.shield({ remote: [{ service, ...remote }], lists: [], policy: { ...defaultPolicy, ...policy } });
  return { fake, service, shieldOf, asked: () => fake.requests.slice(taught) };
}

/** The error of a call, with everything that hangs on it as one text. */
export async function failureOf(fake: Fake, work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    (answer) => new Error(`it was answered: ${JSON.stringify(answer)}`),
    (reason: unknown) => reason as Error,
  );
  expectSecrets(fake, [`${error.stack} ${String(error.cause)}`]);
  return `${(error as { code?: string }).code} ${error.message}`;
}

/** What every service must do in a scan, whatever it answers: find what is known, and let nothing through that it did not clear. */
export function describeLookUps(service: ServiceUnderTest): void {
  const { kind } = service;
  const faults = [...SERVER_FAULTS, ...kind.faults].map(({ name }) => name);
  const could = (verdict: Verdict) => expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', matches: [] });

  describe.each(['pdq', 'media'] as const)(`${kind.kind}, asked by %s`, (send) => {
    const harmless = faults.filter((name) => ![...service.holds(send), ...(service.silent ?? [])].includes(name));
    const cases: [string, string[]][] = [['no fault', []], ...harmless.map((name): [string, string[]] => [name, [name]])];
    test.each(cases)('finds what it knows and clears what it does not, with %s', async (_what, faults) => {
      const { fake, shieldOf } = await known(service, faults);
      const said: Verdict[] = [];
      const output = await printed(async () => {
        for (const picture of [boats, cat]) said.push(await shieldOf({ send }).scan(picture));
      });
      expect(output).toBe('');
      const [found, clear] = said as [Verdict, Verdict];
      expect(found).toMatchObject({ outcome: 'match', problems: [], remote: [{ name: kind.kind, sent: send, answered: true }] });
      expect(found.matches[0]).toMatchObject({ kind: 'remote', sent: send });
      expect(found.action).not.toBe('allow');
      if (faults.length === 0) expect(found.matches).toMatchObject([service.says[send]]);
      expect(clear).toMatchObject({
        action: 'allow',
        outcome: 'no-match',
        problems: [],
        summary: `No match among what ${kind.kind} knows.`,
      });
      expectSecrets(fake, [JSON.stringify(said)]);
    });

    test.each(service.holds(send))('holds what is known and what is not, with %s', async (fault) => {
      const { fake, shieldOf } = await known(service, [fault], { ...NO_WAIT, deadlineMs: 300 });
      for (const picture of [boats, cat]) could(await shieldOf({ send }).scan(picture));
      expectSecrets(fake);
    });

    test('holds what is answered with anything else than the protocol, and quotes nothing of it', async () => {
      const nonsense = ['<html>6567696446414b45</html>', 'null', '[]', '""', '7', ''].map((text) => () => text);
      for (const [i, answer] of [...nonsense, ...service.strange].entries()) {
        const { fake, shieldOf } = await known(service, [], { ...NO_WAIT, fetch: answering(answer) });
        const verdict = await shieldOf({ send }).scan(cat);
        could(verdict);
        expect(verdict.problems, `answer ${i}`).toMatchObject([{ code: 'EXCHANGE_FAILED' }]);
        expect(verdict.remote).toMatchObject([{ answered: false }]);
        expectSecrets(fake, [JSON.stringify(verdict)]);
        expect(JSON.stringify(verdict)).not.toContain('strange');
      }
    });

    test.each([400, 401, 403, 404, 413, 422, 429, 500, 503])('holds what is answered with %i', async (status) => {
      const { shieldOf } = await known(service, [], { ...NO_WAIT, fetch: async () => new Response('{"detail":"no"}', { status }) });
      const verdict = await shieldOf({ send }).scan(cat);
      could(verdict);
      expect(verdict.problems[0]?.message).toContain(`answered ${status}`);
    });

    test('holds when it cannot be reached', async () => {
      const { fake, shieldOf } = await known(service);
      await fake.close();
      open.pop();
      could(await shieldOf({ send }).scan(cat));
    });

    test('is not asked when there is no time left, and waits no longer than there is', async () => {
      const never = (_url: string, { signal }: RequestInit): Promise<Response> =>
        new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
      const { shieldOf } = await known(service, [], { ...NO_WAIT, fetch: never });
      const verdict = await shieldOf({ send }).scan(cat, { budgetMs: 400 });
      could(verdict);
      expect(verdict.problems[0]?.message).toMatch(/no answer in the \d+ ms that the scan had left|asking 1 service/);
      const late = await shieldOf({ send }).scan(cat, { budgetMs: 0.001 });
      could(late);
      expect(late.remote).toEqual([]);
    });

    test('stops when the caller does', async () => {
      const stop = new AbortController();
      const wait = (_url: string, { signal }: RequestInit): Promise<Response> => {
        stop.abort(new Error('enough'));
        return Promise.reject(signal?.reason);
      };
      const { shieldOf } = await known(service, [], { ...NO_WAIT, fetch: wait });
      await expect(shieldOf({ send }).scan(cat, { signal: stop.signal })).rejects.toThrow('enough');
    });

    test('is not asked about what a list blocks, unless that is wanted', async () => {
      const { shieldOf, service: asked, asked: requests } = await known(service);
      const { sha256 } = await egide.digest(boats);
      using list = await egide.hashList(new TextEncoder().encode(`id,sha256\n1,${Buffer.from(sha256).toString('hex')}\n`), { name: 'own' });
      const blocked = await egide.shield({ lists: [list], remote: [{ service: asked, send }] }).scan(boats);
      expect(blocked).toMatchObject({ action: 'block', remote: [] });
      expect(requests()).toEqual([]);
      const all = await egide.shield({ lists: [list], remote: [{ service: asked, send, when: 'always' }] }).scan(boats);
      expect(all.matches.map((match) => match.kind)).toEqual(['exact', 'remote']);
      expect((await shieldOf({ send }).scan(boats)).outcome).toBe('match');
    });

    test('says whether credentials were refused, and not which', async () => {
      const { fake } = await known(service);
      const wrong = Object.fromEntries(Object.keys(fake.credentials).map((name) => [name, `wrong-${name}-4711`]));
      const remote = [{ service: service.make({ ...fake, credentials: wrong }, NO_WAIT), send }];
      const verdict = await egide.shield({ lists: [], remote }).scan(cat);
      could(verdict);
      expect(verdict.problems[0]?.message).toContain('check the credentials');
      expect(JSON.stringify(verdict)).not.toContain('4711');
    });
  });

  describe(`${kind.kind} in a shield`, () => {
    test('is sent hashes of 32 bytes and nothing else, if that is what was chosen', async () => {
      const { shieldOf, asked } = await known(service);
      await shieldOf({ send: 'pdq' }).scan(boats);
      expect(asked().length).toBeGreaterThan(0);
      for (const { bytes, query } of asked()) expect(bytes.length + String(query).length).toBeLessThan(200);
    });

    test('finds a smaller copy by its hash, and says in which frame and view', async () => {
      const { shieldOf } = await known(service);
      const verdict = await shieldOf({ send: 'pdq' }).scan(smaller);
      expect(verdict).toMatchObject({ action: 'hold', matches: [{ ...service.says.pdq, frame: 0, view: 'stored' }] });
      expect(verdict.summary).toMatch(new RegExp(`^Remote match: ${kind.kind} knows something like it, as `));
    });

    test('is not asked by the hash of a picture that has too little in it, which is no clearance', async () => {
      const { shieldOf, asked } = await known(service);
      const grey = { create: { width: 64, height: 64, channels: 3, background: '#777' } } as const;
      const flat = new Uint8Array(await sharp(grey).png().toBuffer());
      const verdict = await shieldOf({ send: 'pdq' }).scan(flat);
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'not-hashable', problems: [{ code: 'LOW_QUALITY' }], remote: [] });
      expect(asked()).toEqual([]);
    });

    test('cannot be sent a file where there are pixels alone', async () => {
      const { shieldOf } = await known(service);
      const pixels = await egide.decode(boats);
      expect(await shieldOf({ send: 'media' }).scan(pixels)).toMatchObject({
        action: 'hold',
        problems: [{ code: 'NO_BYTES' }],
        remote: [],
      });
      expect(await shieldOf({ send: 'pdq' }).scan(pixels)).toMatchObject({ action: 'hold', outcome: 'match', problems: [] });
    });

    test('is asked by file about what is no picture, too', async () => {
      const { shieldOf } = await known(service);
      const verdict = await shieldOf({ send: 'media' }).scan(new TextEncoder().encode('no picture'));
      expect(verdict).toMatchObject({ action: 'allow', outcome: 'no-match', remote: [{ answered: true }] });
    });
  });
}
