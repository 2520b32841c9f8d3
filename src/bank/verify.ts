import type { Kysely } from 'kysely';
import { entrySlices } from './apply.js';
import type { BankDamage } from './bank.js';
import { SIGNAL_NUMBERS, type Tables } from './schema.js';
import type { Store } from './store.js';

/** Looks for damage: what the database finds, and what contradicts itself. */
export async function verifyBank(store: Store, signal: AbortSignal | undefined): Promise<BankDamage> {
  const problems = await store.verify();
  if (problems.length === 0) problems.push(...(await store.view((db) => contradictions(db, signal))));
  return { ok: problems.length === 0, problems };
}

async function contradictions(db: Kysely<Tables>, signal: AbortSignal | undefined): Promise<string[]> {
  const problems: string[] = [];
  const { next_list, next_entry } = await db.selectFrom('bank').selectAll().executeTakeFirstOrThrow();
  const lists = await db.selectFrom('list').select(['id', 'entries']).execute();
  const counted = new Map<number, number>();
  let [further, last] = [0, 0];
  for await (const { from, to } of entrySlices(db, signal)) {
    last = to;
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
  if (last >= next_entry) problems.push(`entry ${last} is there, and the next is to be ${next_entry}`);
  if (lists.some((list) => list.id >= next_list)) problems.push(`a list has a number above the next, ${next_list}`);
  return problems;
}
