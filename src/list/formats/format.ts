import type { BankRecord } from '../../bank/record.js';

/** The formats of files that a bank reads (docs/lists.md). */
export const BANK_FORMATS = ['csv', 'ndjson', 'local_file', 'digests', 'vics', 'icse', 'ncmec-xml'] as const;

/** One of {@link BANK_FORMATS}. */
export type BankFormat = (typeof BANK_FORMATS)[number];

/** Takes what a reader makes of a file, in its order. No reason ever has text of the list in it. */
export interface RecordTaker {
  /**
   * A record as it is now, or `null`: withdrawn.
   *
   * @param line From 1, where it begins.
   * @param reasons Why part of it could not be used.
   * @param at Since when it is so, in milliseconds since 1970, where the format says.
   */
  update(line: number, key: string, record: BankRecord | null, reasons: readonly string[], at?: number): void;
  /** What begins at `line` is no record. */
  refuse(line: number, reason: string): void;
}

/** Reads one format from pieces of bytes; holds one record. */
export interface FormatReader {
  /** Why the file is not read on: nothing that is pushed after it is looked at. */
  readonly fault: string | undefined;
  push(bytes: Uint8Array): void;
  /** Nothing follows. Returns why the file is not whole, if it is not. */
  end(): string | undefined;
}

/** How to read a file. */
export interface FormatOptions {
  /** What a signal is when the file does not say: a name of a type. */
  readonly signalType: string | undefined;
  /** Category of records that name none. */
  readonly category: string;
  /** Bytes of one record. */
  readonly maxRecordBytes: number;
}
