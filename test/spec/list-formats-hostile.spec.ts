import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BankRecord, RecordBatch } from '../../src/bank/record.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { bytesToHex } from '../../src/hash/encoding.js';
import type { Input } from '../../src/input.js';
import { RecordKeys } from '../../src/list/formats/record-keys.js';
import { type ReadRecordsOptions, type RecordsReport, readRecords } from '../../src/list/read-records.js';
import type { Platform } from '../../src/platform.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = { runtime: 'node', createDigester: createNodeDigester };
const SEED = 20_261;
const M = Array.from({ length: 9 }, (_, i) => bytesToHex(seededBytes(16, i)));
const utf8 = (text: string) => new TextEncoder().encode(text);

async function read(source: Input, options: ReadRecordsOptions = {}): Promise<{ report: RecordsReport; batches: RecordBatch[] }> {
  const reading = readRecords(platform, source, options);
  const batches: RecordBatch[] = [];
  for await (const batch of reading) batches.push(batch);
  return { report: reading.report, batches };
}

const recordsOf = (batches: readonly RecordBatch[]) => batches.flatMap(({ updates }) => [...updates.values()]);

/** A document of VICS on lines, with these texts as its media. */
function vics(...media: string[]): Uint8Array {
  return utf8(
    `{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media","value":[\n${media.join(',\n')}\n]}`,
  );
}

const medium = (id: number) => `{"MediaID":${id},"MD5":"${M[id]}"}`;

