import type { Backend } from '../backend.js';
import type { Input } from '../input.js';
import type { Platform } from '../platform.js';
import type { Exchange, Feedback } from './exchange.js';
import type { BankRecord, Json, OpinionValue, RecordBatch } from './record.js';
import type { SyncProgress, SyncReport } from './report.js';
import type { BankSignal } from './signal.js';
import type { SnapshotSource } from './snapshot-source.js';
import type { Rematch, RematchOptions, UploadStatus, Uploads } from './uploads/upload.js';

/** Where a bank is: a folder, or a database on a server. */
export type BankTarget = string | PostgresTarget;

/** A bank in PostgreSQL. */
export interface PostgresTarget {
  /** A connection string, or what the `Pool` of the package `pg` takes. */
  readonly postgres: string | { readonly [option: string]: unknown };
  /** The schema that the bank's tables are in. Default `egide`. */
  readonly schema?: string;
}

/** How to open a bank. */
export interface OpenBankOptions {
  /** Whether to make a bank where there is none. Default true. */
  readonly create?: boolean;
}

/** What a bank needs of the library around it. */
export interface BankNeeds {
  readonly read: RecordReader;
  readonly backend: Backend;
  readonly platform: Platform;
}

/** Opens banks; only Node has one. */
export type OpenBank = (target: BankTarget, options: OpenBankOptions | undefined, needs: BankNeeds) => Promise<Bank>;

/** The records of a file, as whoever knows the formats of files reads them. */
export type RecordReader = (
  source: Input,
  options: Omit<ImportOptions, 'list' | 'onProgress'>,
) => AsyncIterable<RecordBatch> & { readonly report: FileReport };

/** What a file was. */
export interface FileReport {
  readonly format: string | undefined;
  /** Whether it was read to an end that is one. */
  readonly complete: boolean;
  /** Why it was not. */
  readonly fault?: string;
}

/** How to import a file (docs/lists.md). */
export interface ImportOptions {
  /** The list that it is kept in; added if there is none of this name. */
  readonly list: string;
  /** Default `auto`: told from the beginning of the file. */
  readonly format?: string;
  /** What a signal is when the file does not say. */
  readonly signalType?: string;
  /** Category of records that name none. */
  readonly category?: string;
  /** Whether the file is everything that its source holds, so that whatever it lacks is withdrawn. Default as docs/lists.md says of its format. */
  readonly whole?: boolean;
  /** Bytes of the longest record. Default 1 MiB. */
  readonly maxRecordBytes?: number;
  readonly signal?: AbortSignal;
  /** Called after each step that was kept. */
  readonly onProgress?: (progress: SyncProgress) => void;
}

/** What became of a file. */
export type FileImport = SyncReport & FileReport;

/** An entry of a list. */
export interface BankEntry {
  readonly list: string;
  readonly record: BankRecord;
  /** What this platform thinks of it. */
  readonly own?: OpinionValue;
}

/** What this platform thinks of an entry of somebody else's list. A `negative` one keeps the entry out of the search. */
export interface OwnOpinion {
  readonly value: OpinionValue;
  readonly tags?: readonly string[];
}

/** A value that is out of the search until a person releases it. */
export interface Quarantined {
  readonly type: BankSignal;
  readonly value: Uint8Array;
  readonly reason: string;
  /** Milliseconds since 1970. */
  readonly at: number;
}

/** Feedback that is still to be sent. */
export interface PendingFeedback {
  readonly id: number;
  readonly list: string;
  readonly feedback: Feedback;
  /** When it was added, in milliseconds since 1970. */
  readonly at: number;
}

/** What a reviewer decided about an entry of somebody else's list. */
export interface Decision {
  /** `negative` keeps the entry out of the search. */
  readonly opinion: 'positive' | 'negative';
  /** Type of the signal that the reviewer saw match; the entry must have one. */
  readonly signal: BankSignal;
  /** The source's own reasons or tags (docs/exchanges.md). */
  readonly reasons?: readonly string[];
}

/** How to follow and to stop the sending of feedback. */
export interface SendFeedbackOptions {
  readonly signal?: AbortSignal;
  /** Called after each that was sent, or failed. */
  readonly onProgress?: (progress: SendFeedbackProgress) => void;
  /** Present time in milliseconds since 1970; default `Date.now()`. */
  readonly now?: number;
}

/** How far the sending of feedback has come. */
export interface SendFeedbackProgress {
  readonly list: string;
  /** Feedback that its source has taken. */
  readonly sent: number;
  /** Feedback that stays in the queue. */
  readonly failed: number;
}

/** What became of the feedback on a list. */
export interface SendFeedbackReport extends SendFeedbackProgress {
  /** Why the first 1,000 that failed did; no reason has a hash in it. */
  readonly problems: readonly { readonly id: number; readonly reason: string }[];
}

