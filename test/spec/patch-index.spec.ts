import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Patches, PatchIndex, PatchRecord } from '../../src/entry/public.js';
import { code, engines } from './live-fixture.js';
import { bytesOf, inOrder, PHOTOS_IN_QUERIES, queries, records } from './patch-fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-patch-index-'));
});
afterAll(() => rm(folder, { recursive: true }));

const ids = Uint32Array.from(records.standard, (_, i) => 2 ** 32 - 1 - 7 * i);
const all = { minTier: 'weak' } as const;

describe.each(engines)('PatchIndex on %s', (name, makeEgide) => {
  const egide = makeEgide();
  const build = egide.buildPatchIndex;

  test.each(['standard', 'compact'] as const)('finds crops, mirror images, turned and small copies, with %s records', async (profile) => {
    using index = await build(records[profile].slice(0, 5), { ids: ids.subarray(0, 5) });
    expect([index.size, index.profile, index.storage]).toEqual([5, profile, 'memory']);
    expect(index.ids()).toEqual(ids.slice(0, 5));
    for (const [i, query] of queries.entries()) {
      const { hits, truncated } = index.search(query);
      expect([i, hits.map(({ id }) => id).sort()]).toEqual([i, (PHOTOS_IN_QUERIES[i] ?? []).map((photo) => ids[photo]).sort()]);
      expect(truncated).toBe(false);
      for (const { match } of hits) expect(match.tier).toBe('confirmed');
    }
    expect(index.search(queries[2] as Patches).hits[0]?.match.copy.mirrored).toBe(true);
  });

  test('gives the surest first, and no two hits of one image', async () => {
    using index = await build(records.standard, { stops: 'keep' });
    for (const query of queries) {
      const { hits } = index.search(query, all);
      expect(hits).toEqual(inOrder(hits));
      expect(new Set(hits.map(({ id }) => id)).size).toBe(hits.length);
    }
    expect(index.search(queries[0] as Patches, all).hits.length).toBeGreaterThan(2);
  });

  test('gives records back byte for byte, standard and compact', async () => {
    for (const profile of ['standard', 'compact'] as const) {
      using index = await build(records[profile], { stops: 'keep' });
      for (const [i, record] of records[profile].entries()) expect(index.record(i)).toEqual(record);
      expect(index.features).toBe(records[profile].reduce((sum, { features }) => sum + features, 0));
    }
  });

  test('an empty bank finds nothing, and one image is a bank', async () => {
    using empty = await build([]);
    using compact = await build([], { profile: 'compact' });
    using one = await build(records.standard.slice(0, 1));
    expect([empty.size, empty.profile, compact.profile, empty.features]).toEqual([0, 'standard', 'compact', 0]);
    expect([...empty.ids()]).toEqual([]);
    expect(empty.search(queries[0] as Patches)).toEqual({ hits: [], truncated: false });
    expect(one.search(queries[0] as Patches).hits).toMatchObject([{ id: 0, match: { tier: 'confirmed' } }]);
    expect(await code(() => empty.record(0))).toBe('INVALID_ARGUMENT');
    expect(await code(() => one.record(1))).toBe('INVALID_ARGUMENT');
  });

  test('marks what several pictures show: not at all, by itself, or by a table, with the same answer', async () => {
    using kept = await build(records.standard, { stops: 'keep' });
    using collected = await build(records.standard);
    const table = await egide.patches.stopFeatures([kept]);
    using marked = await build(records.standard, { stops: table });
    expect(bytesOf(marked).equals(bytesOf(collected))).toBe(true);
    const features = (index: PatchIndex): number => records.standard.reduce((sum, _, i) => sum + index.record(i).features, 0);
    expect(features(collected)).toBeLessThan(features(kept));
    using again = await build(
      records.standard.map((_, i) => collected.record(i)),
      { stops: 'keep' },
    );
    expect(bytesOf(again).equals(bytesOf(collected))).toBe(true);
  });

  test('three parts of a bank, marked with its table and told its size, answer as one index', async () => {
    const parts = [0, 1, 2].map((part) => [...records.standard.keys()].filter((i) => i % 3 === part));
    const numbers = Uint32Array.from(records.standard.keys());
    const built = (rows: readonly number[], stops: 'keep' | Uint8Array): Promise<PatchIndex> =>
      build(
        rows.map((row) => records.standard[row] as PatchRecord),
        { ids: Uint32Array.from(rows), stops },
      );
    const unmarked = await Promise.all(parts.map((part) => built(part, 'keep')));
    const stops = await egide.patches.stopFeatures(unmarked);
    using whole = await built([...numbers], stops);
    using collected = await build(records.standard);
    expect(bytesOf(whole).equals(bytesOf(collected))).toBe(true);
    const shards = await Promise.all(parts.map((part) => built(part, stops)));
    let found = 0;
    for (const query of queries) {
      for (const options of [all, { ...all, deep: true }, { ...all, negatives: true }]) {
        const one = whole.search(query, options);
        const apart = shards.map((shard) => shard.search(query, { ...options, images: whole.size }));
        expect(inOrder(apart.flatMap(({ hits }) => hits))).toEqual(one.hits);
        expect(apart.map(({ truncated }) => truncated)).toEqual([false, false, false]);
        found += one.hits.length;
      }
    }
    expect(found).toBeGreaterThan(30);
    for (const index of [...unmarked, ...shards]) index[Symbol.dispose]();
  });

  test('parts of a bank in which more look alike than one index compares tell all that it does, and others', async () => {
    const copies = Array.from({ length: 60 }, () => records.standard[0] as PatchRecord);
    const part = (first: number): Promise<PatchIndex> =>
      build(copies.slice(first, first + 20), { ids: Uint32Array.from({ length: 20 }, (_, i) => first + i), stops: 'keep' });
    using whole = await build(copies, { stops: 'keep' });
    const shards = [await part(0), await part(20), await part(40)];
    const one = whole.search(queries[0] as Patches).hits;
    const together = inOrder(shards.flatMap((shard) => shard.search(queries[0] as Patches, { images: 60 }).hits));
    expect([one.length, together.length]).toEqual([20, 60]);
    expect(together.slice(0, 20)).toEqual(one);
    for (const shard of shards) shard[Symbol.dispose]();
  });

  test('a larger bank expects more false alarms', async () => {
    using index = await build(records.standard);
    const alarms = (images?: number) =>
      index.search(queries[1] as Patches, images === undefined ? {} : { images }).hits[0]?.match.log10FalseAlarms as number;
    expect(alarms(25)).toBe(alarms());
    expect(alarms(2500)).toBeCloseTo(alarms() + 2, 9);
  });

  test('opens again from bytes, a stream and a file', async () => {
    using index = await build(records.standard, { ids });
    const bytes = bytesOf(index);
    const path = join(folder, name);
    await index.save(path);
    async function* pieces(length: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    }
    for (const [source, storage] of [
      [bytes, 'memory'],
      [new Blob([Uint8Array.from(bytes)]), 'memory'],
      [pieces(1000), 'memory'],
      [path, name === 'native' ? 'mapped' : 'read'],
    ] as const) {
      using opened = await egide.openPatchIndex(source);
      await opened.verify();
      expect([opened.storage, opened.size, opened.profile, opened.features]).toEqual([storage, 25, 'standard', index.features]);
      expect(opened.ids()).toEqual(ids);
      expect(opened.search(queries[0] as Patches, all)).toEqual(index.search(queries[0] as Patches, all));
    }
  });

  test('damaged bytes do not open, whatever is damaged', async () => {
    using index = await build(records.standard.slice(0, 5));
    const sound = bytesOf(index);
    for (const at of [0, 8, 12, 17, 24, 33, 40, 48, 56, 64, 72, 80, 84, 121, 128, 130, 5000, sound.length >> 1, sound.length - 1]) {
      const damaged = Uint8Array.from(sound);
      damaged[at] = (damaged[at] as number) ^ 4;
      expect([at, await code(() => egide.openPatchIndex(damaged))]).toEqual([at, 'INVALID_INDEX']);
    }
    for (const length of [0, 1, 127, 128, sound.length - 1, sound.length - 64])
      expect(await code(() => egide.openPatchIndex(sound.subarray(0, length)))).toBe('INVALID_INDEX');
    expect(await code(() => egide.openPatchIndex(Buffer.concat([sound, Buffer.alloc(64)])))).toBe('INVALID_INDEX');
  });

  test.runIf(name === 'native')(
    'a file that is damaged behind its directory is told by verify, and searching it does no harm',
    async () => {
      using index = await build(records.standard);
      const bytes = bytesOf(index);
      bytes.fill(0xff, bytes.length >> 2);
      const path = join(folder, 'damaged');
      await writeFile(path, bytes);
      using opened = await egide.openPatchIndex(path);
      expect(await code(() => opened.verify())).toBe('INVALID_INDEX');
      expect(await code(() => opened.search(queries[0] as Patches))).toMatch(/INVALID_INDEX|nothing/);
      expect(await code(() => opened.record(3))).toBe('INVALID_INDEX');
    },
  );

  test('is not an index of hashes or digests, nor the other way round', async () => {
    using index = await build(records.standard.slice(0, 1));
    await expect(egide.openPdqIndex(bytesOf(index))).rejects.toThrow('open it with openPatchIndex');
    await expect(egide.openDigestIndex(bytesOf(index))).rejects.toThrow('open it with openPatchIndex');
    using pdq = await egide.buildPdqIndex(new Uint8Array(64));
    await expect(egide.openPatchIndex(Buffer.concat([...pdq.chunks()]))).rejects.toThrow('open it with openPdqIndex');
    using digests = await egide.buildDigestIndex('md5', new Uint8Array(64));
    await expect(egide.openPatchIndex(Buffer.concat([...digests.chunks()]))).rejects.toThrow('open it with openDigestIndex');
  });

  test('refuses records of two profiles, what is no record, and options that cannot be', async () => {
    const [standard, compact] = [records.standard[0] as PatchRecord, records.compact[1] as PatchRecord];
    await expect(build([standard, compact])).rejects.toThrow(/records\[1\]: expected a standard record.*a compact one/);
    await expect(build([standard], { profile: 'compact' })).rejects.toThrow(/a standard one/);
    const damaged = Uint8Array.from(standard.bytes);
    damaged[100] = (damaged[100] as number) ^ 1;
    expect(await code(() => build([standard, damaged]))).toBe('INVALID_PATCHES');
    expect(await code(() => build([standard.bytes.subarray(0, 40)]))).toBe('INVALID_PATCHES');
    using other = await build([compact]);
    const table = await egide.patches.stopFeatures([other]);
    await expect(build([standard], { stops: table })).rejects.toThrow(/stops: expected a table of standard features/);
    expect(await code(() => build([standard], { stops: new Uint8Array(40) }))).toBe('INVALID_PATCHES');
    await expect(build([standard], { stops: standard.bytes })).rejects.toThrow('these bytes are no table of stop features');
    await expect(build([standard], { stops: table.subarray(0, -1) })).rejects.toThrow(/^this table of stop features is shorter or longer/);
    expect(() => egide.patches.openRecord(table)).toThrow('these bytes are no record of patches');
    for (const wrong of [null, 3, 'all', {}])
      expect(await code(() => build([standard], { stops: wrong as 'keep' }))).toBe('INVALID_ARGUMENT');
    for (const wrong of [null, 3, [null], [3], [{}]]) expect(await code(() => build(wrong as never))).toBe('INVALID_ARGUMENT');
    for (const wrong of [new Uint32Array(2), [1]])
      expect(await code(() => build([standard], { ids: wrong as Uint32Array }))).toBe('INVALID_ARGUMENT');
    expect(await code(() => build([], { profile: 'large' as 'compact' }))).toBe('INVALID_ARGUMENT');
    using index = await build([standard]);
    await expect(egide.patches.stopFeatures([index, other])).rejects.toThrow(/indexes\[1\]/);
    for (const wrong of [{ images: 0 }, { images: 1.5 }, { deep: 1 }, { negatives: 'yes' }, { minTier: 'sure' }])
      expect(await code(() => index.search(queries[0] as Patches, wrong as never))).toBe('INVALID_ARGUMENT');
    for (const wrong of [new Uint8Array(3), new Uint8Array(32)])
      expect(await code(() => index.search({ ...(queries[0] as Patches), bytes: wrong }))).toBe('INVALID_PATCHES');
  });

  test('says that it was disposed of', async () => {
    const index = await build(records.standard.slice(0, 1));
    index[Symbol.dispose]();
    index[Symbol.dispose]();
    for (const use of [
      () => index.search(queries[0] as Patches),
      () => index.ids(),
      () => index.record(0),
      () => index.verify(),
      () => egide.patches.stopFeatures([index]),
    ])
      expect(await code(use)).toBe('DISPOSED');
  });

  test('stops when the signal is raised, and says how far it is', async () => {
    const reason = new Error('enough');
    expect(await code(() => build(records.standard, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const building = build(records.standard, { signal: controller.signal, onProgress: () => controller.abort(reason) });
    expect(await code(() => building)).toBe(reason);
    const parts: number[] = [];
    using index = await build(records.standard, { onProgress: (done) => parts.push(done) });
    expect(parts.at(-1)).toBe(1);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(await code(() => egide.patches.stopFeatures([index], { signal: AbortSignal.abort(reason) }))).toBe(reason);
  });

  test.runIf(name === 'native')('lies in shared memory if asked, and opens there without a copy', async () => {
    using index = await build(records.standard, { shared: true });
    expect(index.storage).toBe('shared');
    using other = await egide.openPatchIndex(index.shared as SharedArrayBuffer);
    expect(other.shared).toBe(index.shared);
    expect(other.search(queries[1] as Patches, all)).toEqual(index.search(queries[1] as Patches, all));
  });
});

test('both backends build the same bytes and give the same answers, to the last bit', async () => {
  for (const profile of ['standard', 'compact'] as const) {
    const [native, wasm] = await Promise.all(engines.map(([, makeEgide]) => makeEgide().buildPatchIndex(records[profile], { ids })));
    expect(bytesOf(native as PatchIndex).equals(bytesOf(wasm as PatchIndex))).toBe(true);
    for (const query of queries)
      for (const deep of [false, true])
        expect(wasm?.search(query, { ...all, negatives: true, deep })).toEqual(native?.search(query, { ...all, negatives: true, deep }));
  }
});
