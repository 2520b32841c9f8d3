import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import type { BankRecord, RecordBatch } from '../../src/bank/record.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { bytesToBase64, bytesToHex } from '../../src/hash/encoding.js';
import type { Input } from '../../src/input.js';
import { examineList, type ReadRecordsOptions, type RecordsReport, readRecords } from '../../src/list/read-records.js';
import type { Platform } from '../../src/platform.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = { runtime: 'node', createDigester: createNodeDigester };
const PDQ = seededBytes(32, 1);
const MD5 = seededBytes(16, 2);
const SHA1 = seededBytes(20, 3);
const SHA256 = seededBytes(32, 4);
const SHA512 = seededBytes(64, 5);
const PDNA = seededBytes(144, 6);
const [pdq, md5, sha1, sha256, sha512, pdna] = [...[PDQ, MD5, SHA1, SHA256, SHA512].map(bytesToHex), bytesToBase64(PDNA)] as string[];
const utf8 = (text: string) => new TextEncoder().encode(text);

interface Outcome {
  readonly records: (BankRecord | null)[];
  readonly keys: string[];
  readonly batches: RecordBatch[];
  readonly report: RecordsReport;
}

async function read(source: Input, options: ReadRecordsOptions = {}): Promise<Outcome> {
  const reading = readRecords(platform, source, options);
  const batches: RecordBatch[] = [];
  for await (const batch of reading) batches.push(batch);
  const updates = batches.flatMap((batch) => [...batch.updates]);
  return { records: updates.map(([, record]) => record), keys: updates.map(([key]) => key), batches, report: reading.report };
}

const readText = (text: string, options: ReadRecordsOptions = {}) => read(utf8(text), options);

async function* bytewise(bytes: Uint8Array, step: number): AsyncGenerator<Uint8Array> {
  const reused = new Uint8Array(step); // a source may use its buffer again
  for (let start = 0; start < bytes.length; start += step) {
    const part = bytes.subarray(start, start + step);
    reused.set(part);
    yield reused.subarray(0, part.length);
    reused.fill(0x78);
  }
}

const VICS2 = `\ufeff{
  "@odata.context": "http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/US/$metadata#Media",
  "value": [
    {"MediaID": 1, "Category": 1, "MD5": "${md5?.toUpperCase()}", "SHA1": "${sha1}", "PhotoDNA": "${pdna}", "VictimIdentified": "True",
     "OffenderIdentified": false, "IsDistributed": true, "Series": "A \\"b\\"", "Tags": "x;y", "Comments": "c", "DateUpdated": "2023-06-07T02:31:49.8300Z",
     "MediaSize": "2835", "MediaFiles": [{"MD5": "${md5}", "FileName": "[a].jpg", "FilePath": "c:\\\\d"}], "Exifs": [{"PropertyName": "x", "PropertyValue": "{"}]},
    {"MediaID": 2, "Category": null, "MD5": "${md5}", "MimeType": "video/mp4", "MediaSize": 17},
  ]
}
`;
const VICS1 = `{"odata.metadata":"http://github.com/ICMEC/ProjectVic/DataModels/1.3.xml#Cases","value":[{"CaseID":"c1","Media":[
 {"MediaID":"1","Category":"2","MD5":"${md5}","AlternativeHashes":[{"HashName":"PhotoDNA","HashValue":"${pdna}"},{"HashName":"","HashValue":"zz"},{"HashName":"F 1","HashValue":"zz"}]}],
 "ContactName":"Jörg"},{"Media":[{"MediaID":"1","MD5":"${md5}"}],"CaseID":"c2"}]}`;
const ICSE = `MD5;SHA1;PhotoDNA;Image ID;Is distributed;Victim identified;Offender identified;Series name;Number of submissions;File Available;Media Type;Baseline
${md5};${sha1};${pdna};17;true;false;;"S; one";3;true;Image;true
${md5};;;18;;;;;;;Video;false
`;
const CSV = `\ufeffid,category,pdq,quality,md5,sha512,video_md5,photodna,url,url_md5,tags,note,updated_at
a,A1,${pdq},80,${md5},${sha512},${md5},"${PDNA.join(',')}",https://example.org/é,${md5},"x, y",hello,2024-01-02T03:04:05Z
b,,${pdq},20,,,,,,,,,1700000000
`;

