import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { fakeArachnid } from '../../src/fakes/arachnid.js';
import type { Fake } from '../../src/fakes/fake.js';
import { hashToBase64 } from '../../src/hash/encoding.js';
import { arachnidShield } from '../../src/shield/remote/arachnid.js';
import {
  type Answering,
  answering,
  boats,
  cat,
  describeLookUps,
  egide,
  failureOf,
  known,
  NO_WAIT,
  type ServiceUnderTest,
} from './remote-lookups.js';

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const tell = (fake: Fake, what: object) => fetch(`${fake.url}/fake/known`, { method: 'POST', body: JSON.stringify(what) });
const pdqOf = async (picture: Uint8Array): Promise<Uint8Array> => (await egide.pdq.hashAsync(await egide.decode(picture))).hash;
const credentials = { username: 'fake-platform', password: 'fake-secret-93b2' };

/** A whole answer about {@link cat}, and one about whatever hashes were asked for, with one field changed. */
const aboutCat = (change: object): Answering => {
  const digests = { sha1_base32: 'TTY4MGOMVNR5KI2ZZ62EMYDZALUTBOHN', sha256_hex: sha256(cat).toUpperCase(), size_bytes: cat.length };
  return () => JSON.stringify({ ...digests, classification: 'no-known-match', match_type: null, near_match_details: [], ...change });
};
const aboutHashes = (change: object): Answering => {
  const one = { classification: 'no-known-match', match_type: null, near_match_details: null, ...change };
  return (asked) => {
    const { hashes } = JSON.parse(asked || '{"hashes":[]}') as { hashes: string[] };
    return JSON.stringify({ scanned_hashes: Object.fromEntries(hashes.map((hash) => [hash, one])) });
  };
};
const changes: object[] = [
  { classification: null },
  { classification: '' },
  { classification: '<b>strange</b>' },
  { match_type: 'strange' },
  { match_type: 'exact' },
  { classification: 'csam' },
  { near_match_details: 'strange' },
  { near_match_details: [null] },
  { near_match_details: [{ classification: 'csam', timestamp: 0 }] },
  { near_match_details: [{ classification: 'no-known-match', timestamp: 'strange' }] },
  { near_match_details: [{ timestamp: 0, matches: [{ classification: 'csam', distance: 100 }] }] },
];

const service: ServiceUnderTest = {
  kind: fakeArachnid,
  make: (fake, options) => arachnidShield({ baseUrl: fake.url, ...(fake.credentials as typeof credentials), ...options }),
  async teach(fake, picture) {
    await tell(fake, { pdq: hashToBase64(await pdqOf(picture)), classification: 'csam' });
    await tell(fake, { sha256: sha256(picture), classification: 'csam', match_type: 'exact' });
  },
  says: {
    media: { action: 'block', matchType: 'exact', entry: { id: 'csam', list: 'arachnid', category: 'csam' } },
    pdq: { action: 'hold', matchType: 'near', entry: { id: 'csam', list: 'arachnid', category: 'csam' } },
  },
  holds: () => fakeArachnid.faults.filter(({ fatal }) => fatal).map(({ name }) => name),
  strange: [
    () => '{}',
    () => '{"scanned_hashes":{}}',
    aboutCat({ size_bytes: 1 }),
    aboutCat({ sha256_hex: 'strange' }),
    ...changes.flatMap((change) => [aboutCat(change), aboutHashes(change)]),
  ],
};

describeLookUps(service);

test('the strange answers are strange in what was changed alone', async () => {
  for (const [send, answer] of [['media', aboutCat({})] as const, ['pdq', aboutHashes({})] as const]) {
    const { shieldOf } = await known(service, [], { ...NO_WAIT, fetch: answering(answer) });
    expect(await shieldOf({ send }).scan(cat)).toMatchObject({ action: 'allow', problems: [] });
  }
});

