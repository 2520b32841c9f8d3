import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend.js';
import type { Egide } from '../../src/egide.js';
import type { LivePatchIndex, Patches, PatchRecord } from '../../src/entry/public.js';
import { code, engines } from './live-fixture.js';
import { bytesOf, queries, records } from './patch-fixture.js';
import { seededNumbers } from './search-fixture.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-live-patches-'));
});
afterAll(() => rm(folder, { recursive: true }));

const all = { minTier: 'weak' } as const;
const asked = (i: number): Patches => queries[i] as Patches;
const some = (...rows: number[]): PatchRecord[] => rows.map((row) => records.standard[row] as PatchRecord);

/** What a bank ought to hold. */
interface Row {
  readonly id: number;
  readonly record: PatchRecord;
}

/** The answers of an index that is newly built of these rows. */
async function fresh(egide: Egide, rows: readonly Row[], stops: 'keep' | Uint8Array, patches: readonly Patches[]) {
  const ids = Uint32Array.from(rows, ({ id }) => id);
  using index = await egide.buildPatchIndex(
    rows.map(({ record }) => record),
    { ids, stops, profile: 'standard' },
  );
  return patches.map((query) => index.search(query, all));
}

async function expectRows(egide: Egide, live: LivePatchIndex, rows: readonly Row[], patches = queries.slice(0, 3)): Promise<void> {
  expect([...live.ids()]).toEqual(rows.map(({ id }) => id));
  expect(live.size).toBe(rows.length);
  expect(patches.map((query) => live.search(query, all))).toEqual(await fresh(egide, rows, 'keep', patches));
}

/** The backend, but that a build fails after so many calls of `step`. */
function failing(backend: Backend, steps: { left: number }): Backend {
  const index = new Proxy(backend.index, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name === 'step' && --steps.left < 0) throw new Error('no more steps');
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  return new Proxy(backend, { get: (target, name) => (name === 'index' ? index : bound(target, name)) });
}

function bound(target: Backend, name: string | symbol): unknown {
  const value = Reflect.get(target, name);
  return typeof value === 'function' ? value.bind(target) : value;
}

