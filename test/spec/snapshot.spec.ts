import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper } from '../../src/backend/native.js';
import type { SourceList } from '../../src/bank/snapshot-source.js';
import { createEgide } from '../../src/egide.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import type { Platform } from '../../src/platform.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { openSnapshot } from '../../src/snapshot/open-snapshot.js';
import { snapshotChunks, type WriteSnapshotOptions } from '../../src/snapshot/write-snapshot.js';
import { backends } from './backends.js';
import { type TestEntry, viewOf } from './bank-view.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = {
  runtime: 'test',
  createDigester: createPortableDigester,
  indexFiles: createIndexFiles(createFileMapper()),
};

/** Several blocks of the table of entries, and not a whole number of them. */
const ENTRIES = 1_000;
const hashes = seededBytes(32 * ENTRIES, 5);
const digests = seededBytes(16 * ENTRIES, 6);
const hashOf = (i: number): Uint8Array => hashes.subarray(32 * i, 32 * (i + 1));
const md5Of = (i: number): Uint8Array => digests.subarray(16 * i, 16 * (i + 1));

const LISTS: SourceList[] = [
  { id: 4, name: 'first', enabled: true, negative: false, syncedAt: 1_700_000_000_000 },
  { id: 5, name: 'off', enabled: false, negative: false },
  { id: 6, name: 'empty', enabled: true, negative: false },
  { id: 7, name: 'known good', enabled: true, negative: true },
  { id: 8, name: 'digests', enabled: true, negative: false },
];

const entryOf = (i: number): TestEntry => ({
  list: 4,
  key: i % 7 === 0 ? `entry é ${i}` : `${i}`,
  ...(i % 3 > 0 && { category: `class ${i % 3}` }),
  signals: [
    { type: 'pdq', value: hashOf(i) },
    { type: i % 2 === 0 ? 'md5' : 'video-md5', value: md5Of(i) },
    { type: 'url', value: new TextEncoder().encode('https://example.org/') },
  ],
});