describe('A file of records', () => {
  test('in CSV has every type of signal, tags, a note and a time', async () => {
    const { records, report, batches } = await readText(CSV);
    expect(records).toEqual([
      {
        key: 'a',
        category: 'A1',
        signals: [
          { type: 'pdq', value: PDQ, quality: 80 },
          { type: 'md5', value: MD5 },
          { type: 'sha512', value: SHA512 },
          { type: 'video-md5', value: MD5 },
          { type: 'photodna', value: PDNA },
          { type: 'url', value: utf8('https://example.org/é') },
          { type: 'url-md5', value: MD5 },
        ],
        tags: ['x', 'y'],
        note: 'hello',
        updatedAt: Date.UTC(2024, 0, 2, 3, 4, 5),
      },
      { key: 'b', signals: [{ type: 'pdq', value: PDQ, quality: 20 }], updatedAt: 1_700_000_000_000 },
    ]);
    expect(batches.map(({ whole }) => whole)).toEqual(['both']);
    expect(report).toMatchObject({ format: 'csv', read: 2, usable: 1, refused: 1, withdrawn: 0, problemCount: 0, complete: true });
    expect(report.byType).toMatchObject({ pdq: 2, md5: 1, sha512: 1, 'video-md5': 1, photodna: 1, url: 1, 'url-md5': 1, other: 0 });
    expect(report.explanation).toMatch(/^CSV: .*header.* id, category, pdq, quality, md5, sha512/);
  });

  test('in long CSV keeps types that are not matched, and makes one entry of lines with one id', async () => {
    const rows = `id,type,value\na,HASH_PDQ,${pdq}\na,md5,${md5}\na,md5,${md5}\nb,TMK,abc\nb,brand-new,x\na,sha1,${sha1}\nc,what is this?,x\n`;
    const { records, report } = await readText(rows);
    expect(records).toMatchObject([
      { key: 'a', signals: [{ type: 'pdq' }, { type: 'md5' }] },
      { key: 'b', signals: [{ type: 'other', name: 'TMK', value: utf8('abc') }, { name: 'brand-new' }] },
      { key: expect.stringMatching(/^a~[0-9a-f]{20}$/), signals: [{ type: 'sha1' }] },
      { key: 'c', signals: [] },
    ]);
    expect(report.problems).toEqual([{ key: 'c', line: 8, reason: 'a signal type that is none', partial: true }]);
    expect(report).toMatchObject({ read: 4, usable: 2, refused: 2 });
  });

  test('says how a PDQ hash was made, where it does', async () => {
    const { records, report } = await readText(`id,pdq,pdq_mode\na,${pdq},full-res\nb,${pdq},\nc,${pdq},median\n`);
    expect(records.map((record) => record?.signals[0]?.mode)).toEqual(['full-res', undefined, undefined]);
    const reason = 'pdq: a mode that is not one of full-res, reference-cpp';
    expect(report.problems).toEqual([{ key: 'c', line: 4, reason, partial: true }]);
  });

  test('in NDJSON may have signals, tags and opinions as arrays', async () => {
    const record = {
      id: 7,
      tags: ['x', 'y,z'],
      signals: [{ type: 'pdq', value: pdq, quality: 70, mode: 'reference-cpp' }, { type: 'sha256', value: sha256 }, { type: 3 }],
      opinions: [
        { by: 'm', value: 'negative', tags: ['t'] },
        { by: 'm', value: 'maybe' },
      ],
      note: 'zero \u0000 and half \ud800',
      url: null,
    };
    const { records, report } = await readText(`${JSON.stringify(record)}\n`);
    expect(records).toEqual([
      {
        key: '7',
        signals: [
          { type: 'pdq', value: PDQ, quality: 70, mode: 'reference-cpp' },
          { type: 'sha256', value: SHA256 },
        ],
        tags: ['x', 'y,z'],
        opinions: [{ by: 'm', value: 'negative', tags: ['t'] }],
        note: 'zero \ufffd and half \ufffd',
      },
    ]);
    expect(report.problems.map(({ reason }) => reason)).toEqual([
      'an item of `signals` without `type` and `value`; an item of `opinions` without `by` and `value`',
    ]);
  });

  test('in local_file has records that are named after their content, and the same in every version', async () => {
    const lines = [`pdq ${pdq}`, `video_md5 ${md5}`, 'url https://example.org/a b', `vpdq x,y`, `md5 ${md5}`];
    const { records, keys, report } = await readText(`# c\n${lines.join('\n')}\nnonsense\n`);
    expect(records.map((record) => record?.signals[0]?.type)).toEqual(['pdq', 'video-md5', 'url', 'other', 'md5']);
    expect(keys.every((key) => /^~[0-9a-f]{20}$/.test(key))).toBe(true);
    expect((await readText(`${lines.reverse().join('\n')}\n`)).keys).toEqual(keys.reverse());
    expect(report.problems).toEqual([{ line: 7, reason: 'one word, and no signalType that says what it is', partial: false }]);
  });

  test('of one digest a line tells types from lengths, and asks where there are two', async () => {
    const { records, report } = await readText(`${md5?.toUpperCase()}\n0x${sha1}\n${bytesToBase64(SHA512)}\n${pdna}\nxyz\n`);
    expect(records.map((record) => record?.signals[0])).toEqual([
      { type: 'md5', value: MD5 },
      { type: 'sha1', value: SHA1 },
      { type: 'sha512', value: SHA512 },
      { type: 'photodna', value: PDNA },
    ]);
    expect(report).toMatchObject({ format: 'digests', problems: [{ line: 5, reason: expect.stringContaining('neither hex nor base64') }] });
    await expect(readText(`${md5}\n${sha256}\n`)).rejects.toMatchObject({
      code: 'INVALID_LIST',
      message: expect.stringContaining('line 2'),
    });
    for (const signalType of ['pdq', 'sha256'])
      expect((await readText(`${sha256}\n`, { signalType })).records[0]?.signals).toEqual([{ type: signalType, value: SHA256 }]);
  });

  test('in VICS 2.0 has flags and series as tags, and videos as such', async () => {
    const { records, report } = await readText(VICS2);
    expect(records).toEqual([
      {
        key: '1',
        category: '1',
        signals: [
          { type: 'md5', value: MD5 },
          { type: 'sha1', value: SHA1 },
          { type: 'photodna', value: PDNA },
        ],
        tags: ['VictimIdentified', 'IsDistributed', 'series:A "b"', 'x', 'y'],
        note: 'c',
        updatedAt: Date.UTC(2023, 5, 7, 2, 31, 49, 830),
      },
      { key: '2', signals: [{ type: 'video-md5', value: MD5 }] },
    ]);
    expect(report).toMatchObject({ format: 'vics', explanation: expect.stringContaining('VICS 2.0'), complete: true, problemCount: 0 });
  });

  test('in VICS 1.3 has media in cases, and PhotoDNA among other hashes', async () => {
    const { records, report } = await readText(VICS1);
    expect(records).toEqual([
      {
        key: 'c1/1',
        category: '2',
        signals: [
          { type: 'md5', value: MD5 },
          { type: 'photodna', value: PDNA },
          { type: 'other', name: 'F 1', value: utf8('zz') },
        ],
      },
      { key: '1', signals: [{ type: 'md5', value: MD5 }] },
    ]);
    expect(report).toMatchObject({ explanation: expect.stringContaining('VICS 1.3') });
    expect(report.problems).toEqual([{ key: 'c1/1', line: 2, reason: 'record 1: no signal type', partial: true }]);
  });

  test('in the form of ICSE', async () => {
    const { records, report } = await readText(ICSE);
    const tags = ['IsDistributed', 'Baseline', 'series:S; one'];
    expect(records).toMatchObject([
      { key: '17', tags, signals: [{ type: 'md5' }, { type: 'sha1' }, { type: 'photodna', value: PDNA }] },
      { key: '18', signals: [{ type: 'video-md5' }] },
    ]);
    expect(report).toMatchObject({ format: 'icse', complete: true, problemCount: 0 });
  });

  test("in NCMEC's XML is a part unless it is said to be everything, and withdraws", async () => {
    const page = (paging: string) =>
      `<queryResult><images><image><member id="1"/><id>a</id><fingerprints><md5>${md5}</md5></fingerprints></image>` +
      `<deletedImage><member id="1"/><id>b</id></deletedImage></images>${paging}</queryResult>`;
    const { keys, records, report, batches } = await readText(page(''));
    expect([keys, records[1]]).toEqual([['1-a', '1-b'], null]);
    expect(report).toMatchObject({ format: 'ncmec-xml', read: 2, usable: 1, withdrawn: 1, refused: 0, complete: true });
    expect(batches.map(({ whole }) => whole)).toEqual([undefined]);
    expect((await readText(page(''), { whole: true })).batches.map(({ whole }) => whole)).toEqual(['both']);
    const further = await readText(page('<paging><next>/v2/entries?start=2</next></paging>'), { whole: true });
    expect(further.batches.map(({ whole }) => whole)).toEqual([undefined]);
  });
});

