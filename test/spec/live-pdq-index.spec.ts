import { describe, expect, test } from 'vitest';
import type { LiveSearchResult, PdqSnapshot } from '../../src/search/live-generation.js';
import type { LivePdqIndex } from '../../src/search/live-pdq-index.js';
import type { QueryHit, SearchOptions } from '../../src/search/pdq-index.js';
import { code, engines, Model, makeBase, near } from './live-fixture.js';
import { clustered, seededBytes, seededNumbers } from './search-fixture.js';

const RADII = [0, 31, 64, 100];
const LIMITS = [undefined, 1, 3, 20];

/** The answer without what the model does not know. */
function answerOf({ hits, truncated, version }: LiveSearchResult<QueryHit>) {
  return { hits, truncated, version };
}

/** A live index beside the model, and the snapshots that were taken of both. */
class Pair {
  readonly live: LivePdqIndex;
  readonly model: Model;
  readonly next: () => number;
  readonly snapshots: { readonly taken: PdqSnapshot; readonly model: Model }[] = [];

  constructor(live: LivePdqIndex, model: Model, seed: number) {
    this.live = live;
    this.model = model;
    this.next = seededNumbers(seed);
  }

  /** One random change to both. */
  change(): void {
    const { live, model, next } = this;
    const id = next() % 70; // some are in no base
    switch (next() % 5) {
      case 0:
      case 1: {
        const hash = near(model, next);
        model.add(id, hash);
        expect(live.add(id, hash)).toBe(model.version);
        break;
      }
      case 2: {
        const hashes = new Uint8Array(32 * (next() % 9));
        const ids = Uint32Array.from({ length: hashes.length / 32 }, () => next() % 70);
        for (const [i, each] of ids.entries()) {
          hashes.set(near(model, next), 32 * i);
          model.add(each, hashes.subarray(32 * i, 32 * i + 32));
        }
        expect(live.addMany(ids, hashes)).toBe(model.version);
        break;
      }
      default:
        model.remove(id);
        expect(live.remove(id)).toBe(model.version);
    }
    expect(live.version).toBe(model.version);
  }

  /** One random search of both. */
  search(): void {
    const queries = new Uint8Array(32 * (this.next() % 4));
    for (let at = 0; at < queries.length; at += 32) queries.set(near(this.model, this.next), at);
    const limit = LIMITS[this.next() % LIMITS.length];
    const options: SearchOptions = { maxDistance: RADII[this.next() % RADII.length] as number, ...(limit && { limit }) };
    expect(answerOf(this.live.searchMany(queries, options))).toEqual(this.model.search(queries, options));
    for (const { taken, model } of this.snapshots)
      expect(answerOf(taken.searchMany(queries, options))).toEqual(model.search(queries, options));
  }

  snapshot(): void {
    if (this.snapshots.length === 3) this.snapshots.shift()?.taken[Symbol.dispose]();
    this.snapshots.push({ taken: this.live.snapshot(), model: this.model.copy() });
  }
}

