import { checkCallOptions, EgideError } from '../errors.js';
import { applyBatch, count, listToChange } from './apply.js';
import type { Bank, BankDamage, BankList, BankStatus, ListOptions, StatusOptions, SyncOptions } from './bank.js';
import { Bulk } from './bulk.js';
import type { Exchange } from './exchange.js';
import { changeList, checkListOptions, checkName, dropList, ensureList, listOf } from './lists.js';
import type { RecordBatch } from './record.js';
import { type SyncReport, Tally } from './report.js';
import type { SnapshotSource } from './snapshot-source.js';
import { statusOf } from './status.js';
import type { Store } from './store.js';
import { checkBatch, syncList } from './sync.js';
import { verifyBank } from './verify.js';
import { viewOf } from './view.js';

/** A {@link Bank} over a database. */
export class StoredBank implements Bank {
  readonly kind: Store['kind'];
  readonly snapshots: SnapshotSource;
  #store: Store | undefined;
  readonly #bulk = new Bulk();

  constructor(store: Store) {
    this.kind = store.kind;
    this.#store = store;
    this.snapshots = {
      change: async () => (await this.#open.reading.selectFrom('bank').select('change').executeTakeFirstOrThrow()).change,
      view: (work) => this.#open.view(async (db, stream) => work(await viewOf(db, stream))),
    };
  }

  get #open(): Store {
    if (!this.#store) throw new EgideError('DISPOSED', 'this bank has been closed: open it again');
    return this.#store;
  }

  async lists(): Promise<BankList[]> {
    return (await this.#open.reading.selectFrom('list').selectAll().orderBy('name').execute()).map(listOf);
  }

  async addList(name: string, options: ListOptions = {}): Promise<BankList> {
    checkName(name);
    checkListOptions(options);
    return listOf(await this.#open.write((db) => ensureList(db, name, options)));
  }

  async setList(name: string, options: ListOptions): Promise<BankList> {
    checkListOptions(options);
    return listOf(await this.#open.write((db) => changeList(db, name, options)));
  }

  removeList(name: string): Promise<void> {
    return this.#open.write((db) => dropList(db, name));
  }

  async apply(list: string, batch: RecordBatch): Promise<SyncReport> {
    checkName(list);
    checkBatch(batch);
    const tally = new Tally(list);
    const counts = await this.#open.write(async (db) => {
      await ensureList(db, list, {});
      return applyBatch({ db, bulk: this.#bulk, list: await listToChange(db, list, undefined), now: Date.now() }, batch);
    });
    count(tally, batch, counts);
    return tally.report;
  }

  sync(list: string, source: Exchange | AsyncIterable<RecordBatch>, options: SyncOptions = {}): Promise<SyncReport> {
    checkCallOptions(options);
    return syncList(this.#open, this.#bulk, list, source, options);
  }

  async status(options: StatusOptions = {}): Promise<BankStatus> {
    checkCallOptions(options);
    return statusOf(this.#open, options);
  }

  async verify(options: { readonly signal?: AbortSignal } = {}): Promise<BankDamage> {
    checkCallOptions(options);
    return verifyBank(this.#open, options.signal);
  }

  compact(): Promise<void> {
    return this.#open.compact();
  }

  async close(): Promise<void> {
    const store = this.#store;
    this.#store = undefined;
    await store?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
