import { EgideError } from '../../errors.js';
import { LineSplitter } from '../line-splitter.js';
import type { Cells, RecordParser, RecordSink } from '../record.js';
import { CsvRecords, readCsvHeader } from '../records-csv.js';
import { localFileRecords } from '../records-local-file.js';
import { NdjsonRecords } from '../records-ndjson.js';
import { bankRecordOf, type ReadRecord } from './bank-record.js';
import { digestLines } from './digests.js';
import type { BankFormat, FormatOptions, FormatReader, RecordTaker } from './format.js';
import { IcseRecords } from './icse.js';
import { MergedRecords } from './merged-records.js';
import type { RecordKeys } from './record-keys.js';

const LF = 10;
const CR = 13;

/** The formats that are read line by line. */
export type LineFormat = Exclude<BankFormat, 'vics' | 'ncmec-xml'>;

/** A parser that can tell a record with fewer fields than its header has. */
type LineParser = RecordParser & { readonly isShort?: boolean };

/** Reads the formats of lines; what is not UTF-8, has a zero byte or is too long costs its line. */
export class LineReader implements FormatReader {
  readonly fault = undefined;
  readonly #format: LineFormat;
  readonly #options: FormatOptions;
  readonly #lines: LineSplitter;
  readonly #merged: MergedRecords;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  #parser: LineParser | undefined;
  #problems = 0; // of the last line pushed, and those before it

  constructor(format: LineFormat, options: FormatOptions, keys: RecordKeys, taker: RecordTaker) {
    this.#format = format;
    this.#options = options;
    this.#merged = new MergedRecords(keys, taker);
    this.#lines = new LineSplitter(options.maxRecordBytes, (bytes, line) => this.#line(bytes, line));
    if (format !== 'csv' && format !== 'icse') this.#parser = this.#open('');
  }

  push(bytes: Uint8Array): void {
    const [begin, end] = [bytes.indexOf(LF) + 1, bytes.lastIndexOf(LF) + 1];
    const texts = this.#textsOf(bytes.subarray(begin, end));
    if (texts) {
      this.#lines.push(bytes.subarray(0, begin));
      for (const text of texts) {
        this.#lines.skip(1);
        this.#text(text, this.#lines.count);
      }
      this.#lines.push(bytes.subarray(end));
    } else this.#lines.push(bytes);
  }

  /** Whole lines at once, which takes half the time of one by one (measured here); `undefined` if any of them may need a closer look. */
  #textsOf(lines: Uint8Array): string[] | undefined {
    if (lines.length === 0 || lines.length > this.#options.maxRecordBytes || lines.includes(CR)) return undefined;
    const texts = this.#decode(lines);
    return texts?.slice(0, -1).split('\n');
  }

  end(): string | undefined {
    const before = this.#problems;
    const open = this.#lines.end();
    if (!this.#parser) throw new EgideError('INVALID_LIST', 'the list has no header: it is empty');
    this.#parser.end();
    this.#merged.end();
    const cut = this.#problems > before || this.#parser.isShort;
    return open && cut ? 'its last line has no line end and no whole record: it was cut short' : undefined;
  }

  #line(bytes: Uint8Array | null, line: number): void {
    const marked = line === 1 && bytes?.[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf; // U+FEFF in UTF-8
    const text = bytes && this.#decode(marked ? bytes.subarray(3) : bytes);
    if (typeof text === 'string') this.#text(text, line);
    else {
      this.#parser?.end(); // an open quote does not reach across this line
      this.#take(line, bytes ? 'not UTF-8 text, or with a zero byte' : `longer than ${this.#options.maxRecordBytes} bytes`);
    }
  }

  #text(text: string, line: number): void {
    if (this.#parser) this.#parser.push(text, line);
    else if (text.trim() !== '' && !text.startsWith('#')) this.#parser = this.#open(text);
  }

  #take(line: number, record: ReadRecord | string): void {
    if (typeof record === 'string' || record.reasons.length > 0) ++this.#problems;
    this.#merged.take(line, record);
  }

  #open(header: string): LineParser {
    const { signalType, category, maxRecordBytes } = this.#options;
    const sink: RecordSink = {
      take: (line: number, record: Cells | string) =>
        this.#take(line, typeof record === 'string' ? record : bankRecordOf(record, category)),
    };
    if (this.#format === 'ndjson') return new NdjsonRecords(signalType, sink);
    if (this.#format === 'local_file') return localFileRecords(signalType, sink);
    if (this.#format === 'digests') return digestLines(signalType, sink);
    if (this.#format === 'icse') return new IcseRecords(header, maxRecordBytes, (line, record) => this.#take(line, record));
    const columns = readCsvHeader(header);
    if (!columns) throw new EgideError('INVALID_LIST', 'the header has no column for a signal (docs/lists.md names them)');
    return new CsvRecords(columns, signalType, maxRecordBytes, sink);
  }

  /** `undefined` for what is not UTF-8, or has a zero byte. */
  #decode(bytes: Uint8Array): string | undefined {
    if (bytes.includes(0)) return undefined;
    try {
      return this.#decoder.decode(bytes);
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal decoder throws for malformed bytes
      return undefined;
    }
  }
}