describe('What is malformed in VICS costs its record', () => {
  test.each([
    ['a number of a million digits', `{"MediaID":9,"MD5":"x","MediaSize":${'9'.repeat(1_000_000)}}`, /^record 2: /],
    [
      'a text longer than the bound',
      `{"MediaID":9,"Comments":"${'x'.repeat(1_100_000)}"}`,
      /longer than 1048576 bytes, or nested too deeply/,
    ],
    ['100,000 brackets in each other', `{"MediaID":9,"Tags":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /nested too deeply/],
    ['a zero byte', '{"MediaID":9,"MD5":"\0"}', /no JSON object/],
    ['a quote that is missing', `{"MediaID":9,"MD5":"${M[8]},\n"SHA1":"x"}`, /no JSON object/],
    ['a comma that is missing', `{"MediaID":9 "MD5":"${M[8]}"}`, /no JSON object/],
    ['a bad escape', '{"MediaID":9,"MD5":"\\x"}', /no JSON object/],
    ['null', 'null', /no JSON object/],
    ['a digest that is none', `{"MD5":"g${M[8]}"}`, /md5: neither 32 hex digits/],
  ])('%s', async (_what, media, reason) => {
    const { report, batches } = await read(vics(medium(1), media, medium(3)));
    expect(recordsOf(batches).filter((record) => record?.signals.length)).toMatchObject([{ key: '1' }, { key: '3' }]);
    expect(report).toMatchObject({ complete: true, read: 3, usable: 2, refused: 1, problemCount: 1 });
    expect(report.problems[0]).toMatchObject({ line: 3, reason: expect.stringMatching(reason) });
    expect(report.problems[0]?.reason).not.toMatch(/[0-9a-f]{12}/);
  });

  test.each([
    ['brackets that do not belong together', `{"MediaID":9,"Tags":[}`],
    ['two records without a comma', `${medium(2)}${medium(4)}`],
    ['an array among the records', '[1]'],
    ['a text among the records', '"x"'],
    ['the end of the document', `${medium(2)}]}{`],
  ])('but after %s the rest is not read, and the file not taken for whole', async (_what, media) => {
    const { report, batches } = await read(vics(medium(1), media, medium(3)));
    expect(recordsOf(batches)[0]).toMatchObject({ key: '1' });
    expect(report).toMatchObject({ complete: false, fault: expect.stringMatching(/^the list (has|goes) /) });
    expect(batches.at(-1)?.whole).toBe('begin');
  });

  test('and a text of 100 MiB is skipped without being held', async () => {
    const block = new Uint8Array(1 << 20).fill(0x61);
    const [begin, end] = [vics(medium(1), '{"MediaID":2,"Comments":"'), utf8(`"},${medium(3)}]}`)];
    let most = 0;
    async function* source() {
      yield begin.subarray(0, begin.length - 3);
      for (let i = 0; i < 100; ++i) {
        yield block;
        most = Math.max(most, process.memoryUsage().arrayBuffers);
      }
      yield end;
    }
    const before = process.memoryUsage().arrayBuffers;
    const { report } = await read(source());
    expect(report).toMatchObject({ complete: true, read: 3, usable: 2, problems: [{ line: 3 }] });
    expect(most - before).toBeLessThan(16 << 20);
  });
});

describe('Names', () => {
  test('that stand twice take no record away', async () => {
    const rows = [`a,${M[1]},x`, `b,${M[2]},x`, `a,${M[3]},x`, `a,${M[4]},y`, `b,${M[2]},x`].join('\n');
    const { batches, report } = await read(utf8(`id,md5,category\n${rows}\n`));
    const records = recordsOf(batches) as BankRecord[];
    expect(new Set(records.map(({ signals }) => bytesToHex(signals[0]?.value ?? new Uint8Array())))).toEqual(new Set(M.slice(1, 5)));
    expect(records.map(({ key }) => key.replace(/~.*/, '~'))).toEqual(['a', 'b', 'a~', 'a~', 'b~']);
    expect(report).toMatchObject({ read: 5, usable: 5 });
  });

  test('of 30,000 records are their own, and those that stand twice are found, in constant memory', () => {
    const keys = new RecordKeys();
    const keyOf = (key: string) => keys.keyOf({ key, signals: [] });
    for (let i = 0; i < 30_000; ++i) expect(keyOf(`k${i}`)).toBe(`k${i}`);
    for (let i = 0; i < 30_000; i += 7) expect(keyOf(`k${i}`)).not.toBe(`k${i}`);
    expect(keyOf('x'.repeat(513))).toMatch(/^~[0-9a-f]{20}$/);
  });
});

describe('A long file', () => {
  async function* long(rows: number) {
    yield utf8('{"@odata.context":"http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/UK/$metadata#Media","value":[');
    for (let row = 0; row < rows; row += 500) {
      const media = Array.from(
        { length: 500 },
        (_, i) => `{"MediaID":${row + i},"Category":1,"MD5":"${(row + i).toString(16).padStart(32, '0')}"}`,
      );
      yield utf8(media.join(',') + (row + 500 < rows ? ',' : ']}'));
    }
  }

  test('comes in batches of some thousands, the first and the last marked', async () => {
    const { batches, report } = await read(long(50_000));
    expect(report).toMatchObject({ read: 50_000, usable: 50_000, complete: true });
    expect(batches.length).toBeGreaterThan(10);
    for (const { updates, read: count } of batches) expect([updates.size, count]).toEqual([count, updates.size]);
    expect(Math.max(...batches.map(({ updates }) => updates.size))).toBeLessThan(5_000);
    expect(batches.map(({ whole }) => whole)).toEqual(
      batches.map((_, i) => (i === 0 ? 'begin' : i + 1 === batches.length ? 'end' : undefined)),
    );
  });

  test('is given up at the signal, and its source is closed', async () => {
    const controller = new AbortController();
    let closed = false;
    async function* source() {
      try {
        yield* long(1e9);
      } finally {
        closed = true;
      }
    }
    const options = { signal: controller.signal, onProgress: () => controller.abort(new Error('enough')) };
    await expect(read(source(), options)).rejects.toThrow('enough');
    expect(closed).toBe(true);
  });

  test('closes its source when its reader stops', async () => {
    let closed = false;
    async function* source() {
      try {
        yield* long(1e9);
      } finally {
        closed = true;
      }
    }
    for await (const batch of readRecords(platform, source())) if (batch.read > 0) break;
    expect(closed).toBe(true);
  });

  test('lets the event loop turn', async () => {
    let turns = 0;
    const timer = setInterval(() => ++turns, 1);
    await read(utf8(`md5\n${Array.from({ length: 60_000 }, (_, i) => `${i.toString(16).padStart(32, '0')}\n`).join('')}`));
    clearInterval(timer);
    expect(turns).toBeGreaterThan(2);
  });
});

describe('Any bytes at all', () => {
  const piece = fc.oneof(
    fc.constantFrom(
      '\n',
      '\r\n',
      ',',
      ';',
      '"',
      '{',
      '}',
      '[',
      ']',
      ':',
      '\\',
      '\0',
      'null',
      ' ',
      '<',
      '>',
      '/',
      '&amp;',
      '<!DOCTYPE',
      '<![CDATA[',
    ),
    fc.constantFrom(
      '"value":[',
      '"Media":[',
      '"MD5":',
      '"MediaID":1',
      `"${M[1]}"`,
      'md5',
      'id,md5',
      M[2] as string,
      '"AlternativeHashes":[',
      'pdq ',
    ),
    fc.constantFrom('<queryResult>', '<images>', '<image>', '<id>a</id>', '<member id="1"/>', '</image>', '</images>', '</queryResult>'),
    fc.string({ maxLength: 8 }),
  );
  const begin = fc.constantFrom('', '{"value":[', '<queryResult><images>', 'id,md5,tags\n', `md5 ${M[1]}\n`, `${M[1]}\n`, '{"md5":"');
  const hostile = fc.tuple(begin, fc.array(piece, { maxLength: 60 })).map(([first, pieces]) => first + pieces.join(''));

  test('are read or refused, with every record counted once, no hash in a reason, and the same wherever they are cut', async () => {
    const property = fc.asyncProperty(hostile, fc.nat(), async (text, at) => {
      const bytes = utf8(text);
      const cut = at % (bytes.length + 1);
      async function* pieces() {
        yield bytes.subarray(0, cut);
        yield bytes.subarray(cut);
      }
      const outcomes = await Promise.all([bytes, pieces()].map((source) => read(source).catch((error: unknown) => error as Error)));
      const [whole, inPieces] = outcomes as [Awaited<ReturnType<typeof read>> | Error, Awaited<ReturnType<typeof read>> | Error];
      if (whole instanceof Error || inPieces instanceof Error) {
        expect(inPieces).toMatchObject({ code: 'INVALID_LIST', message: (whole as Error).message });
        expect((whole as Error).message).not.toContain(M[1]);
        return;
      }
      const { report, batches } = whole;
      expect(inPieces.report).toEqual(report);
      expect(recordsOf(inPieces.batches)).toEqual(recordsOf(batches));
      expect(batches.reduce((sum, batch) => sum + batch.read, 0)).toBe(report.read);
      expect(report.usable + report.withdrawn + report.refused).toBe(report.read);
      expect(JSON.stringify(report.problems.map(({ reason }) => reason))).not.toMatch(/[0-9a-f]{32}/);
      expect(/end|both/.test(batches.at(-1)?.whole ?? '')).toBe(report.complete && report.format !== 'ncmec-xml');
    });
    await fc.assert(property, { seed: SEED, numRuns: 300 });
  });
});
