import { describe, expect, test } from 'vitest';
import { photoDnaDistance } from '../../src/hash/photodna.js';
import { buildPhotoDnaIndex, PhotoDnaIndex } from '../../src/search/photodna-index.js';
import { seededBytes } from './search-fixture.js';

/** More than one slice, and not a whole number of them. */
const COUNT = 70_001;
const hashes = seededBytes(144 * COUNT, 21);
const hashOf = (i: number): Uint8Array => hashes.subarray(144 * i, 144 * (i + 1));
const idOf = (i: number): number => 2 * i + 1;
const index = buildPhotoDnaIndex(
  hashes,
  Uint32Array.from({ length: COUNT }, (_, i) => idOf(i)),
);
const query = hashOf(69_000);
/** What comparing one by one gives, nearest first. */
const slowly = Array.from({ length: COUNT }, (_, i) => ({ id: idOf(i), distance: photoDnaDistance(hashOf(i), query) })).sort(
  (a, b) => a.distance - b.distance || a.id - b.id,
);

describe('An index of PhotoDNA hashes', () => {
  test.each([0, 800_000, 1_000_000, 1_200_000])('finds exactly the hashes within %i', async (maxDistance) => {
    const expected = slowly.filter(({ distance }) => distance <= maxDistance);
    expect(expected.length).toBeGreaterThan(0);
    expect(await index.search(query, { maxDistance })).toEqual({ hits: expected, truncated: false });
  });

  test.each([1, 2, 7, 1_000])('gives the nearest %i, and says that there were more', async (limit) => {
    expect(await index.search(query, { maxDistance: 9_363_600, limit })).toEqual({ hits: slowly.slice(0, limit), truncated: true });
    const { distance } = slowly[limit - 1] as { distance: number };
    expect(await index.search(query, { maxDistance: distance, limit })).toEqual({ hits: slowly.slice(0, limit), truncated: false });
  });

  test('gives way between slices, keeps its own copy of the query, and stops when it is told to', async () => {
    const own = query.slice();
    let turns = 0;
    const timer = setInterval(() => ++turns, 0);
    const running = index.search(own, { maxDistance: 0 });
    own.fill(0);
    expect((await running).hits).toEqual([{ id: idOf(69_000), distance: 0 }]);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(0);
    const stop = new AbortController();
    const stopped = index.search(query, { maxDistance: 0, signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(stopped).rejects.toThrow('enough');
  });

  test('is read back from its bytes', async () => {
    const bytes = new Uint8Array(Buffer.concat([...index.chunks()]));
    expect(bytes.byteLength).toBe(index.byteLength);
    const again = new PhotoDnaIndex(bytes.byteLength, (offset, length) => bytes.subarray(offset, offset + length));
    expect(await again.search(query, { maxDistance: 0 })).toEqual({ hits: [{ id: idOf(69_000), distance: 0 }], truncated: false });
    again[Symbol.dispose]();
    await expect(again.search(query, { maxDistance: 0 })).rejects.toMatchObject({ code: 'DISPOSED' });
    expect(() => new PhotoDnaIndex(147, () => bytes)).toThrow(expect.objectContaining({ code: 'INVALID_INDEX' }));
  });

  test.each([
    [query.subarray(1), { maxDistance: 1 }, 'query: expected 144 bytes'],
    [query, { maxDistance: 9_363_601 }, 'maxDistance: expected a whole number from 0 to 9363600'],
    [query, { maxDistance: undefined as never }, 'maxDistance'],
    [query, { maxDistance: 1, limit: 0 }, 'limit'],
  ])('refuses what is out of range', async (wrong, options, message) => {
    await expect(index.search(wrong, options)).rejects.toThrow(message);
  });
});
