import { PDQ_MODES } from '../backend.js';
import { sameBytes } from '../hash/encoding.js';
import { damagedBank, storedJson } from './database-error.js';
import { isPlain } from './plain-text.js';
import type { BankRecord, Json, Opinion, RecordProblem } from './record.js';
import { type EntryTable, INLINE_SIGNALS, type InlineSignal, SIGNAL_NUMBERS, type SignalTable } from './schema.js';
import { BANK_SIGNALS, type BankSignal, SIGNAL_BYTES, type Signal } from './signal.js';

/** Bytes of UTF-8 of a key at most: some 2,700 fit an index of PostgreSQL (our own choice; the longest in use are URLs of names). */
export const MAX_KEY_BYTES = 1024;
/** Bytes of a value whose length is not fixed: URLs and records of patches are far below (our own choice). */
const MAX_VALUE_BYTES = 1 << 20;
/** Characters of what a record says besides its signals (our own choice). */
const MAX_REST_LENGTH = 1 << 20;

/** Signals of one record: ten minutes of a film, frame by frame (our own choice). */
const MAX_SIGNALS = 10_000;

/** A signal that stands in a row of its own. */
export type FurtherRow = Pick<SignalTable, 'type' | 'value' | 'quality' | 'mode' | 'name'>;

/** What a record makes of its entry's row. */
export type RecordRow = Pick<EntryTable, 'key' | InlineSignal | 'quality' | 'mode' | 'further' | 'rest'>;

/** The row of an entry; whoever keeps it gives it its number, list, generation and sum. */
export type NewRow = { -readonly [Name in keyof EntryTable]: EntryTable[Name] };

/** A record as it is kept. */
export interface KeptRecord<Row extends RecordRow = RecordRow> {
  readonly row: Row;
  readonly further: readonly FurtherRow[];
}

/** Why a key cannot be kept, or `undefined`. */
export function badKey(key: unknown): string | undefined {
  if (typeof key !== 'string' || key === '') return 'the key is not a text, or is empty';
  if (!isPlain(key)) return 'the key is not well-formed Unicode, or has a zero character';
  if (3 * key.length > MAX_KEY_BYTES && new TextEncoder().encode(key).length > MAX_KEY_BYTES)
    return `the key is longer than ${MAX_KEY_BYTES} bytes`;
  return undefined;
}

/**
 * Judges a record and makes rows of it. What cannot be kept of it goes to `problems`, which never repeat any of its values.
 *
 * @returns `undefined` if nothing of the record can be kept: it is malformed, or none of its signals is well-formed.
 */
export function keptRecord(key: string, record: BankRecord, problems: RecordProblem[]): KeptRecord<NewRow> | undefined {
  if (record.key !== key) return refuse(problems, key, 'the record has another key than its update');
  if (!Array.isArray(record.signals)) return refuse(problems, key, 'the record has no array of signals');
  if (record.signals.length > MAX_SIGNALS) return refuse(problems, key, `the record has more than ${MAX_SIGNALS} signals`);
  const rest = restOf(record);
  if (rest === undefined || (rest?.length ?? 0) > MAX_REST_LENGTH)
    return refuse(problems, key, 'the record has other fields than a record, or too much text');
  const row: NewRow = {
    id: 0,
    list: 0,
    key,
    generation: 0,
    pdq: null,
    quality: null,
    mode: null,
    md5: null,
    sha1: null,
    sha256: null,
    further: null,
    rest,
    sum: 0,
  };
  const further: FurtherRow[] = [];
  let bad = 0;
  for (const signal of record.signals as readonly Signal[]) {
    const reason = badSignal(signal);
    if (reason === undefined) place(signal, row, further);
    else if (++bad < record.signals.length) problems.push({ key, reason, partial: true });
    else {
      problems.length -= bad - 1; // one for the record
      return refuse(problems, key, reason);
    }
  }
  if (further.length > 0) row.further = further.length;
  return { row, further };
}

function refuse(problems: RecordProblem[], key: string, reason: string): undefined {
  problems.push({ key, reason, partial: false });
}

function badSignal({ type, value, quality, mode, name }: Signal): string | undefined {
  if (!Object.hasOwn(SIGNAL_BYTES, type)) return 'a signal type that is not known';
  const bytes = SIGNAL_BYTES[type];
  if (!(value instanceof Uint8Array)) return `${type}: the value is no Uint8Array`;
  if (bytes === null ? value.length === 0 || value.length > MAX_VALUE_BYTES : value.length !== bytes)
    return `${type}: a value of ${value.length} bytes, expected ${bytes ?? `1 to ${MAX_VALUE_BYTES}`}`;
  if (quality !== undefined && !(quality >= 0 && quality <= 100)) return `${type}: a quality that is not a number from 0 to 100`;
  if (mode !== undefined && !(type === 'pdq' && PDQ_MODES.includes(mode))) return `${type}: a mode that no PDQ hash is made in`;
  if (name !== undefined && !(typeof name === 'string' && isPlain(name) && name.length <= MAX_KEY_BYTES))
    return `${type}: a name that is no text of ${MAX_KEY_BYTES} characters at most`;
  return undefined;
}

