import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import type { LivePdqIndex } from '../../src/search/live-pdq-index.js';
import { answers, change, changed, code, engines, queries, stored } from './live-fixture.js';
import { seededBytes } from './search-fixture.js';

const folder = mkdtempSync(join(tmpdir(), 'egide-join-'));
afterAll(() => rmSync(folder, { recursive: true }));
let files = 0;
const newPath = (): string => join(folder, `${++files}.index`);

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
