import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { createWasmBackend } from '../../src/backend/wasm.js';
import type { Backend } from '../../src/backend.js';
import type { EgideError } from '../../src/errors.js';
import type { Platform } from '../../src/platform.js';
import { type BuildPdqOptions, buildPdqIndex, openPdqIndex, pdqIndexCapacity } from '../../src/search/build-pdq-index.js';
import type { Hit, PdqIndex, QueryHit } from '../../src/search/pdq-index.js';
import { backends } from './backends.js';
import { bruteForce, clustered, planted, seededBytes } from './search-fixture.js';

const COUNT = 300;
const query = seededBytes(32, 7);
const hashes = nearAndFar();
/** Enough for bands, in groups of ten that are near each other. */
const MANY = 40_000;
const many = clustered(MANY, 10, 11);

/** Random hashes; every third is the query with as many bits turned as its number says. */
function nearAndFar(): Uint8Array {
  const bytes = seededBytes(32 * COUNT, 42);
  for (let number = 0; number < COUNT; number += 3) {
    const hash = query.slice();
    for (let bit = 0; bit < number % 256; ++bit) hash[bit >> 3] = (hash[bit >> 3] as number) ^ (1 << (bit & 7));
    bytes.set(hash, 32 * number);
  }
  return bytes;
}

function withoutQuery(hits: readonly QueryHit[]): Hit[] {
  return hits.map(({ id, distance }) => ({ id, distance }));
}

async function code(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
}

/** Each kernel of each backend on its own; the backend's own choice is the first. */
const kernels = backends.flatMap(([name, makeBackend]) =>
  makeBackend().kernels.map((kernel): [string, string, () => Backend] => [name, kernel, () => onKernel(makeBackend(), kernel)]),
);

/** The backend with its searches on one kernel. */
function onKernel(backend: Backend, kernel: string): Backend {
  const index = overriding(backend.index, {
    pdqSearch: (placed, queries, maxDistance, hits) => backend.index.pdqSearch(placed, queries, maxDistance, hits, kernel),
  });
  return overriding(backend, { kernels: [kernel], index });
}

