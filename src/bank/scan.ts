import type { Kysely } from 'kysely';
import { bytesToHex } from '../hash/encoding.js';
import { damagedBank, storedJson } from './database-error.js';
import { allLists } from './list-row.js';
import type { EntryRange, EntryRow } from './reads.js';
import { type FurtherRow, signalOf } from './rows.js';
import { INLINE_SIGNALS, SIGNAL_NUMBERS, type Tables } from './schema.js';
import { type BankSignal, isSearchable } from './signal.js';
import type { EntryName, EntrySignal, EntrySlice } from './snapshot-source.js';
import { checked, sumOf } from './sum.js';

/** Bytes of signals in rows of their own that are read at once: records of patches have some 16,000 each (our own choice). */
const MAX_FURTHER_BYTES = 1 << 25;

/** Cuts a range into ranges whose further signals fit into memory; an entry is never cut. */
export async function* lightRanges(db: Kysely<Tables>, range: EntryRange): AsyncGenerator<EntryRange> {
  const { bytes } = await db
    .selectFrom('signal')
    .select((eb) => eb.fn.sum<number | null>(eb.fn('length', ['value'])).as('bytes'))
    .where('type', 'in', Object.values(SIGNAL_NUMBERS))
    .where('entry', '>', range.from)
    .where('entry', '<=', range.to)
    .executeTakeFirstOrThrow();
  const middle = Math.floor((range.from + range.to) / 2);
  if (Number(bytes ?? 0) <= MAX_FURTHER_BYTES || middle === range.from) return yield range;
  yield* lightRanges(db, { from: range.from, to: middle });
  yield* lightRanges(db, { from: middle, to: range.to });
}

/** What decides which signals are searchable, besides the signals themselves. */
export interface Searched {
  /** Lists that are on. */
  readonly lists: ReadonlySet<number>;
  /** Entries that this platform has refused. */
  readonly refused: ReadonlySet<number>;
  /** Values in quarantine, in hex, by the number of their type. */
  readonly quarantined: ReadonlyMap<number, ReadonlySet<string>>;
}

/** Asks for the entries that this platform has refused. */
export function refusedEntries(db: Kysely<Tables>) {
  return db
    .selectFrom('opinion')
    .innerJoin('entry', (join) => join.onRef('entry.list', '=', 'opinion.list').onRef('entry.key', '=', 'opinion.key'))
    .select('entry.id')
    .where('opinion.value', '=', 'negative');
}

/** What decides which signals are searchable now. */
export async function searchedEntries(db: Kysely<Tables>): Promise<Searched> {
  const lists = (await allLists(db)).filter(({ enabled }) => enabled === 1);
  (await db.selectFrom('opinion').selectAll().execute()).map(checked);
  const refused = await refusedEntries(db).execute();
  const quarantined = new Map<number, Set<string>>();
  for (const { type, value } of (await db.selectFrom('quarantine').selectAll().execute()).map(checked)) {
    const known = quarantined.get(type);
    if (known) known.add(bytesToHex(value));
    else quarantined.set(type, new Set([bytesToHex(value)]));
  }
  return { lists: new Set(lists.map(({ id }) => id)), refused: new Set(refused.map(({ id }) => id)), quarantined };
}

/** What entries are called, and what is searched of them. Throws `INVALID_BANK` for one that is not as it was kept. */
export function sliceOfEntries(
  rows: readonly EntryRow[],
  further: ReadonlyMap<number, readonly FurtherRow[]>,
  searched: Searched,
): EntrySlice {
  const signals = new Map<BankSignal, EntrySignal[]>();
  const add = (type: BankSignal, value: Uint8Array, quality: number | null, at: number): void => {
    if (searched.quarantined.get(SIGNAL_NUMBERS[type])?.has(bytesToHex(value)) || !isSearchable(type, value, quality)) return;
    const known = signals.get(type);
    if (known) known.push({ value, at });
    else signals.set(type, [{ value, at }]);
  };
  const names = rows.map((row, at) => {
    const others = further.get(row.id) ?? [];
    checkSum(row, others);
    if (searched.lists.has(row.list) && !searched.refused.has(row.id)) {
      for (const type of INLINE_SIGNALS) if (row[type]) add(type, row[type], type === 'pdq' ? row.quality : null, at);
      for (const { type, value, quality } of others) add(signalOf(type), value, quality, at);
    }
    return nameOf(row);
  });
  return { names, signals };
}

function nameOf({ id, list, key, rest }: EntryRow): EntryName {
  const { category } = rest === null ? {} : (storedJson(rest) as { category?: string });
  return { id, list, key, ...(category !== undefined && { category }) };
}

/** Throws `INVALID_BANK` unless the entry is as it was kept. */
export function checkSum(row: EntryRow, further: readonly FurtherRow[]): void {
  const isWhole = typeof row.key === 'string' && further.length === (row.further ?? 0);
  if (!isWhole || sumOf(row, further) !== row.sum) throw damagedBank('an entry that is not as it was kept');
}
