import type { Kysely, SelectQueryBuilder } from 'kysely';
import { wholeNumber } from '../errors.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';
import { nextTurn } from '../input.js';
import { entrySlices, furtherOf } from './apply.js';
import { inPieces } from './bulk.js';
import { changesSince, markOf } from './changes.js';
import { damagedBank, storedJson } from './database-error.js';
import { type EntryRange, type NameRow, type Reads, type SignalRow, sliceOf } from './reads.js';
import type { OpinionValue } from './record.js';
import { recordOf } from './rows.js';
import { type EntryTable, INLINE_SIGNALS, SIGNAL_NUMBERS, type Tables } from './schema.js';
import { BANK_SIGNALS, type BankSignal, SIGNAL_BYTES } from './signal.js';
import type { BankView, EntryName, SliceOptions, SourceEntry } from './snapshot-source.js';

const SLICE = 5_000;
const MAX_SLICE = 100_000;

/** Signals of rows of their own that are read at once with those of a range of entries: few have any (our own choice). */
const MAX_FURTHER = 50_000;

/** A bank within one transaction. */
export async function viewOf(db: Kysely<Tables>, reads: Reads): Promise<BankView> {
  const { change } = await db.selectFrom('bank').select('change').executeTakeFirstOrThrow();
  if (!Number.isSafeInteger(change)) throw damagedBank('a count of changes that is none');
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
      const query = (await searchable(db, [types].flat()))?.orderBy('value').orderBy('entry').compile();
      if (!query) return;
      for await (const rows of reads.stream(query, slice)) {
        yield sliceOf(rows);
        await nextTurn(signal);
      }
    },
    async *signalsByEntry(types, options = {}) {
      const { slice, signal } = checkSlices(options);
      const all = [types].flat();
      const areShort = all.every((type) => SIGNAL_BYTES[type] !== null);
      for await (const range of entrySlices(db, signal)) {
        const query = (await searchable(db, all, range))?.orderBy('entry').orderBy('value').compile();
        if (!query) return;
        if (areShort && (await furtherCount(db, all, range)) <= MAX_FURTHER) yield await reads.signals(query);
        else for await (const rows of reads.stream(query, slice)) yield sliceOf(rows);
      }
    },
    async *names({ signal } = {}) {
      const counted = new Map<number, number>();
      for await (const range of entrySlices(db, signal)) {
        const names = (await reads.names(range)).map(nameOf);
        for (const { list } of names) counted.set(list, (counted.get(list) ?? 0) + 1);
        yield names;
      }
      await checkCounts(db, counted);
    },
    async *entries(options = {}) {
      const { slice, signal } = checkSlices(options);
      const counted = new Map<number, number>();
      for (let { after = 0 } = options; ; await nextTurn(signal)) {
        const rows = await entryQuery(db).where('entry.id', '>', after).orderBy('entry.id').limit(slice).execute();
        if (rows.length > 0) yield await entriesOfRows(db, rows);
        for (const { list } of rows) counted.set(list, (counted.get(list) ?? 0) + 1);
        if (rows.length < slice) return options.after === undefined ? checkCounts(db, counted) : undefined;
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

/** Throws `INVALID_BANK` unless there are as many entries and signals as are counted: a damaged database can lack some and say nothing. */
async function checkCounts(db: Kysely<Tables>, counted: ReadonlyMap<number, number>): Promise<void> {
  const lists = await db.selectFrom('list').select(['id', 'entries']).execute();
  const known = new Set(lists.map(({ id }) => id));
  if (lists.some(({ id, entries }) => entries !== (counted.get(id) ?? 0)) || [...counted.keys()].some((id) => !known.has(id)))
    throw damagedBank('other entries than its lists count');
  const { further } = await db
    .selectFrom('entry')
    .select(({ fn }) => fn.sum<number | null>('further').as('further'))
    .executeTakeFirstOrThrow();
  const { count } = await db
    .selectFrom('signal')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (count !== Number(further ?? 0)) throw damagedBank('other signals than its entries count');
}

function nameOf({ id, list, key, rest }: NameRow): EntryName {
  if (typeof key !== 'string') throw damagedBank('an entry without a key');
  const { category } = rest === null ? {} : (storedJson(rest) as { category?: string });
  return { id, list, key, ...(category !== undefined && { category }) };
}

/** Signals in rows of their own of the entries of a range. */
async function furtherCount(db: Kysely<Tables>, types: readonly BankSignal[], { from, to }: EntryRange): Promise<number> {
  const { count } = await db
    .selectFrom('signal')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where(
      'type',
      'in',
      types.map((type) => SIGNAL_NUMBERS[type]),
    )
    .where('entry', '>', from)
    .where('entry', '<=', to)
    .executeTakeFirstOrThrow();
  return count;
}

/** Asks for what is searched of some types (as `BankView` says), of all entries or those of a range; nothing where nothing is. */
async function searchable(
  db: Kysely<Tables>,
  types: readonly BankSignal[],
  range?: EntryRange,
): Promise<SelectQueryBuilder<Tables, never, SignalRow> | undefined> {
  const enabled = await db.selectFrom('list').select('id').where('enabled', '=', 1).execute();
  const lists = enabled.map((row) => row.id);
  const known = types.filter((type) => type !== 'other' && BANK_SIGNALS.includes(type));
  const [first, ...others] = lists.length === 0 ? [] : known.flatMap((type) => searchableRows(db, type, lists, range));
  return first && others.reduce((all, other) => all.unionAll(other), first);
}

/** What is searched of one type: in rows of their own, and in those of their entries. */
export function searchableRows(
  db: Kysely<Tables>,
  type: BankSignal,
  lists: readonly number[],
  range?: EntryRange,
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
  if (range) further = further.where('entry', '>', range.from).where('entry', '<=', range.to);
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
  if (range) inline = inline.where('id', '>', range.from).where('id', '<=', range.to);
  return [inline, further];
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
  return rows.map((row) => {
    const found = further.get(row.id) ?? [];
    if (found.length !== (row.further ?? 0)) throw damagedBank('an entry with other signals than it counts');
    const record = recordOf(row.key, { row, further: found });
    return { id: row.id, list: row.list, record, ...(row.own === null ? {} : { own: row.own }) };
  });
}
