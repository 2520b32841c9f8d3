import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { Egide } from '../../src/egide.js';
import type { LivePdqIndex } from '../../src/search/live-pdq-index.js';
import { code, engines, Model, near, smallWasm } from './live-fixture.js';
import { clustered, seededBytes, seededNumbers } from './search-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'egide-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${++files}.index`);

/** With bands, and more than one slice. */
const COUNT = 60_000;
const stored = clustered(COUNT, 10, 21);

/** What an index answers to queries near everything that changes in these tests. */
function answers(live: Pick<LivePdqIndex, 'searchMany'>) {
  const { superseded: _, ...answer } = live.searchMany(queries, { maxDistance: 31 });
  return answer;
}
const queries = new Uint8Array([...stored.subarray(0, 32 * 4), ...stored.subarray(32 * (COUNT - 4)), ...seededBytes(32 * 2, 77)]);

/** Makes so many changes near the queries, the same for the same seed. */
function change(live: LivePdqIndex, count: number, seed: number): void {
  const next = seededNumbers(seed);
  for (let i = 0; i < count; ++i) {
    const id = next() % 2 ? next() % 20 : COUNT - (next() % 20);
    const hash = queries.slice(0, 32);
    hash[next() % 32] = next();
    if (next() % 2) live.add(id, hash);
    else live.remove(id);
  }
}

async function changed(egide: Egide, options?: { shared?: boolean }): Promise<LivePdqIndex> {
  const live = egide.livePdqIndex(await egide.buildPdqIndex(stored, options), { capacity: 5000 });
  change(live, 200, 3);
  return live;
}

type MakeEngine = (typeof engines)[number][1];

/** An engine whose core tells of each of its steps, before it takes it, for as long as the function wants to know. */
function watched(makeEngine: MakeEngine): { egide: Egide; watch: { onStep: (step: string) => void } } {
  const watch = { onStep: (_step: string): void => undefined };
  const egide = makeEngine((backend) => {
    const core = backend.index as unknown as Record<string, (...args: unknown[]) => unknown>;
    for (const step of ['pdqRead', 'reserve', 'pdqBegin', 'add', 'step', 'open']) {
      const original = core[step]?.bind(core);
      core[step] = (...args) => {
        watch.onStep(step);
        return original?.(...args);
      };
    }
    return backend;
  });
  return { egide, watch };
}

describe.each(engines)('a merge on %s', (name, makeEngine) => {
  const egide = makeEngine();

  test('changes no answer, and tells how far it is', async () => {
    using live = await changed(egide);
    const before = answers(live);
    expect(before.hits.length).toBeGreaterThan(20);
    const parts: number[] = [];
    await live.merge({ onProgress: (done) => parts.push(done) });
    expect(answers(live)).toEqual(before);
    expect([live.pending, live.version]).toEqual([0, 200]);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(parts.length).toBeGreaterThan(3);
    expect(parts.at(-1)).toBe(1);
  });

  test('carries over what comes in each of its stages, and answers at every one', async () => {
    const hashes = clustered(40_000, 10, 4);
    const { egide, watch } = watched(makeEngine);
    using live = egide.livePdqIndex(await egide.buildPdqIndex(hashes), { capacity: 40_000 });
    const model = Model.of(hashes);
    const next = seededNumbers(9);
    const both = (): void => {
      const [id, hash] = [next() % 50, near(model, next)];
      if (next() % 3) {
        live.add(id, hash);
        model.add(id, hash);
      } else {
        live.remove(id);
        model.remove(id);
      }
    };
    live.remove(7);
    model.remove(7);
    const hash = near(model, next);
    const steps = new Set<string>();
    const stage = (): void => {
      both();
      const { hits, version } = live.search(hash, { maxDistance: 64 });
      const expected = model.search(hash, { maxDistance: 64 });
      expect({ hits, version }).toEqual({ hits: expected.hits.map(({ id, distance }) => ({ id, distance })), version: expected.version });
    };
    // More than are carried over between two turns of the event loop.
    const many = clustered(20_000, 20_000, 5);
    setTimeout(() => {
      live.addMany(new Uint32Array(20_000).fill(60), many);
      for (let i = 0; i < 20_000; ++i) model.add(60, many.subarray(32 * i, 32 * i + 32));
    }, 1);
    watch.onStep = (step) => {
      if (steps.has(step)) return both();
      steps.add(step);
      stage();
    };
    await live.merge({ onProgress: stage });
    watch.onStep = () => undefined;
    expect([...steps]).toEqual(['pdqRead', 'reserve', 'pdqBegin', 'add', 'step', 'open']);
    expect(live.pending).toBeGreaterThanOrEqual(20_000);
    stage();
    await live.merge();
    stage();
  });

  test('that is stopped at any of its stages leaves everything as it was', async () => {
    const { egide, watch } = watched(makeEngine);
    using live = await changed(egide);
    const before = answers(live);
    const reason = new Error('enough');
    expect(await code(() => live.merge({ signal: AbortSignal.abort(reason) }))).toBe(reason);
    const stoppedAt = new Set<string>();
    for (let stopAt = 1; ; stopAt += 4) {
      const controller = new AbortController();
      let taken = 0;
      let last = '';
      watch.onStep = (step) => {
        if (++taken > stopAt) return;
        last = step;
        if (taken === stopAt) controller.abort(reason);
      };
      const told = await code(() => live.merge({ signal: controller.signal }));
      watch.onStep = () => undefined;
      if (told === 'nothing was thrown') break; // too late to be stopped
      expect(told).toBe(reason);
      expect(live.pending).toBe(200);
      expect(answers(live)).toEqual(before);
      stoppedAt.add(last);
    }
    expect([...stoppedAt]).toEqual(expect.arrayContaining(['pdqRead', 'add', 'step']));
    expect(live.pending).toBe(0);
    expect(answers(live)).toEqual(before);
  });

  test('that fails leaves everything as it was: no such folder, no memory, a callback that throws', async () => {
    let scarce = false;
    const poor = makeEngine((backend) => {
      const reserve = backend.index.reserve.bind(backend.index);
      backend.index.reserve = (byteLength, shared) => {
        if (scarce && byteLength < 1_000_000) throw Object.assign(new Error('no more'), { code: 'OUT_OF_MEMORY' });
        return reserve(byteLength, shared);
      };
      return backend;
    });
    using live = await changed(poor);
    const before = answers(live);
    expect(await code(() => live.merge({ path: join(folder, 'no', 'folder') }))).toBe('WRITE_FAILED');
    scarce = true; // for the changes that are carried over
    expect(await code(() => live.merge())).toBe('OUT_OF_MEMORY');
    scarce = false;
    const reason = new Error('in a callback');
    const onProgress = (): never => {
      throw reason;
    };
    expect(await code(() => live.merge({ onProgress }))).toBe(reason);
    expect([live.version, live.pending]).toEqual([200, 200]);
    expect(answers(live)).toEqual(before);
    await live.merge();
    expect(answers(live)).toEqual(before);
  });

  test('is one at a time', async () => {
    using live = await changed(egide);
    const merging = live.merge();
    expect(await code(() => live.merge())).toBe('BUSY');
    await merging;
    await live.merge();
  });

  test('ends soon when the index is disposed of', async () => {
    const { egide, watch } = watched(makeEngine);
    const live = egide.livePdqIndex(await egide.buildPdqIndex(seededBytes(32 * 200_000, 1)));
    const path = newPath();
    const steps = new Set<string>();
    watch.onStep = (step) => {
      if (steps.size === 0) live[Symbol.dispose]();
      steps.add(step);
    };
    live.remove(1);
    expect(await code(() => live.merge({ path }))).toBe('DISPOSED');
    expect(steps).toContain('pdqRead');
    expect(steps).not.toContain('step');
    expect(existsSync(path)).toBe(false);
  });

  test('disposes of the old base when the last who reads it lets go', async () => {
    const base = await egide.buildPdqIndex(stored);
    const live = egide.livePdqIndex(base);
    change(live, 50, 4);
    const before = answers(live);
    const [one, other] = [live.snapshot(), live.snapshot()];
    await live.merge();
    change(live, 50, 5);
    expect(answers(one)).toEqual(before);
    expect(one.searchMany(queries, { maxDistance: 31 }).superseded).toBe(true);
    one[Symbol.dispose]();
    one[Symbol.dispose](); // lets go once
    expect(answers(other)).toEqual(before);
    expect(base.read(0, 1).ids.length).toBe(1);
    other[Symbol.dispose]();
    expect(await code(() => base.read(0, 1))).toBe('DISPOSED');
    live[Symbol.dispose]();
  });

  test('into a file: it is mapped where that can be, and may replace the one that the old base is mapped from', async () => {
    const path = newPath();
    {
      using built = await egide.buildPdqIndex(stored);
      await built.save(path);
    }
    using live = egide.livePdqIndex(await egide.openPdqIndex(path));
    using old = await egide.openPdqIndex(path);
    change(live, 100, 6);
    const before = answers(live);
    expect(await code(() => live.merge())).toBe('INVALID_ARGUMENT'); // neither a path nor memory
    const parts: number[] = [];
    await live.merge({ path, onProgress: (done) => parts.push(done) });
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(parts.at(-1)).toBe(1);
    expect(answers(live)).toEqual(before);
    expect(old.size).toBe(COUNT);
    expect(old.search(stored.subarray(0, 32), { maxDistance: 0 }).hits).toContainEqual({ id: 0, distance: 0 });
    using opened = await egide.openPdqIndex(path);
    expect(opened.searchMany(queries, { maxDistance: 31 }).hits).toEqual(before.hits);
    expect(opened.storage).toBe(name === 'native' ? 'mapped' : 'read');
    await live.merge({ shared: false });
    expect(answers(live)).toEqual(before);
  });

  test('refuses options that do not go together', async () => {
    using live = await changed(egide);
    for (const options of [{ path: '' }, { path: 3 }, { path: 'x', shared: true }, { shared: 1 }, { lean: 'no' }, { signal: 1 }, null])
      expect(await code(() => live.merge(options as object))).toBe('INVALID_ARGUMENT');
    expect(live.pending).toBe(200);
  });

  test('keeps a lean index lean', async () => {
    const size = async (lean: boolean): Promise<number> => {
      const path = newPath();
      using live = egide.livePdqIndex(await egide.buildPdqIndex(stored, { lean }));
      await live.merge({ path });
      using merged = await egide.openPdqIndex(path);
      return merged.byteLength;
    };
    expect((await size(false)) - (await size(true))).toBeGreaterThanOrEqual(32 * COUNT); // 16 tags of 2 bytes
  });

  test('gives way often', async () => {
    using live = egide.livePdqIndex(await egide.buildPdqIndex(clustered(250_000, 10, 3)));
    for (let id = 0; id < 1000; ++id) live.remove(id);
    // Processor time, as on a busy machine a turn may wait for long; that of the whole process, so the collector's too.
    const slices: number[] = [];
    let started = process.cpuUsage();
    let ticking = true;
    const tick = (): void => {
      const { user, system } = process.cpuUsage(started);
      slices.push((user + system) / 1000);
      started = process.cpuUsage();
      if (ticking) setImmediate(tick);
    };
    tick();
    await live.merge();
    ticking = false;
    const worked = slices.filter((ms) => ms > 1).sort((a, b) => a - b); // the others are ticks with nothing between
    expect(worked.length).toBeGreaterThan(5);
    expect(worked[Math.floor(worked.length / 2)]).toBeLessThan(50);
    expect(worked[Math.floor(worked.length * 0.95)]).toBeLessThan(100);
  });
});

describe.each(engines)('an index that others join, on %s', (name, makeEngine) => {
  const egide = makeEngine();
  const other = makeEngine();

  async function onFile(): Promise<{ live: LivePdqIndex; path: string }> {
    const path = newPath();
    using built = await egide.buildPdqIndex(stored);
    await built.save(path);
    return { live: egide.livePdqIndex(await egide.openPdqIndex(path)), path };
  }

  test('they see each change, until a merge supersedes what they joined', async () => {
    const { live, path } = await onFile();
    change(live, 20, 1);
    using reader = await other.joinPdqIndex(structuredClone(live.share()));
    for (let seed = 2; seed < 8; ++seed) {
      expect([reader.version, reader.pending]).toEqual([live.version, live.pending]);
      expect(answers(reader)).toEqual(answers(live));
      change(live, 10, seed);
    }
    const last = answers(live);
    expect(reader.searchMany(queries, { maxDistance: 31 }).superseded).toBe(false);
    await live.merge({ path });
    change(live, 10, 9);
    expect(answers(reader)).toEqual(last);
    expect(reader.searchMany(queries, { maxDistance: 31 }).superseded).toBe(true);

    using joined = await other.joinPdqIndex(structuredClone(live.share()));
    expect(answers(joined)).toEqual(answers(live));
    expect(joined.version).toBe(live.version);
    live[Symbol.dispose]();
    expect(joined.search(stored.subarray(0, 32), { maxDistance: 31 }).hits.length).toBeGreaterThan(0);
  });

  test('they only read', async () => {
    const { live } = await onFile();
    using reader = await other.joinPdqIndex(live.share());
    const hash = seededBytes(32, 3);
    for (const use of [
      () => reader.add(1, hash),
      () => reader.addMany(Uint32Array.of(1), hash),
      () => reader.remove(1),
      () => reader.merge(),
    ])
      expect(await code(use)).toBe('READ_ONLY');
    using further = await egide.joinPdqIndex(reader.share());
    live.add(2, hash);
    expect(further.search(hash, { maxDistance: 0 })).toMatchObject({ hits: [{ id: 2, distance: 0 }], version: 1 });
    live[Symbol.dispose]();
  });

  test('a state that is out of date, or none, is refused', async () => {
    const { live, path } = await onFile();
    const state = live.share();
    live.remove(3);
    await live.merge({ path });
    expect(await code(() => other.joinPdqIndex(state))).toBe('SUPERSEDED');
    const now = live.share();
    for (const wrong of [null, {}, { ...now, log: new SharedArrayBuffer(10) }, { ...now, log: new SharedArrayBuffer(1000) }])
      expect(await code(() => other.joinPdqIndex(wrong as typeof now))).toBe('INVALID_ARGUMENT');
    expect(await code(() => other.joinPdqIndex({ ...now, log: new ArrayBuffer(1000) as unknown as SharedArrayBuffer }))).toBe(
      'INVALID_ARGUMENT',
    );
    expect(await code(() => other.joinPdqIndex({ ...now, base: newPath() }))).toBe('NOT_FOUND');
    const reason = new Error('enough');
    expect(await code(() => other.joinPdqIndex(now, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    live[Symbol.dispose]();
  });

  test('what lies in this thread alone is not shared', async () => {
    using live = await changed(egide);
    expect(await code(() => live.share())).toBe('NOT_SHARED');
  });

  test.runIf(name === 'native')('the base may lie in shared memory, and so does the next', async () => {
    using live = await changed(egide, { shared: true });
    const state = live.share();
    expect(state.base).toBeInstanceOf(SharedArrayBuffer);
    using reader = await other.joinPdqIndex(state);
    expect(answers(reader)).toEqual(answers(live));
    await live.merge();
    expect(live.share().base).toBeInstanceOf(SharedArrayBuffer);
    expect(live.share().base).not.toBe(state.base);
    using next = await other.joinPdqIndex(live.share());
    expect(answers(next)).toEqual(answers(live));
  });

  test('where there is no shared memory, one thread changes and searches it', async () => {
    vi.stubGlobal('SharedArrayBuffer', undefined);
    try {
      using live = await changed(egide);
      const before = answers(live);
      await live.merge();
      change(live, 10, 5);
      live.remove(0);
      expect([live.pending, live.version]).toEqual([11, 211]);
      expect(before.hits.length).toBeGreaterThan(20);
      expect(await code(() => live.share())).toBe('NOT_SHARED');
    } finally {
      vi.unstubAllGlobals();
    }
  });
});

test('merges give WebAssembly its memory back', async () => {
  const egide = smallWasm(2 ** 26); // an index of 60,000 takes 11 MB
  using live = egide.livePdqIndex(await egide.buildPdqIndex(stored));
  for (let merge = 0; merge < 12; ++merge) {
    change(live, 50, merge + 1);
    using _taken = live.snapshot();
    const before = answers(live);
    await live.merge();
    expect(answers(live)).toEqual(before);
  }
});
