import type { Kysely } from 'kysely';
import type { ListTable, Tables } from './schema.js';
import { checked, summed } from './sum.js';

/** The row of the list of this name. Throws `INVALID_BANK` if it is not as it was kept. */
export async function findList(db: Kysely<Tables>, name: string): Promise<ListTable | undefined> {
  const row = await db.selectFrom('list').selectAll().where('name', '=', name).executeTakeFirst();
  return row && checked(row);
}

/** The rows of all lists, by name. Throws `INVALID_BANK` if one is not as it was kept. */
export async function allLists(db: Kysely<Tables>): Promise<ListTable[]> {
  return (await db.selectFrom('list').selectAll().orderBy('name').execute()).map(checked);
}

/**
 * Changes a list, in the caller's transaction. Returns its row.
 *
 * @param list Its row as it is.
 */
export async function updateList(db: Kysely<Tables>, list: ListTable, changes: Partial<Omit<ListTable, 'id' | 'sum'>>): Promise<ListTable> {
  const { sum: _, ...row } = list;
  const updated = summed({ ...row, ...changes });
  await db
    .updateTable('list')
    .set({ ...changes, sum: updated.sum })
    .where('id', '=', list.id)
    .execute();
  return updated;
}