/** The first of a common type stands in the row itself; one that the record gave before is left out. */
function place(signal: Signal, row: NewRow, further: FurtherRow[]): void {
  const { type, value, quality = null, mode = null, name = null } = signal;
  const inline = name === null && (type === 'pdq' || quality === null) && isInline(type) ? type : undefined;
  if (inline && row[inline] === null) {
    row[inline] = value;
    if (inline === 'pdq') {
      row.quality = quality;
      row.mode = mode;
    }
    return;
  }
  const known = inline ? (row[inline] as Uint8Array) : undefined;
  const number = SIGNAL_NUMBERS[type];
  if ((known && sameBytes(known, value)) || further.some((other) => other.type === number && sameBytes(other.value, value))) return;
  further.push({ type: number, value, quality, mode, name });
}

function isInline(type: BankSignal): type is InlineSignal {
  return INLINE_SIGNALS.includes(type as InlineSignal);
}

/** What a record says besides key and signals, in one order of fields; `null` for nothing, `undefined` if it is malformed. */
function restOf({ category, tags, opinions, updatedAt, note }: BankRecord): string | null | undefined {
  if (category === undefined && tags === undefined && opinions === undefined && updatedAt === undefined && note === undefined) return null;
  const wellFormed =
    isTextOrNone(category) &&
    isTextOrNone(note) &&
    isTextsOrNone(tags) &&
    (updatedAt === undefined || Number.isFinite(updatedAt)) &&
    (opinions === undefined || (Array.isArray(opinions) && opinions.every(isOpinion)));
  if (!wellFormed) return undefined;
  return JSON.stringify({ category, tags, opinions: opinions?.map(({ by, value, tags }) => ({ by, value, tags })), updatedAt, note });
}

const isTextOrNone = (value: unknown): boolean => value === undefined || typeof value === 'string';
const isTextsOrNone = (value: unknown): boolean =>
  value === undefined || (Array.isArray(value) && value.every((item) => typeof item === 'string'));

/** Whether it is one party's opinion, well-formed. */
export function isOpinion(opinion: unknown): opinion is Opinion {
  if (typeof opinion !== 'object' || opinion === null) return false;
  const { by, value, tags } = opinion as Partial<Opinion>;
  return typeof by === 'string' && ['positive', 'negative', 'disputed'].includes(value as string) && isTextsOrNone(tags);
}

/** Whether two records are kept alike. */
export function sameRecord(a: KeptRecord, b: KeptRecord): boolean {
  return (
    a.row.rest === b.row.rest &&
    a.row.quality === b.row.quality &&
    a.row.mode === b.row.mode &&
    INLINE_SIGNALS.every((type) => sameValue(a.row[type], b.row[type])) &&
    a.further.length === b.further.length &&
    a.further.every((one, i) => sameFurther(one, b.further[i] as FurtherRow))
  );
}

function sameFurther(a: FurtherRow, b: FurtherRow): boolean {
  return a.type === b.type && a.quality === b.quality && a.mode === b.mode && a.name === b.name && sameBytes(a.value, b.value);
}

function sameValue(a: Uint8Array | null, b: Uint8Array | null): boolean {
  return a === null || b === null ? a === b : sameBytes(a, b);
}

/** The record that was kept so: its signals in the order of {@link INLINE_SIGNALS}, then the further ones in their own. */
export function recordOf({ row, further }: KeptRecord): BankRecord {
  if (typeof row.key !== 'string') throw damagedBank('an entry without a key');
  const signals: Signal[] = [];
  for (const type of INLINE_SIGNALS) {
    const value = row[type];
    if (value) signals.push(type === 'pdq' ? signalWith(type, { value, quality: row.quality, mode: row.mode }) : { type, value });
  }
  for (const one of further) signals.push(signalWith(signalOf(one.type), one));
  return { key: row.key, signals, ...(row.rest === null ? {} : (storedJson(row.rest) as Record<string, Json>)) };
}

type Said = Pick<FurtherRow, 'value' | 'quality' | 'mode'> & Partial<Pick<FurtherRow, 'name'>>;

function signalWith(type: BankSignal, { value, quality, mode, name = null }: Said): Signal {
  return { type, value, ...(quality !== null && { quality }), ...(mode !== null && { mode }), ...(name !== null && { name }) };
}

/** The type with this number. */
export function signalOf(number: number): BankSignal {
  return BANK_SIGNALS.find((type) => SIGNAL_NUMBERS[type] === number) as BankSignal;
}
