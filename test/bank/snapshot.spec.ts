import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { Bank } from '../../src/bank/bank.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { nodePlatform, photo } from '../fixtures/shield.js';
import { type BankPlace, places } from './banks.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });
const recordOf = async (key: string, bytes: Uint8Array) => {
  const image = await egide.decode(bytes);
  const { hash, quality } = await egide.pdq.hashAsync(image);
  const { bytes: patches } = await egide.patches.enrol(image);
  const { md5 } = await egide.digest(bytes);
  const signals = [
    { type: 'md5', value: md5 } as const,
    { type: 'pdq', value: hash, quality } as const,
    { type: 'patches', value: patches } as const,
  ];
  return { key, category: 'test', signals };
};

describe.each(places)('a bank and its snapshots, on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const path = () => join(folder.path, 'bank.snapshot');
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('what is kept is found, by every signal, until it is withdrawn', async () => {
    const cat = await photo('locomotion-house-cat');
    await bank.apply('police', batch([await recordOf('cat', cat), { key: 'other', signals: [signal('sha1', 3)] }], { whole: 'both' }));
    const { change } = await egide.saveSnapshot(bank, path());
    expect(change).toBe((await bank.status()).change);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000 });
    const shield = egide.shield({ snapshot: watch });
    const found = await shield.scan(cat);
    expect(found.matches.map((match) => [match.signal, match.entry.id, match.entry.category])).toEqual([
      ['md5', 'cat', 'test'],
      ['pdq', 'cat', 'test'],
      ['patches', 'cat', 'test'],
    ]);
    expect(watch.current.lists[0]?.digests.sha1.find(valueFor('sha1', 3))).toHaveLength(1);
    await bank.apply('police', batch(['cat']));
    await egide.saveSnapshot(bank, path());
    await watch.look();
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
  });

  test('a disabled list and what a negative list carries are not found', async () => {
    await bank.apply(
      'a',
      batch([
        { key: 'x', signals: [signal('md5', 1)] },
        { key: 'y', signals: [signal('md5', 2)] },
      ]),
    );
    await bank.apply('off', batch([{ key: 'z', signals: [signal('md5', 3)] }]));
    await bank.setList('off', { enabled: false });
    await bank.addList('good', { negative: true });
    await bank.apply('good', batch([{ key: 'fine', signals: [signal('md5', 2)] }]));
    await egide.saveSnapshot(bank, path());
    using snapshot = await egide.openSnapshot(path());
    expect(snapshot.lists.map(({ name }) => name)).toEqual(['a']);
    expect([1, 2, 3].map((number) => snapshot.lists[0]?.digests.md5.find(valueFor('md5', number)).length)).toEqual([1, 0, 0]);
  });

  test('keeps PhotoDNA hashes and digests of URLs, and vetoes digests of videos by those of files', async () => {
    const kept = [signal('photodna', 1), signal('url-md5', 2), signal('video-md5', 3), signal('md5', 4), signal('video-sha256', 5)];
    await bank.apply('a', batch([{ key: 'x', signals: kept }]));
    await bank.addList('good', { negative: true });
    await bank.apply('good', batch([{ key: 'fine', signals: [signal('md5', 3), signal('video-md5', 4), signal('sha256', 6)] }]));
    await egide.saveSnapshot(bank, path());
    using snapshot = await egide.openSnapshot(path());
    const [list] = snapshot.lists;
    expect(await list?.photodna.search(valueFor('photodna', 1), { maxDistance: 0 })).toEqual({
      hits: [{ id: 0, distance: 0 }],
      truncated: false,
    });
    expect(list?.urlMd5.find(valueFor('url-md5', 2))).toEqual([0]);
    expect([3, 4].map((number) => list?.digests.md5.find(valueFor('md5', number)))).toEqual([[], []]);
    expect(list?.digests.sha256.find(valueFor('sha256', 5))).toEqual([0]);
  });

  test('says when each list was last read to the end', async () => {
    async function* source() {
      yield batch([{ key: 'x', signals: [signal('md5', 1)] }], { whole: 'both' });
    }
    await bank.sync('a', source(), { now: 1_700_000_000_000 });
    await bank.apply('own', batch([{ key: 'y', signals: [signal('md5', 2)] }]));
    await egide.saveSnapshot(bank, path());
    using snapshot = await egide.openSnapshot(path());
    expect(snapshot.lists.map(({ syncedAt }) => syncedAt)).toEqual([1_700_000_000_000, undefined]);
  });

  test('what is no bank is refused', async () => {
    await expect(egide.saveSnapshot({} as never, path())).rejects.toThrow('bank: expected a bank that openBank gave');
  });
});