/** What is to be told to sources, kept until it was. */
export interface FeedbackQueue {
  /** Returns the number by which it is marked as sent. */
  add(list: string, feedback: Feedback, options?: { readonly now?: number }): Promise<number>;
  /** Oldest first; at most `limit` (default 1,000). */
  pending(options?: { readonly list?: string; readonly limit?: number }): Promise<PendingFeedback[]>;
  /** Throws `INVALID_ARGUMENT` if there is no such feedback, or it was sent already. */
  markSent(id: number, options?: { readonly now?: number }): Promise<void>;
  /**
   * Tells the source of a list all that is still to be told, oldest first, and marks each as sent once the source has answered. What fails
   * stays in the queue and stops nothing else. Killed between an answer and its mark, it tells that once more the next time.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if there is no such list, it is of another kind, or the source takes no feedback.
   */
  send(list: string, exchange: Exchange, options?: SendFeedbackOptions): Promise<SendFeedbackReport>;
}

/** Whether an entry that must always be found would be. */
export interface Canary {
  readonly key: string;
  readonly found: boolean;
}

/** What a list is. */
export interface ListOptions {
  /** Such as `ncmec`, of an exchange; `file` for what is imported, `own` for what this platform adds. Default `file`. */
  readonly kind?: string;
  /** What its exchange needs besides credentials, which are never kept: address, collection and so on. */
  readonly settings?: { readonly [name: string]: Json };
  /** Whether its signals are searched. Default true. */
  readonly enabled?: boolean;
  /** Whether it vetoes: what it carries is known to be harmless. Default false. */
  readonly negative?: boolean;
}

/** A list that a bank holds. */
export interface BankList extends Required<ListOptions> {
  readonly name: string;
  readonly entries: number;
}

/** How to follow and to stop a sync. */
export interface SyncOptions {
  /** Types that are asked for, if the source is an exchange; default: all. */
  readonly types?: readonly BankSignal[];
  readonly signal?: AbortSignal;
  /** Called after each step that was kept. */
  readonly onProgress?: (progress: SyncProgress) => void;
  /** Present time in milliseconds since 1970; default `Date.now()`. */
  readonly now?: number;
}

/** Signals by type; a type of which there is none is absent. */
export type SignalCounts = Partial<Record<BankSignal, number>>;

/** How a list stands. Times are milliseconds since 1970. */
export interface ListStatus extends BankList {
  /** Absent unless asked for. */
  readonly signals?: SignalCounts;
  /** When the checkpoint was kept that the next sync goes on from; absent if there is none. */
  readonly checkpointAt?: number;
  /** When a sync last came to the end of what the source had to tell; absent if none has. */
  readonly syncedAt?: number;
  /** Milliseconds since then. */
  readonly sinceSyncMs?: number;
  /** Whether the list is being read anew as a whole: until that is done, what the source has withdrawn is still there. */
  readonly sweeping: boolean;
}

/** How a bank stands. */
export interface BankStatus {
  readonly kind: Bank['kind'];
  /** Number of the last change: what was made from an earlier one is stale. */
  readonly change: number;
  readonly entries: number;
  readonly byteLength: number;
  /** By name. */
  readonly lists: readonly ListStatus[];
  /** Values in quarantine. */
  readonly quarantined: number;
  /** Feedback that is still to be sent. */
  readonly feedbackPending: number;
  /** By key. */
  readonly canaries: readonly Canary[];
  readonly uploads: UploadStatus;
}

/** What to find out. */
export interface StatusOptions {
  /** Whether to count signals by type, which reads every entry: some seconds for ten million. Default false. */
  readonly signals?: boolean;
  readonly signal?: AbortSignal;
  /** Present time in milliseconds since 1970; default `Date.now()`. */
  readonly now?: number;
}

/** What was found wrong in a bank. */
export interface BankDamage {
  readonly ok: boolean;
  /** In words, without any value that the bank holds. */
  readonly problems: readonly string[];
}

/**
 * The lists that a platform holds, kept in a database (docs/bank.md). What is searched is a snapshot made from it.
 *
 * Besides what they name, all methods throw `EgideError` with `INVALID_ARGUMENT`, `DISPOSED`, `BUSY` if another process is writing for
 * longer than ten seconds, `WRITE_FAILED` if the database cannot be written, `INVALID_BANK` if it is damaged, and `NOT_FOUND` if its
 * server is gone; or the signal's reason. What fails has changed nothing, but for the steps of a sync that were reported.
 */
