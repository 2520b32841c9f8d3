import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BankRecord } from '../../src/bank/record.js';
import { BANK_SIGNALS, SIGNAL_BYTES, type Signal } from '../../src/bank/signal.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { bytesToHex } from '../../src/hash/encoding.js';
import { WRITABLE_FORMATS, type WritableFormat } from '../../src/list/formats/writer.js';
import { examineList, readRecords } from '../../src/list/read-records.js';
import { type WriteRecordsOptions, type WriteReport, writeRecords } from '../../src/list/write-records.js';
import type { Platform } from '../../src/platform.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = { runtime: 'node', createDigester: createNodeDigester };
const SEED = 20_262;
const utf8 = (text: string) => new TextEncoder().encode(text);

async function write(records: readonly BankRecord[], format: WritableFormat, options: WriteRecordsOptions = {}) {
  const writing = writeRecords(records, format, options);
  const pieces: Uint8Array[] = [];
  for await (const piece of writing) pieces.push(piece);
  return { bytes: new Uint8Array(Buffer.concat(pieces)), report: writing.report as WriteReport };
}

async function readBack(bytes: Uint8Array, format: WritableFormat): Promise<BankRecord[]> {
  const reading = readRecords(platform, bytes, { format });
  const records: BankRecord[] = [];
  for await (const { updates } of reading) for (const record of updates.values()) if (record) records.push(record);
  expect(reading.report).toMatchObject({ complete: true, problems: [] });
  return records;
}

const signalName = ({ type, name = '', value, quality, mode }: Signal) =>
  `${type} ${name} ${bytesToHex(value)} ${quality ?? ''} ${mode ?? ''}`;
const withoutSaid = ({ quality: _, mode: __, ...rest }: Signal) => signalName(rest);

/** A record with its signals in one order, for formats that have an order of their own. */
const sorted = (record: BankRecord) => ({
  ...record,
  signals: [...record.signals].sort((a, b) => (signalName(a) < signalName(b) ? -1 : 1)),
});

const word = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 12 })
  .map((text) => text.trim().replace(/[\r\0]/g, 'x'))
  .filter((text) => text !== '' && !/\p{Surrogate}/u.test(text));
const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const signal: fc.Arbitrary<Signal> = fc.constantFrom(...BANK_SIGNALS).chain((type): fc.Arbitrary<Signal> => {
  const length = SIGNAL_BYTES[type];
  if (type === 'other')
    return fc.record({ type: fc.constant(type), value: word.map(utf8), name: fc.constantFrom('TMK', 'NETCLEAN', 'vpdq', 'F-1') });
  if (type === 'patches') return fc.record({ type: fc.constant(type), value: fc.uint8Array({ minLength: 1, maxLength: 40 }) });
  if (length === null) return fc.record({ type: fc.constant(type), value: word.map(utf8) });
  const quality = fc.option(fc.integer({ min: 0, max: 100 }), { nil: undefined });
  const mode = fc.option(fc.constantFrom('full-res' as const, 'reference-cpp' as const), { nil: undefined });
  return fc.record({ value: bytes(length), quality, mode }).map((parts) => ({
    type,
    value: parts.value,
    ...(type === 'pdq' && parts.quality !== undefined && { quality: parts.quality }),
    ...(type === 'pdq' && parts.mode !== undefined && { mode: parts.mode }),
  }));
});
const record = fc
  .record(
    {
      signals: fc.uniqueArray(signal, { minLength: 1, maxLength: 6, selector: withoutSaid }),
      category: word,
      tags: fc.uniqueArray(word, { minLength: 1, maxLength: 3 }),
      opinions: fc.array(fc.record({ by: word, value: fc.constantFrom('positive', 'negative', 'disputed') }), {
        minLength: 1,
        maxLength: 2,
      }),
      updatedAt: fc.integer({ min: 0, max: 4e12 }),
      note: word.map((text) => text.replace(/\s+/g, ' ')),
    },
    { requiredKeys: ['signals'] },
  )
  .map((fields) => fields as Omit<BankRecord, 'key'>);
const list = fc
  .uniqueArray(fc.tuple(word, record), { minLength: 1, maxLength: 5, selector: ([key]) => key })
  .map((items) => items.map(([key, rest]): BankRecord => ({ ...rest, key })));

