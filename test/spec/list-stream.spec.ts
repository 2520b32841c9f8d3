import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { digestToHex, hashToHex } from '../../src/hash/encoding.js';
import { CSV_HEADER, formatCsvRow, type ListRow } from '../../src/list/csv-writer.js';
import type { HashList, SignalType } from '../../src/list/hash-list.js';
import { type ListProgress, readHashList } from '../../src/list/read-hash-list.js';
import type { Platform } from '../../src/platform.js';
import { backends } from './backends.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = { runtime: 'node', createDigester: createNodeDigester };
const SEED = 20_260;

async function* chunks(bytes: Uint8Array, cuts: readonly number[]): AsyncGenerator<Uint8Array> {
  let start = 0;
  const reused = new Uint8Array(bytes.length); // a source may use its buffer again
  for (const cut of [...cuts, bytes.length]) {
    const chunk = reused.subarray(0, cut - start);
    chunk.set(bytes.subarray(start, cut));
    yield chunk;
    chunk.fill(0x78);
    start = cut;
  }
}

function plain(list: HashList): unknown {
  const types: SignalType[] = ['pdq', 'md5', 'sha1', 'sha256'];
  return [
    list.report,
    ...types.map((type) => Array.from({ length: list.report.byType[type] }, (_, position) => list.entry(position, type))),
  ];
}

const A = hashToHex(seededBytes(32, 1));
const B = digestToHex(seededBytes(16, 2));
const SMALL: [string, string][] = [
  ['csv', `\ufeffid,pdq,category\r\n1,${A},é\r\n"2\r\n3",${A},"q""q"\r\n4,zz,€\n\r5,${A},😀\r`],
  ['ndjson', `\ufeff{"id":"é","pdq":"${A}"}\r\n\r\n{bad}\n{"md5":"${B}"}`],
  ['local_file', `# é\r\npdq ${A}\rmd5 ${B}\n\nvideo_md5 ${B}\r\n`],
];

