import type { Action } from '../verdict.js';

/** How to ask a service once. */
export interface LookUpOptions {
  readonly signal?: AbortSignal;
}

/** Something else that the service says the upload is like. */
export interface RemoteDetail {
  readonly classification: string;
  /** Of a video, milliseconds from its beginning. */
  readonly timestampMs?: number;
  /** In the service's own measure. */
  readonly distance?: number;
}

/** One thing that a service knows of an upload. It never carries a digest or hash of listed material. */
export interface RemoteFinding {
  /** `exact`: it is the very file; `near`: it is like one. */
  readonly matchType: 'exact' | 'near';
  /** The service's own word: a class, or the name of a bank. */
  readonly classification: string;
  /** Whether that word is one that the client knows; a policy may know it all the same. */
  readonly isKnown: boolean;
  /** The service's own key of the entry, where it tells one. */
  readonly id?: string;
  /** Bits that differ, 0 to 256, where the service tells. */
  readonly distance?: number;
  /** Of PDQ hashes: which of those that were sent, from 0. */
  readonly query?: number;
  readonly details?: readonly RemoteDetail[];
}

/**
 * A service that is asked about an upload over a network. An answer is whole or it is an error: a service that cannot tell, is late, or says
 * something that its client does not understand throws `EXCHANGE_FAILED`, which a scan turns into `could-not-tell`.
 */
export interface RemoteService {
  /** What matches call it, and under which a policy may have rules for it. */
  readonly name: string;
  /** Host that is asked, for people; never with credentials. */
  readonly host: string;
  /**
   * Sends the file itself.
   *
   * @param mediaType Such as `image/jpeg`.
   * @returns What the service knows of it; empty if nothing.
   * @throws {EgideError} `EXCHANGE_FAILED`; or the signal's reason.
   */
  lookUpMedia(bytes: Uint8Array, mediaType: string, options?: LookUpOptions): Promise<readonly RemoteFinding[]>;
  /**
   * Sends PDQ hashes, of 32 bytes each, and nothing else.
   *
   * @throws {EgideError} `EXCHANGE_FAILED`; or the signal's reason.
   */
  lookUpPdq(hashes: readonly Uint8Array[], options?: LookUpOptions): Promise<readonly RemoteFinding[]>;
}

/** A service that a shield asks too. */
export interface RemoteList {
  /** What `arachnidShield` or `hmaLookup` gave, or one of your own. */
  readonly service: RemoteService;
  /** What leaves this machine: PDQ hashes of the frames, or the file itself. There is no default. */
  readonly send: 'pdq' | 'media';
  /** Default `unless-blocked`: it is not asked about what the lists block already. */
  readonly when?: 'unless-blocked' | 'always';
}

/** What a policy does with a class of a service, by its name. */
export type ClassificationActions = Readonly<Record<string, Action>>;
