import type { DigestIndex } from '../search/digest-index.js';
import type { HashIndex } from '../search/hash-index.js';

/** The signal types that a list can carry. */
export type SignalType = 'pdq' | 'md5' | 'sha1' | 'sha256';

/** What a match says about the entry that was hit. */
export interface EntryRef {
  /** The source's own key; the line number as text where the source gives none. */
  readonly id: string;
  /** Name of the list. */
  readonly list: string;
  /** The list's own category text, if any. */
  readonly category?: string;
}

/** Why one line was not kept. The text never contains the hash. */
export interface Refusal {
  /** From 1, counted in the file as it is. */
  readonly line: number;
  readonly reason: string;
}

/** What became of every record of a list. `read = kept + duplicates + refused`. */
export interface ImportReport {
  readonly format: 'csv' | 'ndjson' | 'local_file';
  /** Records read (blank lines, comments and the header are not records). */
  readonly read: number;
  readonly kept: number;
  /** Records whose signal, id and list were already there. */
  readonly duplicates: number;
  readonly refused: number;
  /** The first 1,000 refusals, in order; `refused` has the whole count. */
  readonly refusals: readonly Refusal[];
  /** Kept, by signal type. */
  readonly byType: Readonly<Record<SignalType, number>>;
}

/** A list held in memory and ready to be searched. */
export interface HashList extends Disposable {
  readonly name: string;
  readonly report: ImportReport;
  /** Distinct entries (one entry may carry several signals). */
  readonly entryCount: number;
  readonly pdq: HashIndex;
  readonly digests: DigestIndex;
  /** The entry behind a position that `pdq.search` or `digests.find` gave. */
  entry(position: number, signal: SignalType): EntryRef;
}
