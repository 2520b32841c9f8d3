import type { Kysely } from 'kysely';
import { EgideError } from '../errors.js';
import { nextTurn } from '../input.js';
import { type Bulk, inPieces } from './bulk.js';
import { noteChange } from './changes.js';
import { damagedBank, laterThan, storedJson } from './database-error.js';
import { findList, updateList } from './list-row.js';
import type { EntryRange } from './reads.js';
import type { Checkpoint, RecordBatch, RecordProblem } from './record.js';
import type { Tally } from './report.js';
import { badKey, type FurtherRow, type KeptRecord, keptRecord, type NewRow, type RecordRow, sameRecord } from './rows.js';
import { type ListTable, SIGNAL_NUMBERS, type SignalTable, SWEEP, type Tables } from './schema.js';
import { sumOf } from './sum.js';

/** Ids of one slice of what goes through all entries: milliseconds of work, and few enough to be garbage soon (our own choice). */
const SLICE = 5_000;

/** Where a batch is applied. */
export interface Place {
  readonly db: Kysely<Tables>;
  readonly bulk: Bulk;
  /** The list's row, read in this transaction. */
  readonly list: ListTable;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Whether the batch is kept without looking up which of its keys the list has, as if it had none of them: if it has one, that took longer. */
  readonly allNew?: boolean;
}

/** What a batch did; a transaction that fails did nothing. */
export interface BatchCounts {
  readonly added: number;
  readonly replaced: number;
  readonly unchanged: number;
  readonly withdrawn: number;
  readonly problems: readonly RecordProblem[];
}

/** Adds to a tally what a batch did, once it is kept. */
export function count(tally: Tally, batch: RecordBatch, { added, replaced, unchanged, withdrawn, problems }: BatchCounts): void {
  tally.steps += 1;
  tally.read += batch.read;
  tally.added += added;
  tally.replaced += replaced;
  tally.unchanged += unchanged;
  tally.withdrawn += withdrawn;
  tally.note(batch.problems);
  tally.note(problems);
}

/** Applies a batch and its checkpoint, in the caller's transaction. */
export async function applyBatch(place: Place, batch: RecordBatch): Promise<BatchCounts> {
  const begins = batch.whole === 'begin' || batch.whole === 'both';
  const list = begins ? { ...place.list, generation: place.list.generation + 1, sweep: SWEEP.source } : place.list;
  const told = await keep({ ...place, list }, batch);
  const swept = batch.whole === 'end' || batch.whole === 'both' ? await sweep(place.db, list) : [];
  const entries = list.entries + told.added.length - told.withdrawn.length - swept.length;
  await updateList(place.db, place.list, {
    entries,
    generation: list.generation,
    sweep: batch.whole === 'end' || batch.whole === 'both' ? SWEEP.none : list.sweep,
    revision: list.revision + 1,
    ...(batch.checkpoint === undefined ? {} : { checkpoint: JSON.stringify(batch.checkpoint), checkpoint_at: place.now }),
  });
  const changed = [...told.added, ...told.replaced, ...told.withdrawn, ...swept];
  if (changed.length > 0) await noteChange(place.db, { entries: changed, list: list.id, whole: list.negative === 1 });
  return {
    added: told.added.length,
    replaced: told.replaced.length,
    unchanged: told.unchanged,
    withdrawn: told.withdrawn.length + swept.length,
    problems: told.problems,
  };
}

/** Ids of entries by what became of them. */
interface Told {
  readonly added: number[];
  readonly replaced: number[];
  readonly withdrawn: number[];
  readonly unchanged: number;
  readonly problems: readonly RecordProblem[];
}

