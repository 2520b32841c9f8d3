import type { HeldMemory } from '../backend.js';

/** A saved index at hand, until it is disposed of. */
export interface IndexFile extends HeldMemory {
  /** `mapped`: the file's own pages, shared by all who map it. `read`: a copy of it in this thread's memory. */
  readonly storage: 'mapped' | 'read';
}

/** How to save. */
export interface SaveFileOptions {
  /** Permissions of a new file, such as 0o600; one that is there keeps its own. Default: what the system gives. */
  readonly mode?: number;
  readonly signal?: AbortSignal | undefined;
  /** Decides, once all is written, whether it calls `replace`; what it leaves out is gone. Default: it does. */
  readonly settle?: (replace: () => Promise<void>) => Promise<void>;
}

/** Indexes in files; an entry for a runtime without files has none. */
export interface IndexFiles {
  /**
   * Maps a file, or reads it whole where it cannot be mapped. A mapped file must never be changed in place: the system ends a process
   * that reads a page which is gone. Replace it by saving, or by renaming another over it.
   *
   * @throws {EgideError} `NOT_FOUND`, `INVALID_ARGUMENT`, `OUT_OF_MEMORY`.
   */
  open(path: string): Promise<IndexFile>;
  /**
   * Reads a file in slices that are good until the next one is asked for, for memory of the caller's own.
   *
   * @throws {EgideError} `NOT_FOUND`, `INVALID_ARGUMENT`.
   */
  read(path: string): AsyncGenerator<Uint8Array, void, undefined>;
  /** What tells a file from any other that takes its place. Throws `NOT_FOUND`, `INVALID_ARGUMENT`. */
  stamp(path: string): Promise<string>;
  /** Does something of moments while nobody else, in whatever process, does so for the same path. Throws `WRITE_FAILED`, and what `work` throws. */
  alone<T>(path: string, work: () => Promise<T>): Promise<T>;
  /** Removes a file, if it is there. Throws `WRITE_FAILED`, `INVALID_ARGUMENT`. */
  remove(path: string): Promise<void>;
  /**
   * Replaces a file by the chunks: all of them or, whatever happens, none. A chunk of up to 4 MiB is copied before this gives way.
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `WRITE_FAILED`; the signal's reason; or what `chunks` or `settle` throws.
   */
  save(path: string, chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>, options?: SaveFileOptions): Promise<void>;
}
