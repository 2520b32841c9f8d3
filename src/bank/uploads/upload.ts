/** What is kept of an upload, so that it can be matched with what comes later: signatures, never the picture. At least one of them. */
export interface KeptUpload {
  /** The platform's own name for it, 1 to 255 bytes of UTF-8. Nothing looks whether it was kept before. */
  readonly id: string;
  /** When it was uploaded, in milliseconds since 1970. */
  readonly at: number;
  /** PDQ hashes, 32 bytes each, 31 at most: one, or one for each frame and orientation that is to be found. */
  readonly pdq?: Uint8Array;
  /** 16 bytes. */
  readonly md5?: Uint8Array;
  /** 20 bytes. */
  readonly sha1?: Uint8Array;
  /** 32 bytes. */
  readonly sha256?: Uint8Array;
}

/** How to keep uploads. */
export interface KeepOptions {
  /**
   * What they were scanned with, all of them: `verdict.snapshot.change`. The next rematch takes what came into the search after it. Default 0: they
   * were not scanned, and the next rematch compares them with everything.
   */
  readonly change?: number;
}

/** How to find uploads whose time has come. */
export interface ExpireOptions {
  /** What was uploaded before goes: milliseconds since 1970. Default: as `retentionMs` says. */
  readonly before?: number;
  /** How long uploads are kept, in milliseconds. Default: what {@link Uploads.retain} was told. */
  readonly retentionMs?: number;
  /** Present time in milliseconds since 1970; default `Date.now()`. */
  readonly now?: number;
  readonly signal?: AbortSignal;
}

/** The signatures of past uploads that a bank keeps (docs/rematch.md). */
export interface Uploads {
  /**
   * Keeps uploads, all or none; they are on the disk when this returns.
   *
   * @param uploads 20,000 at most; thousands together take a fraction of the time of one by one. Copied before this returns.
   * @throws {EgideError} `INVALID_ARGUMENT` if one of them is malformed, or `change` is above the bank's.
   */
  keep(uploads: KeptUpload | readonly KeptUpload[], options?: KeepOptions): Promise<void>;
  /** Deletes the uploads with these ids, and returns how many there were. Stopped or killed, some are gone: call it again. */
  forget(ids: string | readonly string[], options?: { readonly signal?: AbortSignal }): Promise<number>;
  /**
   * Deletes the uploads whose time has come, and returns how many there were. Stopped or killed, some are gone: call it again.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if neither is given and the bank has no retention time.
   */
  expire(options?: ExpireOptions): Promise<number>;
  /**
   * Sets how long uploads are kept, in milliseconds; `null` for no end, as at first. `expire` deletes what is older, and a rematch no longer
   * tells of it.
   */
  retain(retentionMs: number | null): Promise<void>;
}

/** How the uploads of a bank stand. Times are milliseconds since 1970. */
export interface UploadStatus {
  /** Kept uploads. */
  readonly count: number;
  /** PDQ hashes of them. */
  readonly hashes: number;
  /** The first and the last time of upload; absent without uploads. */
  readonly firstAt?: number;
  readonly lastAt?: number;
  /** How long uploads are kept; absent for no end. */
  readonly retentionMs?: number;
  /** The change of the bank up to which a rematch has come to its end; 0 if none has. */
  readonly rematchedTo: number;
}

/** Signals that uploads are matched by. */
export const UPLOAD_DIGESTS = ['md5', 'sha1', 'sha256'] as const;

/** An upload that an entry matches. */
export interface Rematch {
  readonly upload: { readonly id: string; readonly at: number };
  readonly entry: { readonly list: string; readonly key: string; readonly category?: string };
  /** By what. */
  readonly signal: 'pdq' | (typeof UPLOAD_DIGESTS)[number];
  /** Of `pdq`: bits that differ, the least of all hashes of the two. */
  readonly distance?: number;
  /** Of `pdq`: whether the upload is the entry's negative. */
  readonly negative?: boolean;
}

/** How far a rematch has come. */
export interface RematchProgress {
  /** Uploads that were looked at. */
  readonly uploads: number;
  /** Uploads that there are to look at. */
  readonly total: number;
  /** PDQ hashes and digests that came into the search, with which they are compared. */
  readonly signals: number;
  readonly matches: number;
}

/** How to match kept uploads anew. */
export interface RematchOptions {
  /**
   * Bits, a whole number from 0 to 256, inclusive. There is no default: 31 is what python-threatexchange calls a confident PDQ match
   * (`PDQ_CONFIDENT_MATCH_THRESHOLD`); measure your own.
   */
  readonly maxDistance: number;
  /** Asks again: about all that came into the search after this change of the bank, 0 for everything. Nothing is marked as done then. */
  readonly since?: number;
  /**
   * Names of the lists that are asked about; default: all that are on and not negative. Nothing is marked as done then. What a negative list
   * carries is never told of; what one no longer carries is told of by the next rematch with `since`.
   */
  readonly lists?: readonly string[];
  readonly signal?: AbortSignal;
  /** Called some times a second. */
  readonly onProgress?: (progress: RematchProgress) => void;
  /** Present time in milliseconds since 1970, for the retention time; default `Date.now()`. */
  readonly now?: number;
}
