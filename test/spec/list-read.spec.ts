import { describe, expect, test } from 'vitest';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { digestToHex, hashToBase64, hashToHex } from '../../src/hash/encoding.js';
import type { Input } from '../../src/input.js';
import type { HashList, SignalType } from '../../src/list/hash-list.js';
import { type ReadListOptions, readHashList } from '../../src/list/read-hash-list.js';
import type { Platform } from '../../src/platform.js';
import { backends } from './backends.js';
import { seededBytes } from './search-fixture.js';

const platform: Platform = { runtime: 'node', createDigester: createNodeDigester };

const P = Array.from({ length: 6 }, (_, i) => hashToHex(seededBytes(32, 100 + i)));
const M = Array.from({ length: 6 }, (_, i) => digestToHex(seededBytes(16, 200 + i)));
const S1 = digestToHex(seededBytes(20, 300));
const S256 = digestToHex(seededBytes(32, 400));

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}

/** Everything that a list holds, in plain values. */
function contents(list: HashList): unknown {
  const entries = (type: SignalType) => Array.from({ length: list.report.byType[type] }, (_, position) => list.entry(position, type));
  const { pdq, md5, sha1, sha256 } = { pdq: entries('pdq'), md5: entries('md5'), sha1: entries('sha1'), sha256: entries('sha256') };
  return { report: list.report, entryCount: list.entryCount, pdq, md5, sha1, sha256 };
}