describe('What is written is read back the same', () => {
  test.each(['ndjson', 'csv'] as const)('as %s, with all that a bank keeps', async (format) => {
    const property = fc.asyncProperty(list, async (records) => {
      const { bytes: file, report } = await write(records, format);
      expect(report).toEqual({ written: records.length, leftOut: {} });
      expect((await readBack(file, format)).map(sorted)).toEqual(records.map(sorted));
    });
    await fc.assert(property, { seed: SEED, numRuns: 100 });
  });

  test('as local_file: every signal of a type that it knows', async () => {
    const property = fc.asyncProperty(list, async (records) => {
      const { bytes: file, report } = await write(records, 'local_file');
      const left = report.leftOut['signals that have no text on one line'] ?? 0;
      const given = records.flatMap(({ signals }) => signals.map(withoutSaid));
      if (file.length === 0) return expect(left).toBe(given.length);
      const read = (await readBack(file, 'local_file')).flatMap(({ signals }) => signals.map(signalName));
      expect(new Set(given)).toEqual(new Set([...read, ...given.filter((name) => /^patches|F-1|0a/.test(name))]));
      expect(given.length - left).toBeGreaterThanOrEqual(new Set(read).size);
    });
    await fc.assert(property, { seed: SEED, numRuns: 100 });
  });

  test('as VICS, with what it has room for', async () => {
    const [md5, other] = [seededBytes(16, 1), seededBytes(16, 2)];
    const records: BankRecord[] = [
      {
        key: '1',
        signals: [
          { type: 'md5', value: md5 },
          { type: 'sha1', value: seededBytes(20, 3) },
          { type: 'photodna', value: seededBytes(144, 4) },
          { type: 'md5', value: other },
          { type: 'pdq', value: seededBytes(32, 5) },
          { type: 'sha256', value: seededBytes(32, 6) },
          { type: 'other', value: utf8('x'), name: 'F-1' },
        ],
        category: '2',
        tags: ['IsDistributed', 'series:a "b"', 'x', 'y'],
        updatedAt: 1_700_000_000_000,
        note: 'a\nb',
      },
      { key: '2', signals: [{ type: 'video-md5', value: md5 }], category: '3' },
    ];
    const { bytes: file, report } = await write(records, 'vics', { categories: { '3': 1 } });
    expect(report).toEqual({ written: 2, leftOut: {} });
    expect(await readBack(file, 'vics')).toEqual([records[0], { ...records[1], category: '1' }]);
    expect((await examineList(platform, file)).explanation).toContain('VICS 2.0');
    const document = JSON.parse(new TextDecoder().decode(file));
    expect(document['@odata.context']).toBe('http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media');
    expect(document.value).toMatchObject([
      { MediaID: 1, Category: 2, MD5: bytesToHex(md5).toUpperCase(), IsDistributed: true, Series: 'a "b"', Tags: 'x;y', Comments: 'a\nb' },
      { MediaID: 2, Category: 1, MimeType: 'video/*' },
    ]);
  });
});

describe('A file that is written', () => {
  test('as VICS tells what it leaves out', async () => {
    const { bytes: file, report } = await write(
      [
        { key: 'a', signals: [{ type: 'pdq', value: seededBytes(32, 1), quality: 80 }] },
        {
          key: 'b',
          category: 'A1',
          signals: [
            { type: 'md5', value: seededBytes(16, 1) },
            { type: 'url', value: utf8('https://example.org/') },
            { type: 'pdq', value: seededBytes(32, 1), quality: 80 },
          ],
          opinions: [{ by: 'm', value: 'positive' }],
        },
      ],
      'vics',
    );
    expect(report).toEqual({
      written: 1,
      leftOut: {
        'records without an MD5 digest, which VICS requires': 1,
        'signals of type url': 1,
        opinions: 1,
        'qualities of PDQ hashes': 1,
        'categories that are no number and have none in `categories`': 1,
      },
    });
    expect(JSON.parse(new TextDecoder().decode(file)).value).toMatchObject([{ MediaID: 1, Category: null }]);
  });

  test.each(WRITABLE_FORMATS)('as %s tells of bytes that are no text, and of times without a year of four digits', async (format) => {
    const md5: Signal = { type: 'md5', value: seededBytes(16, 1) };
    const other: Signal = { type: 'other', name: 'TMK', value: Uint8Array.of(0xff, 0xfe) };
    const { report } = await write([{ key: 'a', signals: [md5, other], updatedAt: 1e15 }], format);
    expect(report.written).toBe(1);
    expect(Object.keys(report.leftOut)).toContainEqual(expect.stringMatching(/^signals that have no text/));
    if (format !== 'local_file') expect(report.leftOut['times outside of the years 1970 to 9999']).toBe(1);
  });

  test.each(WRITABLE_FORMATS)('as %s may have no record at all', async (format) => {
    const { bytes: file, report } = await write([], format);
    expect(report).toEqual({ written: 0, leftOut: {} });
    if (format === 'csv' || format === 'vics') expect(await examineList(platform, file)).toMatchObject({ format, read: 0, complete: true });
    else expect(file).toHaveLength(0);
  });

  test('has no text that a spreadsheet would run, and a line for each row', async () => {
    const key = '=HYPERLINK("http://127.0.0.1")';
    const md5: Signal = { type: 'md5', value: seededBytes(16, 1) };
    const { bytes: file } = await write([{ key, signals: [md5], note: '+1\r\n\n-2' }], 'csv');
    const text = new TextDecoder().decode(file);
    expect(text).not.toMatch(/(^|,)"?[=+@-]/m);
    expect(text.split('\n')).toHaveLength(3);
    expect(await readBack(file, 'csv')).toEqual([{ key, signals: [md5], note: '+1 -2' }]);
  });

  test('comes in pieces, stops at the signal, and passes on what its records throw', async () => {
    const controller = new AbortController();
    async function* endless() {
      for (let i = 0; ; ++i) yield { key: `k${i}`, signals: [{ type: 'md5' as const, value: seededBytes(16, 1) }] };
    }
    let pieces = 0;
    const reading = (async () => {
      for await (const piece of writeRecords(endless(), 'csv', { signal: controller.signal })) {
        expect(piece.length).toBeLessThan(80_000);
        if (++pieces === 3) controller.abort(new Error('enough'));
      }
    })();
    await expect(reading).rejects.toThrow('enough');
    async function* broken() {
      yield* [];
      throw new Error('the disk is gone');
    }
    const failing = writeRecords(broken(), 'csv')[Symbol.asyncIterator]();
    await expect(failing.next()).rejects.toThrow('the disk is gone');
  });

  test('is checked for its format and its categories at once', () => {
    const invalid = expect.objectContaining({ code: 'INVALID_ARGUMENT' });
    expect(() => writeRecords([], 'icse' as WritableFormat)).toThrow(invalid);
    expect(() => writeRecords([], 'vics', { categories: { A1: 1.5 } })).toThrow(invalid);
  });
});
