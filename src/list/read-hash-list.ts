import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { chunksOf, feedSlices, type Input } from '../input.js';
import type { Platform } from '../platform.js';
import type { HashList, ImportReport, SignalType } from './hash-list.js';
import { LineSplitter } from './line-splitter.js';
import { ListBuilder } from './list-builder.js';
import { meaningOf, type RecordParser, SIGNALS, signalTypeOf } from './record.js';
import { CsvRecords, readCsvHeader } from './records-csv.js';
import { localFileRecords } from './records-local-file.js';
import { NdjsonRecords } from './records-ndjson.js';

/** The formats that are read (docs/lists.md). */
export type ListFormat = ImportReport['format'];

/** How far the reading of a list has come. */
export interface ListProgress {
  /** Bytes read. */
  readonly bytes: number;
  /** Records read. */
  readonly read: number;
  readonly kept: number;
  readonly refused: number;
}

/** How to read a list. */
export interface ReadListOptions {
  /** What matches call this list; a record's own `list` goes before it. */
  readonly name: string;
  /** Default `auto`: told from the first line that is neither blank nor a comment. */
  readonly format?: ListFormat | 'auto';
  /** Category of records that name none. */
  readonly category?: string;
  /** What a signal is when neither its line nor its column says. */
  readonly signalType?: SignalType;
  /** Bytes, 1 to 1 GiB; a longer line is refused without being held. Default 1 MiB (our own choice: a record has some 300). */
  readonly maxLineBytes?: number;
  readonly signal?: AbortSignal;
  /** Called about every 512 KiB, and at the end. */
  readonly onProgress?: (progress: ListProgress) => void;
}

/** Bytes of list between two turns of the event loop: some 25 ms of reading, at 5 us a record (measured with Node 20 on x86-64). */
const SLICE_BYTES = 1 << 19;

const EXPECTED = 'expected CSV with a header line, one JSON object per line, or lines of `<signal_type> <signal>` (docs/lists.md)';

/**
 * Reads a list of hashes as a stream; besides what it keeps, it holds one line. Lines that cannot be used are counted and
 * reported, and stop nothing.
 *
 * @throws {EgideError} `INVALID_LIST` if it is empty, in none of the formats, or no record of it can be used, `INVALID_ARGUMENT`, `NO_FILESYSTEM`, `NOT_FOUND`;
 *   or the signal's reason.
 */
export async function readHashList(backend: Backend, platform: Platform, source: Input, options: ReadListOptions): Promise<HashList> {
  const reader = new ListReader(checkOptions(options));
  const { signal, onProgress } = options;
  const report = (bytes: number) =>
    onProgress?.({ bytes, read: reader.builder.read, kept: reader.builder.kept, refused: reader.builder.refused });
  const chunks = chunksOf(source, platform.openFile, signal);
  const take = (part: Uint8Array): void => reader.push(part);
  const bytes = await feedSlices(chunks, { sliceBytes: SLICE_BYTES, signal, take, onSlice: report });
  const list = await reader.finish(backend, platform, signal);
  report(bytes);
  return list;
}

function checkOptions(options: ReadListOptions): ReadListOptions {
  if (typeof options !== 'object' || options === null) throw invalid('options', '{ name, … }', options);
  checkCallOptions(options);
  const { name, format = 'auto', category = '', signalType, maxLineBytes = 1 << 20 } = options;
  if (typeof name !== 'string' || name.trim() === '') throw invalid('name', 'a name for the list', name);
  if (!['auto', 'csv', 'ndjson', 'local_file'].includes(format)) throw invalid('format', "'auto', 'csv', 'ndjson' or 'local_file'", format);
  if (typeof category !== 'string') throw invalid('category', 'a string', category);
  if (signalType !== undefined && !SIGNALS.includes(signalType))
    throw invalid('signalType', "'pdq', 'md5', 'sha1' or 'sha256'", signalType);
  wholeNumber('maxLineBytes', maxLineBytes, 1, 2 ** 30);
  return { ...options, format, category, maxLineBytes };
}

/** Bytes to lines to records to the builder; settles the format on the way. */
class ListReader {
  readonly builder: ListBuilder;
  readonly #options: ReadListOptions;
  readonly #lines: LineSplitter;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #format: ListFormat | undefined;
  #parser: RecordParser | undefined;