describe.each(backends)('readHashList on %s', (_name, makeBackend) => {
  const backend = makeBackend();
  const read = (source: Input, options: Partial<ReadListOptions> = {}) =>
    readHashList(backend, platform, source, { name: 'l', ...options });
  const readText = (text: string, options: Partial<ReadListOptions> = {}) => read(new TextEncoder().encode(text), options);
  const where = (list: HashList, hex: string) =>
    list.pdq.search(bytesOf(hex), { maxDistance: 0 }).hits.map(({ id }) => list.entry(id, 'pdq'));
  const whereDigest = (list: HashList, type: 'md5' | 'sha1' | 'sha256', hex: string) =>
    list.digests[type].find(bytesOf(hex)).map((id) => list.entry(id, type));

  test.each([
    ['CSV with hashes of another kind', 'id,pdq\na,zz\nb,yy\n', '2 records of format csv', '(line 2: pdq: neither'],
    ['local_file lines of videos', `video_md5 ${M[0]}\nvpdq abc\n`, '2 records of format local_file', 'videomd5 are not supported'],
    ['NDJSON without a signal', '{"id":"a"}\n', '1 records of format ndjson', 'no signal'],
  ])('does not take %s for a list in which nothing matches', async (_what, text, count, reason) => {
    const error = await readText(text).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'INVALID_LIST', message: expect.stringContaining(count) });
    expect((error as Error).message).toContain(reason);
    expect((error as Error).message).not.toContain(M[0]);
  });

  test('reads 100,000 entries with one and the same hash in about the time of 100,000 different ones', async () => {
    const lines = Array.from({ length: 100_000 }, (_, i) => `e${i},${P[0]}\n`); // with a walk over all equal ones for each it takes a minute
    using list = await readText(`id,pdq\n${lines.join('')}`);
    expect(list.report).toMatchObject({ read: 100_000, kept: 100_000, byType: { pdq: 100_000 } });
  });

  test('reads wide CSV: one entry with several signals', async () => {
    using list = await readText(`id,list,category,pdq,quality,md5,sha1,sha256\na,x,A1,${P[0]},80,${M[0]},${S1},${S256}\nb,,,${P[1]},,,,\n`);
    expect(list.report).toEqual({
      format: 'csv',
      read: 2,
      kept: 2,
      duplicates: 0,
      refused: 0,
      partial: 0,
      refusals: [],
      byType: { pdq: 2, md5: 1, sha1: 1, sha256: 1 },
    });
    expect(list.entryCount).toBe(2);
    const entry = { id: 'a', list: 'x', category: 'A1' };
    expect(where(list, P[0] as string)).toEqual([entry]);
    expect(where(list, P[1] as string)).toEqual([{ id: 'b', list: 'l' }]);
    expect(whereDigest(list, 'md5', M[0] as string)).toEqual([entry]);
    expect(whereDigest(list, 'sha1', S1)).toEqual([entry]);
    expect(whereDigest(list, 'sha256', S256)).toEqual([entry]);
  });

  test('reads long CSV with the delimiter and names that other tools use', async () => {
    const names = [
      ['signal_type', 'signal', ','],
      ['Type', 'Indicator', ';'],
      ['algorithm', 'hash_digest', '\t'],
    ] as const;
    for (const [type, value, delimiter] of names) {
      const rows = [
        [type, value, 'Entry ID', 'Classification'],
        ['HASH_PDQ', P[0], '1', 'B2'],
        ['MD5', M[0], '2', ''],
        ['SHA-1', S1, '3', ''],
        ['sha256', S256, '4', ''],
        ['ImagePDQ', P[1], '5', ''],
      ];
      using list = await readText(rows.map((row) => row.join(delimiter)).join('\n'), { category: 'other' });
      expect(list.report).toMatchObject({ format: 'csv', read: 5, kept: 5, byType: { pdq: 2, md5: 1, sha1: 1, sha256: 1 } });
      expect(where(list, P[0] as string)).toEqual([{ id: '1', list: 'l', category: 'B2' }]);
      expect(whereDigest(list, 'sha1', S1)).toEqual([{ id: '3', list: 'l', category: 'other' }]);
    }
  });

  test('reads NDJSON with the same names', async () => {
    const lines = [
      { id: 7, pdq: P[0], quality: 90, md5: M[0], category: 'A', extra: { deep: [1] } },
      { entryId: 'b', signal_type: 'pdq', value: hashToBase64(bytesOf(P[1] as string)), category: null },
    ];
    using list = await readText(`${lines.map((line) => JSON.stringify(line)).join('\n')}\n\n`);
    expect(list.report).toMatchObject({ format: 'ndjson', read: 2, kept: 2, byType: { pdq: 2, md5: 1 } });
    expect(where(list, P[0] as string)).toEqual([{ id: '7', list: 'l', category: 'A' }]);
    expect(where(list, P[1] as string)).toEqual([{ id: 'b', list: 'l' }]);
  });

  test('reads local_file lines, named after their line, and refuses types that it cannot match', async () => {
    const text = `# a comment\n\npdq ${P[0]}\nmd5\t${M[0]}\nvideo_md5 ${M[1]}\nraw_text hello world\n${M[2]}\nfoo ${M[3]}\nsha256   ${S256}  \n`;
    using list = await readText(text);
    expect(list.report).toMatchObject({ format: 'local_file', read: 7, kept: 3, refused: 4 });
    expect(list.report.refusals).toEqual([
      { line: 5, reason: 'signals of type videomd5 are not supported' },
      { line: 6, reason: 'signals of type rawtext are not supported' },
      { line: 7, reason: 'one word, and no signalType that says what it is' },
      { line: 8, reason: 'does not begin with a signal type' },
    ]);
    expect(where(list, P[0] as string)).toEqual([{ id: '3', list: 'l' }]);
    expect(whereDigest(list, 'sha256', S256)).toEqual([{ id: '9', list: 'l' }]);
  });

  test('reads bare signals when told what they are', async () => {
    using list = await readText(`${M[0]}\n${M[1]}\n${M[0]}\n`, { signalType: 'md5' });
    expect(list.report).toMatchObject({ format: 'local_file', read: 3, kept: 2, duplicates: 1 });
    using values = await readText(`hash\n${P[0]}\n`, { signalType: 'pdq' });
    expect(values.report).toMatchObject({ format: 'csv', read: 1, kept: 1, byType: { pdq: 1 } });
  });

  test('tells a tab-separated header from a local_file line', async () => {
    using wide = await readText(`pdq\tid\n${P[0]}\t1\n`);
    expect(wide.report).toMatchObject({ format: 'csv', kept: 1 });
    using lines = await readText(`pdq\t${P[0]}\n`);
    expect(lines.report).toMatchObject({ format: 'local_file', kept: 1 });
  });

  test('a malformed line in the middle is counted with its number, and its neighbours are kept', async () => {
    const csv = `id,pdq\na,${P[0]}\nb,${(P[1] as string).slice(1)}\nc,${P[2]}\n`;
    using list = await readText(csv);
    expect(list.report).toMatchObject({ read: 3, kept: 2, refused: 1 });
    expect(list.report.refusals).toEqual([{ line: 3, reason: 'pdq: neither 64 hex digits nor base64 of 32 bytes' }]);
    using ndjson = await readText(`{"pdq":"${P[0]}"}\n{"pdq":"${P[1]}"\n["${P[1]}"]\n{"pdq":{}}\n{"md5":"1"}\n{"pdq":"${P[2]}"}`);
    expect(ndjson.report).toMatchObject({ read: 6, kept: 2, refused: 4 });
    expect(ndjson.report.refusals.map(({ line }) => line)).toEqual([2, 3, 4, 5]);
  });

  test('reads CRLF, CR, a byte order mark, upper case, white space and a last line without an end alike', async () => {
    const text = `id,pdq,md5\na,${P[0]},${M[0]}\nb,${P[1]},${M[1]}\n`;
    const expected = contents(await readText(text));
    const padded = text.replaceAll('\n', ' \n').replaceAll(',', ' , ');
    const upper = text.replace(`${P[0]},${M[0]}`, `${P[0]},${M[0]}`.toUpperCase());
    const forms = [
      text.replaceAll('\n', '\r\n'),
      text.replaceAll('\n', '\r'),
      `\ufeff${text}`,
      upper,
      padded,
      text.trimEnd(),
      `\n# x\n${text}`.slice(0),
    ];
    for (const form of forms.slice(0, 6)) expect(contents(await readText(form))).toEqual(expected);
    expect((await readText(forms[6] as string)).report).toMatchObject({ read: 2, kept: 2 });
  });

  test('keeps the same id twice with different hashes, as one entry, and counts the same record once', async () => {
    using list = await readText(`id,pdq,md5\na,${P[0]},\na,${P[1]},\na,${P[0]},\na,${P[0]},${M[0]}\nb,${P[0]},\n`);
    expect(list.report).toMatchObject({ read: 5, kept: 4, duplicates: 1, refused: 0, byType: { pdq: 3, md5: 1 } });
    expect(list.entryCount).toBe(2);
    expect(where(list, P[0] as string)).toEqual([
      { id: 'a', list: 'l' },
      { id: 'b', list: 'l' },
    ]);
    using categories = await readText(`id,pdq,category\na,${P[0]},A\na,${P[0]},B\n`);
    expect(categories.report).toMatchObject({ kept: 2, duplicates: 0 });
  });

  test('leaves out low quality and the zero hash, and keeps the digests beside them', async () => {
    const zero = '0'.repeat(64);
    const rows = [
      `a,${P[0]},49,${M[0]}`,
      `b,${P[1]},50,`,
      `c,${P[2]},49.5,`,
      `d,${zero},100,${M[1]}`,
      `e,${P[3]},high,`,
      `f,${P[4]},101,`,
      `g,,10,${M[2]}`,
    ];
    using list = await readText(`id,pdq,quality,md5\n${rows.join('\n')}`);
    expect(list.report).toMatchObject({ read: 7, kept: 4, refused: 3, partial: 2, byType: { pdq: 1, md5: 3 } });
    expect(list.report.refusals).toEqual([
      { line: 2, reason: 'pdq: quality below 50' },
      { line: 4, reason: 'pdq: quality below 50' },
      { line: 5, reason: 'pdq: the zero hash, which any featureless picture has' },
      { line: 6, reason: 'pdq: a quality that is not a number from 0 to 100' },
      { line: 7, reason: 'pdq: a quality that is not a number from 0 to 100' },
    ]);
  });

  test('reads quoted fields, also across lines, and loses no neighbour to a stray quote', async () => {
    const text = [
      'id,category,pdq',
      `"a,1","say ""hi""",${P[0]}`,
      `b,"two\n\nlines","${P[1]}"`,
      `"c,x,${P[2]}`,
      `d,"fine",${P[3]}`,
      `e,in"side,${P[4]}`,
      `"f"g,x,${P[5]}`,
      `h,x,${P[5]}`,
    ].join('\r\n');
    using list = await readText(text);
    expect(list.report).toMatchObject({ read: 7, kept: 5, refused: 2 });
    expect(list.report.refusals.map(({ line }) => line)).toEqual([6, 9]);
    expect(where(list, P[0] as string)).toEqual([{ id: 'a,1', list: 'l', category: 'say "hi"' }]);
    expect(where(list, P[1] as string)).toEqual([{ id: 'b', list: 'l', category: 'two\n\nlines' }]);
    expect(where(list, P[3] as string)).toEqual([{ id: 'd', list: 'l', category: 'fine' }]);
    expect(where(list, P[4] as string)).toEqual([{ id: 'e', list: 'l', category: 'in"side' }]);
  });

  test('a quote that is never closed costs its own line only', async () => {
    const rows = Array.from({ length: 500 }, (_, i) =>
      i % 100 === 50 ? `"${i},${hashToHex(seededBytes(32, i + 1))}` : `${i},${hashToHex(seededBytes(32, i + 1))}`,
    );
    using list = await readText(`id,pdq\n${rows.join('\n')}`);
    expect(list.report).toMatchObject({ read: 500, kept: 495, refused: 5 });
    expect(list.report.refusals.map(({ line }) => line)).toEqual([52, 152, 252, 352, 452]);
  });

  test('two stray quotes are not a pair when the fields between them do not add up', async () => {
    using list = await readText(`id,pdq\n"a,${P[0]}\nb,${P[1]}\nc","x",${P[2]}\nd,${P[3]}\n`);
    expect(list.report).toMatchObject({ read: 4, kept: 2, refused: 2 });
    expect(list.report.refusals.map(({ line }) => line)).toEqual([2, 4]);
    expect(where(list, P[1] as string)).toEqual([{ id: 'b', list: 'l' }]);
  });

  test('a quoted field does not reach across a line that cannot be read', async () => {
    using list = await read(new Blob([`id,category,pdq\na,"two`, '\n', Uint8Array.of(0xff), '\n', `lines",${P[0]}\nb,,${P[1]}\n`]));
    expect(list.report).toMatchObject({ read: 4, kept: 1, refused: 3 });
    expect(list.report.refusals).toEqual([
      { line: 2, reason: 'a quote in the wrong place, or never closed' },
      { line: 3, reason: 'not UTF-8 text' },
      { line: 4, reason: 'no signal' },
    ]);
  });

  test('refuses a line with invalid UTF-8, a zero byte, too many fields or too many bytes, and only that line', async () => {
    const long = `e,${P[3]}${' '.repeat(1000)}`;
    const parts = [`id,pdq\na,${P[0]}\n`, Uint8Array.of(0xff, 0xfe), `,${P[1]}\nc\0,${P[1]}\nd,${P[1]},more\n${long}\nf,${P[2]}`];
    const blob = new Blob(parts);
    using list = await read(blob, { maxLineBytes: 200 });
    expect(list.report).toMatchObject({ read: 6, kept: 2, refused: 4 });
    expect(list.report.refusals).toEqual([
      { line: 3, reason: 'not UTF-8 text' },
      { line: 4, reason: 'not UTF-8 text (it has a zero byte)' },
      { line: 5, reason: 'more fields than the 2 of the header' },
      { line: 6, reason: 'longer than 200 bytes' },
    ]);
  });

  test.each([
    ['nothing', '', {}],
    ['nothing, as a named format', '', { format: 'ndjson' }],
    ['blank lines', '\n\r\n  \n', {}],
    ['prose', 'Dear all,\nplease find attached\n', {}],
    ['prose, as NDJSON', 'Dear all,\nplease find attached\n', { format: 'ndjson' }],
    ['prose, as local_file', 'Dear all,\nplease find attached\n', { format: 'local_file' }],
    ['CSV without a signal column', 'id,category\n1,2\n', {}],
    ['CSV without a header', `1,${P[0]}\n`, { format: 'csv' }],
    ['values without a type', `id,hash\n1,${P[0]}\n`, {}],
    ['two columns of one meaning', `id,entry_id,pdq\n1,2,${P[0]}\n`, {}],
    ['a JSON array', `[{"pdq":"${P[0]}"}]`, {}],
    ['a bare hash of unknown type', `${P[0]}\n`, {}],
    ['UTF-16', `\ufeffid,pdq\n`, {}],
    ['a picture', '\u00ff\u00d8\u00ff\u00e0', {}],
  ] as [string, string, Partial<ReadListOptions>][])('refuses as a whole: %s', async (kind, text, options) => {
    const encoding = kind === 'UTF-16' ? 'utf16le' : kind === 'a picture' ? 'latin1' : 'utf8';
    const failure = read(new Uint8Array(Buffer.from(text, encoding)), options);
    await expect(failure).rejects.toMatchObject({ code: 'INVALID_LIST' });
    await expect(failure).rejects.not.toMatchObject({ message: expect.stringContaining(P[0] as string) });
  });

  test('a header alone is a list without entries', async () => {
    using list = await readText('id,pdq\n');
    expect(list.report).toMatchObject({ read: 0, kept: 0, duplicates: 0, refused: 0 });
    expect([list.entryCount, list.pdq.size, list.digests.md5.size]).toEqual([0, 0, 0]);
    expect(() => list.entry(0, 'pdq')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test('checks its options', async () => {
    const wrong: Partial<ReadListOptions>[] = [
      { name: '' },
      { format: 'xml' as 'csv' },
      { maxLineBytes: Number.NaN },
      { maxLineBytes: 0 },
      { maxLineBytes: -1 },
      { signalType: 'tmk' as 'pdq' },
      { category: 5 as unknown as string },
    ];
    for (const options of wrong) await expect(readText('pdq\n', options)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(readHashList(backend, platform, new Uint8Array(1), undefined as unknown as ReadListOptions)).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await expect(read('/some/list.csv')).rejects.toMatchObject({ code: 'NO_FILESYSTEM' });
  });

  test('says that it was disposed of', async () => {
    const list = await readText(`pdq\n${P[0]}\n`);
    expect(() => list.entry(Number.NaN, 'pdq')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => list.entry(0, 'tmk' as 'pdq')).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    list[Symbol.dispose]();
    expect(() => list.entry(0, 'pdq')).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
    expect(() => list.pdq.search(new Uint8Array(32), { maxDistance: 0 })).toThrow(expect.objectContaining({ code: 'DISPOSED' }));
  });
});
