import { describe, expect, test } from 'vitest';
import type { IndexCore } from '../../src/backend.js';
import type { Egide } from '../../src/egide.js';
import { code, engines, smallWasm } from './live-fixture.js';
import { bruteForce, clustered, planted } from './search-fixture.js';

const MANY = 40_000; // with bands, 8 MB
const many = clustered(MANY, 10, 11);
const hash = many.slice(0, 32);

type Search = IndexCore['pdqSearch'];

/** An engine whose core searches otherwise. */
function searching(makeEngine: (typeof engines)[number][1], change: (search: Search) => Search): Egide {
  return makeEngine((backend) => {
    backend.index.pdqSearch = change(backend.index.pdqSearch.bind(backend.index));
    return backend;
  });
}

describe.each(engines)('what an index on %s may take', (name, makeEngine) => {
  const egide = makeEngine();

  test.each([100, 3_000])('the nearest %i of a large group take two searches of the core', async (limit) => {
    let searches = 0;
    const counting = searching(makeEngine, (search) => (...args) => {
      ++searches;
      return search(...args);
    });
    using index = await counting.buildPdqIndex(new Uint8Array(32 * MANY));
    const { hits, truncated } = index.search(new Uint8Array(32), { maxDistance: 31, limit });
    expect([hits.map(({ id }) => id), truncated]).toEqual([Array.from({ length: limit }, (_, id) => id), true]);
    expect(searches).toBe(2);
  });

  test('the nearest of a great many are looked for within less, not gathered', async () => {
    let gathered = 0;
    const measuring = searching(makeEngine, (search) => (placed, queries, maxDistance, hits, kernel) => {
      gathered = Math.max(gathered, hits.length / 3);
      return search(placed, queries, maxDistance, hits, kernel);
    });
    using index = await measuring.buildPdqIndex(many);
    const queries = planted(many, 40, 31, 5); // 1.6 million pairs
    const { hits, truncated } = index.searchMany(queries, { maxDistance: 256, limit: 50 });
    expect([hits, truncated]).toEqual([bruteForce(many, queries, 64).slice(0, 50), true]);
    expect(gathered).toBeLessThan(1 << 20);
  });

  test('more hits than a heap has room for are refused', async () => {
    const flooded = searching(makeEngine, () => () => 5_000_000);
    using index = await flooded.buildPdqIndex(many);
    expect(await code(() => index.search(hash, { maxDistance: 256 }))).toBe('OUT_OF_MEMORY');
  });

  test('more equal digests than a heap has room for are refused', async () => {
    const flooded = makeEngine((backend) => {
      backend.index.digestFind = () => 5_000_000;
      return backend;
    });
    using index = await flooded.buildDigestIndex('md5', many.subarray(0, 1600));
    expect(await code(() => index.find(many.slice(0, 16)))).toBe('OUT_OF_MEMORY');
  });

  test('verifying gives way, and says how far it is', async () => {
    using index = await egide.buildPdqIndex(many);
    const parts: number[] = [];
    await index.verify({ onProgress: (done) => parts.push(done) });
    expect(parts.length).toBeGreaterThanOrEqual(2);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
    expect(parts.at(-1)).toBe(1);
  });

  test('opening gives way also to a stream that never makes it wait', async () => {
    using index = await egide.buildPdqIndex(clustered(200_000, 10, 3)); // 26 MB
    let [turns, turnsTaken] = [0, 0];
    const turning = setInterval(() => ++turns, 0);
    async function* chunks(): AsyncGenerator<Uint8Array> {
      yield* index.chunks();
      turnsTaken = turns; // what follows is checking
    }
    using _opened = await egide.openPdqIndex(chunks());
    clearInterval(turning);
    expect(turnsTaken).toBeGreaterThanOrEqual(3);
  });

  test.runIf(name === 'native')('shared memory that is cut short is refused', async () => {
    using index = await egide.buildPdqIndex(many, { shared: true });
    const whole = new Uint8Array(index.shared as SharedArrayBuffer);
    const start = whole.indexOf(0x45); // the first letter of a header
    const refusals = new Set<unknown>();
    for (let at = 0; at < 64; at += 8) {
      // It begins at an address of its own, so in one of the turns the header stands at a whole cache line.
      const part = new SharedArrayBuffer(4096);
      new Uint8Array(part).set(whole.subarray(start, start + 1024), at);
      refusals.add(await code(() => egide.openPdqIndex(part)));
    }
    expect([...refusals]).toEqual(['INVALID_INDEX']);
  });
});

test('WebAssembly opens one index after the other in memory that has room for one', async () => {
  const egide = smallWasm(10 << 20);
  using index = await (engines[0] as (typeof engines)[number])[1]().buildPdqIndex(many);
  const bytes = Buffer.concat([...index.chunks()]);
  for (let turn = 0; turn < 3; ++turn) {
    using opened = await egide.openPdqIndex(bytes);
    expect(opened.search(hash, { maxDistance: 0 }).hits).toContainEqual({ id: 0, distance: 0 });
    expect(await code(() => egide.openPdqIndex(bytes))).toBe('OUT_OF_MEMORY');
  }
});
