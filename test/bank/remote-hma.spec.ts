import { describe, expect, test } from 'vitest';
import type { Fake } from '../../src/fakes/fake.js';
import { fakeHma } from '../../src/fakes/hma.js';
import { type HmaLookupOptions, hmaLookup } from '../../src/shield/remote/hma.js';
import { answering, boats, cat, describeLookUps, egide, failureOf, known, NO_WAIT, type ServiceUnderTest } from './remote-lookups.js';

const hexOf = async (picture: Uint8Array): Promise<string> =>
  Buffer.from((await egide.pdq.hashAsync(await egide.decode(picture))).hash).toString('hex');
const formOf = (picture: Uint8Array): FormData => {
  const form = new FormData();
  form.set('photo', new Blob([new Uint8Array(picture)]), 'upload');
  return form;
};
const add = (fake: Fake, what: string, body: string | FormData) =>
  fetch(`${fake.url}/c/bank/FAKE_BANK/${what}`, { method: 'POST', body, headers: fake.credentials });
const near = { action: 'hold', matchType: 'near' } as const;

const service: ServiceUnderTest = {
  kind: fakeHma,
  make: (fake, options) => hmaLookup({ baseUrl: fake.url, ...fake.credentials, ...options }),
  async teach(fake, picture) {
    await add(fake, 'signal', JSON.stringify({ pdq: await hexOf(picture) }));
    await add(fake, 'content', formOf(picture));
  },
  says: {
    pdq: { ...near, entry: { id: '26', list: 'hma', category: 'FAKE_BANK' } },
    media: { ...near, entry: { id: '27', list: 'hma', category: 'FAKE_BANK' } },
  },
  holds: (send) => ['index-stale', 'index-not-loaded', ...(send === 'media' ? ['empty-hash'] : [])],
  silent: ['bank-disabled', 'no-bank'],
  strange: [
    '{"message":"strange"}',
    '{"FAKE_BANK":"strange"}',
    '{"FAKE_BANK":[{}]}',
    '{"FAKE_BANK":[null]}',
    '{"FAKE_BANK":[{"bank_content_id":"strange","distance":"4"}]}',
    '{"FAKE_BANK":[{"bank_content_id":1,"distance":"strange"}]}',
    '{"FAKE_BANK":[{"bank_content_id":1,"distance":"257"}]}',
    '{"pdq":{"FAKE_BANK":[{"bank_content_id":1}]}}',
    '{"pdq":{"FAKE_BANK":{}}}',
    '{"pdq":{"strange":[]}}',
  ].map((text) => () => text),
};

describeLookUps(service);

describe('Hasher-Matcher-Actioner', () => {
  const asHma = async (faults: string[] = [], options: Partial<HmaLookupOptions> = {}) => {
    const { fake, asked } = await known(service, faults);
    return { fake, asked, hma: hmaLookup({ baseUrl: fake.url, ...fake.credentials, ...NO_WAIT, ...options }) };
  };

  test('says which items of which banks are like a signal, and how near', async () => {
    const { hma, fake, asked } = await asHma();
    const pdq = await hexOf(boats);
    expect(await hma.lookUp('pdq', pdq)).toEqual([{ bank: 'FAKE_BANK', contentId: 26, signalType: 'pdq', distance: 0 }]);
    expect(await hma.rawLookUp('pdq', pdq)).toEqual([{ contentId: 26, signalType: 'pdq', distance: 0 }]);
    expect(await hma.lookUp('pdq', await hexOf(cat))).toEqual([]);
    expect(asked().map(({ path }) => path)).toEqual(['/status', '/m/lookup', '/status', '/m/raw_lookup', '/status', '/m/lookup']);
    const [id = '', [signal = '']] = [...fake.truth()].find(([, signals]) => signals[0]?.startsWith('video-md5:')) ?? ['', []];
    expect(await hma.lookUp('video_md5', signal.slice(10))).toMatchObject([{ contentId: Number(id), signalType: 'video_md5' }]);
  });

  test('reads both shapes of an answer, and distances as texts and as numbers', async () => {
    const { hma } = await asHma(['outer-key']);
    expect(await hma.lookUp('pdq', await hexOf(boats))).toEqual([{ bank: 'FAKE_BANK', contentId: 26, signalType: 'pdq', distance: 0 }]);
  });

  test('looks in the banks that are named alone', async () => {
    const { hma, asked } = await asHma([], { banks: ['OTHER_BANK'] });
    expect(await hma.lookUp('pdq', await hexOf(boats))).toEqual([]);
    expect(await hma.lookUpFile(boats, 'image/jpeg')).toEqual([]);
    expect(asked().map(({ query }) => query.get('banks'))).toEqual([null, 'OTHER_BANK', null, 'OTHER_BANK']);
  });

  test('finds nothing in a bank that is switched off, but by the raw look-up', async () => {
    const { hma } = await asHma(['bank-disabled']);
    expect(await hma.lookUp('pdq', await hexOf(boats))).toEqual([]);
    expect(await hma.rawLookUp('pdq', await hexOf(boats))).toMatchObject([{ contentId: 26 }]);
  });

  test('is sent a video as a video, whose digest matches exactly', async () => {
    const { fake, hma } = await asHma();
    const film = Uint8Array.from(boats, (byte) => byte ^ 1);
    const form = new FormData();
    form.set('video', new Blob([film]), 'upload');
    await add(fake, 'content', form);
    expect(await hma.lookUpMedia(film, 'video/mp4')).toEqual([
      { matchType: 'exact', classification: 'FAKE_BANK', isKnown: true, id: '28', distance: 0 },
    ]);
  });

  test.each([
    ['index-stale', 'INDEX-STALE'],
    ['index-not-loaded', 'INDEX-NOT-LOADED'],
  ])('with %s says so at once', async (fault, words) => {
    const { fake, hma, asked } = await asHma([fault]);
    expect(await failureOf(fake, hma.lookUp('pdq', await hexOf(cat)))).toContain(`/status: answered ${words}`);
    expect(asked()).toHaveLength(1);
  });

  test('an answer about a file that names no type of signal is none', async () => {
    const { fake, hma } = await asHma([], { fetch: answering(() => '{}') });
    expect(await failureOf(fake, hma.lookUpFile(cat, 'image/jpeg'))).toContain('no type of signal');
  });

  test('a bank is what a policy has actions for', async () => {
    const { shieldOf } = await known(service);
    const lists = { hma: { classifications: { FAKE_BANK: 'block' } } } as const;
    expect(await shieldOf({ send: 'pdq' }, { lists }).scan(boats)).toMatchObject({ action: 'block' });
  });

  test.each([
    [{ baseUrl: 'http://hma.example' }, 'https:'],
    [{ baseUrl: 'https://hma.example', banks: [] }, 'banks'],
    [{ baseUrl: 'https://hma.example', banks: ['a&b'] }, 'banks'],
    [{ baseUrl: 'https://hma.example', authorization: '' }, 'authorization'],
  ])('%j is a mistake', (options, message) => {
    expect(() => hmaLookup(options)).toThrow(message);
  });
});