function overriding<Original extends object>(original: Original, changes: Partial<Original>): Original {
  return new Proxy(original, {
    get(target, name) {
      const value = name in changes ? Reflect.get(changes, name) : Reflect.get(target, name);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

const platform: Platform = {
  runtime: 'test',
  createDigester: () => {
    throw new Error('no digests here');
  },
};

describe.each(kernels)('PdqIndex on %s, %s', (_name, _kernel, makeBackend) => {
  const backend = makeBackend();
  const build = (stored: Uint8Array, options?: BuildPdqOptions): Promise<PdqIndex> => buildPdqIndex(backend, platform, stored, options);

  test.each([0, 1, 31, 110, 128, 255, 256])('finds exactly the hashes within %i bits, nearest first', async (maxDistance) => {
    using index = await build(hashes);
    expect(index.size).toBe(COUNT);
    expect(index.search(query, { maxDistance })).toEqual({
      hits: withoutQuery(bruteForce(hashes, query, maxDistance)),
      truncated: false,
      method: 'scan',
    });
  });

  test.each([0, 31, 128, 256])('finds exactly the pairs of several queries within %i bits', async (maxDistance) => {
    using index = await build(hashes);
    const queries = new Uint8Array([...seededBytes(64, 9), ...query, ...hashes.subarray(32, 64)]);
    expect(index.searchMany(queries, { maxDistance }).hits).toEqual(bruteForce(hashes, queries, maxDistance));
  });

  test.each([0, 7, 15, 23, 31, 40, 64, 65, 90])('finds exactly the same through the bands, within %i bits', async (maxDistance) => {
    using index = await build(many);
    const queries = planted(many, 24, maxDistance, 5);
    const { hits, truncated, method } = index.searchMany(queries, { maxDistance });
    expect(hits).toEqual(bruteForce(many, queries, maxDistance));
    expect(hits.length).toBeGreaterThanOrEqual(12);
    expect(truncated).toBe(false);
    if (maxDistance <= 31) expect(method).toBe('bands');
    if (maxDistance > 64) expect(method).toBe('scan');
  });

  test('lean is smaller and finds the same', async () => {
    using index = await build(many, { lean: true });
    using usual = await build(many);
    const queries = planted(many, 24, 31, 5);
    for (let at = 0; at < queries.length; at += 32) {
      const found = usual.search(queries.subarray(at, at + 32), { maxDistance: 31 });
      expect(found.method).toBe('bands');
      expect(index.search(queries.subarray(at, at + 32), { maxDistance: 31 })).toEqual(found);
    }
    expect(usual.byteLength - index.byteLength).toBe(16 * 2 * MANY);
  });

  test.each([COUNT, MANY])('answers with the ids that %i hashes were given', async (count) => {
    const stored = count === MANY ? many : hashes;
    const ids = Uint32Array.from({ length: count }, (_, i) => 2 ** 32 - 1 - (i >> 1)); // two hashes to an id
    using index = await build(stored, { ids });
    const { hits } = index.searchMany(planted(stored, 24, 31, 5), { maxDistance: 31 });
    const byPosition = bruteForce(stored, planted(stored, 24, 31, 5), 31);
    const expected = byPosition.map((hit) => ({ ...hit, id: ids[hit.id] as number }));
    expect(hits).toEqual(expected.sort((a, b) => a.distance - b.distance || a.id - b.id || a.query - b.query));
    expect(hits.length).toBeGreaterThan(0);
  });

  test.each([1, 2, 63, 64, 65, 100, 299])('keeps the nearest %i when there are more, and says so', async (limit) => {
    using index = await build(hashes);
    const { hits, truncated } = index.searchMany(query, { maxDistance: 256, limit });
    expect(truncated).toBe(true);
    expect(hits).toEqual(bruteForce(hashes, query, 256).slice(0, limit));
  });

  test.each([200, MANY])('keeps the first ids when all of %i hashes are equally near', async (count) => {
    using index = await build(new Uint8Array(32 * count));
    const { hits, truncated } = index.search(new Uint8Array(32), { maxDistance: 31, limit: 3 });
    expect([hits.map(({ id }) => id), truncated]).toEqual([[0, 1, 2], true]);
    expect(index.search(new Uint8Array(32), { maxDistance: 31 }).hits.length).toBe(count);
  });

  test('a limit that is just met is not a truncation', async () => {
    using index = await build(hashes);
    const { hits, truncated } = index.searchMany(query, { maxDistance: 256, limit: COUNT });
    expect([hits.length, truncated]).toEqual([COUNT, false]);
  });

  test('keeps a copy of its own, also of a Buffer, whose slice is no copy', async () => {
    const bytes = Buffer.from(hashes);
    using index = await build(bytes);
    bytes.fill(0);
    expect(index.search(hashes.subarray(32, 64), { maxDistance: 0 }).hits).toEqual([{ id: 1, distance: 0 }]);
  });

  test('accepts views that do not start at byte 0 of their buffer', async () => {
    using index = await build(hashes.subarray(32, 96));
    const shifted = new Uint8Array(33);
    shifted.set(hashes.subarray(32, 64), 1);
    expect(index.search(shifted.subarray(1), { maxDistance: 0 }).hits).toEqual([{ id: 0, distance: 0 }]);
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])('finds the same among %i hashes', async (count) => {
    const some = hashes.subarray(0, 32 * count);
    using index = await build(some);
    expect(index.search(query, { maxDistance: 140 }).hits).toEqual(withoutQuery(bruteForce(some, query, 140)));
  });

  test('an empty index and no queries find nothing', async () => {
    using empty = await build(new Uint8Array(0));
    using index = await build(many);
    expect(empty.search(query, { maxDistance: 256 }).hits).toEqual([]);
    expect(index.searchMany(new Uint8Array(0), { maxDistance: 31 }).hits).toEqual([]);
  });
});

describe.each(backends)('PdqIndex on %s', (name, makeBackend) => {
  const backend = makeBackend();
  const build = (stored: Uint8Array, options?: BuildPdqOptions): Promise<PdqIndex> => buildPdqIndex(backend, platform, stored, options);

  test.each([Number.NaN, -1, 257, 31.5, Number.POSITIVE_INFINITY, '31', undefined, null])(
    'refuses %s as the greatest distance',
    async (maxDistance) => {
      using index = await build(hashes);
      expect(await code(() => index.search(query, { maxDistance: maxDistance as number }))).toBe('INVALID_ARGUMENT');
    },
  );

  test.each([Number.NaN, 0, -1, 1.5, 1e12])('refuses %s as the limit', async (limit) => {
    using index = await build(hashes);
    expect(await code(() => index.searchMany(query, { maxDistance: 31, limit }))).toBe('INVALID_ARGUMENT');
  });

  test('refuses hashes and queries of the wrong length, transferred ones, and other things', async () => {
    using index = await build(hashes);
    const gone = new Uint8Array(32);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0), new Uint8Array(64), gone, [1], 'ff'.repeat(32), null])
      expect(await code(() => index.search(wrong as Uint8Array, { maxDistance: 31 }))).toBe('INVALID_ARGUMENT');
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), gone, null])
      expect(await code(() => build(wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
    for (const ids of [new Uint32Array(COUNT - 1), [1], 3])
      expect(await code(() => build(hashes, { ids: ids as Uint32Array }))).toBe('INVALID_ARGUMENT');
  });

  test('a buffer that is transferred in the middle of a build is an error, never a shorter index', async () => {
    const given = clustered(200_000, 10, 3);
    const building = build(given);
    structuredClone(given, { transfer: [given.buffer] });
    expect(await code(() => building)).toBe('INVALID_ARGUMENT');
  });

  test('says that it was disposed of, also the second time', async () => {
    const index = await build(hashes);
    index[Symbol.dispose]();
    index[Symbol.dispose]();
    for (const use of [
      () => index.search(query, { maxDistance: 31 }),
      () => index.searchMany(query, { maxDistance: 31 }),
      () => index.read(0, 1),
      () => index.verify(),
      () => index.shared,
    ])
      expect(await code(use)).toBe('DISPOSED');
  });

  test('gives back the hashes as they were given', async () => {
    const ids = Uint32Array.from({ length: MANY }, (_, i) => 7 * i);
    using index = await build(many, { ids });
    const whole = index.read(0, MANY);
    expect(Buffer.compare(whole.hashes, many)).toBe(0); // toEqual takes seconds for a megabyte
    expect(Buffer.compare(Buffer.from(whole.ids.buffer), Buffer.from(ids.buffer))).toBe(0);
    expect(index.read(MANY - 2, 10)).toEqual({ hashes: many.slice(32 * (MANY - 2)), ids: ids.slice(MANY - 2) });
    expect(index.read(MANY - 2, 2 * MANY)).toEqual(index.read(MANY - 2, 2));
    expect(await code(() => index.read(MANY + 1, 1))).toBe('INVALID_ARGUMENT');
  });

  test('stops when the signal is raised, and says how far it is', async () => {
    const stored = clustered(200_000, 10, 3);
    const reason = new Error('enough');
    expect(await code(() => build(stored, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const building = build(stored, { signal: controller.signal });
    controller.abort(reason);
    expect(await code(() => building)).toBe(reason);
    const parts: number[] = [];
    using _index = await build(stored, { onProgress: (done) => parts.push(done) });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.at(-1)).toBe(1);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
  });

  test('verifies a sound index', async () => {
    using index = await build(many);
    await index.verify();
  });

  test.runIf(name === 'native')('lies in shared memory if asked, and opens there without a copy', async () => {
    using index = await build(many, { shared: true });
    expect(index.storage).toBe('shared');
    using other = await openPdqIndex(backend, platform, index.shared as SharedArrayBuffer);
    expect(other.storage).toBe('shared');
    expect(other.shared).toBe(index.shared);
    const queries = planted(many, 24, 31, 5);
    expect(other.searchMany(queries, { maxDistance: 31 }).hits).toEqual(bruteForce(many, queries, 31));
  });

  test.each([0, 1, COUNT, MANY])('opens again from the bytes of %i hashes: whole, as a stream, and in pieces', async (count) => {
    const stored = many.subarray(0, 32 * count);
    using index = await build(stored);
    const bytes = Buffer.concat([...index.chunks()]);
    expect(bytes.byteLength).toBe(index.byteLength);
    async function* pieces(length: number): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
    }
    for (const source of [bytes, new Blob([bytes]), pieces(100), pieces(1 << 20)]) {
      using opened = await openPdqIndex(backend, platform, source);
      expect([opened.size, opened.storage, opened.byteLength]).toEqual([count, 'memory', index.byteLength]);
      const queries = count > 0 ? planted(stored, 6, 31, 5) : query;
      expect(opened.searchMany(queries, { maxDistance: 31 })).toEqual(index.searchMany(queries, { maxDistance: 31 }));
    }
  });

  test('refuses what is no index, cut short, too long, or altered anywhere, and says which', async () => {
    using index = await build(many);
    const bytes = Buffer.concat([...index.chunks()]);
    const refusal = async (altered: Uint8Array): Promise<string> => {
      try {
        using _opened = await openPdqIndex(backend, platform, altered);
        return 'opened';
      } catch (error) {
        expect((error as EgideError).code).toBe('INVALID_INDEX');
        return (error as EgideError).message;
      }
    };
    const flipped = (at: number): Uint8Array => {
      const altered = new Uint8Array(bytes);
      altered[at] = (altered[at] as number) ^ 0x10;
      return altered;
    };
    expect(await refusal(new TextEncoder().encode('id,pdq'))).toMatch('not an index');
    expect(await refusal(new Uint8Array(0))).toMatch('not an index');
    expect(await refusal(bytes.subarray(0, 64))).toMatch('cut short');
    expect(await refusal(bytes.subarray(0, bytes.length - 1))).toMatch('got fewer');
    expect(await refusal(Buffer.concat([bytes, new Uint8Array(1)]))).toMatch('got more');
    expect(await refusal(flipped(8))).toMatch('another version');
    expect(await refusal(flipped(30))).toMatch('header of this index is damaged');
    expect(await refusal(flipped(128 + 4 * 65_536))).toMatch('directory of this index is damaged');
    for (const at of [128 + 16 * 65_537 * 4 + 1000, bytes.length - 70_000]) expect(await refusal(flipped(at))).toMatch('checksum fails');
  });

  test('says how many hashes fit', () => {
    const usual = pdqIndexCapacity(backend);
    const lean = pdqIndexCapacity(backend, undefined, { lean: true });
    expect(usual).toBeGreaterThan(1_100_000); // 112 bytes a hash and the directory's 4 MiB of 128 MiB
    expect(usual).toBeLessThan(1_200_000);
    expect(lean).toBeGreaterThan(1.35 * usual);
    expect(pdqIndexCapacity(backend, 0)).toBe(0);
  });

  test.runIf(name === 'wasm')('refuses beyond the memory that it was given, with the figure', async () => {
    const limited = createWasmBackend(new WebAssembly.Module(readFileSync(new URL('../../dist/core.wasm', import.meta.url))), 7 << 20);
    const capacity = pdqIndexCapacity(limited, limited.index.limitBytes);
    expect(capacity).toBeGreaterThan(30_000);
    const tooMany = buildPdqIndex(limited, platform, new Uint8Array(32 * (capacity + 1)));
    await expect(tooMany).rejects.toThrow(
      expect.objectContaining({ code: 'OUT_OF_MEMORY', message: expect.stringContaining(` ${capacity}:`) }),
    );
    using index = await build(many);
    const bytes = Buffer.concat([...index.chunks()]);
    await expect(openPdqIndex(limited, platform, bytes)).rejects.toThrow(expect.objectContaining({ code: 'OUT_OF_MEMORY' }));
    using small = await buildPdqIndex(limited, platform, many.subarray(0, 32 * 1000));
    expect(small.search(many.subarray(0, 32), { maxDistance: 0 }).hits).toContainEqual({ id: 0, distance: 0 });
  });
});
