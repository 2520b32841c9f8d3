import { cleanText } from '../../bank/plain-text.js';
import type { Signal } from '../../bank/signal.js';
import { EgideError } from '../../errors.js';
import { CsvRows, fieldsOf } from '../csv-rows.js';
import type { RecordParser } from '../record.js';
import { plainName } from '../signal-text.js';
import { addSignal, type ReadRecord } from './bank-record.js';
import { isYes } from './vics-record.js';

/** The columns of Interpol's ICSE export, as {@link plainName} leaves their names (IPED, `HashDBTool`). */
const COLUMNS = [
  'md5',
  'sha1',
  'photodna',
  'imageid',
  'isdistributed',
  'victimidentified',
  'offenderidentified',
  'seriesname',
  'numberofsubmissions',
  'fileavailable',
  'mediatype',
  'baseline',
] as const;

type Column = (typeof COLUMNS)[number];

/** Columns that say yes or no, each with the tag of a yes. */
const FLAGS = {
  isdistributed: 'IsDistributed',
  victimidentified: 'VictimIdentified',
  offenderidentified: 'OffenderIdentified',
  baseline: 'Baseline',
} as const satisfies Partial<Record<Column, string>>;

/** The columns of a header if it is one of ICSE, or `null`. */
export function readIcseHeader(text: string): (Column | undefined)[] | null {
  const names = (fieldsOf(text, ';') ?? []).map((name) => plainName(name));
  const columns = names.map((name) => COLUMNS.find((column) => column === name));
  return columns.includes('imageid') && columns.includes('md5') && columns.includes('baseline') ? columns : null;
}

/** Records of an ICSE export: `Baseline`, and the other columns that say yes, are tags; so is the series, as `series:NAME`. */
export class IcseRecords implements RecordParser {
  /** Whether the last record had fewer fields than the header. */
  isShort = false;
  readonly #rows: CsvRows<Column>;

  /** @throws {EgideError} `INVALID_LIST` if the header is none of ICSE. */
  constructor(header: string, maxRecordLength: number, take: (line: number, record: ReadRecord | string) => void) {
    const columns = readIcseHeader(header);
    if (!columns) throw new EgideError('INVALID_LIST', 'the header is none of ICSE: expected MD5;SHA1;PhotoDNA;Image ID;…;Baseline');
    this.#rows = new CsvRows<Column>({ delimiter: ';', columns }, maxRecordLength, (line, cells, isShort) => {
      this.isShort = isShort;
      take(line, typeof cells === 'string' ? cells : recordOf(cells));
    });
  }

  push(text: string, line: number): void {
    this.#rows.push(text, line);
  }

  end(): void {
    this.#rows.end();
  }
}

function recordOf(cells: Partial<Record<Column, string>>): ReadRecord {
  const signals: Signal[] = [];
  const reasons: string[] = [];
  const isVideo = /video|movie/i.test(cells.mediatype ?? '');
  if (cells.md5) addSignal(signals, reasons, isVideo ? 'video-md5' : 'md5', cells.md5);
  if (cells.sha1) addSignal(signals, reasons, 'sha1', cells.sha1);
  if (cells.photodna) addSignal(signals, reasons, 'photodna', cells.photodna);
  if (signals.length === 0 && reasons.length === 0) reasons.push('no signal');
  const tags: string[] = Object.entries(FLAGS).flatMap(([column, tag]) => (isYes(cells[column as Column]) ? [tag] : []));
  if (cells.seriesname) tags.push(`series:${cleanText(cells.seriesname)}`);
  return { record: { key: cleanText(cells.imageid ?? ''), signals, ...(tags.length > 0 && { tags }) }, reasons };
}
