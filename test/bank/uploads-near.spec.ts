import { expect, test } from 'vitest';
import { HIT_FIELDS } from '../../src/backend.js';
import { openBank } from '../../src/bank/open-bank-node.js';
import { Gathered } from '../../src/bank/uploads/gathered.js';
import { Pace } from '../../src/bank/uploads/pace.js';
import { PairSearch } from '../../src/bank/uploads/pair-search.js';
import { sorted } from '../../src/bank/uploads/sort.js';
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
    const queries = (first: number, end: number): Uint8Array => copies(end - first);
    for await (const found of new PairSearch(index, 0, new Pace(undefined)).of(asked, queries)) {
      expect(found.first).toBe(end);
      ({ end } = found);
      pairs += found.triples.length / HIT_FIELDS;
    }
    expect([pairs, end]).toEqual([stored * asked, asked]);
  }
});

test('numbers are sorted between turns of the event loop, equal ones in their order', async () => {
  for (const length of [0, 1, 8_192, 8_193, 40_000]) {
    const keys = Array.from({ length }, () => next() % 1_000);
    const key = (number: number): number => keys[number] as number;
    const wanted = [...keys.keys()].sort((a, b) => key(a) - key(b));
    expect([...(await sorted(Uint32Array.from(keys.keys()), (a, b) => key(a) - key(b), new Pace(undefined)))]).toEqual(wanted);
  }
});

test('signals are gathered by entry, without those that are left out, however many there are', async () => {
  const gathered = new Gathered();
  const pace = new Pace(undefined);
  const bytesOf = (number: number): Uint8Array => Uint8Array.of(number >> 16, number >> 8, number);
  const count = 70_000; // more than one part
  const entryOf = (number: number): number => (number * 7_919) % count;
  for (let number = 0; number < count; ++number) gathered.add({ value: bytesOf(number), entry: entryOf(number) }, number);
  const gone = (number: number): boolean => number % 3 === 0;
  await gathered.leaveOut(
    Array.from({ length: count }, (_, number) => number)
      .filter(gone)
      .map(bytesOf),
    pace,
  );
  const { values, entries, changes } = await gathered.sorted(pace);
  const left = Array.from({ length: count }, (_, number) => number).filter((number) => !gone(number));
  left.sort((a, b) => entryOf(a) - entryOf(b));
  expect([...entries]).toEqual(left.map(entryOf));
  expect([...changes]).toEqual(left);
  expect(Buffer.compare(values, Buffer.concat(left.map(bytesOf)))).toBe(0);
});

test('telling very many matches leaves others their turns', async () => {
  await using folder = await temporaryFolder();
  const egide = await load();
  const bank = await egide.openBank(folder.path);
  const pdq = randomHash();
  for (let first = 0; first < 60_000; first += 20_000)
    await bank.uploads.keep(Array.from({ length: 20_000 }, (_, i) => ({ id: `${first + i}`, at: 0, pdq })));
  // More than are compared with each upload: then what one of them matches is found at once.
  const others = Array.from({ length: 1_100 }, (_, i) => record(`${i}`, { type: 'pdq', value: randomHash() }));
  await bank.apply('a', batch([record('one', { type: 'pdq', value: pdq }), ...others]));
  let [told, toldInTurn, mostInTurn, isOver] = [0, 0, 0, false];
  const turned = (): void => {
    toldInTurn = 0;
    if (!isOver) setImmediate(turned);
  };
  setImmediate(turned);
  for await (const _ of bank.rematch({ maxDistance: 31 })) {
    told += 1;
    mostInTurn = Math.max(mostInTurn, ++toldInTurn);
  }
  isOver = true;
  expect(told).toBe(60_000);
  expect(mostInTurn).toBeLessThan(30_000);
  await bank.close();
});
