import type { CompiledQuery, Kysely, SelectQueryBuilder } from 'kysely';
import { wholeNumber } from '../errors.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';
import { nextTurn } from '../input.js';
import { furtherOf } from './apply.js';
import { inPieces } from './bulk.js';
import { changesSince, markOf } from './changes.js';
import type { OpinionValue } from './record.js';
import { recordOf } from './rows.js';
import { type EntryTable, INLINE_SIGNALS, SIGNAL_NUMBERS, type Tables } from './schema.js';
import { BANK_SIGNALS, type BankSignal } from './signal.js';
import type { BankView, SignalSlice, SliceOptions, SourceEntry } from './snapshot-source.js';
import type { Stream } from './store.js';

const SLICE = 5_000;
const MAX_SLICE = 100_000;

/** What a list searches by. */
export interface SignalRow {
  readonly value: Uint8Array;
  readonly entry: number;
}

/** A bank within one transaction. */
export async function viewOf(db: Kysely<Tables>, stream: Stream): Promise<BankView> {
  const { change } = await db.selectFrom('bank').select('change').executeTakeFirstOrThrow();
  return {
    change,
    mark: await markOf(db, change),
    async lists() {
      const rows = await db.selectFrom('list').select(['id', 'name', 'enabled', 'negative', 'synced_at']).orderBy('id').execute();
      return rows.map(({ synced_at: syncedAt, enabled, negative, ...row }) => ({
        ...row,
        enabled: enabled === 1,
        negative: negative === 1,
        ...(syncedAt !== null && { syncedAt }),
      }));
    },
    async *signals(types, options = {}) {
      const { slice, signal } = checkSlices(options);
      const query = await searchable(db, [types].flat());
      if (!query) return;
      for await (const rows of stream(query, slice)) {
        yield sliceOf(rows);
        await nextTurn(signal);
      }
    },
    async *entries(options = {}) {
      const { slice, signal } = checkSlices(options);
      for (let { after = 0 } = options; ; await nextTurn(signal)) {
        const rows = await entryQuery(db).where('entry.id', '>', after).orderBy('entry.id').limit(slice).execute();
        if (rows.length > 0) yield await entriesOfRows(db, rows);
        if (rows.length < slice) return;
        after = (rows.at(-1) as EntryTable).id;
      }
    },
    async entriesOf(ids) {
      const rows: (EntryTable & Own)[] = [];
      for (const some of inPieces([...new Set(ids)])) rows.push(...(await entryQuery(db).where('entry.id', 'in', some).execute()));
      return entriesOfRows(
        db,
        rows.sort((a, b) => a.id - b.id),
      );
    },
    changesSince: (since, mark) => changesSince(db, since, mark),
  };
}

function checkSlices({ slice = SLICE, signal }: SliceOptions): { slice: number; signal: AbortSignal | undefined } {
  return { slice: wholeNumber('slice', slice, 1, MAX_SLICE), signal };
}

/** Asks for what is searched of some types (as `BankView` says); nothing where nothing is. */
async function searchable(db: Kysely<Tables>, types: readonly BankSignal[]): Promise<CompiledQuery<SignalRow> | undefined> {
  const enabled = await db.selectFrom('list').select('id').where('enabled', '=', 1).execute();
  const lists = enabled.map((row) => row.id);
  const known = types.filter((type) => type !== 'other' && BANK_SIGNALS.includes(type));
  const [first, ...others] = lists.length === 0 ? [] : known.flatMap((type) => searchableRows(db, type, lists));
  if (!first) return undefined;
  return others
    .reduce((all, other) => all.unionAll(other), first)
    .orderBy('value')
    .orderBy('entry')
    .compile();
}

/** What is searched of one type: in rows of their own, and in those of their entries. */
export function searchableRows(
  db: Kysely<Tables>,
  type: BankSignal,
  lists: readonly number[],
): SelectQueryBuilder<Tables, never, SignalRow>[] {
  const number = SIGNAL_NUMBERS[type];
  const quarantined = db.selectFrom('quarantine').select('value').where('type', '=', number);
  const refused = db
    .selectFrom('opinion')
    .innerJoin('entry', (join) => join.onRef('entry.list', '=', 'opinion.list').onRef('entry.key', '=', 'opinion.key'))
    .select('entry.id')
    .where('opinion.value', '=', 'negative');
  let further = db
    .selectFrom('signal')
    .select(['value', 'entry'])
    .where('type', '=', number)
    .where('list', 'in', lists)
    .where('entry', 'not in', refused)
    .where('value', 'not in', quarantined);
  if (type === 'pdq')
    further = further
      .where('value', '!=', new Uint8Array(32))
      .where((eb) => eb.or([eb('quality', 'is', null), eb('quality', '>=', PDQ_MIN_QUALITY)]));
  const column = INLINE_SIGNALS.find((inline) => inline === type);
  if (!column) return [further];
  let inline = db
    .selectFrom('entry')
    .select([`${column} as value`, 'id as entry'])
    .$narrowType<SignalRow>()
    .where(column, 'is not', null)
    .where((eb) => eb(eb('list', '+', 0), 'in', lists)) // a sum has no index: in the order of the keys, each row would be looked up
    .where('id', 'not in', refused)
    .where(column, 'not in', quarantined);
  if (type === 'pdq')
    inline = inline
      .where('pdq', '!=', new Uint8Array(32))
      .where((eb) => eb.or([eb('quality', 'is', null), eb('quality', '>=', PDQ_MIN_QUALITY)]));
  return [inline, further];
}

function sliceOf(rows: readonly SignalRow[]): SignalSlice {
  const ends = new Uint32Array(rows.length);
  const entries = new Float64Array(rows.length);
  let length = 0;
  for (const [i, { value, entry }] of rows.entries()) {
    ends[i] = length += value.length;
    entries[i] = entry;
  }
  const values = new Uint8Array(length);
  for (const [i, { value }] of rows.entries()) values.set(value, (ends[i] as number) - value.length);
  return { values, ends, entries };
}

/** What this platform thinks of an entry. */
interface Own {
  readonly own: OpinionValue | null;
}

/** Entries with this platform's opinion of them. */
export function entryQuery(db: Kysely<Tables>) {
  return db
    .selectFrom('entry')
    .leftJoin('opinion', (join) => join.onRef('opinion.list', '=', 'entry.list').onRef('opinion.key', '=', 'entry.key'))
    .selectAll('entry')
    .select('opinion.value as own');
}

/** The entries of rows, with their further signals. */
export async function entriesOfRows(db: Kysely<Tables>, rows: readonly (EntryTable & Own)[]): Promise<SourceEntry[]> {
  const further = await furtherOf(
    db,
    rows.filter((row) => row.further !== null).map((row) => row.id),
  );
  return rows.map((row) => ({
    id: row.id,
    list: row.list,
    record: recordOf(row.key, { row, further: further.get(row.id) ?? [] }),
    ...(row.own === null ? {} : { own: row.own }),
  }));
}