describe.each(engines)('LivePatchIndex on %s', (name, makeEgide) => {
  const egide = makeEgide();
  const liveOf = async (...rows: number[]): Promise<LivePatchIndex> =>
    egide.livePatchIndex(await egide.buildPatchIndex(some(...rows), { stops: 'keep', profile: 'standard' }));

  test('finds what was added when it says so, and not what was removed from then on', async () => {
    using live = await liveOf(0, 1);
    expect(live.search(asked(2)).hits).toEqual([]);
    const adding = live.add(some(2, 3));
    expect(live.search(asked(2)).hits).toEqual([]);
    expect(await adding).toEqual(Uint32Array.of(2, 3));
    expect(live.search(asked(2)).hits).toMatchObject([{ id: 2, match: { tier: 'confirmed' } }]);
    expect([live.size, live.pending, live.segments]).toEqual([4, 2, 2]);
    expect(live.remove([2, 0, 77])).toEqual({ removed: 2, unknown: Uint32Array.of(77) });
    expect(live.search(asked(2)).hits).toEqual([]);
    expect(live.search(asked(0)).hits).toEqual([]);
    expect([live.size, live.pending, [...live.ids()]]).toEqual([2, 2, [1, 3]]);
    expect(live.remove(Uint32Array.of(2))).toEqual({ removed: 0, unknown: Uint32Array.of(2) });
    expect(await live.add(some(2))).toEqual(Uint32Array.of(4));
    expect(live.search(asked(2)).hits.map(({ id }) => id)).toEqual([4]);
  });

  test('begins empty, and may be emptied', async () => {
    using live = await liveOf();
    expect([live.size, live.search(asked(0))]).toEqual([0, { hits: [], truncated: false }]);
    await live.add(some(0, 1), { ids: Uint32Array.of(9, 9) });
    expect(live.remove([9])).toEqual({ removed: 2, unknown: new Uint32Array(0) });
    expect([live.size, live.search(asked(0), all).hits]).toEqual([0, []]);
    await live.merge();
    expect([live.size, live.segments, [...live.ids()]]).toEqual([0, 1, []]);
    expect([...(await live.add(some(0)))]).toEqual([10]);
    expect([...(await live.add([]))]).toEqual([]);
  });

  test('answers as a new index would, whatever is added, removed and merged, in never more than eight indexes', async () => {
    const next = seededNumbers(1234);
    using live = await liveOf(0, 5, 9);
    let rows: Row[] = [0, 5, 9].map((row, id) => ({ id, record: records.standard[row] as PatchRecord }));
    let most = 0;
    for (let step = 0; step < 40; ++step) {
      const kind = next() % 16;
      if (kind < 11) {
        const added = Array.from({ length: 1 + (next() % 2) }, () => next() % records.standard.length);
        const ids = Uint32Array.from(added, () => next() % 50);
        await live.add(some(...added), { ids });
        rows.push(...added.map((row, i) => ({ id: ids[i] as number, record: records.standard[row] as PatchRecord })));
      } else if (kind < 15) {
        const gone = Array.from({ length: 5 }, () => next() % 50);
        const { removed, unknown } = live.remove(gone);
        expect(removed).toBe(rows.filter(({ id }) => gone.includes(id)).length);
        expect([...unknown]).toEqual([...new Set(gone)].filter((id) => rows.every((row) => row.id !== id)));
        rows = rows.filter(({ id }) => !gone.includes(id));
      } else await live.merge();
      most = Math.max(most, live.segments);
      expect([step, [...live.ids()]]).toEqual([step, rows.map(({ id }) => id)]);
      if (step % 6 === 5) await expectRows(egide, live, rows, [asked(next() % 3), asked(5)]);
    }
    expect(most).toBe(8);
    await live.merge();
    await expectRows(egide, live, rows);
    expect([live.segments, live.pending]).toEqual([1, 0]);
  });

  test('marks what is added with the table of the base, and all at a merge', async () => {
    const rows = records.standard.map((record, id) => ({ id, record }));
    using whole = await egide.buildPatchIndex(records.standard);
    const stops = await egide.patches.stopFeatures([whole]);
    const base = await egide.buildPatchIndex(records.standard.slice(0, 10), { stops });
    using live = egide.livePatchIndex(base, { stops });
    for (let i = 10; i < 25; i += 5) await live.add(records.standard.slice(i, i + 5));
    const expected = await fresh(egide, rows, stops, queries);
    expect(queries.map((query) => live.search(query, all))).toEqual(expected);
    await live.merge();
    expect(queries.map((query) => live.search(query, all))).toEqual(expected);
  });

  test('what is removed during an addition or a merge is gone before and after it', async () => {
    using live = await liveOf(0, 1, 2);
    for (const row of [3, 4, 5, 6, 7, 8, 9]) await live.add(some(row));
    expect(live.segments).toBe(8);
    const adding = live.add(some(10)); // folds the last ones
    expect(live.remove([8, 9]).removed).toBe(2);
    expect([...live.remove([10]).unknown]).toEqual([10]); // not there yet
    await adding;
    expect([...live.ids()]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 10]);
    const merging = live.merge();
    expect(live.remove([0, 10]).removed).toBe(2);
    expect(live.search(asked(0)).hits.filter(({ id }) => id === 0)).toEqual([]);
    await merging;
    expect([...live.ids()]).toEqual([1, 2, 3, 4, 5, 6, 7]);
    const rows = [1, 2, 3, 4, 5, 6, 7].map((id) => ({ id, record: records.standard[id] as PatchRecord }));
    await expectRows(egide, live, rows);
  });

  test('one adds or merges at a time', async () => {
    using live = await liveOf(0, 1);
    const adding = live.add(some(2));
    expect(await code(() => live.add(some(3)))).toBe('BUSY');
    expect(await code(() => live.merge())).toBe('BUSY');
    await adding;
    const merging = live.merge();
    expect(await code(() => live.merge())).toBe('BUSY');
    await expect(live.add(some(3))).rejects.toThrow('add: another call (merge) is under way');
    await merging;
    await live.add(some(3));
    expect([...live.ids()]).toEqual([0, 1, 2, 3]);
  });

  test('a merge into a file is there whole, mapped where files are, and opens as another index', async () => {
    const path = join(folder, name);
    using live = await liveOf(0, 1);
    await live.add(some(2, 3));
    live.remove([1]);
    const parts: number[] = [];
    await live.merge({ path, onProgress: (done) => parts.push(done) });
    expect(parts.at(-1)).toBe(1);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    const rows = [0, 2, 3].map((id) => ({ id, record: records.standard[id] as PatchRecord }));
    await expectRows(egide, live, rows);
    using opened = await egide.openPatchIndex(path);
    await opened.verify();
    using built = await egide.buildPatchIndex(some(0, 2, 3), { ids: Uint32Array.of(0, 2, 3), stops: 'keep' });
    expect(bytesOf(opened).equals(bytesOf(built))).toBe(true);
    await live.add(some(4)); // the base lies in the file now
    await live.merge({ path });
    await expectRows(egide, live, [...rows, { id: 4, record: records.standard[4] as PatchRecord }]);
    expect(opened.size).toBe(3);
    expect((await readdir(folder)).filter((file) => file.startsWith(name))).toEqual([name]);
  });

  test('an addition or merge that is stopped or fails leaves everything as it was', async () => {
    const steps = { left: Number.POSITIVE_INFINITY };
    const fragile = makeEgide((backend) => failing(backend, steps));
    using live = fragile.livePatchIndex(await fragile.buildPatchIndex(some(0, 1, 2), { stops: 'keep' }));
    for (const row of [3, 4, 5, 6, 7, 8, 9]) await live.add(some(row));
    live.remove([1, 5]);
    const rows = [0, 2, 3, 4, 6, 7, 8, 9].map((id) => ({ id, record: records.standard[id] as PatchRecord }));
    const reason = new Error('enough');
    const stopped = AbortSignal.abort(reason);
    expect(await code(() => live.add(some(10), { signal: stopped }))).toBe(reason);
    expect(await code(() => live.merge({ signal: stopped }))).toBe(reason);
    const midway = new AbortController();
    expect(await code(() => live.merge({ signal: midway.signal, onProgress: () => midway.abort(reason) }))).toBe(reason);
    for (const left of [0, 1]) {
      steps.left = left;
      await expect(live.add(some(10))).rejects.toThrow('no more steps');
      steps.left = left;
      await expect(live.merge({ path: join(folder, 'never') })).rejects.toThrow('no more steps');
    }
    steps.left = Number.POSITIVE_INFINITY;
    expect(await code(() => live.add([...some(10), new Uint8Array(9)]))).toBe('INVALID_PATCHES');
    expect(await code(() => live.merge({ path: join(folder, 'no', 'folder') }))).toBe('WRITE_FAILED');
    expect(await code(() => live.merge({ path: folder }))).toBe('INVALID_ARGUMENT');
    expect((await readdir(folder)).includes('never')).toBe(false);
    await expectRows(egide, live, rows);
    expect([live.segments, live.pending]).toEqual([8, 7]);
    expect([...(await live.add(some(1)))]).toEqual([10]);
  });

  test('disposal ends what is under way', async () => {
    for (const work of ['add', 'merge'] as const) {
      const live = await liveOf(0, 1);
      await live.add(some(3));
      const working = work === 'add' ? live.add(some(2)) : live.merge();
      live[Symbol.dispose]();
      live[Symbol.dispose]();
      expect(await code(() => working)).toBe('DISPOSED');
      const uses: (() => unknown)[] = [
        () => live.search(asked(0)),
        () => live.add(some(1)),
        () => live.remove([0]),
        () => live.merge(),
        () => live.size,
        () => live.ids(),
      ];
      for (const use of uses) expect(await code(use)).toBe('DISPOSED');
    }
  });

  test('refuses what it cannot be made of or given', async () => {
    using base = await egide.buildPatchIndex(some(0));
    using compact = await egide.buildPatchIndex(records.compact.slice(0, 2));
    const table = await egide.patches.stopFeatures([compact]);
    for (const wrong of [null, {}, new Uint8Array(3)])
      expect(await code(() => egide.livePatchIndex(wrong as never))).toBe('INVALID_ARGUMENT');
    for (const wrong of ['collect', 3, null, table])
      expect(await code(() => egide.livePatchIndex(base, { stops: wrong as 'keep' }))).toBe('INVALID_ARGUMENT');
    expect(await code(() => egide.livePatchIndex(base, { stops: new Uint8Array(40) }))).toBe('INVALID_PATCHES');
    using live = egide.livePatchIndex(base);
    await expect(live.add(records.compact.slice(0, 1))).rejects.toThrow(/records\[0\]: expected a standard record/);
    for (const wrong of [null, 3, [3], [null]]) expect(await code(() => live.add(wrong as never))).toBe('INVALID_ARGUMENT');
    for (const ids of [new Uint32Array(2), [1]])
      expect(await code(() => live.add(some(1), { ids: ids as Uint32Array }))).toBe('INVALID_ARGUMENT');
    for (const wrong of [3, null, [-1], [1.5], [2 ** 32], ['1']])
      expect(await code(() => live.remove(wrong as number[]))).toBe('INVALID_ARGUMENT');
    for (const path of ['', 3, null]) expect(await code(() => live.merge({ path: path as string }))).toBe('INVALID_ARGUMENT');
    await live.add(some(1), { ids: Uint32Array.of(2 ** 32 - 1) });
    await expect(live.add(some(2))).rejects.toThrow('ids of your own');
    const gone = await egide.buildPatchIndex(some(0));
    gone[Symbol.dispose]();
    expect(await code(() => egide.livePatchIndex(gone))).toBe('DISPOSED');
  });

  test('tells that another index was saved to its path in the middle of a merge', async () => {
    const path = join(folder, `${name}-superseded`);
    using other = await egide.buildPatchIndex(some(7), { stops: 'keep' });
    const rival = makeEgide(undefined, (files) => ({
      ...files,
      open: files.open.bind(files),
      read: files.read.bind(files),
      async save(...args: Parameters<typeof files.save>) {
        await files.save(...args);
        await writeFile(path, bytesOf(other));
      },
    }));
    using live = rival.livePatchIndex(await rival.buildPatchIndex(some(0, 1), { stops: 'keep' }));
    expect(await code(() => live.merge({ path }))).toBe('SUPERSEDED');
    expect([...live.ids()]).toEqual([0, 1]);
  });
});