  constructor(options: ReadListOptions) {
    this.#options = options;
    this.builder = new ListBuilder(options.name, options.category ?? '');
    this.#lines = new LineSplitter(options.maxLineBytes as number, (bytes, line) => this.#line(bytes, line));
    if (options.format === 'ndjson' || options.format === 'local_file') this.#open(options.format, '');
  }

  push(chunk: Uint8Array): void {
    this.#lines.push(chunk);
  }

  finish(backend: Backend, platform: Platform, signal: AbortSignal | undefined): Promise<HashList> {
    this.#lines.end();
    this.#parser?.end();
    if (this.#format === undefined) throw new EgideError('INVALID_LIST', `the list is empty: ${EXPECTED}`);
    const { read, kept } = this.builder;
    // Nothing could ever match it, and every upload would pass: that is a wrong file, or the wrong format, and no list.
    if (kept === 0 && (read > 0 || this.#format !== 'csv'))
      throw new EgideError(
        'INVALID_LIST',
        `not one of ${read} records of format ${this.#format} can be used${this.builder.firstRefusal}: ${EXPECTED}`,
      );
    return this.builder.finish(backend, platform, this.#format, signal);
  }

  #line(bytes: Uint8Array | null, line: number): void {
    const text = this.#decode(bytes, line);
    if (typeof text !== 'string') this.#refuse(line, text.problem);
    else if (this.#parser) this.#parser.push(text, line);
    else if (text.trim() !== '' && !text.startsWith('#')) this.#begin(text, line);
  }

  #refuse(line: number, problem: string): void {
    if (!this.#parser) throw new EgideError('INVALID_LIST', `line ${line} is ${problem}: ${EXPECTED}`);
    this.#parser.end(); // an open quote does not reach across this line
    this.builder.refuse(line, problem);
  }

  /** Settles the format by the first line that says something. */
  #begin(text: string, line: number): void {
    const format = this.#options.format === 'csv' ? 'csv' : formatOf(text, this.#options.signalType);
    if (format === null) throw new EgideError('INVALID_LIST', `line ${line} fits no format: ${EXPECTED}`);
    const parser = this.#open(format, text);
    if (format !== 'csv') parser.push(text, line); // the first line of CSV is the header
  }

  #open(format: ListFormat, firstLine: string): RecordParser {
    this.#format = format;
    this.#parser = this.#parserOf(format, firstLine);
    return this.#parser;
  }

  #parserOf(format: ListFormat, firstLine: string): RecordParser {
    const { signalType, maxLineBytes } = this.#options;
    if (format === 'ndjson') return new NdjsonRecords(signalType, this.builder);
    if (format === 'local_file') return localFileRecords(signalType, this.builder);
    const header = readCsvHeader(firstLine);
    if (!header)
      throw new EgideError('INVALID_LIST', 'the header has no column for a signal: expected pdq, md5, sha1, sha256, or value and type');
    return new CsvRecords(header, signalType, maxLineBytes as number, this.builder);
  }

  /** The text of a line, without a byte order mark before the first. */
  #decode(bytes: Uint8Array | null, line: number): string | { problem: string } {
    if (bytes === null) return { problem: `longer than ${this.#options.maxLineBytes} bytes` };
    const marked = line === 1 && bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf; // U+FEFF in UTF-8
    if (bytes.includes(0)) return { problem: 'not UTF-8 text (it has a zero byte)' };
    try {
      return this.#decoder.decode(marked ? bytes.subarray(3) : bytes);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal decoder throws for malformed bytes
      return { problem: 'not UTF-8 text' };
    }
  }
}

/** The format of a list whose first line is this, or `null`. */
function formatOf(firstLine: string, signalType: SignalType | undefined): ListFormat | null {
  const trimmed = firstLine.trim();
  if (trimmed.startsWith('{')) return 'ndjson';
  const [type = '', second] = trimmed.split(/\s+/, 2);
  if (second !== undefined && signalTypeOf(type) !== null && meaningOf(second) === undefined) return 'local_file';
  if (readCsvHeader(firstLine)) return 'csv';
  return second === undefined && signalType !== undefined && /^[\w+/=-]{32,}$/.test(trimmed) ? 'local_file' : null;
}