/** Entry 10's hash and digest are on the negative list. */
const VETOED = 10;
const entries: TestEntry[] = [
  ...Array.from({ length: ENTRIES }, (_, i) => entryOf(i)),
  { list: 8, key: 'only', signals: [{ type: 'md5', value: md5Of(4) }] },
  { list: 7, key: 'good', signals: entryOf(VETOED).signals },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-snapshots-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(backends)('snapshots on %s', (_name, makeBackend) => {
  const backend = makeBackend();
  const write = async (options?: WriteSnapshotOptions, what = viewOf(entries, LISTS)): Promise<Uint8Array> => {
    const parts: Uint8Array[] = [];
    for await (const chunk of snapshotChunks(backend, platform, what, options)) parts.push(chunk.slice());
    return new Uint8Array(Buffer.concat(parts));
  };
  const open = (source: Uint8Array | string, key?: Uint8Array) => openSnapshot(backend, platform, source, key ? { key } : {});

  test('give back every list, entry and signal', async () => {
    using snapshot = await open(await write());
    expect(snapshot).toMatchObject({ change: 17, storage: 'memory' });
    expect(snapshot.lists.map(({ name, entryCount, syncedAt }) => [name, entryCount, syncedAt])).toEqual([
      ['first', ENTRIES, 1_700_000_000_000],
      ['empty', 0, undefined],
      ['digests', 1, undefined],
    ]);
    expect(snapshot.lists[0]?.pdq.size).toBe(ENTRIES - 1);
    const [first, empty, only] = snapshot.lists as [never, never, never] as (typeof snapshot.lists)[number][];
    for (const i of [0, 1, 63, 64, 65, 500, ENTRIES - 1]) {
      const { key, category } = entryOf(i);
      const entry = { id: key, list: 'first', ...(category && { category }) };
      const [hit] = first?.pdq.search(hashOf(i), { maxDistance: 0 }).hits ?? [];
      expect(first?.entry(hit?.id as number)).toEqual(entry);
      expect(first?.digests.md5.find(md5Of(i)).map((id) => first.entry(id))).toEqual([entry]);
    }
    expect([empty?.pdq.size, empty?.digests.md5.size, empty?.patches.size]).toEqual([0, 0, 0]);
    expect(only?.digests.md5.find(md5Of(4))).toEqual([0]);
    expect(only?.entry(0)).toEqual({ id: 'only', list: 'digests' });
    expect(() => only?.entry(1)).toThrow('id: expected a whole number from 0 to 0');
  });

  test('leave out what a negative list carries, whoever else carries it', async () => {
    using snapshot = await open(await write());
    const [first] = snapshot.lists;
    expect(first?.pdq.search(hashOf(VETOED), { maxDistance: 0 }).hits).toEqual([]);
    expect(first?.digests.md5.find(md5Of(VETOED))).toEqual([]);
    const shared = hashOf(0);
    const crowd = Array.from({ length: 7 }, (_, i) => ({
      list: i === 6 ? 7 : 4,
      key: `${i}`,
      signals: [{ type: 'pdq' as const, value: shared }],
    }));
    using vetoed = await open(await write({}, viewOf(crowd, LISTS)));
    expect(vetoed.lists[0]?.pdq.size).toBe(0);
    using kept = await open(await write({}, viewOf(crowd.slice(0, 6), LISTS)));
    expect(kept.lists[0]?.pdq.search(shared, { maxDistance: 0 }).hits).toHaveLength(6);
  });

  test('carry rules about URLs, and count those that are none', async () => {
    const url = (text: string) => [{ type: 'url' as const, value: new TextEncoder().encode(text) }];
    const all = ['https://a.example/x', 'not a url at all', '*.b.example'].map((text, i) => ({ list: 4, key: `${i}`, signals: url(text) }));
    using snapshot = await open(await write({}, viewOf(all, LISTS)));
    const [first] = snapshot.lists;
    expect(first?.unreadableUrls).toBe(1);
    expect(first?.urls.search('http://A.example:80/x').map(({ id }) => first.entry(id).id)).toEqual(['0']);
    expect(first?.urls.search('https://c.b.example/').map(({ id }) => first.entry(id).id)).toEqual(['2']);
  });

  test('carry PhotoDNA hashes and digests of URLs', async () => {
    const photos = seededBytes(144 * 300, 11);
    const photoOf = (i: number) => photos.subarray(144 * i, 144 * (i + 1));
    const all: TestEntry[] = Array.from({ length: 300 }, (_, i) => ({
      list: 4,
      key: `${i}`,
      signals: [
        { type: 'photodna', value: photoOf(i) },
        { type: 'url-md5', value: md5Of(i) },
        { type: 'md5', value: md5Of(i + 300) },
      ],
    }));
    all.push({ list: 7, key: 'good', signals: [3, 4].map((i) => ({ type: 'photodna' as const, value: photoOf(i) })) });
    using snapshot = await open(await write({}, viewOf(all, LISTS)));
    const [first, empty] = snapshot.lists as [never, never] as (typeof snapshot.lists)[number][];
    expect([first?.photodna.size, first?.urlMd5.size, empty?.photodna.size, empty?.urlMd5.size]).toEqual([298, 300, 0, 0]);
    const near = photoOf(200).slice();
    near[0] = (near[0] as number) ^ 3;
    const { hits } = (await first?.photodna.search(near, { maxDistance: 9 })) ?? { hits: [] };
    expect(hits.map(({ id }) => first?.entry(id).id)).toEqual(['200']);
    expect((await first?.photodna.search(photoOf(3), { maxDistance: 0 }))?.hits).toEqual([]);
    expect(first?.urlMd5.find(md5Of(17)).map((id) => first.entry(id).id)).toEqual(['17']);
    expect(first?.urlMd5.find(md5Of(317))).toEqual([]);
    expect(first?.digests.md5.find(md5Of(17))).toEqual([]);
    snapshot[Symbol.dispose]();
    await expect(first?.photodna.search(near, { maxDistance: 9 })).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test("a video's digest is a file's: a negative list vetoes one by the other, and an entry that has both is found once", async () => {
    const digest = (type: 'md5' | 'video-md5' | 'sha256' | 'video-sha256', i: number) => ({
      type,
      value: type.endsWith('md5') ? md5Of(i) : hashOf(i),
    });
    const all: TestEntry[] = [
      { list: 4, key: 'a', signals: [digest('video-md5', 1), digest('sha256', 1)] },
      { list: 4, key: 'b', signals: [digest('md5', 2), digest('video-sha256', 2)] },
      { list: 4, key: 'c', signals: [digest('video-md5', 3), digest('md5', 3), digest('video-sha256', 3)] },
      { list: 7, key: 'good', signals: [digest('md5', 1), digest('video-md5', 2), digest('video-sha256', 1), digest('sha256', 2)] },
    ];
    using snapshot = await open(await write({}, viewOf(all, LISTS)));
    const found = (type: 'md5' | 'sha256', i: number) =>
      snapshot.lists[0]?.digests[type].find(type === 'md5' ? md5Of(i) : hashOf(i)).map((id) => snapshot.lists[0]?.entry(id).id);
    expect([1, 2, 3].map((i) => found('md5', i))).toEqual([[], [], ['c']]);
    expect([1, 2, 3].map((i) => found('sha256', i))).toEqual([[], [], ['c']]);
  });

  test('carry patches', async () => {
    const egide = createEgide(backend, platform);
    const noise = egide.image({ data: seededBytes(256 * 256, 9), width: 256, height: 256, channels: 1 });
    const { bytes } = await egide.patches.enrol(noise);
    using snapshot = await open(await write({}, viewOf([{ list: 4, key: 'noise', signals: [{ type: 'patches', value: bytes }] }], LISTS)));
    expect(snapshot.lists[0]?.patches.size).toBe(1);
    const asked = await egide.patches.extract(noise);
    expect(snapshot.lists[0]?.patches.search(asked).hits.map(({ id }) => id)).toEqual([0]);
  });

  test('open from a file, where it can be mapped, and verify', async () => {
    const path = join(folder, `${backend.name}.snapshot`);
    await writeFile(path, await write());
    using snapshot = await open(path);
    expect(snapshot.storage).toBe(backend.name === 'native' ? 'mapped' : 'memory');
    const seen: number[] = [];
    await snapshot.verify({ onProgress: (done) => seen.push(done) });
    expect(seen.at(-1)).toBe(1);
    expect(snapshot.lists[0]?.entry(999)).toMatchObject({ id: '999' });
  });

  test('say at every place that is damaged that they are', async () => {
    const bytes = await write();
    const path = join(folder, `${backend.name}.damaged`);
    for (let i = 0; i < 40; ++i) {
      const at = Math.floor((bytes.byteLength * i) / 40);
      const damagedBytes = bytes.slice();
      damagedBytes[at] = (damagedBytes[at] as number) ^ 0x10;
      await expect(open(damagedBytes), `byte ${at}`).rejects.toMatchObject({ code: expect.stringMatching(/^INVALID_(BANK|INDEX)$/) });
      await writeFile(path, damagedBytes);
      await expect(
        open(path).then((snapshot) => snapshot.verify()),
        `byte ${at} of a file`,
      ).rejects.toMatchObject({
        code: expect.stringMatching(/^INVALID_(BANK|INDEX)$/),
      });
    }
    for (const length of [0, 1, 63, 64, 127, 128, 1000, bytes.byteLength - 64, bytes.byteLength - 1])
      await expect(open(bytes.slice(0, length)), `${length} bytes`).rejects.toMatchObject({
        code: expect.stringMatching(/^INVALID_BANK$/),
      });
    await expect(open(new Uint8Array([...bytes, 0]))).rejects.toMatchObject({ code: 'INVALID_BANK' });
  });

  test('are encrypted under a key, and nothing in the file tells what they hold', async () => {
    const key = seededBytes(32, 1);
    const sealed = await write({ key });
    expect(Buffer.from(sealed).includes('entry')).toBe(false);
    expect(Buffer.from(sealed).includes(Buffer.from(hashOf(0)))).toBe(false);
    const path = join(folder, `${backend.name}.sealed`);
    await writeFile(path, sealed);
    for (const source of [sealed, path]) {
      using snapshot = await open(source, key);
      expect(snapshot.storage).toBe('memory');
      expect(snapshot.lists[0]?.digests.md5.find(md5Of(7))).toEqual([7]);
    }
    await expect(open(sealed)).rejects.toThrow('key: this snapshot is encrypted');
    await expect(open(sealed, seededBytes(32, 2))).rejects.toMatchObject({ code: 'INVALID_BANK' });
    await expect(open(sealed, seededBytes(31, 2))).rejects.toThrow('key: expected 32 random bytes');
    for (const cut of [sealed.byteLength - 1, sealed.byteLength - 20, 64, 65, 20])
      await expect(open(sealed.slice(0, cut), key), `${cut} bytes`).rejects.toMatchObject({ code: 'INVALID_BANK' });
    expect(Buffer.from(await write({ key })).equals(Buffer.from(sealed))).toBe(false);
  });

  test('live as long as somebody holds them', async () => {
    const snapshot = await open(await write());
    const held = snapshot.hold();
    snapshot[Symbol.dispose]();
    snapshot[Symbol.dispose]();
    expect(snapshot.lists[0]?.digests.md5.find(md5Of(7))).toEqual([7]);
    held[Symbol.dispose]();
    held[Symbol.dispose]();
    expect(() => snapshot.lists[0]?.digests.md5.find(md5Of(7))).toThrow('disposed');
    expect(() => snapshot.hold()).toThrow('disposed');
    await expect(snapshot.verify()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test('stop when they are told to, and pass on what the bank throws', async () => {
    const stop = new AbortController();
    const running = write({ signal: stop.signal, onProgress: () => stop.abort(new Error('enough')) });
    await expect(running).rejects.toThrow('enough');
    const broken = { ...viewOf(entries, LISTS), lists: () => Promise.reject(new Error('the bank is gone')) };
    await expect(write({}, broken)).rejects.toThrow('the bank is gone');
    const wrong = viewOf([{ list: 4, key: 'k', signals: [{ type: 'md5', value: new Uint8Array(15) }] }], LISTS);
    await expect(write({}, wrong)).rejects.toMatchObject({ code: 'INVALID_BANK' });
  });

  test('keep the bytes of the file that they were written to', async () => {
    const path = join(folder, `${backend.name}.saved`);
    await platform.indexFiles?.save(path, snapshotChunks(backend, platform, viewOf(entries, LISTS)));
    using snapshot = await open(new Uint8Array(await readFile(path)));
    expect(snapshot.lists).toHaveLength(3);
  });
});