const SAMPLES: [string, string, ReadRecordsOptions?][] = [
  ['CSV', CSV],
  ['CSV with quotes over lines', `id,md5\r\n"a\r\nb",${md5}\r\n"c""d",${md5}\r\n"e,${md5}\r\nf,${md5}\r\n`],
  ['NDJSON', `\ufeff{"id":"é","pdq":"${pdq}"}\r\n\r\n{bad}\n{"md5":"${md5}"}\n`],
  ['local_file', `# é\r\npdq ${pdq}\rmd5 ${md5}\n\nvideo_md5 ${md5}\r\n`],
  ['digests', `${md5}\n${sha1}\r\n`],
  ['VICS 2.0', VICS2],
  ['VICS 1.3', VICS1],
  ['ICSE', ICSE],
];

describe.each(SAMPLES)('A small file in %s', (_name, text, options) => {
  const bytes = utf8(text);

  test('is read the same wherever its chunks are cut', async () => {
    const { records, report } = await read(bytes, options);
    for (const step of [1, 2, 3, 5, 7, 64]) {
      const again = await read(bytewise(bytes, step), options);
      expect(again.records).toEqual(records);
      expect(again.report).toEqual(report);
    }
  });

  test('is read the same as gzip, a Blob and a stream', async () => {
    const { records, report } = await read(bytes, options);
    const packed = new Uint8Array(gzipSync(bytes));
    for (const source of [packed, bytewise(packed, 7), new Blob([packed]), new Blob([new Uint8Array(bytes)]).stream()]) {
      const again = await read(source, options);
      expect(again.records).toEqual(records);
      expect({ ...again.report, explanation: '' }).toEqual({ ...report, explanation: '' });
    }
    expect((await examineList(platform, packed, options)).explanation).toContain('unpacked from gzip');
  });

  test('that is cut short is never taken for whole, but where a line ends', async () => {
    const whole = await read(bytes, options);
    const all = new Set(whole.records.map((record) => JSON.stringify(record)));
    for (let end = 1; end < bytes.length; ++end) {
      const cut = await read(bytes.slice(0, end), options).catch((error: unknown) => error as Error);
      if (cut instanceof Error) {
        expect(cut).toMatchObject({ code: 'INVALID_LIST' });
        continue;
      }
      if (!cut.report.complete) {
        expect(cut.batches.at(-1)?.whole).not.toMatch(/end|both/);
        expect(cut.report.fault).toContain('cut short');
        expect(cut.batches.at(-1)?.problems.at(-1)?.reason).toBe(cut.report.fault);
        for (const record of cut.records.slice(0, -1)) expect(all).toContain(JSON.stringify(record));
      } else if (/VICS/.test(_name)) expect(text.slice(utf8ToLength(bytes, end)).trim()).toBe('');
    }
  });
});

