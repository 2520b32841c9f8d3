import { damagedBank } from './database-error.js';
import type { EntryTable, SignalTable } from './schema.js';

// FNV-1a with 32 bits (Fowler, Noll, Vo 1991). Each step is one-to-one: a change within one byte, character or number always gives another sum.
const BASIS = 0x811c9dc5;
const PRIME = 0x01000193;

/** Stands for a value that is not there; no length is so. */
const NONE = -1;

/** What an entry says in its own row. */
export type SummedEntry = Omit<EntryTable, 'generation' | 'sum'>;

/** What it says in a further one. */
export type SummedSignal = Omit<SignalTable, 'entry' | 'n' | 'list'>;

/** A sum of all that a bank keeps of an entry but its generation, 32 bits with a sign: a database says nothing of a bit that has flipped within a value. */
export function sumOf(entry: SummedEntry, further: readonly SummedSignal[]): number {
  let sum = addNumber(addNumber(BASIS, entry.id), entry.list);
  sum = addText(addText(sum, entry.key), entry.rest);
  sum = addBytes(addBytes(sum, entry.pdq), entry.md5);
  sum = addBytes(addBytes(sum, entry.sha1), entry.sha256);
  sum = addText(addNumber(sum, entry.quality), entry.mode);
  sum = addNumber(sum, entry.further);
  for (const { type, value, quality, mode, name } of further)
    sum = addText(addText(addNumber(addBytes(addNumber(sum, type), value), quality), mode), name);
  return sum;
}

type Cell = number | string | Uint8Array | null;

/** A row with the sum of all its columns and their names. */
export function summed<Row extends object>(row: Row): Row & { readonly sum: number } {
  let sum = BASIS;
  for (const [name, cell] of (Object.entries(row) as [string, Cell][]).sort(([a], [b]) => (a < b ? -1 : 1))) {
    sum = addText(sum, name); // which may be damaged, too
    sum = typeof cell === 'number' ? addNumber(sum, cell) : cell instanceof Uint8Array ? addBytes(sum, cell) : addText(sum, cell);
  }
  return { ...row, sum };
}

/** A row that {@link summed} gave. Throws `INVALID_BANK` if it is not as it was kept. */
export function checked<Row extends { readonly sum: number }>(row: Row): Row {
  const { sum, ...rest } = row;
  if (summed(rest).sum !== sum) throw damagedBank('a row that is not as it was kept');
  return row;
}

declare const IS_SEALED: unique symbol;

/** Bytes with their sum after them. */
export type Sealed = Uint8Array & { readonly [IS_SEALED]: true };

const SUM_BYTES = 4;

/** For a value that is read by itself, and is too long to be summed up byte by byte. */
export function sealed(bytes: Uint8Array): Sealed {
  const all = new Uint8Array(bytes.length + SUM_BYTES);
  all.set(bytes);
  new DataView(all.buffer).setInt32(bytes.length, sumOfWords(bytes), true);
  return all as Sealed;
}

/** The bytes that {@link sealed} was given. Throws `INVALID_BANK` if they are not as they were kept. */
export function unsealed(all: Sealed): Uint8Array {
  const bytes = all.subarray(0, Math.max(0, all.length - SUM_BYTES));
  const isWhole = all.length >= SUM_BYTES && viewOf(all).getInt32(bytes.length, true) === sumOfWords(bytes);
  if (!isWhole) throw damagedBank('a value that is not as it was kept');
  return bytes;
}

/** Four bytes at a time, wherever they lie. */
function sumOfWords(bytes: Uint8Array): number {
  const view = viewOf(bytes);
  let sum = addWord(BASIS, bytes.length);
  let at = 0;
  for (; at + 4 <= bytes.length; at += 4) sum = addWord(sum, view.getInt32(at, true));
  for (; at < bytes.length; ++at) sum = addWord(sum, bytes[at] as number);
  return sum;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function addBytes(before: number, bytes: Uint8Array | null): number {
  let sum = addWord(before, bytes === null ? NONE : NONE - 1 - bytes.length); // a text of as many characters is something else
  if (bytes !== null) for (let i = 0; i < bytes.length; ++i) sum = addWord(sum, bytes[i] as number);
  return sum;
}

function addText(before: number, text: string | null): number {
  let sum = addWord(before, text === null ? NONE : text.length);
  if (text !== null) for (let i = 0; i < text.length; ++i) sum = addWord(sum, text.charCodeAt(i));
  return sum;
}

const number = new Float64Array(1);
const words = new Int32Array(number.buffer);

function addNumber(sum: number, value: number | null): number {
  if (value === null) return addWord(sum, NONE);
  number[0] = value;
  return addWord(addWord(sum, words[0] as number), words[1] as number);
}

function addWord(sum: number, word: number): number {
  return Math.imul(sum ^ word, PRIME);
}
