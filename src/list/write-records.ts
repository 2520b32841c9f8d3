import type { BankRecord } from '../bank/record.js';
import { invalid } from '../errors.js';
import { nextTurn } from '../input.js';
import { csvWriter } from './formats/write-csv.js';
import { localFileWriter, ndjsonWriter } from './formats/write-lines.js';
import { vicsWriter } from './formats/write-vics.js';
import { type LeaveOut, type RecordWriter, WRITABLE_FORMATS, type WritableFormat } from './formats/writer.js';

/** How to write a file of records. */
export interface WriteRecordsOptions {
  /** Of VICS: the whole number of each category of the records. Category numbers are national: there is no default. */
  readonly categories?: Readonly<Record<string, number>>;
  readonly signal?: AbortSignal;
}

/** What was written, and what was not. */
export interface WriteReport {
  /** Records of which something was written. */
  readonly written: number;
  /** How often the format had no room for something, by what it was. */
  readonly leftOut: Readonly<Record<string, number>>;
}

/** A file as it is written, to be read once, and what it holds so far. */
export type RecordsWriting = AsyncIterable<Uint8Array> & { readonly report: WriteReport };

/** Characters that are gathered before they are handed on (our own choice: a write of some size). */
const CHUNK_LENGTH = 65_536;

/**
 * Writes records as a file in UTF-8, piece by piece: `csv` and `ndjson` with all that a bank keeps, `vics` (2.0) for tools of investigators,
 * `local_file` for python-threatexchange. What the format has no room for is left out, and counted in `report.leftOut`.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` at once; reading the pieces throws the signal's reason, and what `records` throws.
 */
export function writeRecords(
  records: AsyncIterable<BankRecord> | Iterable<BankRecord>,
  format: WritableFormat,
  options: WriteRecordsOptions = {},
): RecordsWriting {
  const leftOut: Record<string, number> = {};
  const leaveOut: LeaveOut = (what) => {
    leftOut[what] = (leftOut[what] ?? 0) + 1;
  };
  const writer = writerOf(format, checkCategories(options.categories ?? {}), leaveOut);
  let written = 0;
  const pieces = piecesOf(records, writer, options.signal, () => ++written);
  return {
    [Symbol.asyncIterator]: () => pieces,
    get report() {
      return { written, leftOut: { ...leftOut } };
    },
  };
}

function writerOf(format: WritableFormat, categories: Readonly<Record<string, number>>, leaveOut: LeaveOut): RecordWriter {
  if (format === 'csv') return csvWriter(leaveOut);
  if (format === 'ndjson') return ndjsonWriter(leaveOut);
  if (format === 'local_file') return localFileWriter(leaveOut);
  if (format === 'vics') return vicsWriter(leaveOut, categories);
  throw invalid('format', `one of ${WRITABLE_FORMATS.map((name) => `'${name}'`).join(', ')}`, format);
}

function checkCategories(categories: Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  for (const number of Object.values(categories))
    if (!Number.isInteger(number) || number < 0 || number >= 2 ** 31)
      throw invalid('categories', 'whole numbers from 0 to 2^31 - 1', number);
  return categories;
}

async function* piecesOf(
  records: AsyncIterable<BankRecord> | Iterable<BankRecord>,
  writer: RecordWriter,
  signal: AbortSignal | undefined,
  onWritten: () => void,
): AsyncGenerator<Uint8Array, undefined> {
  const encoder = new TextEncoder();
  let text = writer.head;
  signal?.throwIfAborted();
  for await (const record of records) {
    const added = writer.recordText(record);
    if (added !== '') onWritten();
    text += added;
    if (text.length < CHUNK_LENGTH) continue;
    yield encoder.encode(text);
    text = '';
    await nextTurn(signal);
  }
  if (text + writer.tail !== '') yield encoder.encode(text + writer.tail);
}
