import Papa from 'papaparse';
import type { BankRecord } from '../../bank/record.js';
import type { Signal } from '../../bank/signal.js';
import { guarded } from '../csv-rows.js';
import { signalText } from '../signal-text.js';
import { TAG_DELIMITERS } from './bank-record.js';
import { type LeaveOut, type RecordWriter, signalTexts, TYPE_NAMES, timeText } from './writer.js';

/** Types with a column of their own. */
const TYPES = ['pdq', 'md5', 'sha1', 'sha256', 'sha512', 'video-md5', 'video-sha256', 'photodna', 'url', 'url-md5'] as const;

const COLUMNS = [
  'id',
  'category',
  'tags',
  'note',
  'updated_at',
  'quality',
  'pdq_mode',
  ...TYPES.map((type) => TYPE_NAMES[type]),
  'type',
  'value',
  'opinions',
] as const;

/**
 * CSV as the reader takes it: a column for each type; `type` and `value` for others, and for records of patches. What a row has no room for, a second PDQ hash say,
 * stands on rows after it with the same id and category. Line ends in a note become spaces; a text that a spreadsheet would run gets an apostrophe.
 */
export function csvWriter(leaveOut: LeaveOut): RecordWriter {
  return {
    head: `${COLUMNS.join(',')}\n`,
    recordText: (record) =>
      rowsOf(record, leaveOut)
        .map((row) => rowText(record, row))
        .join(''),
    tail: '',
  };
}

type Row = Partial<Record<string, string>>;

function rowsOf({ signals, tags, note, updatedAt, opinions }: BankRecord, leaveOut: LeaveOut): Row[] {
  const rows: Row[] = [{}];
  for (const signal of signals) {
    const cells = cellsOf(signal);
    if (cells === null) {
      leaveOut('signals that have no text');
      continue;
    }
    const free = rows.find((row) => Object.keys(cells).every((column) => row[column] === undefined));
    if (free) Object.assign(free, cells);
    else rows.push(cells);
  }
  const time = timeText(updatedAt, leaveOut);
  const [first] = rows as [Row];
  if (tags?.length) first['tags'] = tagsText(tags);
  if (note) first['note'] = note.replace(/\s*[\r\n]+\s*/g, ' ');
  if (time) first['updated_at'] = time;
  if (opinions?.length) first['opinions'] = JSON.stringify(opinions);
  return rows;
}

function cellsOf(signal: Signal): Row | null {
  if (signal.type === 'other' || signal.type === 'patches') {
    const texts = signalTexts(signal);
    return texts && { type: texts.type, value: texts.value };
  }
  const value = signalText(signal);
  if (value === null || value.trim() === '') return null;
  const { type, quality, mode } = signal;
  return {
    [TYPE_NAMES[type]]: value,
    ...(quality !== undefined && { quality: String(quality) }),
    ...(mode !== undefined && { pdq_mode: mode }),
  };
}

/** One text that is read back as these tags: a JSON array where a list would be read as others. */
function tagsText(tags: readonly string[]): string {
  const isPlain = tags.every((tag) => tag !== '' && tag === tag.trim() && !TAG_DELIMITERS.test(tag) && !/[\r\n]/.test(tag));
  return isPlain && !tags[0]?.startsWith('[') ? tags.join(';') : JSON.stringify(tags);
}

function rowText({ key, category = '' }: BankRecord, row: Row): string {
  const texts: Row = { ...row, id: key, category };
  return `${Papa.unparse([COLUMNS.map((column) => guarded(texts[column] ?? ''))], { newline: '\n' })}\n`;
}
