import type { Exchange } from './exchange.js';
import type { Json, RecordBatch } from './record.js';
import type { SyncProgress, SyncReport } from './report.js';
import type { BankSignal } from './signal.js';
import type { SnapshotSource } from './snapshot-source.js';

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

/** Opens banks; only Node has one. */
export type OpenBank = (target: BankTarget, options?: OpenBankOptions) => Promise<Bank>;

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
  /** Closes the database once the work under way is done. Nothing else may be asked of the bank then. */
  close(): Promise<void>;
}
