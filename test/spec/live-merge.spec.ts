import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Egide } from '../../src/egide.js';
import { answers, COUNT, change, changed, code, engines, Model, near, queries, smallWasm, stored } from './live-fixture.js';
import { clustered, seededBytes, seededNumbers } from './search-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'egide-live-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${++files}.index`);

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
    expect(parts.length).toBeGreaterThan(1); // how many more, the clock decides
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

  test('that finds another index in the file it has just saved fails, rather than to answer from that', async () => {
    using foreign = await egide.buildPdqIndex(seededBytes(32 * 100, 1));
    const path = newPath();
    const elsewhere = makeEngine(undefined, (files) => ({
      ...files,
      async save(path, ...rest) {
        await files.save(path, ...rest);
        await foreign.save(path);
      },
    }));
    using live = await changed(elsewhere);
    const before = answers(live);
    expect(await code(() => live.merge({ path }))).toBe('SUPERSEDED');
    expect(live.pending).toBe(200);
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
