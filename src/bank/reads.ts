import type { CompiledQuery, Kysely } from 'kysely';
import { damagedBank } from './database-error.js';
import type { Tables } from './schema.js';
import type { SignalSlice } from './snapshot-source.js';

/** Rows of a query that reads no text, slice by slice. */
export type Stream = <Row>(query: CompiledQuery<Row>, slice: number) => AsyncIterable<readonly Row[]>;

/** A signal of an entry. */
export interface SignalRow {
  readonly value: Uint8Array;
  readonly entry: number;
}

/** What an entry is called. */
export interface NameRow {
  readonly id: number;
  readonly list: number;
  readonly key: string;
  /** As `entry.rest`. */
  readonly rest: string | null;
}

/** Those above `from`, up to `to`. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
}

/** How a view reads many rows. */
export interface Reads {
  readonly stream: Stream;
  /** All rows of a query at once: some 100,000 signals of some hundred bytes at most. */
  signals(query: CompiledQuery<SignalRow>): Promise<SignalSlice>;
  /** The entries of a range, ascending. */
  names(range: EntryRange): Promise<readonly NameRow[]>;
}

/** The reads of a database from which each row comes by itself. */
export function plainReads(db: Kysely<Tables>, stream: Stream): Reads {
  return {
    stream,
    signals: async (query) => sliceOf((await db.executeQuery(query)).rows),
    names: ({ from, to }) =>
      db.selectFrom('entry').select(['id', 'list', 'key', 'rest']).where('id', '>', from).where('id', '<=', to).orderBy('id').execute(),
  };
}

/** Signals in columns. */
export function sliceOf(rows: readonly SignalRow[]): SignalSlice {
  const ends = new Uint32Array(rows.length);
  const entries = new Float64Array(rows.length);
  let length = 0;
  for (const [i, { value, entry }] of rows.entries()) {
    if (!(value instanceof Uint8Array)) throw damagedBank('a value that is no bytes');
    if (typeof entry !== 'number') throw damagedBank('a signal of no entry');
    ends[i] = length += value.length;
    entries[i] = entry;
  }
  const values = new Uint8Array(length);
  for (const [i, { value }] of rows.entries()) values.set(value, (ends[i] as number) - value.length);
  return { values, ends, entries };
}