describe.each(backends)('A list as a stream on %s', (_name, makeBackend) => {
  const backend = makeBackend();

  test.each(SMALL)('reads %s the same wherever its chunks are cut', async (_format, text) => {
    const bytes = new TextEncoder().encode(text);
    const expected = plain(await readHashList(backend, platform, bytes, { name: 'l' }));
    for (let cut = 0; cut <= bytes.length; ++cut)
      expect(plain(await readHashList(backend, platform, chunks(bytes, [cut]), { name: 'l' }))).toEqual(expected);
    const everyByte = Array.from({ length: bytes.length }, (_, i) => i);
    expect(plain(await readHashList(backend, platform, chunks(bytes, everyByte), { name: 'l' }))).toEqual(expected);
  });

  test('reads 200,000 rows, and holds one line of them at a time', async () => {
    const rows = 200_000;
    let longest = 0;
    async function* source() {
      yield new TextEncoder().encode('id,category,pdq,md5\n');
      for (let row = 0; row < rows; row += 1_000) {
        let text = '';
        for (let i = row; i < row + 1_000; ++i) {
          const number = i.toString(16).padStart(8, '0');
          text += `entry-${i},cat${i % 7},${number.repeat(8)},${number.repeat(4)}\n`;
        }
        longest = Math.max(longest, text.length);
        yield new TextEncoder().encode(text);
      }
    }
    const progress: ListProgress[] = [];
    using list = await readHashList(backend, platform, source(), { name: 'l', onProgress: (step) => progress.push(step) });
    // Row 0 has the zero hash: its digest is kept.
    expect(list.report).toMatchObject({ read: rows, kept: rows, partial: 1, byType: { pdq: rows - 1, md5: rows } });
    expect(list.entry(rows - 2, 'pdq')).toEqual({ id: `entry-${rows - 1}`, list: 'l', category: `cat${(rows - 1) % 7}` });
    expect(list.digests.md5.find(Buffer.from('0001e240'.repeat(4), 'hex'))).toEqual([123_456]);
    expect(progress.length).toBeGreaterThan(10);
    expect(progress.at(-1)).toMatchObject({ read: rows, kept: rows, refused: 0 });
    for (let i = 1; i < progress.length; ++i) expect(progress[i]?.bytes).toBeGreaterThanOrEqual(progress[i - 1]?.bytes as number);
  });

  test('skips a line of 64 MiB without holding it', async () => {
    const block = new Uint8Array(1 << 20).fill(0x61);
    async function* source() {
      yield new TextEncoder().encode(`pdq\n${A}\n`);
      for (let i = 0; i < 64; ++i) yield block;
      yield new TextEncoder().encode(`\n${hashToHex(seededBytes(32, 5))}\n`);
    }
    const before = process.memoryUsage().arrayBuffers;
    let most = 0;
    using list = await readHashList(backend, platform, source(), {
      name: 'l',
      onProgress: () => {
        most = Math.max(most, process.memoryUsage().arrayBuffers - before);
      },
    });
    expect(list.report).toMatchObject({ read: 3, kept: 2, refused: 1, refusals: [{ line: 3, reason: 'longer than 1048576 bytes' }] });
    expect(most).toBeLessThan(8 << 20);
  });

  test('stops at the signal: before, between chunks and within one', async () => {
    const text = new TextEncoder().encode(`pdq\n${`${A}\n`.repeat(200_000)}`);
    const name = 'l';
    await expect(readHashList(backend, platform, text, { name, signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    for (const source of [text, chunks(text, [1_000, 2_000, 3_000_000])]) {
      const controller = new AbortController();
      const running = readHashList(backend, platform, source, {
        name,
        signal: controller.signal,
        onProgress: () => controller.abort(new Error('enough')),
      });
      await expect(running).rejects.toThrow('enough');
    }
  });

  test('that is transferred away meanwhile is an error, not a short list', async () => {
    const text = new TextEncoder().encode(`pdq\n${`${A}\n`.repeat(200_000)}`);
    const running = readHashList(backend, platform, text, { name: 'l' });
    running.catch(() => {}); // looked at below, after the transfer
    structuredClone(text, { transfer: [text.buffer] });
    await expect(running).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('passes on what its source throws', async () => {
    async function* broken() {
      yield new TextEncoder().encode(`pdq\n${A}\n`);
      throw new Error('the disk is gone');
    }
    await expect(readHashList(backend, platform, broken(), { name: 'l' })).rejects.toThrow('the disk is gone');
  });
});

describe.each(backends)('Any bytes at all on %s', (_name, makeBackend) => {
  const backend = makeBackend();

  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r',
      '\r\n',
      ',',
      ';',
      '\t',
      '"',
      '""',
      ' ',
      '#',
      '{',
      '}',
      '[',
      ':',
      '\0',
      '\ufeff',
      'é',
      '😀',
      'pdq',
      'md5',
      'id',
      'type',
    ),
    fc.constantFrom(
      A,
      B,
      `pdq ${A}\n`,
      `{"pdq":"${A}"}\n`,
      `"x",${A}\n`,
      'id,pdq\n',
      'type;value\n',
      'video_md5',
      '49',
      '__proto__',
      'constructor',
    ),
    fc.string({ unit: 'binary', maxLength: 8 }),
  );
  const source = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.array(piece, { maxLength: 40 }).map((pieces) => new TextEncoder().encode(pieces.join(''))),
    fc
      .tuple(fc.constantFrom('id,pdq\n', 'type,value,id\n', '{"a":1}\n', 'pdq x\n'), fc.array(piece, { maxLength: 40 }))
      .map(([head, pieces]) => new TextEncoder().encode(head + pieces.join(''))),
  );

  test('give a report that adds up, or INVALID_LIST', async () => {
    let lists = 0;
    const formats = fc.constantFrom('auto' as const, 'csv' as const, 'ndjson' as const, 'local_file' as const);
    const signalTypes = fc.constantFrom(undefined, 'pdq' as const, 'md5' as const);
    await fc.assert(
      fc.asyncProperty(source, formats, signalTypes, fc.integer({ min: 10, max: 400 }), async (bytes, format, signalType, maxLineBytes) => {
        try {
          const options = { name: 'l', format, maxLineBytes, ...(signalType && { signalType }) };
          using list = await readHashList(backend, platform, bytes, options);
          const { read, kept, duplicates, refused, partial, refusals, byType } = list.report;
          expect(read).toBe(kept + duplicates + refused);
          expect(refusals.length).toBeGreaterThanOrEqual(refused + partial);
          expect(list.entryCount).toBeLessThanOrEqual(kept);
          expect(list.pdq.size).toBe(byType.pdq);
          expect(JSON.stringify(refusals)).not.toContain(A.slice(0, 8));
          plain(list);
          ++lists;
        } catch (error) {
          if (!(error instanceof EgideError)) throw error;
          expect(error.code).toBe('INVALID_LIST');
          expect(error.message).not.toContain(A.slice(0, 8));
        }
      }),
      { seed: SEED, numRuns: 3_000 },
    );
    expect(lists).toBeGreaterThan(100); // the inputs must not all be refused at the door
  });
});

describe.each(backends)('A list that is written, on %s', (_name, makeBackend) => {
  const backend = makeBackend();

  const text = fc
    .oneof(
      fc.string({ unit: 'grapheme', maxLength: 12 }),
      fc.constantFrom('=1+1', "'=x", "''@x", '-5', '+a', '@b', "'", "'x", 'a"b', 'a,b', 'a\nb', '#x', '"'),
    )
    .map((raw) => raw.trim())
    .filter((trimmed) => trimmed !== '' && !/[\r\0]/.test(trimmed));
  const bytes = (count: number) => fc.uint8Array({ minLength: count, maxLength: count }).filter((all) => all.some((byte) => byte !== 0));
  const row = fc.record(
    {
      id: text,
      list: text,
      category: text,
      pdq: bytes(32),
      quality: fc.integer({ min: 50, max: 100 }),
      md5: bytes(16),
      sha1: bytes(20),
      sha256: bytes(32),
    },
    { requiredKeys: ['id', 'md5'] },
  ) as fc.Arbitrary<ListRow>;

  test('reads back equal', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(row, { selector: ({ id }) => id, minLength: 1, maxLength: 12 }), async (rows) => {
        using list = await readHashList(backend, platform, new TextEncoder().encode(CSV_HEADER + rows.map(formatCsvRow).join('')), {
          name: 'l',
        });
        expect(list.report).toMatchObject({ read: rows.length, kept: rows.length, refusals: [] });
        const found = (signal: SignalType, ids: number[]) => ids.map((id) => list.entry(id, signal));
        for (const { id, list: name = 'l', category, pdq, md5, sha1, sha256 } of rows) {
          const entry = category === undefined ? { id, list: name } : { id, list: name, category };
          if (pdq)
            expect(
              found(
                'pdq',
                list.pdq.search(pdq, { maxDistance: 0 }).hits.map(({ id }) => id),
              ),
            ).toContainEqual(entry);
          if (md5) expect(found('md5', list.digests.md5.find(md5))).toContainEqual(entry);
          if (sha1) expect(found('sha1', list.digests.sha1.find(sha1))).toContainEqual(entry);
          if (sha256) expect(found('sha256', list.digests.sha256.find(sha256))).toContainEqual(entry);
        }
      }),
      { seed: SEED },
    );
  });

  test('has this form, and nothing in it runs in a spreadsheet', () => {
    expect(CSV_HEADER).toBe('id,list,category,pdq,quality,md5,sha1,sha256\n');
    const md5 = new Uint8Array(16).fill(0xab);
    expect(formatCsvRow({ id: 'holidays/a, b.jpg', category: 'x', quality: 7, md5 })).toBe(
      `"holidays/a, b.jpg",,x,,7,${'ab'.repeat(16)},,\n`,
    );
    for (const id of ['=cmd', '+1', '-1', '@x', "'=cmd"]) expect(formatCsvRow({ id, md5 }).startsWith(`'${id},`)).toBe(true);
  });

  test('has digests of the right length only', () => {
    expect(() => formatCsvRow({ id: 'a', md5: new Uint8Array(20) })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => formatCsvRow({ id: 'a', pdq: new Uint8Array(31) })).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });
});
