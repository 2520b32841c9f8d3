import type { Kysely, SelectQueryBuilder } from 'kysely';
import { wholeNumber } from '../errors.js';
import { compareBytes } from '../hash/encoding.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';
import { nextTurn } from '../input.js';
import { entrySlices, furtherOf, furtherOfRange } from './apply.js';
import { inPieces } from './bulk.js';
import { changesSince, markOf } from './changes.js';
import { damagedBank, laterThan } from './database-error.js';
import { allLists } from './list-row.js';
import { type Reads, type SignalRow, sliceOf } from './reads.js';
import type { OpinionValue } from './record.js';
import { recordOf } from './rows.js';
import { checkSum, lightRanges, refusedEntries, searchedEntries, sliceOfEntries } from './scan.js';
import { type EntryTable, INLINE_SIGNALS, SIGNAL_NUMBERS, type Tables } from './schema.js';
import { BANK_SIGNALS, type BankSignal } from './signal.js';
import type { BankChanges, BankView, SliceOptions, SourceEntry } from './snapshot-source.js';

const SLICE = 5_000;
const MAX_SLICE = 100_000;

/** A bank within one transaction. */
export async function viewOf(db: Kysely<Tables>, reads: Reads): Promise<BankView> {
  const { change } = await db.selectFrom('bank').select('change').executeTakeFirstOrThrow();
  if (!Number.isSafeInteger(change)) throw damagedBank('a count of changes that is none');
  return {
    change,
    mark: await markOf(db, change),
    async lists() {
      const rows = (await allLists(db)).sort((a, b) => a.id - b.id);
      return rows.map(({ id, name, synced_at: syncedAt, enabled, negative }) => ({
        id,
        name,
        enabled: enabled === 1,
        negative: negative === 1,
        ...(syncedAt !== null && { syncedAt }),
      }));
    },
    async *signals(types, options = {}) {
      const { slice, signal } = checkSlices(options);
      const lists = await searchedLists(db, options.lists);
      if (options.entries) {
        const rows = await searchableOf(db, [types].flat(), lists, options.entries);
        for (let first = 0; first < rows.length; first += slice) yield sliceOf(rows.slice(first, first + slice));
        return;
      }
      const fewLists = options.lists !== undefined;
      const query = searchable(db, [types].flat(), lists, { fewLists })?.orderBy('value').orderBy('entry').compile();
      if (!query) return;
      for await (const rows of reads.stream(query, slice)) {
        yield sliceOf(rows);
        await nextTurn(signal);
      }
    },
    async *scan({ signal } = {}) {
      const counted = new Map<number, number>();
      const searched = await searchedEntries(db);
      for await (const slice of entrySlices(db, signal))
        for await (const range of lightRanges(db, slice)) {
          const rows = await reads.entries(range);
          for (const { list } of rows) counted.set(list, (counted.get(list) ?? 0) + 1);
          yield sliceOfEntries(rows, await furtherOfRange(db, range), searched);
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
        after = laterThan(after, (rows.at(-1) as EntryTable).id);
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
    carriers: (values) => carriersOf(db, values),
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

/** The lists that are on, of these or of all. */
async function searchedLists(db: Kysely<Tables>, wanted: readonly number[] | undefined): Promise<number[]> {
  const lists = await allLists(db);
  return lists.filter(({ id, enabled }) => enabled === 1 && (!wanted || wanted.includes(id))).map(({ id }) => id);
}

/** What is searched of some entries, in the order of {@link searchable}. */
async function searchableOf(
  db: Kysely<Tables>,
  types: readonly BankSignal[],
  lists: readonly number[],
  entries: readonly number[],
): Promise<SignalRow[]> {
  const rows: SignalRow[] = [];
  for (const some of inPieces(entries)) {
    const query = searchable(db, types, lists, { entries: some });
    if (query) rows.push(...(await query.execute()));
  }
  return rows.sort((a, b) => compareBytes(a.value, b.value) || a.entry - b.entry);
}

/** Of what not everything is asked for. */
interface Narrowed {
  readonly entries?: readonly number[];
  /** Whether only some of the lists are. */
  readonly fewLists?: boolean;
}

/** Asks for what is searched of some types (as `BankView` says); nothing where nothing is. */
function searchable(
  db: Kysely<Tables>,
  types: readonly BankSignal[],
  lists: readonly number[],
  narrowed: Narrowed,
): SelectQueryBuilder<Tables, never, SignalRow> | undefined {
  const known = types.filter((type) => type !== 'other' && BANK_SIGNALS.includes(type));
  const [first, ...others] = lists.length === 0 ? [] : known.flatMap((type) => searchableRows(db, type, lists, narrowed));
  return first && others.reduce((all, other) => all.unionAll(other), first);
}

/** What is searched of one type: in rows of their own, and in those of their entries. */
export function searchableRows(
  db: Kysely<Tables>,
  type: BankSignal,
  lists: readonly number[],
  { entries, fewLists = false }: Narrowed = {},
): SelectQueryBuilder<Tables, never, SignalRow>[] {
  const number = SIGNAL_NUMBERS[type];
  const quarantined = db.selectFrom('quarantine').select('value').where('type', '=', number);
  const refused = refusedEntries(db);
  let further = db
    .selectFrom('signal')
    .select(['value', 'entry'])
    .where('type', '=', number)
    .where('list', 'in', lists)
    .where('entry', 'not in', refused)
    .where('value', 'not in', quarantined);
  if (entries) further = further.where('entry', 'in', entries);
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
    // A sum has no index: where most rows are wanted, each would be looked up in the order of the keys.
    .where((eb) => (fewLists ? eb('list', 'in', lists) : eb(eb('list', '+', 0), 'in', lists)))
    .where('id', 'not in', refused)
    .where(column, 'not in', quarantined);
  if (entries) inline = inline.where('id', 'in', entries);
  if (type === 'pdq')
    inline = inline
      .where('pdq', '!=', new Uint8Array(32))
      .where((eb) => eb.or([eb('quality', 'is', null), eb('quality', '>=', PDQ_MIN_QUALITY)]));
  return [inline, further];
}

/** Slice by slice of all entries, between which other work gets its turn. */
async function carriersOf(db: Kysely<Tables>, values: BankChanges['values']): Promise<number[]> {
  const carriers: number[] = [];
  for await (const { from, to } of entrySlices(db))
    for (const type of new Set(values.map((one) => one.type))) {
      const column = INLINE_SIGNALS.find((inline) => inline === type);
      const ofType = values.filter((one) => one.type === type).map(({ value }) => value);
      for (const some of inPieces(ofType)) {
        const further = db.selectFrom('signal').select('entry').where('type', '=', SIGNAL_NUMBERS[type]).where('value', 'in', some);
        for (const { entry } of await further.where('entry', '>', from).where('entry', '<=', to).execute()) carriers.push(entry);
        if (!column) continue;
        const inline = db.selectFrom('entry').select('id').where(column, 'in', some);
        for (const { id } of await inline.where('id', '>', from).where('id', '<=', to).execute()) carriers.push(id);
      }
    }
  return carriers;
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
    checkSum(row, found);
    const record = recordOf({ row, further: found });
    return { id: row.id, list: row.list, record, ...(row.own === null ? {} : { own: row.own }) };
  });
}
