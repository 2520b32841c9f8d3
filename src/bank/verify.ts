import type { Kysely } from 'kysely';
import { EgideError } from '../errors.js';
import { entrySlices, furtherOf } from './apply.js';
import type { BankDamage } from './bank.js';
import { allLists } from './list-row.js';
import type { RecordProblem } from './record.js';
import { badKey, type FurtherRow, keptRecord, recordOf, sameRecord } from './rows.js';
import { type EntryTable, SIGNAL_NUMBERS, type Tables } from './schema.js';
import type { Store } from './store.js';
import { checked, sumOf } from './sum.js';
import { uploadProblems } from './uploads/uploads.js';

/** Damaged entries of one slice that are named (our own choice). */
const MAX_NAMED = 20;

/** Looks for damage: what the database finds, and what contradicts itself. */
export async function verifyBank(store: Store, signal: AbortSignal | undefined): Promise<BankDamage> {
  const problems = await store.verify();
  try {
    if (problems.length === 0) problems.push(...(await store.view((db) => contradictions(db, signal))));
  } catch (error) {
    if (!(error instanceof EgideError) || error.code !== 'INVALID_BANK') throw error;
    problems.push(error.message);
  }
  return { ok: problems.length === 0, problems };
}

async function contradictions(db: Kysely<Tables>, signal: AbortSignal | undefined): Promise<string[]> {
  const problems: string[] = [];
  const { next_list, next_entry } = await db.selectFrom('bank').selectAll().executeTakeFirstOrThrow();
  const lists = await allLists(db);
  for (const table of ['opinion', 'quarantine', 'change'] as const) (await db.selectFrom(table).selectAll().execute()).map(checked);
  (await db.selectFrom('feedback').selectAll().execute()).map(({ sent_at: _, ...row }) => checked(row));
  const counted = new Map<number, number>();
  let further = 0;
  for await (const { from, to } of entrySlices(db, signal)) {
    problems.push(...(await unkept(db, from, to)));
    const rows = await db
      .selectFrom('entry')
      .select(({ fn }) => ['list', fn.countAll<number>().as('entries'), fn.sum<number | null>('further').as('further')])
      .where('id', '>', from)
      .where('id', '<=', to)
      .groupBy('list')
      .execute();
    for (const row of rows) {
      counted.set(row.list, (counted.get(row.list) ?? 0) + row.entries);
      further += Number(row.further ?? 0);
    }
  }
  for (const { id, entries } of lists)
    if (entries !== (counted.get(id) ?? 0)) problems.push(`list ${id} counts ${entries} entries and has ${counted.get(id) ?? 0}`);
  for (const id of counted.keys())
    if (!lists.some((list) => list.id === id)) problems.push(`there are entries of list ${id}, which is none`);
  const signals = await db
    .selectFrom('signal')
    .innerJoin('entry', 'entry.id', 'signal.entry')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .whereRef('signal.list', '=', 'entry.list')
    .where('type', 'in', Object.values(SIGNAL_NUMBERS))
    .executeTakeFirstOrThrow();
  const all = await db
    .selectFrom('signal')
    .select(({ fn }) => fn.countAll<number>().as('count'))
    .executeTakeFirstOrThrow();
  if (signals.count !== all.count) problems.push(`${all.count - signals.count} signals have no entry of their list`);
  if (all.count !== further) problems.push(`entries count ${further} further signals, and there are ${all.count}`);
  const { last } = await db
    .selectFrom('entry')
    .select(({ fn }) => fn.max<number | null>('id').as('last'))
    .executeTakeFirstOrThrow();
  if (last !== null && last >= next_entry) problems.push(`entry ${last} is there, and the next is to be ${next_entry}`);
  if (lists.some((list) => list.id >= next_list)) problems.push(`a list has a number above the next, ${next_list}`);
  problems.push(...(await uploadProblems(db, signal)));
  return problems;
}

/** Entries of a slice that no record makes, as far as there is room to name them. */
async function unkept(db: Kysely<Tables>, from: number, to: number): Promise<string[]> {
  const rows = await db.selectFrom('entry').selectAll().where('id', '>', from).where('id', '<=', to).execute();
  const further = await furtherOf(
    db,
    rows.filter((row) => row.further !== null).map((row) => row.id),
  );
  const found = rows.filter((row) => !isKept(row, further.get(row.id) ?? []));
  return found.slice(0, MAX_NAMED).map(({ id }) => `entry ${id} is none that would be kept so`);
}

/** Whether the record that these rows give back would make the same rows. */
function isKept(row: EntryTable, further: readonly FurtherRow[]): boolean {
  const there = { row, further };
  const problems: RecordProblem[] = [];
  const again = keptRecord(row.key, recordOf(there), problems);
  return (
    again !== undefined &&
    problems.length === 0 &&
    badKey(row.key) === undefined &&
    sameRecord(again, there) &&
    sumOf(row, further) === row.sum
  );
}
