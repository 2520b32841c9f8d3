import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper } from '../../src/backend/native.js';
import { DIGEST_BYTES, type DigestType } from '../../src/hash/digests.js';
import type { Platform } from '../../src/platform.js';
import { type BuildDigestOptions, buildDigestIndex, openDigestIndex } from '../../src/search/build-digest-index.js';
import { buildPdqIndex, openPdqIndex } from '../../src/search/build-pdq-index.js';
import type { DigestHit, DigestIndex } from '../../src/search/digest-index.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { backends } from './backends.js';
import { seededBytes, seededNumbers } from './search-fixture.js';

const TYPES: DigestType[] = ['md5', 'sha1', 'sha256'];
const COUNT = 500;
/** Several slices of adding. */
const MANY = 200_000;

const platform: Platform = {
  runtime: 'test',
  createDigester: () => {
    throw new Error('no digests here');
  },
  indexFiles: createIndexFiles(createFileMapper()),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-digests-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function code(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
}

/** Random digests; from 400 on copies of earlier ones, from 450 on ones that agree with another in all but the last byte. */
function mixedDigests(width: number): Uint8Array {
  const digests = seededBytes(COUNT * width, 11);
  for (let i = 400; i < COUNT; ++i) {
    digests.copyWithin(i * width, (i % 40) * width, ((i % 40) + 1) * width);
    if (i >= 450) digests[(i + 1) * width - 1] = ((digests[(i + 1) * width - 1] as number) + i) & 255;
  }
  return digests;
}

function rowsOf(bytes: Uint8Array, width: number): Uint8Array[] {
  return Array.from({ length: bytes.length / width }, (_, i) => bytes.slice(i * width, (i + 1) * width));
}

/** What an index must find, by a plain Map. */
function slowFind(stored: Uint8Array, queries: Uint8Array, width: number, ids?: Uint32Array): DigestHit[] {
  const places = new Map<string, number[]>();
  for (const [i, row] of rowsOf(stored, width).entries()) {
    const key = Buffer.from(row).toString('hex');
    places.set(key, [...(places.get(key) ?? []), ids?.[i] ?? i]);
  }
  const find = (row: Uint8Array) => (places.get(Buffer.from(row).toString('hex')) ?? []).toSorted((a, b) => a - b);
  return rowsOf(queries, width).flatMap((row, query) => find(row).map((id) => ({ query, id })));
}

/** Every stored digest, each with its last bit turned, and some that are nowhere. */
function queriesFor(stored: Uint8Array, width: number): Uint8Array {
  const turned = stored.slice();
  for (let last = width - 1; last < turned.length; last += width) turned[last] = (turned[last] as number) ^ 1;
  return new Uint8Array([
    ...stored,
    ...turned,
    ...seededBytes(50 * width, 99),
    ...new Uint8Array(width),
    ...new Uint8Array(width).fill(255),
  ]);
}

describe.each(backends.flatMap(([name, makeBackend]) => TYPES.map((type) => [name, type, makeBackend] as const)))(
  'DigestIndex on %s, %s',
  (_name, type, makeBackend) => {
    const backend = makeBackend();
    const width = DIGEST_BYTES[type];
    const digests = mixedDigests(width);
    const build = (stored: Uint8Array, options?: BuildDigestOptions): Promise<DigestIndex> =>
      buildDigestIndex(backend, platform, type, stored, options);

    test.each([0, 1, 2, 3, 64, 65, 300, COUNT])('finds exactly what a Map finds among %i digests', async (count) => {
      const stored = digests.slice(0, count * width);
      using index = await build(stored);
      expect([index.type, index.size]).toEqual([type, count]);
      const queries = queriesFor(stored, width);
      expect(index.findMany(queries)).toEqual(slowFind(stored, queries, width));
    });

    test('finds the same one by one', async () => {
      using index = await build(digests);
      const expected = slowFind(digests, digests, width);
      for (const [i, row] of rowsOf(digests, width).entries())
        expect(index.find(row)).toEqual(expected.filter(({ query }) => query === i).map(({ id }) => id));
      expect(index.find(new Uint8Array(width))).toEqual([]);
    });

    test('gives all that begin with some bits, ascending, with their ids', async () => {
      const ids = Uint32Array.from({ length: COUNT }, (_, i) => 3 * i);
      using index = await build(digests, { ids });
      const rows = rowsOf(digests, width).map((digest, i) => ({ digest, id: 3 * i }));
      const sorted = rows.toSorted((a, b) => Buffer.compare(a.digest, b.digest) || a.id - b.id);
      expect(index.withPrefix(new Uint8Array())).toEqual(sorted);
      const binary = (digest: Uint8Array) => Array.from(digest, (byte) => byte.toString(2).padStart(8, '0')).join('');
      for (const [at, bits] of [
        [0, 1],
        [7, 5],
        [33, 8],
        [34, 11],
        [70, 16],
        [410, 8 * width - 1],
        [455, 8 * width],
      ] as const) {
        const { digest } = rows[at] as { digest: Uint8Array };
        const alike = sorted.filter((row) => binary(row.digest).startsWith(binary(digest).slice(0, bits)));
        expect(index.withPrefix(digest, bits)).toEqual(alike);
        expect(index.withPrefix(digest.subarray(0, Math.ceil(bits / 8)), bits)).toEqual(alike);
      }
      expect(index.withPrefix(digests.subarray(0, width)).map(({ digest }) => digest)).toContainEqual(digests.slice(0, width));
      using none = await build(new Uint8Array());
      expect(none.withPrefix(Uint8Array.of(0), 3)).toEqual([]);
      for (const [prefix, bits] of [
        [new Uint8Array(width + 1), 8],
        [new Uint8Array(1), 9],
        [new Uint8Array(1), -1],
        ['00', 8],
      ] as const)
        expect(await code(() => index.withPrefix(prefix as Uint8Array, bits))).toBe('INVALID_ARGUMENT');
    });

    test('answers with the ids that it was given, ascending', async () => {
      const next = seededNumbers(3);
      const ids = Uint32Array.from({ length: COUNT }, (_, i) => (i % 3 === 0 ? 7 : next())); // some share one
      ids[1] = 2 ** 32 - 1;
      using index = await build(digests, { ids });
      expect(index.findMany(digests)).toEqual(slowFind(digests, digests, width, ids));
    });

    test('finds all of many equal ones, and orders those that all begin alike', async () => {
      using equal = await build(new Uint8Array(300 * width).fill(7));
      expect(equal.find(new Uint8Array(width).fill(7))).toEqual(Array.from({ length: 300 }, (_, i) => i));
      const alike = new Uint8Array(300 * width);
      for (let i = 0; i < 300; ++i) alike.set([(i * 7) % 256, i % 3], (i + 1) * width - 2);
      using index = await build(alike);
      expect(index.findMany(queriesFor(alike, width))).toEqual(slowFind(alike, queriesFor(alike, width), width));
    });

    test('finds the same among many, in whatever slices they were added and sorted', async () => {
      const stored = seededBytes(MANY * width, 21);
      stored.copyWithin(0, 100 * width, 200 * width);
      using index = await build(stored);
      const queries = new Uint8Array([
        ...stored.subarray(0, 1000 * width),
        ...stored.subarray((MANY - 1000) * width),
        ...seededBytes(1000 * width, 5),
      ]);
      expect(index.findMany(queries)).toEqual(slowFind(stored, queries, width));
    });

    test('accepts views at an odd offset, and keeps a copy of its own, also of a Buffer', async () => {
      const shifted = Buffer.alloc(digests.length + 1);
      shifted.set(digests, 1);
      using index = await build(shifted.subarray(1));
      shifted.fill(0);
      const query = new Uint8Array(width + 3);
      query.set(digests.subarray(300 * width, 301 * width), 3);
      expect(index.find(query.subarray(3))).toEqual([300]);
    });

    test('refuses digests and queries of the wrong length, transferred ones, and other things', async () => {
      using index = await build(digests);
      const gone = new Uint8Array(width);
      structuredClone(gone, { transfer: [gone.buffer] });
      for (const wrong of [new Uint8Array(width - 1), new Uint8Array(0), new Uint8Array(2 * width), gone, [1], 'ff'.repeat(width), null])
        expect(await code(() => index.find(wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
      for (const wrong of [new Uint8Array(width + 1), gone, null]) {
        expect(await code(() => index.findMany(wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
        expect(await code(() => build(wrong as Uint8Array))).toBe('INVALID_ARGUMENT');
      }
      for (const ids of [new Uint32Array(COUNT - 1), [1], 3])
        expect(await code(() => build(digests, { ids: ids as Uint32Array }))).toBe('INVALID_ARGUMENT');
      expect(() => index.find(new Uint8Array(3))).toThrow(`digest: expected a multiple of ${width} bytes, got Uint8Array of 3 bytes`);
    });

    test('opens again from its bytes, from a stream of them and from a file, and finds the same', async () => {
      using index = await build(digests);
      await index.verify();
      const path = join(folder, `${backend.name}-${type}`);
      await index.save(path);
      const bytes = await readFile(path);
      expect(bytes.equals(Buffer.concat([...index.chunks()]))).toBe(true);
      const stream = new ReadableStream<Uint8Array>({
        start(controller) {
          for (const chunk of index.chunks()) controller.enqueue(chunk);
          controller.close();
        },
      });
      for (const source of [bytes, stream, path]) {
        using opened = await openDigestIndex(backend, platform, source);
        expect([opened.type, opened.size, opened.byteLength]).toEqual([type, COUNT, bytes.length]);
        expect(opened.findMany(digests)).toEqual(index.findMany(digests));
        await opened.verify();
      }
    });

    test('says that it was disposed of, also the second time', async () => {
      const index = await build(digests);
      index[Symbol.dispose]();
      index[Symbol.dispose]();
      for (const use of [
        () => index.find(digests.subarray(0, width)),
        () => index.findMany(digests),
        () => index.verify(),
        () => index.save(join(folder, 'never')),
        () => [...index.chunks()],
        () => index.shared,
      ])
        expect(await code(use)).toBe('DISPOSED');
    });
  },
);

describe.each(backends)('DigestIndex on %s', (name, makeBackend) => {
  const backend = makeBackend();
  const digests = mixedDigests(16);
  const many = seededBytes(16 * MANY, 4);
  const build = (stored: Uint8Array, options?: BuildDigestOptions): Promise<DigestIndex> =>
    buildDigestIndex(backend, platform, 'md5', stored, options);

  test('refuses types that it does not have', async () => {
    for (const type of ['sha512', 'toString', '', undefined])
      expect(await code(() => buildDigestIndex(backend, platform, type as DigestType, new Uint8Array(16)))).toBe('INVALID_ARGUMENT');
  });

  test('a buffer that is transferred in the middle of a build is an error, never another index', async () => {
    const given = many.slice();
    const building = build(given);
    structuredClone(given, { transfer: [given.buffer] });
    expect(await code(() => building)).toBe('INVALID_ARGUMENT');

    const ids = new Uint32Array(MANY).fill(5);
    const withIds = build(many, { ids });
    structuredClone(ids, { transfer: [ids.buffer] });
    expect(await code(() => withIds)).toBe('INVALID_ARGUMENT');
  });

  test('stops when the signal is raised, and says how far it is', async () => {
    const reason = new Error('enough');
    expect(await code(() => build(many, { signal: AbortSignal.abort(reason) }))).toBe(reason);
    const controller = new AbortController();
    const building = build(many, { signal: controller.signal });
    controller.abort(reason);
    expect(await code(() => building)).toBe(reason);
    const parts: number[] = [];
    using _index = await build(many, { onProgress: (done) => parts.push(done) });
    expect(parts.length).toBeGreaterThan(1);
    expect(parts.at(-1)).toBe(1);
    expect(parts).toEqual(parts.toSorted((a, b) => a - b));
  });

  test('digests that somebody chose to be slow are sorted without holding the event loop', async () => {
    const alike = new Uint8Array(16 * MANY);
    const next = seededNumbers(8);
    const words = new Uint32Array(alike.buffer);
    for (let i = 3; i < words.length; i += 4) words[i] = next();
    let turns = 0;
    const timer = setInterval(() => ++turns, 1);
    using index = await build(alike);
    clearInterval(timer);
    expect(turns).toBeGreaterThan(3);
    const queries = alike.subarray(0, 16 * 100);
    expect(index.findMany(queries)).toEqual(slowFind(alike, queries, 16));
  });

  test('damaged bytes do not open, whatever is damaged', async () => {
    using index = await build(digests);
    const sound = Buffer.concat([...index.chunks()]);
    for (const at of [0, 8, 12, 17, 24, 33, 48, 56, 121, 128, 130, 1200, sound.length / 2, sound.length - 1]) {
      const damaged = Uint8Array.from(sound);
      damaged[at] = (damaged[at] as number) ^ 4;
      expect([at, await code(() => openDigestIndex(backend, platform, damaged))]).toEqual([at, 'INVALID_INDEX']);
    }
    for (const length of [1, 127, 128, sound.length - 1, sound.length - 64])
      expect(await code(() => openDigestIndex(backend, platform, sound.subarray(0, length)))).toBe('INVALID_INDEX');
    expect(await code(() => openDigestIndex(backend, platform, Buffer.concat([sound, Buffer.alloc(64)])))).toBe('INVALID_INDEX');
  });

  test('a file that is damaged behind its directory is told by verify', async () => {
    using index = await build(digests);
    const bytes = Buffer.concat([...index.chunks()]);
    bytes[bytes.length - 100] = (bytes[bytes.length - 100] as number) ^ 1;
    const path = join(folder, `${name}-damaged`);
    await writeFile(path, bytes);
    const opening = openDigestIndex(backend, platform, path);
    if (name === 'native') {
      using opened = await opening;
      expect(opened.storage).toBe('mapped');
      expect(await code(() => opened.verify())).toBe('INVALID_INDEX');
    } else expect(await code(() => opening)).toBe('INVALID_INDEX');
  });

  test('an index of PDQ hashes is not one of digests, nor the other way round', async () => {
    using index = await build(digests);
    using pdq = await buildPdqIndex(backend, platform, seededBytes(3200, 1));
    await expect(openPdqIndex(backend, platform, Buffer.concat([...index.chunks()]))).rejects.toThrow('open it with openDigestIndex');
    await expect(openDigestIndex(backend, platform, Buffer.concat([...pdq.chunks()]))).rejects.toThrow('open it with openPdqIndex');
  });

  test('lies in shared memory if asked, where the backend can work there', async () => {
    if (name === 'wasm') return expect(await code(() => build(digests, { shared: true }))).toBe('OUT_OF_MEMORY');
    using index = await build(digests, { shared: true });
    using other = await openDigestIndex(backend, platform, index.shared as SharedArrayBuffer);
    expect([index.storage, other.storage, other.shared]).toEqual(['shared', 'shared', index.shared]);
    expect(other.findMany(digests)).toEqual(index.findMany(digests));
  });
});

test('every backend makes the same bytes of the same digests', async () => {
  const stored = seededBytes(20 * 5000, 6);
  stored.copyWithin(0, 2000, 4000);
  const ids = Uint32Array.from({ length: 5000 }, (_, i) => 5000 - i);
  const made = await Promise.all(
    backends.map(async ([, makeBackend]) => {
      using index = await buildDigestIndex(makeBackend(), platform, 'sha1', stored, { ids });
      return Buffer.concat([...index.chunks()]);
    }),
  );
  expect(made.map((bytes) => bytes.equals(made[0] as Buffer))).toEqual([true, true]);
});
