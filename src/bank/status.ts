import type { Kysely, SelectQueryBuilder } from 'kysely';
import { entrySlices } from './apply.js';
import type { BankEntry, BankStatus, Canary, ListStatus, SignalCounts, StatusOptions } from './bank.js';
import { allLists } from './list-row.js';
import { listOf } from './lists.js';
import { entriesOfList, foundOf } from './own.js';
import { signalOf } from './rows.js';
import { INLINE_SIGNALS, type ListTable, type Tables } from './schema.js';
import type { BankSignal } from './signal.js';
import type { Store } from './store.js';
import { uploadStatusOf } from './uploads/uploads.js';

/** Canaries that are read at once (our own choice). */
const CANARY_SLICE = 1_000;

/** The list of the entries that must always be found. */
export const CANARY_LIST = 'canary';

/** Says how a bank stands. */
export async function statusOf(store: Store, { signals = false, signal, now = Date.now() }: StatusOptions): Promise<BankStatus> {
  const { change } = await store.reading.selectFrom('bank').select('change').executeTakeFirstOrThrow();
  const rows = await allLists(store.reading);
  const counts = signals ? await countSignals(store.reading, signal) : undefined;
  return {
    kind: store.kind,
    change,
    entries: rows.reduce((sum, row) => sum + row.entries, 0),
    byteLength: await store.byteLength(),
    lists: rows.map((row) => listStatus(row, now, counts && (counts.get(row.id) ?? {}))),
    quarantined: await countOf(store.reading.selectFrom('quarantine')),
    feedbackPending: await countOf(store.reading.selectFrom('feedback').where('sent_at', 'is', null)),
    canaries: await canariesOf(
      store.reading,
      rows.find((row) => row.name === CANARY_LIST),
    ),
    uploads: await uploadStatusOf(store.reading),
  };
}

async function countOf<Table extends keyof Tables>(query: SelectQueryBuilder<Tables, Table, object>): Promise<number> {
  const { count } = await query.select(({ fn }) => fn.countAll<number>().as('count')).executeTakeFirstOrThrow();
  return count;
}

async function canariesOf(db: Kysely<Tables>, list: ListTable | undefined): Promise<Canary[]> {
  if (!list) return [];
  const entries: BankEntry[] = [];
  for await (const slice of entriesOfList(db, list, CANARY_SLICE)) entries.push(...slice);
  const found = await foundOf(db, list, entries);
  return entries.map(({ record: { key } }, i) => ({ key, found: found[i] === true }));
}

function listStatus(row: ListTable, now: number, signals: SignalCounts | undefined): ListStatus {
  return {
    ...listOf(row),
    ...(signals ? { signals } : {}),
    ...(row.checkpoint_at === null ? {} : { checkpointAt: row.checkpoint_at }),
    ...(row.synced_at === null ? {} : { syncedAt: row.synced_at, sinceSyncMs: Math.max(0, now - row.synced_at) }),
    sweeping: row.sweep !== 0,
  };
}

/** Signals by list and type. */
async function countSignals(db: Kysely<Tables>, signal: AbortSignal | undefined): Promise<Map<number, SignalCounts>> {
  const counts = new Map<number, SignalCounts>();
  const add = (list: number, type: BankSignal, count: number): void => {
    if (count === 0) return;
    const known = counts.get(list) ?? {};
    counts.set(list, { ...known, [type]: (known[type] ?? 0) + count });
  };
  for await (const { from, to } of entrySlices(db, signal)) {
    const inline = await db
      .selectFrom('entry')
      .select(({ fn }) => [
        'list',
        fn.count<number>('pdq').as('pdq'),
        fn.count<number>('md5').as('md5'),
        fn.count<number>('sha1').as('sha1'),
        fn.count<number>('sha256').as('sha256'),
      ])
      .where('id', '>', from)
      .where('id', '<=', to)
      .groupBy('list')
      .execute();
    for (const row of inline) for (const type of INLINE_SIGNALS) add(row.list, type, row[type]);
  }
  const further = await db
    .selectFrom('signal')
    .select(({ fn }) => ['list', 'type', fn.countAll<number>().as('count')])
    .groupBy(['list', 'type'])
    .execute();
  for (const { list, type, count } of further) add(list, signalOf(type), count);
  return counts;
}
