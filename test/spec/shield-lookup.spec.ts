import { afterAll, describe, expect, test } from 'vitest';
import type { SourceList } from '../../src/bank/snapshot-source.js';
import { ORIENTATIONS } from '../../src/hash/pdq.js';
import type { UploadSignals } from '../../src/shield/look-up.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import { openSnapshot } from '../../src/snapshot/open-snapshot.js';
import { snapshotChunks } from '../../src/snapshot/write-snapshot.js';
import { listOf, nodeEgide, nodePlatform, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';
import { type TestEntry, viewOf } from './bank-view.js';
import { seededBytes } from './search-fixture.js';

const PHOTODNA = seededBytes(144, 3);
/** 100 numbers, each 10 off: a squared distance of 10,000. */
const NEAR_PHOTODNA = PHOTODNA.map((byte, i) => (i < 100 ? (byte > 127 ? byte - 10 : byte + 10) : byte));
const LISTS: SourceList[] = [
  { id: 1, name: 'police', enabled: true, negative: false },
  { id: 2, name: 'photo', enabled: true, negative: false },
];
const withPhotoDna: Policy = { ...defaultPolicy, thresholds: { ...defaultPolicy.thresholds, photoDnaMaxDistance: 10_000 } };

describe.each(backends)('signals without a picture, on %s,', (_name, makeBackend) => {
  const backend = makeBackend();
  const egide = nodeEgide(backend);
  const snapshotOf = async (entries: readonly TestEntry[]) => {
    const parts: Uint8Array[] = [];
    for await (const chunk of snapshotChunks(backend, nodePlatform, viewOf(entries, LISTS))) parts.push(chunk.slice());
    return openSnapshot(backend, nodePlatform, Buffer.concat(parts));
  };
  const cleaned: Disposable[] = [];
  afterAll(() => cleaned.forEach((one) => void one[Symbol.dispose]()));
  const shieldOf = async (policy: Policy = withPhotoDna) => {
    const cat = await photo('locomotion-house-cat');
    const { hash } = await egide.pdq.hashAsync(await egide.decode(cat));
    const { md5 } = await egide.digest(cat);
    const snapshot = await snapshotOf([
      {
        list: 1,
        key: 'cat',
        category: 'a1',
        signals: [
          { type: 'pdq', value: hash },
          { type: 'md5', value: md5 },
        ],
      },
      {
        list: 2,
        key: 'p',
        signals: [
          { type: 'photodna', value: PHOTODNA },
          { type: 'photodna', value: NEAR_PHOTODNA },
        ],
      },
    ]);
    cleaned.push(snapshot);
    return { shield: egide.shield({ snapshot, policy }), snapshot, cat, hash, md5 };
  };

  test('are found as a scan finds the picture, with the evidence and the snapshot', async () => {
    const { shield, snapshot, hash, md5 } = await shieldOf();
    const { turned } = await egide.pdq.hashAsync(await egide.decode(await photo('locomotion-house-cat')));
    const verdict = await shield.lookUp({ pdq: turned, pdqQuality: 100, md5, photodna: NEAR_PHOTODNA });
    const entry = { id: 'cat', list: 'police', category: 'a1' };
    expect(verdict).toEqual({
      action: 'block',
      outcome: 'match',
      summary: 'Exact match: the MD5 is that of entry cat of list police (and 2 more matches).',
      matches: [
        { kind: 'exact', signal: 'md5', entry, action: 'block' },
        { kind: 'near', signal: 'pdq', entry, action: 'hold', distance: 0, maxDistance: 31, given: 0, negative: false },
        { kind: 'near', signal: 'photodna', entry: { id: 'p', list: 'photo' }, action: 'hold', distance: 0, maxDistance: 10_000 },
      ],
      problems: [],
      given: ['md5', 'pdq', 'photodna'],
      policyVersion: defaultPolicy.version,
      snapshot: { id: snapshot.id, createdAt: snapshot.createdAt, change: 17 },
      lists: [
        { name: 'police', entries: 1 },
        { name: 'photo', entries: 1 },
      ],
    });
    const near = hash.slice();
    near[3] = (near[3] as number) ^ 0x0f;
    const third = await shield.lookUp({ pdq: [seededBytes(32, 1), seededBytes(32, 2), near], photodna: seededBytes(144, 9) });
    expect(third).toMatchObject({ action: 'hold', matches: [{ distance: 4, given: 2, negative: false }] });
    expect(third.summary).toBe('Near match: 4 of 256 bits differ, with entry cat of list police.');
    const negative = await shield.lookUp({ pdq: near.map((byte) => ~byte), photodna: seededBytes(144, 9) });
    expect(negative).toMatchObject({ matches: [{ distance: 4, given: 0, negative: true }] });
  });

  test('PhotoDNA is matched within the distance that the policy names, and not beyond', async () => {
    const { shield } = await shieldOf();
    const query = PHOTODNA.map((byte, i) => (i === 143 ? byte ^ 1 : i < 99 ? (byte > 127 ? byte - 10 : byte + 10) : byte));
    const { matches, summary } = await shield.lookUp({ photodna: query, md5: seededBytes(16, 8) });
    expect(matches).toEqual([
      { kind: 'near', signal: 'photodna', entry: { id: 'p', list: 'photo' }, action: 'hold', distance: 101, maxDistance: 10_000 },
    ]);
    expect(summary).toBe('Near match: PhotoDNA at a squared distance of 101 (up to 10,000 counts), with entry p of list photo.');
    const strict = await shieldOf({
      ...defaultPolicy,
      lists: { photo: { thresholds: { photoDnaMaxDistance: 100 }, actions: { near: 'block' } } },
    });
    expect(await strict.shield.lookUp({ photodna: query, md5: seededBytes(16, 8) })).toMatchObject({
      outcome: 'no-match',
      action: 'allow',
    });
    expect(await strict.shield.lookUp({ photodna: PHOTODNA, md5: seededBytes(16, 8) })).toMatchObject({
      outcome: 'match',
      action: 'block',
    });
  });

  test("a PhotoDNA hash is an error where the policy does not say how near is near, also of a scan's", async () => {
    const { shield, cat } = await shieldOf(defaultPolicy);
    const error = { code: 'INVALID_ARGUMENT', message: expect.stringContaining('name thresholds.photoDnaMaxDistance') };
    await expect(shield.lookUp({ photodna: PHOTODNA })).rejects.toMatchObject(error);
    await expect(shield.scan(cat, { photodna: PHOTODNA })).rejects.toMatchObject(error);
    expect(await shield.scan(await photo('nagasaki-boats'))).toMatchObject({ outcome: 'no-match', problems: [] });
  });

  test('a PhotoDNA hash takes part in the verdict of a scan, also of a file that cannot be decoded', async () => {
    const { shield, cat } = await shieldOf();
    const match = { kind: 'near', signal: 'photodna', entry: { id: 'p', list: 'photo' }, distance: 0, maxDistance: 10_000 };
    const own = PHOTODNA.slice();
    const running = shield.scan(cat, { photodna: own });
    own.fill(0);
    const both = await running;
    expect(both.matches.map(({ signal }) => signal)).toEqual(['md5', 'pdq', 'photodna']);
    expect(both.matches[2]).toMatchObject(match);
    const broken = await shield.scan(new TextEncoder().encode('no picture'), { photodna: PHOTODNA });
    expect(broken).toMatchObject({ action: 'hold', outcome: 'match', matches: [match], problems: [{ code: 'UNSUPPORTED_FORMAT' }] });
    expect(broken.summary).toContain('PhotoDNA at a squared distance of 0');
    const boats = await photo('nagasaki-boats');
    expect(await shield.scan(boats, { photodna: seededBytes(144, 9) })).toMatchObject({ outcome: 'no-match', action: 'allow' });
    const without = await shield.scan(boats);
    expect(without).toMatchObject({ outcome: 'could-not-tell', action: 'hold', problems: [{ code: 'NOT_ASKED' }] });
  });

  test('a list that holds none of them could not tell, and hashes of low quality are not looked up', async () => {
    const { shield, md5, hash } = await shieldOf();
    const other = await shield.lookUp({ md5: seededBytes(16, 8) });
    expect(other).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'NOT_ASKED' }] });
    expect(other.summary).toBe('Could not tell: list photo holds none of the signals that were given (MD5).');
    expect(await shield.lookUp({ md5 })).toMatchObject({ action: 'block', outcome: 'match', problems: [{ code: 'NOT_ASKED' }] });
    const poor = await shield.lookUp({ pdq: hash, pdqQuality: 49, photodna: seededBytes(144, 9) });
    expect(poor).toMatchObject({ action: 'hold', outcome: 'not-hashable', matches: [], problems: [{ code: 'LOW_QUALITY' }] });
    const none = await shield.lookUp({ sha256: seededBytes(32, 1), md5: seededBytes(16, 1), photodna: seededBytes(144, 9) });
    expect(none).toMatchObject({ action: 'allow', summary: 'No match among 2 entries of 2 lists, by SHA-256, MD5, PhotoDNA.' });
  });

  test('are looked up in a list held in memory, in the eight orientations', async () => {
    const cat = await photo('locomotion-house-cat');
    using list = await listOf(egide, 'known', [await rowOf(egide, 'cat', cat)]);
    const { turned, quality } = await egide.pdq.hashAsync(await egide.decode(cat));
    const shield = egide.shield({ lists: [list] });
    const { matches } = await shield.lookUp({ pdq: [...turned].reverse(), pdqQuality: quality });
    expect(matches).toMatchObject([{ distance: 0, given: ORIENTATIONS.length - 1 }]);
  });

  test.each([
    [{}, 'signals: expected one or more of'],
    [{ pdq: [] }, 'signals: expected one or more of'],
    [{ pdq: seededBytes(31, 1) }, 'pdq: expected 32 bytes'],
    [{ pdq: Array.from({ length: 801 }, () => seededBytes(32, 1)) }, 'pdq: expected 32 bytes, or an array of up to 800'],
    [{ sha1: seededBytes(32, 1) }, 'sha1: expected 20 bytes'],
    [{ md5: seededBytes(16, 1), pdqQuality: 101 }, 'pdqQuality'],
    [{ photodna: seededBytes(143, 1) }, 'photodna: expected 144 bytes'],
    [null as never, 'signals: expected {'],
  ] as [UploadSignals, string][])('%j is an error', async (signals, message) => {
    const { shield } = await shieldOf();
    await expect(shield.lookUp(signals)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
  });
});