export interface Bank extends AsyncDisposable {
  /** Where the database is: in a folder, or on a server. */
  readonly kind: 'embedded' | 'postgres';
  /** All lists, by name. */
  lists(): Promise<BankList[]>;
  /** Adds a list; one of this name stays as it is. */
  addList(name: string, options?: ListOptions): Promise<BankList>;
  /** Changes what is said of a list: turns it on or off, for example. */
  setList(name: string, options: ListOptions): Promise<BankList>;
  /** Takes a list away with everything that hangs on it. */
  removeList(name: string): Promise<void>;
  /** Keeps one step of a source, all of it or nothing; adds the list if there is none of this name. */
  apply(list: string, batch: RecordBatch): Promise<SyncReport>;
  /**
   * Keeps everything that a source tells, step by step, from where the last sync of the list ended; adds the list if there is none of this
   * name. It may be stopped or killed at any moment, and goes on when it is called again.
   *
   * @throws {EgideError} `EXCHANGE_FAILED` and whatever else the source throws; `BUSY` if somebody else changes the list meanwhile.
   */
  sync(list: string, source: Exchange | AsyncIterable<RecordBatch>, options?: SyncOptions): Promise<SyncReport>;
  /**
   * Keeps the records of a file, read as a stream, some thousands in one transaction; adds the list if there is none of this name.
   *
   * @throws {EgideError} `INVALID_LIST` if the file is in none of the formats or nothing in it can be used, `NOT_FOUND`, `NO_FILESYSTEM`.
   */
  import(source: Input, options: ImportOptions): Promise<FileImport>;
  /**
   * Adds this platform's own entries, or replaces them, all or none.
   *
   * @param options.list Default `own`.
   * @throws {EgideError} `INVALID_ARGUMENT` if anything of a record cannot be kept.
   */
  add(records: BankRecord | readonly BankRecord[], options?: { readonly list?: string }): Promise<SyncReport>;
  /** Takes entries away. Returns how many there were. */
  remove(list: string, keys: readonly string[]): Promise<number>;
  /** The entry of a list that has this key. */
  entry(list: string, key: string): Promise<BankEntry | undefined>;
  /** All entries of a list, by key. Each slice is read when it is asked for: what is written meanwhile may be among them. */
  entries(list: string): AsyncIterable<BankEntry>;
  /** Where a value comes from: all entries that carry it. Looks at every entry. */
  find(type: BankSignal, value: Uint8Array): Promise<BankEntry[]>;
  /**
   * Says, or with `null` takes back, what this platform thinks of an entry. It stays when the source replaces the entry, or withdraws it and
   * tells of it again.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if the list has no such entry.
   */
  opine(list: string, key: string, opinion: OwnOpinion | null): Promise<void>;
  /**
   * Keeps what a reviewer decided about an entry, at once: as this platform's opinion, and as feedback to be sent to the list's source, in
   * the place of feedback on the same entry and type of signal that was not sent yet.
   *
   * @returns The number of the feedback; `undefined` for a list that has no source to tell: one of kind `file` or `own`.
   * @throws {EgideError} `INVALID_ARGUMENT` if the list has no such entry, or the entry no such signal.
   */
  decide(list: string, key: string, decision: Decision, options?: { readonly now?: number }): Promise<number | undefined>;
  /** What is to be told to sources. */
  readonly feedback: FeedbackQueue;
  /** Takes a value out of the search, whoever carries it: one that suddenly matches far too much, for example. */
  quarantine(type: BankSignal, value: Uint8Array, options: { readonly reason: string; readonly now?: number }): Promise<void>;
  /** Lets a value into the search again. Returns whether it was out. */
  release(type: BankSignal, value: Uint8Array): Promise<boolean>;
  /**
   * Takes what one entry carries of a type out of the search, whoever carries it, without the caller's having to know it: what a match names as
   * its `signal`. As `md5` and `sha256` the digests of videos are meant, too.
   *
   * @returns How many values.
   * @throws {EgideError} `INVALID_ARGUMENT` if the list has no such entry, or the entry nothing of the type.
   */
  quarantineEntry(
    list: string,
    key: string,
    type: BankSignal,
    options: { readonly reason: string; readonly now?: number },
  ): Promise<number>;
  /**
   * Lets what one entry carries of a type into the search again. Returns how many values were out.
   *
   * @throws {EgideError} As {@link Bank.quarantineEntry}.
   */
  releaseEntry(list: string, key: string, type: BankSignal): Promise<number>;
  /** What is out of the search, oldest first. */
  quarantined(): Promise<Quarantined[]>;
  /** Adds an own synthetic entry that must always be found, in the list `canary`: `status` says whether it would be. */
  addCanary(record: BankRecord): Promise<void>;
  /** The signatures of past uploads. */
  readonly uploads: Uploads;
  /**
   * The kept uploads that match what came into the search since a rematch last came to its end: entries that were added or changed, lists that
   * were turned on, values that were released. Each match of an upload and an entry is told once for each type of signal; of lists that
   * are not negative. Nothing else of the bank waits, but room of what is deleted meanwhile is not used again until it ends.
   *
   * The changes are marked as done when the last match was taken: one that is left early, fails or is killed begins anew the next time, and
   * what was told is told again (docs/rematch.md).
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  rematch(options: RematchOptions): AsyncGenerator<Rematch, void, undefined>;
  status(options?: StatusOptions): Promise<BankStatus>;
  /** Looks for damage in the database and for what contradicts itself; reads all of it, and holds the event loop while it does. */
  verify(options?: { readonly signal?: AbortSignal }): Promise<BankDamage>;
  /** Gives back the room of what was withdrawn. Needs as much room again while it works, and holds the event loop. */
  compact(): Promise<void>;
  /**
   * What snapshots are made from.
   *
   * @internal
   */
  readonly snapshots: SnapshotSource;
  /**
   * Closes the database once the transactions under way are done. All else is refused with `DISPOSED` from the call on, also the next step of a
   * sync or of a reading; what was kept stays, and a sync goes on from there the next time.
   */
  close(): Promise<void>;
}