/** How many characters of a text the first bytes of it are. */
function utf8ToLength(bytes: Uint8Array, end: number): number {
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, end)).length;
}

test('A gzip file that is cut short is told as such, and what came before is kept', async () => {
  const lines = Array.from({ length: 20_000 }, (_, i) => `${bytesToHex(seededBytes(16, i))}\n`).join('');
  const packed = new Uint8Array(gzipSync(lines));
  const cut = await read(packed.slice(0, packed.length >> 1));
  expect(cut.report).toMatchObject({ complete: false, fault: 'the list is damaged, or was cut short, as gzip' });
  expect(cut.report.read).toBeGreaterThan(5_000);
  await expect(read(packed.slice(0, 5))).rejects.toMatchObject({ code: 'INVALID_LIST' });
  async function* failing() {
    yield packed.slice(0, 70_000);
    throw new Error('the disk is gone');
  }
  await expect(read(failing())).rejects.toThrow('the disk is gone');
});

test('A record of patches may make the first line a long one', async () => {
  const value = seededBytes(60_000, 1);
  const { records, report } = await readText(
    `${JSON.stringify({ id: 'a', signals: [{ type: 'patches', value: bytesToBase64(value) }] })}\n`,
  );
  expect(report).toMatchObject({ format: 'ndjson', usable: 1, byType: { patches: 1 } });
  expect(records[0]?.signals[0]?.value).toEqual(value);
});

