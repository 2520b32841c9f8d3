import type { RecordBatch, RecordProblem } from '../bank/record.js';
import type { BankSignal } from '../bank/signal.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import type { Input } from '../input.js';
import type { Platform } from '../platform.js';
import { Batches } from './formats/batches.js';
import { type Detection, detectFormat, isGzip } from './formats/detect.js';
import { BANK_FORMATS, type BankFormat, type FormatOptions, type FormatReader } from './formats/format.js';
import { LineReader } from './formats/lines.js';
import { NcmecFileReader } from './formats/ncmec-file.js';
import { partsOf, takeHead, type Unpacking, unpacked } from './formats/parts.js';
import { RecordKeys } from './formats/record-keys.js';
import { VicsReader } from './formats/vics.js';
import { bankSignalOf } from './signal-text.js';

/** How to read a file of records. */
export interface ReadRecordsOptions {
  /** Default `auto`: told from the beginning of the file. */
  readonly format?: BankFormat | 'auto';
  /** What a signal is when the file does not say: one of the types of a bank, or a name that another system has for it. */
  readonly signalType?: string;
  /** Category of records that name none. */
  readonly category?: string;
  /**
   * Whether the file is everything that its source holds, so that whatever it lacks is withdrawn. Default: true; false for NCMEC's XML, which tells of
   * a stretch of time. A file that names a further page is never taken for everything.
   */
  readonly whole?: boolean;
  /** Bytes, 1 KiB to 1 GiB; a longer record is refused without being held. Default 1 MiB (our own choice: a record has some 300). */
  readonly maxRecordBytes?: number;
  readonly signal?: AbortSignal;
  /** Called with the counts after each batch, and at the end. */
  readonly onProgress?: (progress: { readonly bytes: number; readonly read: number; readonly refused: number }) => void;
}

/** What a file is and what became of its records. */
export interface RecordsReport {
  /** `undefined` until the beginning of the file was read. */
  readonly format: BankFormat | undefined;
  /** How the format was told, for people. */
  readonly explanation: string;
  /** Bytes read, unpacked. */
  readonly bytes: number;
  /** Records read. `read = usable + withdrawn + refused`, always. */
  readonly read: number;
  /** Records with a signal that a bank matches. */
  readonly usable: number;
  /** Records that say that the source has withdrawn an entry. */
  readonly withdrawn: number;
  /** The others: those that could not be read, and those that are held though nothing of them is matched. */
  readonly refused: number;
  /** Signals, by type. */
  readonly byType: Readonly<Record<BankSignal, number>>;
  /** The first 1,000; none has a hash in it. */
  readonly problems: readonly RecordProblem[];
  readonly problemCount: number;
  /** Whether the file was read to an end that is one. */
  readonly complete: boolean;
  /** Why it was not: cut short, say, or malformed beyond a record. */
  readonly fault?: string;
}

/** The records of a file, to be read once, and what became of them so far. */
export type RecordsReading = AsyncIterable<RecordBatch> & { readonly report: RecordsReport };

/** Updates and problems from which on a batch is handed on (our own choice: some milliseconds of keeping them). */
const BATCH_SIZE = 4_000;

/**
 * Reads the records of a file in any of the formats (docs/lists.md), also of a gzip file, in batches, and holds one batch and one record. What is
 * malformed costs its record. A file that is cut short, or malformed beyond a record, is no error: what came before is given, the last batch has the
 * problem, `report.fault` says it, and no batch ends the `whole`.
 *
 * Reading throws `INVALID_LIST` if the file is in none of the formats, or has records and not one that can be used; what its source throws; or the
 * signal's reason.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` for options that are none.
 */
export function readRecords(platform: Platform, source: Input, options: ReadRecordsOptions = {}): RecordsReading {
  checkOptions(options);
  return new Reading(platform, source, options);
}

/**
 * Reads a file as {@link readRecords} does and keeps nothing of it: what an import would do.
 *
 * @throws {EgideError} as that does.
 */
export async function examineList(platform: Platform, source: Input, options: ReadRecordsOptions = {}): Promise<RecordsReport> {
  const reading = readRecords(platform, source, options);
  for await (const _batch of reading); // the counts are all that is wanted
  return reading.report;
}

function checkOptions(options: ReadRecordsOptions): void {
  checkCallOptions(options);
  const { format = 'auto', signalType = 'pdq', category = '', whole = true, maxRecordBytes = 1 << 20 } = options;
  if (format !== 'auto' && !BANK_FORMATS.includes(format))
    throw invalid('format', `'auto' or one of ${BANK_FORMATS.map((name) => `'${name}'`).join(', ')}`, format);
  if (typeof signalType !== 'string' || bankSignalOf(signalType) === null)
    throw invalid('signalType', 'the name of a type of signal', signalType);
  if (typeof category !== 'string') throw invalid('category', 'a string', category);
  if (typeof whole !== 'boolean') throw invalid('whole', 'true or false', whole);
  wholeNumber('maxRecordBytes', maxRecordBytes, 1 << 10, 2 ** 30);
}

/** Formats that say nothing but their records: an empty file of them is rather a mishap than a source that has withdrawn everything. */
const HEADLESS: ReadonlySet<BankFormat> = new Set(['ndjson', 'local_file', 'digests']);

class Reading implements RecordsReading {
  readonly #platform: Platform;
  readonly #source: Input;
  readonly #options: ReadRecordsOptions;
  readonly #batches = new Batches();
  readonly #steps: AsyncGenerator<RecordBatch, undefined>;
  #detection: Detection | undefined;
  #bytes = 0;
  #complete = false;
  #fault: string | undefined;
  #hasBegun = false;

