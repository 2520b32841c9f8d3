import type { Kysely } from 'kysely';
import { EgideError, invalid } from '../errors.js';
import { removeEntries } from './apply.js';
import type { BankList, ListOptions } from './bank.js';
import { noteChange } from './changes.js';
import { damagedBank, storedJson } from './database-error.js';
import { findList, updateList } from './list-row.js';
import { isPlain } from './plain-text.js';
import type { Json } from './record.js';
import { type ListTable, SWEEP, type Tables } from './schema.js';
import { summed } from './sum.js';

/** Characters of the name of a list at most (our own choice). */
const MAX_NAME_LENGTH = 200;
/** Entries that are deleted in one step when their list is removed (our own choice). */
const REMOVE_SLICE = 10_000;

/** The list of a row. */
export function listOf(row: ListTable): BankList {
  return {
    name: row.name,
    kind: row.kind,
    settings: storedJson(row.settings) as { readonly [name: string]: Json },
    enabled: row.enabled === 1,
    negative: row.negative === 1,
    entries: row.entries,
  };
}

/** Checks the name of a list. Throws `INVALID_ARGUMENT`. */
export function checkName(name: unknown): string {
  if (typeof name !== 'string' || name.trim() === '' || name.length > MAX_NAME_LENGTH || !isPlain(name))
    throw invalid('list', `a name of 1 to ${MAX_NAME_LENGTH} characters`, name);
  return name;
}

/** Checks what is said of a list. Throws `INVALID_ARGUMENT`. */
export function checkListOptions(options: ListOptions): ListOptions {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object', options);
  const { kind, settings, enabled, negative } = options;
  if (kind !== undefined && (typeof kind !== 'string' || kind === '' || !isPlain(kind))) throw invalid('kind', 'a word', kind);
  if (settings !== undefined && (typeof settings !== 'object' || settings === null || Array.isArray(settings)))
    throw invalid('settings', 'an object', settings);
  if (enabled !== undefined && typeof enabled !== 'boolean') throw invalid('enabled', 'true or false', enabled);
  if (negative !== undefined && typeof negative !== 'boolean') throw invalid('negative', 'true or false', negative);
  return options;
}

/** Adds a list in the caller's transaction, unless there is one of this name, which stays as it is. Returns its row. */
export async function ensureList(db: Kysely<Tables>, name: string, options: ListOptions): Promise<ListTable> {
  const known = await findList(db, name);
  if (known) return known;
  const { kind = 'file', settings = {}, enabled = true, negative = false } = options;
  const { id } = await db.selectFrom('bank').select('next_list as id').executeTakeFirstOrThrow();
  const row = summed({
    id,
    name,
    kind,
    settings: JSON.stringify(settings),
    enabled: Number(enabled),
    negative: Number(negative),
    generation: 0,
    sweep: SWEEP.none,
    revision: 0,
    entries: 0,
    checkpoint: null,
    checkpoint_at: null,
    synced_at: null,
  });
  await db.insertInto('list').values(row).execute();
  await db
    .updateTable('bank')
    .set({ next_list: id + 1 })
    .execute();
  await noteChange(db, { list: id, whole: true });
  return row;
}

/** The row of a list. Throws `INVALID_ARGUMENT` if there is none of this name. */
export async function listRow(db: Kysely<Tables>, name: string): Promise<ListTable> {
  const row = await findList(db, checkName(name));
  if (!row) throw new EgideError('INVALID_ARGUMENT', 'list: expected the name of a list that the bank has');
  return row;
}

/** Changes what is said of a list, in the caller's transaction. */
export async function changeList(db: Kysely<Tables>, name: string, options: ListOptions): Promise<ListTable> {
  const row = await listRow(db, name);
  const { kind = row.kind, settings, enabled = row.enabled === 1, negative = row.negative === 1 } = options;
  const changed = await updateList(db, row, {
    kind,
    settings: settings === undefined ? row.settings : JSON.stringify(settings),
    enabled: Number(enabled),
    negative: Number(negative),
  });
  if (changed.enabled !== row.enabled || changed.negative !== row.negative) await noteChange(db, { list: row.id, whole: true });
  return changed;
}

/** Takes a list away with its entries, opinions and feedback, in the caller's transaction. */
export async function dropList(db: Kysely<Tables>, name: string): Promise<void> {
  const { id } = await listRow(db, name);
  for (let before = 0; ; ) {
    const rows = await db.selectFrom('entry').select('id').where('list', '=', id).limit(REMOVE_SLICE).execute();
    const [first] = rows;
    if (!first) break;
    if (first.id === before) throw damagedBank('an entry that cannot be deleted');
    before = first.id;
    await removeEntries(
      db,
      rows.map((row) => row.id),
    );
  }
  await db.deleteFrom('opinion').where('list', '=', id).execute();
  await db.deleteFrom('feedback').where('list', '=', id).execute();
  await db.deleteFrom('list').where('id', '=', id).execute();
  await noteChange(db, { list: id, whole: true });
}
