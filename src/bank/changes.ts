import type { Kysely } from 'kysely';
import { invalid } from '../errors.js';
import { bytesToHex } from '../hash/encoding.js';
import { storedJson } from './database-error.js';
import { signalOf } from './rows.js';
import type { Tables } from './schema.js';
import type { BankSignal } from './signal.js';
import type { BankChanges } from './snapshot-source.js';
import { checked, summed } from './sum.js';

/** Changes that a bank can still name: who is further behind reads everything, which takes less than so many steps (our own choice). */
const KEPT_CHANGES = 10_000;
/** Entries that one change names one by one; of more, their list is named (our own choice). */
const MAX_NAMED_ENTRIES = 50_000;

/** What one transaction changed of what is searched, or of what a match says. */
export interface Change {
  /** Ids of entries; not sorted. */
  readonly entries?: readonly number[];
  /** Their list, which is named instead of them if they are many. */
  readonly list?: number;
  /** Whether the list itself changed, or is negative, so that its entries decide about those of others. */
  readonly whole?: boolean;
  readonly value?: { readonly type: number; readonly value: Uint8Array };
}

/** {@link Change} as JSON. Ids are runs: the first, and how many follow one another. */
interface ChangeJson {
  /** Random: no other bank has it, and none that was restored from a copy. */
  readonly mark: string;
  readonly runs?: readonly (readonly [first: number, count: number])[];
  readonly list?: number;
  /** Type and hex digits. */
  readonly value?: readonly [number, string];
}

/** Counts a change and keeps what it was, in the caller's transaction. */
export async function noteChange(db: Kysely<Tables>, { entries = [], list, whole = false, value }: Change): Promise<void> {
  const named = whole || entries.length > MAX_NAMED_ENTRIES;
  const json: ChangeJson = {
    mark: crypto.randomUUID(),
    ...(named && list !== undefined ? { list } : {}),
    ...(!named && entries.length > 0 ? { runs: runsOf(entries) } : {}),
    ...(value ? { value: [value.type, bytesToHex(value.value)] } : {}),
  };
  const { change } = await db
    .updateTable('bank')
    .set((eb) => ({ change: eb('change', '+', 1) }))
    .returning('change')
    .executeTakeFirstOrThrow();
  await db
    .insertInto('change')
    .values(summed({ id: change, what: JSON.stringify(json) }))
    .execute();
  await db
    .deleteFrom('change')
    .where('id', '<=', change - KEPT_CHANGES)
    .execute();
}

/** The mark of a change; before the first there is none. */
export async function markOf(db: Kysely<Tables>, change: number): Promise<string> {
  const row = await db.selectFrom('change').selectAll().where('id', '=', change).executeTakeFirst();
  return row ? (storedJson(checked(row).what) as ChangeJson).mark : '';
}

/** What changed after `since`; `undefined` if that is no longer known, or was in another history than that of `mark`. */
export async function changesSince(db: Kysely<Tables>, since: number, mark?: string): Promise<BankChanges | undefined> {
  const { known, changes } = await changesAfter(db, since);
  if (known !== since) return undefined;
  if (mark !== undefined && mark !== (await markOf(db, since))) return undefined;
  const entries = new Set<number>();
  const lists = new Set<number>();
  const values = new Map<string, BankChanges['values'][number]>();
  for (const { runs, list, value } of changes) {
    for (const [first, count] of runs) for (let id = first; id < first + count; ++id) entries.add(id);
    if (list !== undefined) lists.add(list);
    if (value) values.set(`${value.type} ${value.hex}`, value);
  }
  const ascending = (ids: Set<number>): number[] => [...ids].sort((a, b) => a - b);
  return { entries: ascending(entries), lists: ascending(lists), values: [...values.values()].map(({ type, value }) => ({ type, value })) };
}

/** One change, as it was noted. */
export interface NotedChange {
  /** `bank.change` after it. */
  readonly id: number;
  /** Ids of entries that follow one another: the first, and how many. */
  readonly runs: readonly (readonly [first: number, count: number])[];
  readonly list?: number;
  readonly value?: { readonly type: BankSignal; readonly value: Uint8Array; readonly hex: string };
}

/** The changes after `since`, in order, as far as the bank still knows them: all those after `known`. */
export async function changesAfter(
  db: Kysely<Tables>,
  since: number,
): Promise<{ readonly known: number; readonly changes: readonly NotedChange[] }> {
  if (!Number.isSafeInteger(since) || since < 0) throw invalid('change', 'a number that a view gave', since);
  const { change } = await db.selectFrom('bank').select('change').executeTakeFirstOrThrow();
  const rows = await db.selectFrom('change').selectAll().where('id', '>', since).orderBy('id').execute();
  const changes = rows.map(checked).map(({ id, what }): NotedChange => {
    const { runs = [], list, value } = storedJson(what) as ChangeJson;
    return {
      id,
      runs,
      ...(list === undefined ? {} : { list }),
      ...(value && { value: { type: signalOf(value[0]), value: fromHex(value[1]), hex: value[1] } }),
    };
  });
  return { known: change - rows.length, changes };
}

function runsOf(entries: readonly number[]): [number, number][] {
  const runs: [number, number][] = [];
  for (const id of [...entries].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && last[0] + last[1] === id) last[1] += 1;
    else runs.push([id, 1]);
  }
  return runs;
}

function fromHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