async function keep(place: Place, batch: RecordBatch): Promise<Told> {
  const { db, bulk, list } = place;
  const { records, withdrawals, problems } = judged(batch.updates);
  // An entry of which the source now tells something unreadable stays as it was, also when the rest of the list is swept.
  const unreadable = [...batch.problems, ...problems].flatMap(({ key, partial }) => (key === undefined || partial ? [] : [key]));
  const toldKeys = place.allNew ? [] : records.map(({ row }) => row.key);
  const known = await knownEntries(db, bulk, list, [...toldKeys, ...withdrawals, ...unreadable]);
  const { id: firstNew } = await db.selectFrom('bank').select('next_entry as id').executeTakeFirstOrThrow();
  let next = firstNew;
  const rows: NewRow[] = [];
  const signals: SignalTable[] = [];
  const [replaced, same]: [number[], number[]] = [[], []];
  for (const record of records) {
    const old = known.get(record.row.key);
    const { row, further } = numbered(record, old ? old.row.id : next++, list);
    // An entry that is damaged may hold what it is told of, and be found out by its sum alone.
    if (old && old.row.sum === row.sum && sameRecord(old, record)) same.push(row.id);
    else {
      if (old) replaced.push(row.id);
      rows.push(row);
      for (const [n, one] of further.entries()) signals.push({ ...one, n, entry: row.id, list: list.id });
    }
  }
  await removeEntries(db, replaced);
  const inserted = await bulk.insertEntries(db, rows);
  if (inserted < rows.length) {
    if (!place.allNew) throw damagedBank('an entry that is not found by its key');
    await db.deleteFrom('entry').where('id', '>=', firstNew).execute(); // nothing else was done: no entry was known that could have been replaced
    return keep({ ...place, allNew: false }, batch);
  }
  await bulk.insertSignals(db, signals);
  const withdrawn = withdrawals.flatMap((key) => known.get(key)?.row.id ?? []);
  await removeEntries(db, withdrawn);
  const told = [...same, ...unreadable.flatMap((key) => known.get(key)?.row.id ?? [])];
  if (list.sweep !== SWEEP.none) await bulk.setGeneration(db, list.generation, told);
  if (next > firstNew) await db.updateTable('bank').set({ next_entry: next }).execute();
  const added = Array.from({ length: next - firstNew }, (_, i) => firstNew + i);
  return { added, replaced, withdrawn, unchanged: same.length, problems };
}

/** The record as the entry of this number. */
function numbered(record: KeptRecord<NewRow>, id: number, list: ListTable): KeptRecord<NewRow> {
  const { row, further } = record;
  row.id = id;
  row.list = list.id;
  row.generation = list.generation;
  row.sum = sumOf(row, further);
  return record;
}

interface Judged {
  readonly records: KeptRecord<NewRow>[];
  readonly withdrawals: string[];
  readonly problems: RecordProblem[];
}

function judged(updates: RecordBatch['updates']): Judged {
  const [records, withdrawals, problems]: [KeptRecord<NewRow>[], string[], RecordProblem[]] = [[], [], []];
  updates.forEach((record, key) => {
    const reason = badKey(key);
    if (reason !== undefined) problems.push({ reason, partial: false });
    else if (record === null) withdrawals.push(key);
    else {
      const kept = keptRecord(key, record, problems);
      if (kept) records.push(kept);
    }
  });
  return { records, withdrawals, problems };
}

/** An entry that is there. */
type Known = KeptRecord<RecordRow & { readonly id: number; readonly sum: number }>;

async function knownEntries(db: Kysely<Tables>, bulk: Bulk, list: ListTable, keys: readonly string[]): Promise<Map<string, Known>> {
  if (list.entries === 0 || keys.length === 0) return new Map();
  const rows = await bulk.entriesWithKeys(db, list.id, keys);
  const further = await furtherOf(
    db,
    rows.filter((row) => row.further !== null).map((row) => row.id),
  );
  return new Map(rows.map((row) => [row.key, { row, further: further.get(row.id) ?? [] }]));
}

