import { describe, expect, test } from 'vitest';
import type { Backend } from '../../src/backend.js';
import { HashIndex, type Hit, type QueryHit } from '../../src/search/hash-index.js';
import { backends } from './backends.js';
import { seededBytes, slowDistance } from './search-fixture.js';

const COUNT = 300;
const query = seededBytes(32, 7);
const hashes = nearAndFar();

/** Random hashes; every third is the query with as many bits turned as its position says. */
function nearAndFar(): Uint8Array {
  const bytes = seededBytes(32 * COUNT, 42);
  for (let position = 0; position < COUNT; position += 3) {
    const hash = query.slice();
    for (let bit = 0; bit < position % 256; ++bit) hash[bit >> 3] = (hash[bit >> 3] as number) ^ (1 << (bit & 7));
    bytes.set(hash, 32 * position);
  }
  return bytes;
}

function slowSearch(stored: Uint8Array, queries: Uint8Array, maxDistance: number): QueryHit[] {
  const hits: QueryHit[] = [];
  for (let position = 0; position < stored.length / 32; ++position)
    for (let number = 0; number < queries.length / 32; ++number) {
      const distance = slowDistance(queries.subarray(32 * number, 32 * number + 32), stored.subarray(32 * position, 32 * position + 32));
      if (distance <= maxDistance) hits.push({ query: number, position, distance });
    }
  return hits.sort((a, b) => a.distance - b.distance || a.position - b.position || a.query - b.query);
}

function withoutQuery(hits: readonly QueryHit[]): Hit[] {
  return hits.map(({ position, distance }) => ({ position, distance }));
}

function code(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
}

/** Each kernel of each backend on its own; the backend's own choice is the first. */
const kernels = backends.flatMap(([name, makeBackend]) =>
  makeBackend().kernels.map((kernel): [string, string, () => Backend] => [name, kernel, () => onKernel(makeBackend(), kernel)]),
);

function onKernel(backend: Backend, kernel: string): Backend {
  return {
    name: backend.name,
    kernels: [kernel],
    pdq: (pixels, mode) => backend.pdq(pixels, mode, kernel),
    pdqAsync: (pixels, mode, options) => backend.pdqAsync(pixels, mode, options),
    place: (bytes) => backend.place(bytes),
    hammingScan: (queries, stored, maxDistance, hits) => backend.hammingScan(queries, stored, maxDistance, hits, kernel),
  };
}

describe.each(kernels)('HashIndex on %s, %s', (_name, _kernel, makeBackend) => {
  const backend = makeBackend();

  test.each([0, 1, 31, 110, 128, 255, 256])('finds exactly the hashes within %i bits, nearest first', (maxDistance) => {
    using index = new HashIndex(backend, hashes);
    expect(index.size).toBe(COUNT);
    expect(index.search(query, { maxDistance })).toEqual(withoutQuery(slowSearch(hashes, query, maxDistance)));
  });

  test.each([0, 31, 128, 256])('finds exactly the pairs of several queries within %i bits', (maxDistance) => {
    using index = new HashIndex(backend, hashes);
    const queries = new Uint8Array([...seededBytes(64, 9), ...query, ...hashes.subarray(32, 64)]);
    expect(index.searchMany(queries, { maxDistance })).toEqual({ hits: slowSearch(hashes, queries, maxDistance), truncated: false });
  });

  test.each([1, 2, 63, 64, 65, 100, 299])('keeps the nearest %i when there are more, and says so', (limit) => {
    using index = new HashIndex(backend, hashes);
    const { hits, truncated } = index.searchMany(query, { maxDistance: 256, limit });
    expect(truncated).toBe(true);
    expect(hits).toEqual(slowSearch(hashes, query, 256).slice(0, limit));
  });

  test('keeps the first positions when all hashes are equally near', () => {
    using index = new HashIndex(backend, new Uint8Array(32 * 200));
    const { hits, truncated } = index.searchMany(new Uint8Array(32), { maxDistance: 31, limit: 3 });
    expect([hits.map(({ position }) => position), truncated]).toEqual([[0, 1, 2], true]);
  });

  test('a limit that is just met is not a truncation', () => {
    using index = new HashIndex(backend, hashes);
    expect(index.searchMany(query, { maxDistance: 256, limit: COUNT })).toEqual({ hits: slowSearch(hashes, query, 256), truncated: false });
  });

  test('keeps a copy of its own, also of a Buffer, whose slice is no copy', () => {
    const bytes = Buffer.from(hashes);
    using index = new HashIndex(backend, bytes);
    bytes.fill(0);
    expect(index.search(hashes.subarray(32, 64), { maxDistance: 0 })).toEqual([{ position: 1, distance: 0 }]);
  });

  test('accepts views that do not start at byte 0 of their buffer', () => {
    using index = new HashIndex(backend, hashes.subarray(32, 96));
    const shifted = new Uint8Array(33);
    shifted.set(hashes.subarray(32, 64), 1);
    expect(index.search(shifted.subarray(1), { maxDistance: 0 })).toEqual([{ position: 0, distance: 0 }]);
  });

  test('keeps its own copy: the caller may transfer the hashes away', () => {
    const given = hashes.slice();
    using index = new HashIndex(backend, given);
    structuredClone(given, { transfer: [given.buffer] });
    expect(index.search(query, { maxDistance: 0 })[0]).toEqual({ position: 0, distance: 0 });
  });

  test.each([1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 33])('finds the same among %i hashes', (count) => {
    const some = hashes.subarray(0, 32 * count);
    using index = new HashIndex(backend, some);
    expect(index.search(query, { maxDistance: 140 })).toEqual(withoutQuery(slowSearch(some, query, 140)));
  });

  test('an empty index and no queries find nothing', () => {
    using empty = new HashIndex(backend, new Uint8Array(0));
    using index = new HashIndex(backend, hashes);
    expect(empty.search(query, { maxDistance: 256 })).toEqual([]);
    expect(index.searchMany(new Uint8Array(0), { maxDistance: 256 })).toEqual({ hits: [], truncated: false });
  });

  test.each([Number.NaN, -1, 257, 31.5, Number.POSITIVE_INFINITY, '31', undefined, null])(
    'refuses %s as the greatest distance',
    (maxDistance) => {
      using index = new HashIndex(backend, hashes);
      expect(code(() => index.search(query, { maxDistance: maxDistance as number }))).toBe('INVALID_ARGUMENT');
    },
  );

  test.each([Number.NaN, 0, -1, 1.5, 1e12])('refuses %s as the limit', (limit) => {
    using index = new HashIndex(backend, hashes);
    expect(code(() => index.searchMany(query, { maxDistance: 31, limit }))).toBe('INVALID_ARGUMENT');
  });

  test('refuses hashes and queries of the wrong length, transferred ones, and other things', () => {
    using index = new HashIndex(backend, hashes);
    const gone = new Uint8Array(32);
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), new Uint8Array(0), new Uint8Array(64), gone, [1], 'ff'.repeat(32), null])
      expect(code(() => index.search(wrong as Uint8Array, { maxDistance: 31 }))).toBe('INVALID_ARGUMENT');
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), gone, null])
      expect(code(() => new HashIndex(backend, wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
  });

  test('says that it was disposed of, also the second time', () => {
    const index = new HashIndex(backend, hashes);
    index[Symbol.dispose]();
    index[Symbol.dispose]();
    expect(code(() => index.search(query, { maxDistance: 31 }))).toBe('DISPOSED');
    expect(code(() => index.searchMany(query, { maxDistance: 31 }))).toBe('DISPOSED');
  });
});
