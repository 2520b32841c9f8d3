import type { CompiledQuery, Kysely } from 'kysely';
import { damagedBank } from './database-error.js';
import type { EntryTable, Tables } from './schema.js';
import type { SignalSlice } from './snapshot-source.js';

/** Rows of a query that reads no text, slice by slice. */
export type Stream = <Row>(query: CompiledQuery<Row>, slice: number) => AsyncIterable<readonly Row[]>;

/** A signal of an entry. */
export interface SignalRow {
  readonly value: Uint8Array;
  readonly entry: number;
}

/** Those above `from`, up to `to`. */
export interface EntryRange {
  readonly from: number;
  readonly to: number;
}

/** An entry's row, as far as it is read. */
export type EntryRow = Omit<EntryTable, 'generation'>;

/** How a view reads many rows. */
export interface Reads {
  readonly stream: Stream;
  /** The entries of a range, ascending. */
  entries(range: EntryRange): Promise<readonly EntryRow[]>;
}

/** The reads of a database from which each row comes by itself. */
export function plainReads(db: Kysely<Tables>, stream: Stream): Reads {
  return {
    stream,
    entries: ({ from, to }) => db.selectFrom('entry').selectAll().where('id', '>', from).where('id', '<=', to).orderBy('id').execute(),
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
