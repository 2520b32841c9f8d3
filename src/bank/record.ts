import type { Signal } from './signal.js';

/** What somebody thinks of an entry: it belongs on the list, it does not, or it is contested. */
export type OpinionValue = 'positive' | 'negative' | 'disputed';

/** One party's opinion of an entry. */
export interface Opinion {
  /** Who holds it: the source's own name or id of a member, or `own` for this platform. */
  readonly by: string;
  readonly value: OpinionValue;
  /** Reasons, as their source names them. */
  readonly tags?: readonly string[];
}

/** One item of a list as its source holds it now: it takes the place of any earlier record with its key. */
export interface BankRecord {
  /** The source's own key; never a hash, since keys stand in verdicts and reports. Several keys may carry one hash. */
  readonly key: string;
  /** Empty for an item of which nothing can be used; it is held all the same, so that it can be replaced and withdrawn. */
  readonly signals: readonly Signal[];
  /** The source's own category text. */
  readonly category?: string;
  readonly tags?: readonly string[];
  readonly opinions?: readonly Opinion[];
  /** When the source last changed it, in milliseconds since 1970. */
  readonly updatedAt?: number;
  /** A text for people. */
  readonly note?: string;
}

/** Why a record, or a signal of one, was not kept. Never contains a hash, a URL or a credential. */
export interface RecordProblem {
  /** The source's own key, where it could be read. */
  readonly key?: string;
  /** From 1, where the record begins in a file. */
  readonly line?: number;
  readonly reason: string;
  /** Whether the rest of the record was kept. */
  readonly partial: boolean;
}

/** Anything that JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** How far a source has been read: opaque to the bank, which keeps it beside the records that it stands for. */
export type Checkpoint = { readonly [name: string]: Json };

/**
 * What one step of reading a source gave. Whoever keeps it does so in one transaction: all updates, in order, and the checkpoint with them;
 * then, and only then, may the source be asked for the next.
 */
export interface RecordBatch {
  /** By key; `null`: the source has withdrawn it. */
  readonly updates: ReadonlyMap<string, BankRecord | null>;
  readonly problems: readonly RecordProblem[];
  /** Records that this step read, also those that could not be used. */
  readonly read: number;
  /** From where to go on if nothing after this step is kept; `undefined`: from the checkpoint before. */
  readonly checkpoint?: Checkpoint;
  /**
   * `begin`: what follows is everything the source holds; `end`: it has been told of whole, so that what was held before `begin` and not
   * updated since is withdrawn. Both for a source that is told of in one step.
   */
  readonly whole?: 'begin' | 'end' | 'both';
}