/** The further signals of entries, in the order of their records. */
export async function furtherOf(db: Kysely<Tables>, ids: readonly number[]): Promise<Map<number, FurtherRow[]>> {
  const found = new Map<number, FurtherRow[]>();
  for (const some of inPieces(ids)) addByEntry(found, await furtherQuery(db).where('entry', 'in', some).execute());
  return found;
}

/** Those of the entries of a range. */
export async function furtherOfRange(db: Kysely<Tables>, { from, to }: EntryRange): Promise<Map<number, FurtherRow[]>> {
  const found = new Map<number, FurtherRow[]>();
  addByEntry(found, await furtherQuery(db).where('entry', '>', from).where('entry', '<=', to).execute());
  return found;
}

function furtherQuery(db: Kysely<Tables>) {
  const columns = ['entry', 'type', 'value', 'quality', 'mode', 'name'] as const;
  return db.selectFrom('signal').select(columns).where('type', 'in', Object.values(SIGNAL_NUMBERS)).orderBy('entry').orderBy('n');
}

function addByEntry(found: Map<number, FurtherRow[]>, rows: readonly (FurtherRow & Pick<SignalTable, 'entry'>)[]): void {
  for (const { entry, ...row } of rows) {
    const others = found.get(entry);
    if (others) others.push(row);
    else found.set(entry, [row]);
  }
}

/** Deletes entries and their signals. */
export async function removeEntries(db: Kysely<Tables>, ids: readonly number[]): Promise<void> {
  for (const some of inPieces(ids)) {
    await db.deleteFrom('signal').where('type', 'in', Object.values(SIGNAL_NUMBERS)).where('entry', 'in', some).execute();
    await db.deleteFrom('entry').where('id', 'in', some).execute();
  }
}

/** Withdraws what was not told since the telling of the whole list began. Returns the ids. */
export async function sweep(db: Kysely<Tables>, { id: list, generation }: ListTable): Promise<number[]> {
  const swept: number[] = [];
  for await (const { from, to } of entrySlices(db)) {
    const gone = await db
      .selectFrom('entry')
      .select('id')
      .where('id', '>', from)
      .where('id', '<=', to)
      .where((eb) => eb(eb('list', '+', 0), '=', list)) // a sum has no index: by the list's, each slice would go through all of the list
      .where('generation', '!=', generation)
      .execute();
    const ids = gone.map((row) => row.id);
    await removeEntries(db, ids);
    swept.push(...ids);
  }
  return swept;
}

/** The ids of all entries, in slices between which other work gets its turn: those above `from`, up to `to`, of which one is there at least. */
export async function* entrySlices(db: Kysely<Tables>, signal?: AbortSignal): AsyncGenerator<EntryRange> {
  const next = db.selectFrom('entry').select((eb) => eb.fn.min<number | null>('id').as('id'));
  for (let last = 0; ; await nextTurn(signal)) {
    const { id } = await next.where('id', '>', last).executeTakeFirstOrThrow();
    if (id === null) return;
    last = laterThan(last, id) - 1 + SLICE;
    yield { from: id - 1, to: last };
  }
}

/**
 * The row of a list, in the transaction that will change it.
 *
 * @param revision What the list had when this sync last changed it; `undefined` before.
 * @throws {EgideError} `INVALID_ARGUMENT` if there is no such list, `BUSY` if somebody else has changed it since.
 */
export async function listToChange(db: Kysely<Tables>, name: string, revision: number | undefined): Promise<ListTable> {
  const list = await findList(db, name);
  if (!list) throw new EgideError('INVALID_ARGUMENT', 'list: expected the name of a list that the bank has: add it first');
  if (revision !== undefined && list.revision !== revision)
    throw new EgideError(
      'BUSY',
      'the list is being changed by somebody else, too: what was kept is whole; sync it again when they are done',
    );
  return list;
}

/** The checkpoint of a list, as its source gave it. */
export function checkpointOf({ checkpoint }: ListTable): Checkpoint | undefined {
  return checkpoint === null ? undefined : (storedJson(checkpoint) as Checkpoint);
}
