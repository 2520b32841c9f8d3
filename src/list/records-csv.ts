import { EgideError } from '../errors.js';
import { type CsvColumns, CsvRows, fieldsOf } from './csv-rows.js';
import { holdsSignal, type Meaning, mayRepeat, meaningOf, type RecordParser, type RecordSink, typed } from './record.js';

/** What may stand between two columns. */
export const CSV_DELIMITERS = [',', ';', '\t'];

/** The header of a list. */
export type CsvHeader = CsvColumns<Meaning>;

/** Reads a header line; `null` if no column of it is a signal. The delimiter is the one that gives the most known columns. */
export function readCsvHeader(text: string): CsvHeader | null {
  const candidates = CSV_DELIMITERS.map((delimiter) => ({ delimiter, columns: columnsOf(fieldsOf(text, delimiter) ?? []) }));
  const known = (header: CsvHeader) => header.columns.filter((column) => column !== undefined).length;
  const best = candidates.reduce((a, b) => (known(b) > known(a) ? b : a));
  return best.columns.some((column) => column !== undefined && holdsSignal(column)) ? best : null;
}

function columnsOf(names: readonly string[]): (Meaning | undefined)[] {
  const columns = names.map((name) => meaningOf(name));
  return columns.map((column, i) => (column !== undefined && mayRepeat(column) && columns.indexOf(column) < i ? undefined : column));
}

/**
 * Records of a CSV file whose header was read.
 *
 * @throws {EgideError} `INVALID_LIST` if the header contradicts itself or does not say which signal a value is.
 */
export class CsvRecords implements RecordParser {
  /** Whether the last record had fewer fields than the header. */
  isShort = false;
  readonly #rows: CsvRows<Meaning>;

  constructor(header: CsvHeader, signalType: string | undefined, maxRecordLength: number, sink: RecordSink) {
    for (const column of header.columns)
      if (column !== undefined && header.columns.indexOf(column) !== header.columns.lastIndexOf(column))
        throw new EgideError('INVALID_LIST', `the header has more than one column for '${column}': keep one of them`);
    if (header.columns.includes('value') && !header.columns.includes('type') && signalType === undefined)
      throw new EgideError(
        'INVALID_LIST',
        'the header has a column of values and none that says their type: add a column `type`, or pass signalType',
      );
    this.#rows = new CsvRows(header, maxRecordLength, (line, cells, isShort) => {
      this.isShort = isShort;
      sink.take(line, typeof cells === 'string' ? cells : typed(cells, signalType));
    });
  }

  push(text: string, line: number): void {
    this.#rows.push(text, line);
  }

  end(): void {
    this.#rows.end();
  }
}
