import { expect, test } from 'vitest';
import { HIT_FIELDS } from '../../src/backend.js';
import { openBank } from '../../src/bank/open-bank-node.js';
import { PairSearch } from '../../src/bank/uploads/pair-search.js';
import { load } from '../../src/entry/node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { backends } from '../spec/backends.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { batch, record, temporaryFolder } from './fixtures.js';

const HASH_BYTES = 32;
const next = seededNumbers(11);
const randomHash = (): Uint8Array => Uint8Array.from({ length: HASH_BYTES }, () => next() & 255);

function turned(hash: Uint8Array, bits: number): Uint8Array {
  const copy = hash.slice();
  const chosen = new Set<number>();
  while (chosen.size < bits) chosen.add(next() % 256);
  for (const bit of chosen) copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

/** Bits that differ. */
function distanceOf(a: Uint8Array, b: Uint8Array): number {
  let bits = 0;
  for (let i = 0; i < a.length; ++i) for (let byte = (a[i] as number) ^ (b[i] as number); byte > 0; byte &= byte - 1) bits += 1;
  return bits;
}

test.each(backends)('many new hashes find the same uploads as few at a time, and as a plain loop, on %s', async (_name, make) => {
  await using folder = await temporaryFolder();
  const read = (): never => {
    throw new Error('no file is read here');
  };
  const platform = { runtime: 'node', createDigester: createPortableDigester };
  const bank = await openBank(folder.path, {}, { read, backend: make(), platform });
  const listed = Array.from({ length: 700 }, (_, i) => Array.from({ length: 1 + (i % 3) }, randomHash));
  const uploads = Array.from({ length: 120 }, (_, i) => {
    const hashes = Array.from({ length: i % 4 }, randomHash);
    const copied = listed[(7 * i) % listed.length]?.at(-1) as Uint8Array;
    const copy = turned(copied, 15 + (i % 20));
    return { id: `${i}`, at: i, hashes: [...hashes, i % 5 === 0 ? copy.map((byte) => ~byte) : copy] };
  });
  await bank.uploads.keep(uploads.map(({ id, at, hashes }) => ({ id, at, pdq: Uint8Array.from(hashes.flatMap((hash) => [...hash])) })));
  const recordOf = (hashes: Uint8Array[], i: number) => record(`${i}`, ...hashes.map((value) => ({ type: 'pdq' as const, value })));
  await bank.apply('many', batch(listed.map(recordOf)));
  await bank.apply('few', batch(listed.slice(0, 100).map(recordOf)));
  const found = { many: [] as string[], few: [] as string[] };
  for (const list of ['many', 'few'] as const)
    for await (const { upload, entry, distance, negative } of bank.rematch({ maxDistance: 30, lists: [list] }))
      found[list].push(`${upload.id} ${entry.key} ${distance} ${negative}`);
  const wanted: string[] = [];
  for (const { id, hashes } of uploads)
    for (const [i, entry] of listed.entries()) {
      const distances = entry.flatMap((hash) => hashes.map((other) => distanceOf(hash, other)));
      const [near, far] = [Math.min(...distances), 256 - Math.max(...distances)];
      if (Math.min(near, far) <= 30) wanted.push(`${id} ${i} ${Math.min(near, far)} ${far < near}`);
    }
  expect(wanted.length).toBeGreaterThan(50);
  expect(found.many.sort()).toEqual(wanted.sort());
  expect(found.few.sort()).toEqual(wanted.filter((match) => Number(match.split(' ')[1]) < 100));
  await bank.close();
});

test('more pairs than there is room for are found by asking less at a time', async () => {
  const egide = await load();
  const hash = randomHash();
  const copies = (count: number): Uint8Array => new Uint8Array(Buffer.alloc(HASH_BYTES * count, hash));
  for (const [stored, asked] of [
    [3_000, 300],
    [300_000, 2],
  ] as const) {
    using index = await egide.buildPdqIndex(copies(stored));
    let [pairs, end] = [0, 0];
    for await (const found of new PairSearch(index, 0, undefined).of(copies(asked), HASH_BYTES)) {
      expect(found.first).toBe(end);
      ({ end } = found);
      pairs += found.triples.length / HIT_FIELDS;
    }
    expect([pairs, end]).toEqual([stored * asked, asked]);
  }
});
