import type { BankRecord, OpinionValue } from './record.js';
import type { BankSignal } from './signal.js';

/** A list as a snapshot has to know it. */
export interface SourceList {
  /** Number of the list in its bank, which never changes and is never given again. */
  readonly id: number;
  readonly name: string;
  /** A disabled list has no searchable signal. */
  readonly enabled: boolean;
  /** A negative list: what it carries vetoes a match of another list. Its signals are searchable as any other's. */
  readonly negative: boolean;
  /** When its source was last read to the end, in milliseconds since 1970; absent if it never was. */
  readonly syncedAt?: number;
}

/** An entry as a bank holds it now. */
export interface SourceEntry {
  /** Whole number from 1: the entry's own for as long as its list carries its key, and never given again. */
  readonly id: number;
  /** {@link SourceList.id}. */
  readonly list: number;
  readonly record: BankRecord;
  /** What this platform thinks of it. A `negative` one keeps the entry out of the search. */
  readonly own?: OpinionValue;
}

/** What an entry is called. */
export interface EntryName {
  /** {@link SourceEntry.id}. */
  readonly id: number;
  /** {@link SourceList.id}. */
  readonly list: number;
  readonly key: string;
  readonly category?: string;
}

/**
 * Searchable signals of one type, in columns: signal `i` has the bytes of `values` from `ends[i - 1]` (0 for the first) to `ends[i]`, and
 * belongs to the entry `entries[i]`. The arrays are the reader's own.
 */
export interface SignalSlice {
  readonly values: Uint8Array;
  readonly ends: Uint32Array;
  /** {@link SourceEntry.id}: whole numbers, which may pass 2^32. */
  readonly entries: Float64Array;
}

/** A searchable signal of one of some entries. */
export interface EntrySignal {
  readonly value: Uint8Array;
  /** Whose it is: a place in {@link EntrySlice.names}. */
  readonly at: number;
}

/** Some entries, with what is searchable of them. */
export interface EntrySlice {
  readonly names: readonly EntryName[];
  /** By type, those of one entry together. One that an entry carries twice as one type is given once. */
  readonly signals: ReadonlyMap<BankSignal, readonly EntrySignal[]>;
}

/** How to read slices. */
export interface SliceOptions {
  /** Items of a slice at most, 1 to 100,000; default 5,000: some milliseconds of reading (our own choice). */
  readonly slice?: number;
  readonly signal?: AbortSignal;
}

/** Which signals to read; without either, all. */
export interface SignalOptions extends SliceOptions {
  /** Those of these entries: {@link SourceEntry.id}, each once. They are put in order in memory. */
  readonly entries?: readonly number[];
  /** Those of these lists: {@link SourceList.id}. */
  readonly lists?: readonly number[];
}

/**
 * What changed after a {@link BankView.change}: read these again. A list that is named has changed in so many entries, or in whether it is
 * searched, that all of it has to be read; or it is negative, and what of other lists is searched changed with it. Everything that carries a value that is named has come into the search or gone from it.
 */
export interface BankChanges {
  /** {@link SourceEntry.id}, ascending: added, replaced, withdrawn (those {@link BankView.entries} no longer gives), or of another opinion. */
  readonly entries: readonly number[];
  /** {@link SourceList.id}, ascending; also of lists that were removed. */
  readonly lists: readonly number[];
  readonly values: readonly { readonly type: BankSignal; readonly value: Uint8Array }[];
}

/**
 * A bank as it was at one moment, whatever is written meanwhile. Reading entries throws `INVALID_BANK` for one that is not as it was kept. A signal is *searchable* while its entry's list is enabled, this platform's
 * own opinion of the entry is not negative, and the value is not in quarantine; a PDQ hash also has no quality below 50 and is not the zero
 * hash, and a signal of type `other` never is. So a value is searchable for as long as one entry makes it so.
 */
export interface BankView {
  /** Number of the last change that this view has. */
  readonly change: number;
  /** What tells this state from any other of this bank, or of another one: random, and new with each change; empty before the first. */
  readonly mark: string;
  /** Ascending by id. */
  lists(): Promise<readonly SourceList[]>;
  /**
   * Searchable signals of a type, or of several together, ascending by value (byte by byte, a beginning before what it begins), those of one
   * value by entry. One that an entry carries twice as one type is given once.
   */
  signals(types: BankSignal | readonly BankSignal[], options?: SignalOptions): AsyncIterable<SignalSlice>;
  /**
   * All entries, also of disabled lists, ascending by id: what they are called, and what of them is searchable. Much faster than {@link entries}
   * and {@link signals}.
   */
  scan(options?: { readonly signal?: AbortSignal }): AsyncIterable<EntrySlice>;
  /** All entries, also of disabled lists, ascending by id from `after` (default 0) on, which is not among them. */
  entries(options?: SliceOptions & { readonly after?: number }): AsyncIterable<readonly SourceEntry[]>;
  /** The entries with these ids that there are, ascending. */
  entriesOf(ids: readonly number[]): Promise<readonly SourceEntry[]>;
  /** The entries that carry one of these values, in no order and perhaps repeated. Looks at every entry. */
  carriers(values: BankChanges['values']): Promise<readonly number[]>;
  /**
   * `undefined` if the bank no longer knows, or `mark` is given and was not the bank's at that change (it is another bank, or was restored from
   * a copy): then everything has to be read.
   */
  changesSince(change: number, mark?: string): Promise<BankChanges | undefined>;
}

/** What snapshots are made from. */
export interface SnapshotSource {
  /** Number of the last change: grows with every transaction that alters what is searched or what a match says. */
  change(): Promise<number>;
  /**
   * Calls `work` with the bank as it is now, and lets go of it when `work` has settled. Writers do not wait for it.
   *
   * @throws {EgideError} `INVALID_BANK`, `BUSY`, `DISPOSED`; what `work` throws.
   */
  view<T>(work: (view: BankView) => Promise<T>): Promise<T>;
}
