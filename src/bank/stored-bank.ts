import { checkCallOptions, EgideError, invalid } from '../errors.js';
import type { Input } from '../input.js';
import { applyBatch, count, listToChange } from './apply.js';
import type {
  Bank,
  BankDamage,
  BankEntry,
  BankList,
  BankNeeds,
  BankStatus,
  Decision,
  FeedbackQueue,
  FileImport,
  ImportOptions,
  ListOptions,
  OwnOpinion,
  Quarantined,
  StatusOptions,
  SyncOptions,
} from './bank.js';
import { Bulk } from './bulk.js';
import { closedBank } from './database-error.js';
import type { Exchange } from './exchange.js';
import { checkDecision, feedbackQueue, keepDecision } from './feedback.js';
import { allLists } from './list-row.js';
import { changeList, checkListOptions, checkName, dropList, ensureList, listOf, listRow } from './lists.js';
import {
  checkKey,
  checkOpinion,
  checkSignal,
  entriesOfList,
  entriesWith,
  entryWithKey,
  putInQuarantine,
  quarantineOf,
  setOpinion,
  signalsOfEntry,
  takeFromQuarantine,
} from './own.js';
import type { BankRecord, RecordBatch } from './record.js';
import { type SyncReport, Tally } from './report.js';
import type { BankSignal } from './signal.js';
import type { SnapshotSource } from './snapshot-source.js';
import { CANARY_LIST, statusOf } from './status.js';
import type { Store } from './store.js';
import { checkBatch, syncList } from './sync.js';
import { rematch } from './uploads/rematch.js';
import type { Rematch, RematchOptions, Uploads } from './uploads/upload.js';
import { uploadsOf } from './uploads/uploads.js';
import { verifyBank } from './verify.js';
import { viewOf } from './view.js';

/** The list of this platform's own entries. */
const OWN_LIST = 'own';
/** Records of a file that one transaction takes: of more of them, forcing the disk costs little (our own choice). */
const IMPORTED_TOGETHER = 20_000;
/** Entries that are read at once (our own choice). */
const SLICE = 1_000;

/** A {@link Bank} over a database. */
export class StoredBank implements Bank {
  readonly kind: Store['kind'];
  readonly snapshots: SnapshotSource;
  #store: Store | undefined;
  #closing: Promise<void> | undefined;
  readonly #bulk: Bulk;