describe.each(engines)('LivePdqIndex on %s', (_name, makeEngine) => {
  const egide = makeEngine();
  const liveOf = async (hashes: Uint8Array, ids?: Uint32Array, capacity = 1000): Promise<LivePdqIndex> =>
    egide.livePdqIndex(await egide.buildPdqIndex(hashes, ids && { ids }), { capacity });

  test.each((['ids', 'no ids', 'empty'] as const).flatMap((kind) => [1, 2, 3, 4].map((seed) => [kind, seed] as const)))(
    'answers as the model does through changes, snapshots and merges: base with %s, seed %i',
    async (kind, seed) => {
      const { hashes, ids } = makeBase(kind, 10 * seed);
      using live = await liveOf(hashes, ids);
      const pair = new Pair(live, Model.of(hashes, ids), 100 + seed);
      for (let step = 0; step < 120; ++step) {
        for (let changes = pair.next() % 4; changes > 0; --changes) pair.change();
        if (step % 5 === 0) pair.snapshot();
        pair.search();
        if (step % 30 !== 29) continue;
        const pending = live.pending;
        const merging = live.merge();
        pair.change();
        pair.search();
        await merging;
        expect(live.pending).toBeLessThanOrEqual(pending);
        pair.search();
      }
      for (const { taken } of pair.snapshots) taken[Symbol.dispose]();
    },
  );

  test('answers as the model does beside a base with bands', async () => {
    const hashes = clustered(33_000, 10, 5);
    using live = await liveOf(hashes);
    const pair = new Pair(live, Model.of(hashes), 6);
    for (let step = 0; step < 3; ++step) {
      for (let i = 0; i < 20; ++i) pair.change();
      const [query, options] = [near(pair.model, pair.next), { maxDistance: 31 }];
      const answer = live.searchMany(query, options);
      expect(answerOf(answer)).toEqual(pair.model.search(query, options));
      expect(answer.method).toBe('bands');
      await live.merge();
    }
  });

  test('search is searchMany with one query', async () => {
    using live = await liveOf(seededBytes(320, 1));
    live.add(77, seededBytes(32, 3));
    const { hits, truncated, version, superseded } = live.search(seededBytes(32, 3), { maxDistance: 0 });
    expect([hits, truncated, version, superseded]).toEqual([[{ id: 77, distance: 0 }], false, 1, false]);
  });

  test('the same hash added twice with the same id is two hashes, and one removal takes both', async () => {
    using live = await liveOf(new Uint8Array(0));
    const hash = seededBytes(32, 3);
    live.add(5, hash);
    live.add(5, hash);
    expect(live.search(hash, { maxDistance: 0 }).hits).toEqual([
      { id: 5, distance: 0 },
      { id: 5, distance: 0 },
    ]);
    live.remove(5);
    expect(live.search(hash, { maxDistance: 256 }).hits).toEqual([]);
    live.add(5, hash);
    expect(live.search(hash, { maxDistance: 0 }).hits.length).toBe(1);
    await live.merge();
    expect(live.search(hash, { maxDistance: 0 }).hits.length).toBe(1);
  });

  test('a hash keeps the number that was its id after a merge', async () => {
    const hashes = seededBytes(32 * 10, 1);
    using live = await liveOf(hashes);
    live.remove(0);
    await live.merge();
    expect(live.search(hashes.subarray(9 * 32), { maxDistance: 0 }).hits).toEqual([{ id: 9, distance: 0 }]);
  });

  test.each([1, 4, 19, 20, 21, 60])('a limit of %i is exact where most of the nearest hits were removed', async (limit) => {
    const hashes = new Uint8Array(32 * 600); // all equally near
    const ids = Uint32Array.from({ length: 600 }, (_, i) => (i < 580 ? i >> 2 : i));
    using live = await liveOf(hashes, ids);
    for (let id = 0; id < 145; ++id) live.remove(id);
    const { hits, truncated } = live.search(new Uint8Array(32), { maxDistance: 31, limit });
    expect(hits.map(({ id }) => id)).toEqual([...ids.subarray(580, 580 + limit)]);
    expect(truncated).toBe(limit < 20);
    live.add(3, new Uint8Array(32));
    const after = live.search(new Uint8Array(32), { maxDistance: 31, limit });
    expect([after.hits[0]?.id, after.hits.length, after.truncated]).toEqual([3, Math.min(limit, 21), limit < 21]);
  });

  test('a limit is exact among more added hashes than are compared at a time', async () => {
    const added = seededBytes(32 * 1200, 8);
    using live = await liveOf(new Uint8Array(0), undefined, 1200);
    const ids = Uint32Array.from({ length: 1200 }, (_, i) => 2000 - i); // of two that are equally near, the later one comes first
    live.addMany(ids, added);
    const queries = seededBytes(32 * 1000, 9); // 1.2 million pairs, of which some thousands are within 105 bits
    const all = Model.of(added, ids).search(queries, { maxDistance: 105 }).hits;
    expect(all.length).toBeGreaterThan(1000);
    for (const limit of [1, 50, all.length - 1, all.length]) {
      const { hits, truncated } = live.searchMany(queries, { maxDistance: 105, limit });
      expect(hits).toEqual(all.slice(0, limit));
      expect(truncated).toBe(limit < all.length);
    }
  });

  test('refuses what does not fit, whole, and has room again after a merge', async () => {
    using live = await liveOf(seededBytes(320, 1), undefined, 4);
    const hash = seededBytes(32, 3);
    live.add(100, hash);
    expect(await code(() => live.addMany(Uint32Array.of(1, 2, 3, 4), seededBytes(128, 4)))).toBe('TOO_MANY_CHANGES');
    expect([live.version, live.pending, live.capacity]).toEqual([1, 1, 4]);
    live.addMany(Uint32Array.of(101, 102, 103), seededBytes(96, 4));
    expect(await code(() => live.remove(1))).toBe('TOO_MANY_CHANGES');
    expect(await code(() => live.add(1, hash))).toBe('TOO_MANY_CHANGES');
    expect(live.search(hash, { maxDistance: 0 }).hits).toEqual([{ id: 100, distance: 0 }]);
    await live.merge();
    expect([live.version, live.pending, live.remove(100)]).toEqual([4, 0, 5]);
    expect(live.search(hash, { maxDistance: 0 }).hits).toEqual([]);
  });

  test('keeps copies, and takes views that begin anywhere', async () => {
    using live = await liveOf(new Uint8Array(0));
    const bytes = Buffer.from([0, ...seededBytes(64, 3)]);
    const ids = Uint32Array.of(9, 8, 7);
    live.addMany(ids.subarray(1), bytes.subarray(1));
    bytes.fill(0);
    ids.fill(0);
    expect(live.search(seededBytes(64, 3).subarray(32), { maxDistance: 0 }).hits).toEqual([{ id: 7, distance: 0 }]);
  });

  test('refuses what is no id, no hash, no radius, no limit, no base and no capacity', async () => {
    using live = await liveOf(seededBytes(320, 1));
    const hash = seededBytes(32, 3);
    const gone = new Uint8Array(32);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const id of [-1, 2 ** 32, 1.5, Number.NaN, '1', null, undefined]) {
      expect(await code(() => live.add(id as number, hash))).toBe('INVALID_ARGUMENT');
      expect(await code(() => live.remove(id as number))).toBe('INVALID_ARGUMENT');
    }
    for (const wrong of [new Uint8Array(31), new Uint8Array(64), new Uint8Array(0), gone, [1], null]) {
      expect(await code(() => live.add(1, wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
      expect(await code(() => live.search(wrong as Uint8Array, { maxDistance: 31 }))).toBe('INVALID_ARGUMENT');
    }
    for (const ids of [new Uint32Array(1), new Uint32Array(3), [1, 2], undefined])
      expect(await code(() => live.addMany(ids as Uint32Array, seededBytes(64, 1)))).toBe('INVALID_ARGUMENT');
    for (const wrong of [new Uint8Array(33), gone, null])
      expect(await code(() => live.searchMany(wrong as Uint8Array, { maxDistance: 31 }))).toBe('INVALID_ARGUMENT');
    for (const maxDistance of [-1, 257, Number.NaN, undefined])
      expect(await code(() => live.search(hash, { maxDistance: maxDistance as number }))).toBe('INVALID_ARGUMENT');
    for (const limit of [0, -1, 1.5, 2 ** 32])
      expect(await code(() => live.search(hash, { maxDistance: 1, limit }))).toBe('INVALID_ARGUMENT');
    expect(live.version).toBe(0);

    const base = await egide.buildPdqIndex(seededBytes(320, 1));
    for (const capacity of [0, -1, 1.5, 2 ** 24 + 1, Number.NaN])
      expect(await code(() => egide.livePdqIndex(base, { capacity }))).toBe('INVALID_ARGUMENT');
    for (const wrong of [live, null, new Uint8Array(32)])
      expect(await code(() => egide.livePdqIndex(wrong as unknown as typeof base))).toBe('INVALID_ARGUMENT');
    base[Symbol.dispose]();
    expect(await code(() => egide.livePdqIndex(base))).toBe('DISPOSED');
  });

  test('says that it was disposed of, also the second time, while a snapshot goes on', async () => {
    const hash = seededBytes(32, 3);
    const base = await egide.buildPdqIndex(hash);
    const live = egide.livePdqIndex(base);
    const taken = live.snapshot();
    live[Symbol.dispose]();
    live[Symbol.dispose]();
    for (const use of [
      () => live.search(hash, { maxDistance: 1 }),
      () => live.searchMany(hash, { maxDistance: 1 }),
      () => live.add(1, hash),
      () => live.addMany(Uint32Array.of(1), hash),
      () => live.remove(1),
      () => live.merge(),
      () => live.snapshot(),
      () => live.share(),
      () => live.version,
      () => live.pending,
    ])
      expect(await code(use)).toBe('DISPOSED');
    expect(taken.search(hash, { maxDistance: 0 }).hits.length).toBe(1);
    taken[Symbol.dispose]();
    taken[Symbol.dispose]();
    expect(await code(() => taken.search(hash, { maxDistance: 0 }))).toBe('DISPOSED');
    expect(await code(() => base.read(0, 1))).toBe('DISPOSED'); // it was taken over
  });

  test('leaves the base as it was where there is no memory for changes', async () => {
    const scarce = makeEngine((backend) => {
      const reserve = backend.index.reserve.bind(backend.index);
      let left = 2; // the base and its scratch
      backend.index.reserve = (byteLength, shared) => {
        if (left-- === 0) throw Object.assign(new Error('no more'), { code: 'OUT_OF_MEMORY' });
        return reserve(byteLength, shared);
      };
      return backend;
    });
    const base = await scarce.buildPdqIndex(seededBytes(320, 1));
    expect(await code(() => scarce.livePdqIndex(base))).toBe('OUT_OF_MEMORY');
    expect(base.read(9, 1).ids).toEqual(Uint32Array.of(9));
  });
});