  constructor(platform: Platform, source: Input, options: ReadRecordsOptions) {
    this.#platform = platform;
    this.#source = source;
    this.#options = options;
    this.#steps = this.#read();
  }

  [Symbol.asyncIterator](): AsyncGenerator<RecordBatch, undefined> {
    return this.#steps;
  }

  get report(): RecordsReport {
    const { read, usable, withdrawn, byType, problems, problemCount } = this.#batches;
    return {
      format: this.#detection?.format,
      explanation: this.#detection?.explanation ?? '',
      bytes: this.#bytes,
      read,
      usable,
      withdrawn,
      refused: read - usable - withdrawn,
      byType: { ...byType },
      problems: [...problems],
      problemCount,
      complete: this.#complete,
      ...(this.#fault !== undefined && { fault: this.#fault }),
    };
  }

  async *#read(): AsyncGenerator<RecordBatch, undefined> {
    const packed = partsOf(this.#platform, this.#source, this.#options.signal);
    let unpacking: Unpacking | undefined;
    try {
      let { head, isWhole } = await takeHead(packed);
      if (isGzip(head)) {
        unpacking = this.#unpack(head, packed);
        ({ head, isWhole } = await takeHead(unpacking.parts));
        if (unpacking.fault !== undefined && head.length === 0) throw new EgideError('INVALID_LIST', `the list ${unpacking.fault}`);
      }
      this.#detection = this.#detect(head, isWhole, unpacking !== undefined);
      const reader = this.#readerOf(this.#detection.format);
      yield* this.#pushAll(reader, head, unpacking?.parts ?? packed);
      yield this.#end(reader, unpacking?.fault);
    } finally {
      await unpacking?.parts.return(undefined);
      await packed.return(undefined);
    }
  }

  #unpack(head: Uint8Array, packed: AsyncIterator<Uint8Array>): Unpacking {
    if (typeof DecompressionStream !== 'function')
      throw new EgideError('INVALID_LIST', 'the list is packed with gzip, which this runtime cannot unpack: unpack it before');
    return unpacked(this.#platform, head, packed, this.#options.signal);
  }

  #detect(head: Uint8Array, isWhole: boolean, isPacked: boolean): Detection {
    const { format = 'auto', signalType } = this.#options;
    const { format: told, explanation } =
      format === 'auto' ? detectFormat(head, isWhole, signalType) : { format, explanation: `${format}: as the options say` };
    return { format: told, explanation: isPacked ? `${explanation} (unpacked from gzip)` : explanation };
  }

  #readerOf(format: BankFormat): FormatReader {
    const { signalType, category = '', maxRecordBytes = 1 << 20 } = this.#options;
    const options: FormatOptions = { signalType, category, maxRecordBytes };
    if (format === 'ncmec-xml') return new NcmecFileReader(this.#batches);
    if (format === 'vics') return new VicsReader(options, new RecordKeys(), this.#batches);
    return new LineReader(format, options, new RecordKeys(), this.#batches);
  }

  async *#pushAll(reader: FormatReader, head: Uint8Array, parts: AsyncIterator<Uint8Array>): AsyncGenerator<RecordBatch, undefined> {
    const HEAD_STEP = 16_384; // a head that is pushed at once could fill more than one batch
    for (let start = 0; start < head.length; start += HEAD_STEP) yield* this.#push(reader, head.subarray(start, start + HEAD_STEP));
    while (reader.fault === undefined) {
      const { done, value } = await parts.next();
      if (done) return;
      yield* this.#push(reader, value);
    }
  }

  *#push(reader: FormatReader, part: Uint8Array): Generator<RecordBatch, undefined> {
    this.#bytes += part.byteLength;
    reader.push(part);
    if (this.#batches.pending < BATCH_SIZE) return;
    const isFirst = !this.#hasBegun;
    this.#hasBegun = true;
    yield this.#batches.take(isFirst && this.#isWhole(reader) ? 'begin' : undefined);
    this.#report();
  }

  #end(reader: FormatReader, packedFault: string | undefined): RecordBatch {
    const endFault = reader.end(); // also hands on what the reader holds
    const fault = reader.fault ?? packedFault ?? endFault;
    const { read, withdrawn, held } = this.#batches;
    const format = this.#detection?.format as BankFormat;
    if (read === 0 && HEADLESS.has(format))
      throw new EgideError('INVALID_LIST', `the list is empty, which one of format ${format} never is`);
    if (read > withdrawn && held === 0 && format !== 'ncmec-xml') throw this.#nothingUsable();
    if (fault === undefined) this.#complete = true;
    else {
      this.#fault = `the list ${fault}`;
      this.#batches.fault(this.#fault);
    }
    this.#report();
    if (!this.#isWhole(reader)) return this.#batches.take(undefined);
    if (this.#hasBegun) return this.#batches.take(fault === undefined ? 'end' : undefined);
    return this.#batches.take(fault === undefined ? 'both' : 'begin');
  }

  /** Nothing could ever match it, and what was held of the list before would be withdrawn: that is a wrong file, or the wrong format, and no list. */
  #nothingUsable(): EgideError {
    const [first] = this.#batches.problems;
    const why = first ? ` (line ${first.line}: ${first.reason})` : '';
    return new EgideError(
      'INVALID_LIST',
      `not one of ${this.#batches.read} records of format ${this.#detection?.format} can be used${why}`,
    );
  }

  #isWhole(reader: FormatReader): boolean {
    const { whole = !(reader instanceof NcmecFileReader) } = this.#options;
    return whole && !(reader instanceof NcmecFileReader && reader.hasNext);
  }

  #report(): void {
    const { read, usable, withdrawn } = this.#batches;
    this.#options.onProgress?.({ bytes: this.#bytes, read, refused: read - usable - withdrawn });
  }
}
