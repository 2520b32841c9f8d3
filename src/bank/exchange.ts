import type { Checkpoint, RecordBatch } from './record.js';
import type { BankSignal } from './signal.js';

/** How to read a source. */
export interface FetchOptions {
  /** Types that are wanted; default: all. */
  readonly types?: readonly BankSignal[];
  readonly signal?: AbortSignal;
  /** Present time in milliseconds since 1970; default `Date.now()`. */
  readonly now?: number;
}

/** What a reviewer decided about an entry of somebody else's list. */
export interface Feedback {
  /** The source's own key of the entry. */
  readonly key: string;
  /** The signal that the reviewer saw match. */
  readonly signal: BankSignal;
  /** 32 bytes of a PDQ hash, and so on: for sources whose feedback names the hash. */
  readonly value: Uint8Array;
  readonly opinion: 'positive' | 'negative';
  /** The source's own reasons or tags (docs/exchanges.md). */
  readonly reasons?: readonly string[];
}

/**
 * A source that is read over a network, step by step (the `fetch_iter` contract of python-threatexchange). A client is stateless: it may be
 * stopped or killed at any moment and asked again from the last checkpoint that was kept.
 */
export interface Exchange {
  /** Such as `ncmec`. */
  readonly kind: string;
  /** Host that is asked, for people; never with credentials. */
  readonly host: string;
  /**
   * Reads on from `checkpoint`, or from the beginning without one.
   *
   * @throws {EgideError} `EXCHANGE_FAILED` if the source cannot be read on: refused credentials, no answer after all retries, an answer that
   *   is not the protocol; the message never has a hash or a credential. Or the signal's reason.
   */
  fetch(checkpoint: Checkpoint | undefined, options?: FetchOptions): AsyncIterable<RecordBatch>;
  /** Whether the source may have forgotten what was withdrawn since this checkpoint, so that everything must be read anew. */
  isStale(checkpoint: Checkpoint, now: number): boolean;
  /** Tells the source what a reviewer decided; absent where it takes no feedback. */
  readonly giveFeedback?: (feedback: Feedback, options?: { readonly signal?: AbortSignal }) => Promise<void>;
}