describe('The format of a file', () => {
  test.each([
    ['nothing', '', 'empty'],
    ['blank lines', '\n\n# only this\n', 'empty'],
    ['UTF-16', '\ufffe{', 'UTF-16'],
    ['a spreadsheet', 'PK\u0003\u0004', 'ZIP'],
    ['HTML', '<!DOCTYPE html><html><body>', 'queryResult'],
    ['a JSON array', '[{"md5":"x"}]', 'array'],
    ['JSON over lines', '{\n "a": 1\n}', 'neither one object on each line nor VICS'],
    ['prose', 'Dear all,\nplease find', 'fits no format'],
  ])('that is %s is an error that says so', async (_what, text, message) => {
    const bytes = text.startsWith('\ufffe') ? Uint8Array.of(0xff, 0xfe, 0x7b, 0) : utf8(text);
    await expect(read(bytes)).rejects.toMatchObject({ code: 'INVALID_LIST', message: expect.stringContaining(message) });
  });

  test.each([
    [{ format: 'xls' }, 'format'],
    [{ signalType: 'nonsense' }, 'signalType'],
    [{ maxRecordBytes: 1 }, 'maxRecordBytes'],
    [{ whole: 1 }, 'whole'],
    [{ category: 3 }, 'category'],
    [{ signal: 3 }, 'signal'],
  ])('and other options are checked at once (%j)', (options, parameter) => {
    const wrong = options as unknown as ReadRecordsOptions;
    expect(() => readRecords(platform, utf8(CSV), wrong)).toThrow(expect.objectContaining({ message: expect.stringContaining(parameter) }));
  });

  test('in which no record can be used is an error, and nothing is withdrawn', async () => {
    await expect(readText('id,pdq\na,zz\n')).rejects.toMatchObject({
      message: expect.stringContaining('not one of 1 records of format csv'),
    });
    await expect(readText('{"value":[{"a":1}]}')).rejects.toMatchObject({ code: 'INVALID_LIST' });
    for (const format of ['csv', 'icse', 'ndjson', 'local_file', 'digests'] as const)
      for (const text of ['', '\n# c\n']) await expect(readText(text, { format })).rejects.toMatchObject({ code: 'INVALID_LIST' });
    expect((await readText('', { format: 'vics' })).report).toMatchObject({ complete: false });
    expect((await readText('id,pdq\n')).batches.map(({ whole }) => whole)).toEqual(['both']);
  });
});
