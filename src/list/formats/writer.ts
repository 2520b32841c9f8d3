import type { BankRecord } from '../../bank/record.js';
import type { BankSignal, Signal } from '../../bank/signal.js';
import { bankSignalOf, signalText } from '../signal-text.js';
import { TYPE_NAME } from './bank-record.js';

/** The formats of files that are written (docs/lists.md). */
export const WRITABLE_FORMATS = ['csv', 'ndjson', 'vics', 'local_file'] as const;

/** One of {@link WRITABLE_FORMATS}. */
export type WritableFormat = (typeof WRITABLE_FORMATS)[number];

/** Takes what a format has no room for, so that it is told and not lost in silence. */
export type LeaveOut = (what: string) => void;

/** Writes one format. */
export interface RecordWriter {
  /** What stands before the first record. */
  readonly head: string;
  /** The text of a record, with its end; empty if nothing of it can be written. */
  recordText(record: BankRecord): string;
  /** What stands after the last. */
  readonly tail: string;
}

/** Names of types as python-threatexchange writes them. */
export const TYPE_NAMES: Readonly<Record<BankSignal, string>> = {
  pdq: 'pdq',
  md5: 'md5',
  sha1: 'sha1',
  sha256: 'sha256',
  sha512: 'sha512',
  'video-md5': 'video_md5',
  'video-sha256': 'video_sha256',
  patches: 'patches',
  photodna: 'photodna',
  url: 'url',
  'url-md5': 'url_md5',
  other: 'other',
};

/** A signal as texts, or `null` where no text has it: its name could not be told from a value, or its bytes are none. */
export function signalTexts(signal: Signal): { readonly type: string; readonly value: string } | null {
  const value = signalText(signal);
  if (value === null || value.trim() === '') return null;
  if (signal.type !== 'other') return { type: TYPE_NAMES[signal.type], value };
  const { name = TYPE_NAMES.other } = signal;
  const isRead = TYPE_NAME.test(name) && (bankSignalOf(name) ?? 'other') === 'other';
  return isRead ? { type: name, value } : null;
}

/** Milliseconds up to which a time has a year of four digits. */
const END_OF_9999 = 253_402_300_799_999;

/** A time in ISO 8601; `undefined` for none, and for one outside of the years 1970 to 9999, which is left out. */
export function timeText(milliseconds: number | undefined, leaveOut: LeaveOut): string | undefined {
  if (milliseconds === undefined) return undefined;
  if (milliseconds >= 0 && milliseconds <= END_OF_9999) return new Date(milliseconds).toISOString();
  leaveOut('times outside of the years 1970 to 9999');
  return undefined;
}
