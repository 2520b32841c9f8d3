import type { Kysely } from 'kysely';
import { EgideError, invalid } from '../errors.js';
import { nextTurn, untilAborted } from '../input.js';
import { applyBatch, type BatchCounts, checkpointOf, count, listToChange, sweep } from './apply.js';
import type { SyncOptions } from './bank.js';
import type { Bulk } from './bulk.js';
import { noteChange } from './changes.js';
import type { Exchange } from './exchange.js';
import { updateList } from './list-row.js';
import { checkName, ensureList } from './lists.js';
import type { RecordBatch } from './record.js';
import { type SyncReport, Tally } from './report.js';
import { type ListTable, SWEEP, type Tables } from './schema.js';
import type { Store } from './store.js';

/**
 * Keeps what a source tells, step by step: each in one transaction with its checkpoint.
 *
 * An exchange goes on from the checkpoint. Without one, or with one that is too old, it begins anew, and what it then does not tell is
 * withdrawn when it has come to its end.
 *
 * @param together Updates that one transaction takes, of a source that need not know what was kept: 1 takes each step alone.
 */
export async function syncList(
  store: Store,
  bulk: Bulk,
  name: string,
  source: Exchange | AsyncIterable<RecordBatch>,
  options: SyncOptions,
  together = 1,
): Promise<SyncReport> {
  const exchange = exchangeOf(source);
  const tally = new Tally(checkName(name));
  const { signal, onProgress, now = Date.now() } = options;
  signal?.throwIfAborted();
  let list = await store.write((db) => ensureList(db, name, exchange ? { kind: exchange.kind } : {}));
  if (exchange) list = await beginIfNeeded(store, list, exchange, now);
  let { revision } = list;
  let allNew = list.entries === 0;
  for await (const batches of gathered(untilAborted(batchesOf(source, exchange, list, options), signal), together)) {
    const counts = await store.write(async (db) => {
      const applied: BatchCounts[] = [];
      for (const batch of batches) {
        list = await listToChange(db, name, revision + applied.length);
        const counts = await applyBatch({ db, bulk, list, now: options.now ?? Date.now(), allNew }, batch);
        allNew = counts.added === batch.updates.size;
        applied.push(counts);
      }
      return applied;
    });
    revision += batches.length;
    for (const [i, batch] of batches.entries()) count(tally, batch, counts[i] as BatchCounts);
    onProgress?.(tally.progress);
    await nextTurn(signal);
  }
  tally.withdrawn += await finish(store, name, revision, tally, exchange !== undefined, options.now ?? Date.now());
  onProgress?.(tally.progress);
  return tally.report;
}

/** Steps, as many as one transaction takes. */
async function* gathered(batches: AsyncIterable<RecordBatch>, together: number): AsyncGenerator<RecordBatch[]> {
  let some: RecordBatch[] = [];
  let updates = 0;
  for await (const batch of batches) {
    checkBatch(batch);
    some.push(batch);
    updates += batch.updates.size;
    if (updates < together && together > 1) continue;
    yield some;
    [some, updates] = [[], 0];
  }
  if (some.length > 0) yield some;
}

function exchangeOf(source: Exchange | AsyncIterable<RecordBatch>): Exchange | undefined {
  if (typeof source !== 'object' || source === null) throw invalid('source', 'an exchange or an AsyncIterable<RecordBatch>', source);
  if ('fetch' in source) return source;
  if (!(Symbol.asyncIterator in source)) throw invalid('source', 'an exchange or an AsyncIterable<RecordBatch>', source);
  return undefined;
}

function batchesOf(
  source: Exchange | AsyncIterable<RecordBatch>,
  exchange: Exchange | undefined,
  list: ListTable,
  { types, signal, now }: SyncOptions,
): AsyncIterable<RecordBatch> {
  if (!exchange) return source as AsyncIterable<RecordBatch>;
  return exchange.fetch(checkpointOf(list), { ...(types ? { types } : {}), ...(signal ? { signal } : {}), ...(now ? { now } : {}) });
}

/** Throws `INVALID_ARGUMENT` unless it is a batch. */
export function checkBatch(batch: RecordBatch): void {
  if (typeof batch !== 'object' || batch === null || !(batch.updates instanceof Map) || !Array.isArray(batch.problems))
    throw invalid('batch', '{ updates: Map, problems, read }', batch);
}

/** Forgets a checkpoint that is too old; reading from the beginning is reading everything. */
async function beginIfNeeded(store: Store, list: ListTable, exchange: Exchange, now: number): Promise<ListTable> {
  const checkpoint = checkpointOf(list);
  if (checkpoint !== undefined && !exchange.isStale(checkpoint, now)) return list;
  return store.write(async (db) => {
    const row = await listToChange(db, list.name, list.revision);
    return updateList(db, row, {
      generation: row.generation + 1,
      sweep: SWEEP.bank,
      checkpoint: null,
      checkpoint_at: null,
      revision: row.revision + 1,
    });
  });
}

/** Notes that the source came to its end. Returns how many entries that withdrew. */
async function finish(store: Store, name: string, revision: number, { read }: Tally, isExchange: boolean, now: number): Promise<number> {
  return store.write(async (db) => {
    const list = await listToChange(db, name, revision);
    const sweeps = isExchange && list.sweep === SWEEP.bank;
    if (sweeps && read === 0 && list.entries > 0 && !(await toldAny(db, list)))
      throw new EgideError('EXCHANGE_FAILED', 'the source told of nothing where it had entries before: nothing was withdrawn');
    const swept = sweeps ? await sweep(db, list) : [];
    if (swept.length > 0) await noteChange(db, { entries: swept, list: list.id, whole: list.negative === 1 });
    const entries = list.entries - swept.length;
    await updateList(db, list, { synced_at: now, entries, revision: revision + 1, ...(sweeps ? { sweep: SWEEP.none } : {}) });
    return swept.length;
  });
}

/** Whether anything was told since the reading began anew; it may have been killed since, and gone on. */
async function toldAny(db: Kysely<Tables>, { id, generation }: ListTable): Promise<boolean> {
  const told = await db.selectFrom('entry').select('id').where('list', '=', id).where('generation', '=', generation).limit(1).execute();
  return told.length > 0;
}
