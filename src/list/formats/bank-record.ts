import { PDQ_MODES } from '../../backend.js';
import { cleanText } from '../../bank/plain-text.js';
import type { BankRecord, Opinion, OpinionValue } from '../../bank/record.js';
import type { BankSignal, Signal } from '../../bank/signal.js';
import { sameBytes } from '../../hash/encoding.js';
import { type Cells, SIGNALS } from '../record.js';
import { type AboutSignal, bankSignalOf, readSignal } from '../signal-text.js';
import { readTime } from '../time-text.js';

/** A record that has no key of its own yet: `key` is the source's, or empty. */
export interface ReadRecord {
  readonly record: BankRecord;
  /** Why part of it could not be used. */
  readonly reasons: readonly string[];
}

/**
 * What a bank makes of a record of CSV, NDJSON or lines.
 *
 * @param otherwise Its category where it names none; empty for none.
 */
export function bankRecordOf(cells: Cells, otherwise: string): ReadRecord {
  const reasons: string[] = [];
  const signals = readSignals(cells, reasons);
  const record: Mutable<BankRecord> = { key: cleanText(cells.id ?? ''), signals };
  const category = cells.category || otherwise;
  if (category) record.category = cleanText(category);
  if (cells.tags || cells.list) {
    const tags = readTags(cells.tags);
    if (cells.list) tags.push(`list:${cells.list}`);
    if (tags.length > 0) record.tags = tags.map(cleanText);
  }
  const opinions = cells.opinions ? readOpinions(cells.opinions, reasons) : undefined;
  if (opinions && opinions.length > 0) record.opinions = opinions;
  const updatedAt = cells.updated ? readTime(cells.updated) : null;
  if (cells.updated && updatedAt === null) reasons.push('a time that is none');
  if (updatedAt !== null) record.updatedAt = updatedAt;
  if (cells.note) record.note = cleanText(cells.note);
  return { record, reasons };
}

function readSignals(cells: Cells, reasons: string[]): Signal[] {
  const listed = cells.signals ? listedSignals(cells.signals, reasons) : undefined;
  const before = reasons.length;
  const signals: Signal[] = [];
  if (cells.value) addSignal(signals, reasons, cells.type ?? '', cells.value, cells.quality, cells['pdq-mode']);
  for (const type of COLUMNS) {
    const value = cells[type];
    if (!value) continue;
    const about = type === 'pdq' ? readAbout(reasons, cells.quality, cells['pdq-mode']) : undefined;
    addTyped(signals, reasons, type, value, about);
  }
  if (listed) for (const { type, value, quality, mode } of listed) addSignal(signals, reasons, type, value, quality, mode);
  if (signals.length === 0 && reasons.length === before) reasons.push('no signal');
  return signals.slice(); // without the room for more, which would be held until the record is kept
}

type Mutable<T> = { -readonly [Name in keyof T]: T[Name] };

/** A signal as a record gives it, in texts. */
interface GivenSignal {
  readonly type: string;
  readonly value: string;
  readonly quality: string;
  readonly mode: string;
}

/** Columns of a signal each, in the order in which a record's are looked at. */
const COLUMNS = [...SIGNALS, 'sha512', 'video-md5', 'video-sha256', 'photodna', 'url', 'url-md5'] as const;

/** Those of the field `signals`: `[{ type, value, quality?, mode? }, …]`. */
function listedSignals(signals: string, reasons: string[]): GivenSignal[] {
  const listed = jsonArray(signals);
  if (listed === null) reasons.push('the field `signals` is no array');
  return (listed ?? []).flatMap((item) => {
    const { type, value, quality = '', mode = '' } = fieldsOf(item);
    if (typeof type === 'string' && typeof value === 'string') return [{ type, value, quality: String(quality), mode: String(mode) }];
    reasons.push('an item of `signals` without `type` and `value`');
    return [];
  });
}

/** Adds a signal once, or the reason why it is none. */
export function addSignal(signals: Signal[], reasons: string[], typeName: string, value: string, quality = '', modeName = ''): void {
  const type = bankSignalOf(typeName);
  if (typeName === '') reasons.push('no signal type');
  else if (type === null && !TYPE_NAME.test(typeName)) reasons.push('a signal type that is none');
  else if (type === 'pdq') addTyped(signals, reasons, type, value, readAbout(reasons, quality, modeName));
  else addTyped(signals, reasons, type ?? 'other', value, type === null || type === 'other' ? named(typeName) : undefined);
}

function addTyped(signals: Signal[], reasons: string[], type: BankSignal, value: string, about: AboutSignal | undefined): void {
  const reading = readSignal(type, value, about);
  if (typeof reading === 'string') reasons.push(reading);
  else if (!isAmong(signals, reading)) signals.push(reading);
}

/** What is said of a PDQ hash, if anything is. */
function readAbout(reasons: string[], quality = '', modeName = ''): AboutSignal | undefined {
  if (quality === '' && modeName === '') return undefined;
  const isQuality = /^\d{1,3}(\.\d+)?$/.test(quality) && Number(quality) <= 100;
  if (quality !== '' && !isQuality) reasons.push('pdq: a quality that is not a number from 0 to 100');
  const mode = PDQ_MODES.find((known) => known === modeName);
  if (modeName !== '' && !mode) reasons.push(`pdq: a mode that is not one of ${PDQ_MODES.join(', ')}`);
  return { ...(isQuality && { quality: Number(quality) }), ...(mode && { mode }) };
}

function named(typeName: string): AboutSignal {
  return typeName.toLowerCase() === 'other' ? {} : { name: typeName };
}

function isAmong(signals: readonly Signal[], signal: Signal): boolean {
  for (const known of signals) if (sameSignal(known, signal)) return true;
  return false;
}

/** What may be the name of a type that is not known: it is kept with its name, so that it is not lost. No digest is as short. */
export const TYPE_NAME = /^\w[\w .:+-]{0,30}$/;

/** Whether two signals are one and the same. */
export function sameSignal(a: Signal, b: Signal): boolean {
  return a.type === b.type && a.name === b.name && sameBytes(a.value, b.value);
}

/** What stands between two tags of one text. */
export const TAG_DELIMITERS = /[,;|]/;

/** Tags of a text: a JSON array of texts, or what stands between `,`, `;` and `|`. */
export function readTags(text: string | undefined): string[] {
  if (!text) return [];
  const listed = text.startsWith('[') ? jsonArray(text) : null;
  if (listed) return listed.filter((tag) => typeof tag === 'string' || typeof tag === 'number').map(String);
  return text
    .split(TAG_DELIMITERS)
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
}

const OPINIONS: ReadonlySet<unknown> = new Set(['positive', 'negative', 'disputed'] satisfies OpinionValue[]);

function readOpinions(text: string, reasons: string[]): Opinion[] {
  const listed = jsonArray(text);
  if (listed === null) reasons.push('the field `opinions` is no array');
  return (listed ?? []).flatMap((item) => {
    const { by, value, tags } = fieldsOf(item);
    if (typeof by !== 'string' || !OPINIONS.has(value)) {
      reasons.push('an item of `opinions` without `by` and `value`');
      return [];
    }
    const read = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
    return [{ by: cleanText(by), value: value as OpinionValue, ...(read.length > 0 && { tags: read.map(cleanText) }) }];
  });
}

function jsonArray(text: string): unknown[] | null {
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : null;
  } catch {
    return null; // the engine's message quotes the text, and with it a hash: it must not be passed on
  }
}

function fieldsOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}