  readonly feedback: FeedbackQueue = feedbackQueue(() => this.#open);
  readonly uploads: Uploads = uploadsOf(() => this.#open);
  readonly #needs: BankNeeds;

  constructor(store: Store, needs: BankNeeds) {
    this.kind = store.kind;
    this.#store = store;
    this.#bulk = new Bulk(store);
    this.#needs = needs;
    this.snapshots = {
      change: async () => (await this.#open.reading.selectFrom('bank').select('change').executeTakeFirstOrThrow()).change,
      view: (work) => this.#open.view(async (db, reads) => work(await viewOf(db, reads))),
    };
  }

  get #open(): Store {
    if (!this.#store) throw closedBank();
    return this.#store;
  }

  async lists(): Promise<BankList[]> {
    return (await allLists(this.#open.reading)).map(listOf);
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

  async import(source: Input, options: ImportOptions): Promise<FileImport> {
    if (typeof options !== 'object' || options === null) throw invalid('options', '{ list, … }', options);
    checkCallOptions(options);
    const { list, onProgress: _, ...reading } = options; // progress is of what was kept, not of what was read
    const records = this.#needs.read(source, reading);
    const report = await syncList(this.#open, this.#bulk, list, records, options, IMPORTED_TOGETHER);
    const { format, complete, fault } = records.report;
    return { ...report, format, complete, ...(fault === undefined ? {} : { fault }) };
  }

  async add(records: BankRecord | readonly BankRecord[], { list = OWN_LIST }: { readonly list?: string } = {}): Promise<SyncReport> {
    const all = Array.isArray(records) ? (records as readonly BankRecord[]) : [records as BankRecord];
    return this.#addAll(checkName(list), 'own', all);
  }

  async #addAll(list: string, kind: string, records: readonly BankRecord[]): Promise<SyncReport> {
    const batch = { updates: new Map(records.map((record) => [record.key, record])), problems: [], read: records.length };
    const tally = new Tally(list);
    const counts = await this.#open.write(async (db) => {
      await ensureList(db, list, { kind });
      const applied = await applyBatch({ db, bulk: this.#bulk, list: await listToChange(db, list, undefined), now: Date.now() }, batch);
      const [problem] = applied.problems;
      if (problem) throw new EgideError('INVALID_ARGUMENT', `records: ${problem.reason}; none was added`);
      return applied;
    });
    count(tally, batch, counts);
    return tally.report;
  }

  async remove(list: string, keys: readonly string[]): Promise<number> {
    await listRow(this.#open.reading, list);
    const updates = new Map(keys.map((key) => [checkKey(key), null] as const));
    return (await this.apply(list, { updates, problems: [], read: 0 })).withdrawn;
  }

  async entry(list: string, key: string): Promise<BankEntry | undefined> {
    return entryWithKey(this.#open.reading, list, checkKey(key));
  }

  async *entries(list: string): AsyncGenerator<BankEntry> {
    const row = await listRow(this.#open.reading, list);
    for await (const slice of entriesOfList(this.#open.reading, row, SLICE)) yield* slice;
  }

  async find(type: BankSignal, value: Uint8Array): Promise<BankEntry[]> {
    checkSignal(type, value);
    return entriesWith(this.#open.reading, type, value);
  }

  async opine(list: string, key: string, opinion: OwnOpinion | null): Promise<void> {
    checkKey(key);
    checkOpinion(opinion);
    await this.#open.write((db) => setOpinion(db, list, key, opinion, Date.now()));
  }

  async decide(
    list: string,
    key: string,
    decision: Decision,
    { now = Date.now() }: { readonly now?: number } = {},
  ): Promise<number | undefined> {
    checkKey(key);
    checkDecision(decision);
    checkOpinion({ value: decision.opinion, tags: decision.reasons ?? [] });
    return this.#open.write((db) => keepDecision(db, list, key, decision, now));
  }

  async quarantine(
    type: BankSignal,
    value: Uint8Array,
    { reason, now = Date.now() }: { readonly reason: string; readonly now?: number },
  ): Promise<void> {
    checkSignal(type, value);
    await this.#open.write((db) => putInQuarantine(db, type, value, reason, now));
  }

  async release(type: BankSignal, value: Uint8Array): Promise<boolean> {
    checkSignal(type, value);
    return this.#open.write((db) => takeFromQuarantine(db, type, value));
  }

  async quarantineEntry(
    list: string,
    key: string,
    type: BankSignal,
    { reason, now = Date.now() }: { readonly reason: string; readonly now?: number },
  ): Promise<number> {
    checkKey(key);
    return this.#open.write(async (db) => {
      const signals = await signalsOfEntry(db, list, key, type);
      for (const one of signals) await putInQuarantine(db, one.type, one.value, reason, now);
      return signals.length;
    });
  }

  async releaseEntry(list: string, key: string, type: BankSignal): Promise<number> {
    checkKey(key);
    return this.#open.write(async (db) => {
      let released = 0;
      for (const one of await signalsOfEntry(db, list, key, type)) released += Number(await takeFromQuarantine(db, one.type, one.value));
      return released;
    });
  }

  async quarantined(): Promise<Quarantined[]> {
    return quarantineOf(this.#open.reading);
  }

  async addCanary(record: BankRecord): Promise<void> {
    await this.#addAll(CANARY_LIST, 'canary', [record]);
  }

  rematch(options: RematchOptions): AsyncGenerator<Rematch, void, undefined> {
    return rematch(this.#open, this.#needs, options);
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
    this.#closing ??= this.#store?.close();
    this.#store = undefined;
    await this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