describe('Project Arachnid Shield', () => {
  test('says of each hash what is known, in the order in which they were asked, a hundred at once', async () => {
    const { fake, service: client, asked } = await known(service);
    const arachnid = client as ReturnType<typeof arachnidShield>;
    const entries = [...fake.truth()].map(([name, [signal = '']]) => ({ name, hash: Buffer.from(signal.slice(4), 'hex') }));
    const hashes = Array.from({ length: 130 }, (_, i) => (entries[i]?.hash as Uint8Array | undefined) ?? new Uint8Array(32).fill(i));
    const answers = await arachnid.scanPdq(hashes);
    expect(answers.map(({ classification }) => classification)).toEqual(
      hashes.map((_, i) => entries[i]?.name.replace(/-\d+$/, '') ?? 'no-known-match'),
    );
    expect(answers[0]).toEqual({ classification: 'csam', matchType: 'near', near: [{ classification: 'csam', timestampMs: 0 }] });
    expect(asked().map(({ body }) => JSON.parse(body).hashes.length)).toEqual([100, 30]);
    expect(await arachnid.scanPdq([])).toEqual([]);
  });

  test('is sent a file as it is, with its type', async () => {
    const { service: client, asked, shieldOf } = await known(service);
    expect(await (client as ReturnType<typeof arachnidShield>).scanMedia(boats, 'image/jpeg')).toEqual({
      classification: 'csam',
      matchType: 'exact',
      near: [],
    });
    await shieldOf({ send: 'media' }).scan(boats);
    for (const { bytes, headers, method, path } of asked()) {
      expect([`${method} ${path}`, headers['content-type'], sha256(bytes)]).toEqual(['POST /v1/media/', 'image/jpeg', sha256(boats)]);
      expect(headers['authorization']).toBe(`Basic ${btoa('fake-platform:fake-secret-93b2')}`);
    }
  });

  test.each([
    ['near', [], { matchType: 'near', near: [{ classification: 'harmful-abusive-material', timestampMs: 0 }] }],
    ['near', ['nested-details'], { near: [{ classification: 'harmful-abusive-material', timestampMs: 0, distance: 1000 }] }],
    ['near', ['no-details'], { matchType: 'near', near: [] }],
  ] as const)('tells what a file is like: %s, with %j', async (match_type, faults, answer) => {
    const { fake, service: client } = await known(service, faults);
    await tell(fake, { sha256: sha256(cat), classification: 'harmful-abusive-material', match_type });
    const said = await (client as ReturnType<typeof arachnidShield>).scanMedia(cat, 'image/jpeg');
    expect(said).toMatchObject({ classification: 'harmful-abusive-material', ...answer });
    expect(JSON.stringify(said)).not.toContain('sha');
  });

  test('each class has the action that the policy names; one that nobody knows is held', async () => {
    const { fake, service: client, shieldOf } = await known(service, ['unknown-class']);
    const lenient = {
      actions: { exact: 'allow', near: 'allow', partial: 'allow', noMatch: 'allow', notHashable: 'allow', couldNotTell: 'allow' },
    } as const;
    const unknown = await shieldOf({ send: 'media' }, lenient).scan(boats);
    expect(unknown).toMatchObject({ action: 'hold', matches: [{ action: 'hold', entry: { category: 'csam-2027' } }] });
    const named = (action: 'block' | 'allow') => ({ ...lenient, lists: { arachnid: { classifications: { 'csam-2027': action } } } });
    expect((await shieldOf({ send: 'media' }, named('block')).scan(boats)).action).toBe('block');
    expect((await shieldOf({ send: 'media' }, named('allow')).scan(boats)).action).toBe('allow');
    expect(client.host).toBe(new URL(fake.url).host);
    expect(() => shieldOf({ send: 'media' }, { lists: { arachnid: { classifications: { csam: 'pass' } } } } as never)).toThrow(
      "policy.lists.arachnid.classifications.csam: expected 'allow', 'hold' or 'block'",
    );
    expect(() => shieldOf({ send: 'media' }, { lists: { other: {} } })).toThrow('expected the name of a list that was given (arachnid)');
  });

  test('of a video with frames of two classes, the sterner counts', async () => {
    const near = [
      { timestamp: 1.5, classification: 'harmful-abusive-material' },
      { timestamp: 2, classification: 'csam' },
    ];
    const answer = aboutCat({ classification: 'harmful-abusive-material', match_type: 'near', near_match_details: near });
    const { shieldOf } = await known(service, [], { ...NO_WAIT, fetch: answering(answer) });
    const lists = { arachnid: { classifications: { 'harmful-abusive-material': 'allow', csam: 'block' } } } as const;
    const verdict = await shieldOf({ send: 'media' }, { lists }).scan(cat);
    expect(verdict).toMatchObject({
      action: 'block',
      matches: [{ details: [{ timestampMs: 1500 }] }, { details: [{ timestampMs: 2000 }] }],
    });
  });

  test('asks about a URL, and says clearly that its host is not authorised', async () => {
    const { fake, service: client, asked } = await known(service);
    await tell(fake, { sha256: sha256(new TextEncoder().encode('https://a.example/x.jpg')), classification: 'test' });
    const arachnid = client as ReturnType<typeof arachnidShield>;
    expect(await arachnid.scanUrl('https://a.example/x.jpg')).toMatchObject({ classification: 'test', matchType: 'exact' });
    expect(await arachnid.scanUrl('https://a.example/y.jpg')).toMatchObject({ classification: 'no-known-match', matchType: null });
    expect(JSON.parse(asked().at(-1)?.body ?? '')).toEqual({ url: 'https://a.example/y.jpg' });
    const refusing = await known(service, ['no-host']);
    const message = await failureOf(refusing.fake, (refusing.service as typeof arachnid).scanUrl('https://a.example/x.jpg'));
    expect(message).toMatch(/^EXCHANGE_FAILED POST .*\/v1\/url\/: answered 403: the account may not ask about URLs on this host/);
    expect(message).not.toContain('a.example');
  });

  test('waits as long as the header ratelimit says', async () => {
    const waits: number[] = [];
    const { shieldOf } = await known(service, ['quota'], { ...NO_WAIT, sleep: async (ms) => void waits.push(ms) });
    expect((await shieldOf({ send: 'media' }).scan(cat)).outcome).toBe('no-match');
    expect(waits).toEqual([1000]);
  });

  test('answers by its deadline, however slow the service', async () => {
    const { fake, service: client } = await known(service, ['slow'], { ...NO_WAIT, deadlineMs: 200 });
    const started = performance.now();
    const message = await failureOf(fake, (client as ReturnType<typeof arachnidShield>).scanMedia(boats, 'image/jpeg'));
    expect(message).toMatch(/^EXCHANGE_FAILED 127.0.0.1:\d+: no answer in 200 ms/);
    expect(performance.now() - started).toBeLessThan(20_000);
  });

  test.each([
    [{ username: 'a', password: '' }, 'password'],
    [{ ...credentials, deadlineMs: 0 }, 'deadlineMs'],
    [{ ...credentials, baseUrl: 'http://shield.projectarachnid.com' }, 'https:'],
    [{ ...credentials, name: '' }, 'name'],
  ] as const)('%j is a mistake', (options, message) => {
    expect(() => arachnidShield(options)).toThrow(message);
  });

  test('is the service in Canada by its own name, unless told otherwise', async () => {
    expect(arachnidShield(credentials)).toMatchObject({ name: 'arachnid', host: 'shield.projectarachnid.com' });
    await expect(async () => arachnidShield(credentials).scanPdq([new Uint8Array(31)])).rejects.toThrow('hashes[0]: expected 32 bytes');
    await expect(async () => arachnidShield(credentials).scanUrl('x.jpg')).rejects.toThrow('url: expected an absolute URL');
  });
});

describe('a shield refuses', () => {
  const remote = arachnidShield(credentials);
  test.each([
    [[{ service: remote }], "remote[0].send: expected 'pdq' or 'media'"],
    [[{ service: remote, send: 'all' }], "remote[0].send: expected 'pdq' or 'media'"],
    [[{ service: remote, send: 'pdq', when: 'never' }], 'remote[0].when'],
    [[{ send: 'pdq' }], 'remote[0].service'],
    [
      [
        { service: remote, send: 'pdq' },
        { service: remote, send: 'media' },
      ],
      'remote[1].service.name: expected a name that no other service has',
    ],
    ['arachnid', 'remote: expected an array'],
  ])('%j', (given, message) => {
    expect(() => egide.shield({ lists: [], remote: given as never })).toThrow(message);
  });
});
