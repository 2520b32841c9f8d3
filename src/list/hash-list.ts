import type { DigestType } from '../hash/digests.js';
import type { DigestIndex } from '../search/digest-index.js';
import type { PdqIndex } from '../search/pdq-index.js';
import type { PhotoDnaIndex } from '../search/photodna-index.js';

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

/** Why one record, or one signal of it, was not kept. The text never contains the hash. */
export interface Refusal {
  /** From 1, counted in the file as it is. */
  readonly line: number;
  readonly reason: string;
}

/** What became of every record of a list. `read = kept + duplicates + refused`, always. */
export interface ImportReport {
  readonly format: 'csv' | 'ndjson' | 'local_file';
  /** Records read (blank lines, comments and the header are not records). */
  readonly read: number;
  readonly kept: number;
  /** Records whose signals were all there already, with the same id, list and category. */
  readonly duplicates: number;
  /** Records with no signal that could be used. */
  readonly refused: number;
  /** Kept records that had a further signal which could not be used (a low-quality PDQ hash beside a good digest). */
  readonly partial: number;
  /** The first 1,000 reasons, in order, for refused and for partial records; the counts are whole. */
  readonly refusals: readonly Refusal[];
  /** Signals kept, by type. */
  readonly byType: Readonly<Record<SignalType, number>>;
}

/** A list that is ready to be searched, wherever it lies. */
export interface SearchableList {
  readonly name: string;
  /** Distinct entries: one id, list and category, which may carry several signals. */
  readonly entryCount: number;
  readonly pdq: Pick<PdqIndex, 'size' | 'search' | 'searchMany'>;
  /** One index for each type, empty if the list carries none. */
  readonly digests: Readonly<Record<DigestType, Pick<DigestIndex, 'size' | 'find'>>>;
  /** PhotoDNA hashes, if the list has any: they are asked with one that the caller brings. */
  readonly photodna?: Pick<PhotoDnaIndex, 'size' | 'search'>;
  /**
   * The entry behind an id that `pdq.search`, `digests[type].find` or `photodna.search` gave.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` if there is no such id; `DISPOSED` after disposal.
   */
  entry(id: number, signal: SignalType | 'photodna'): EntryRef;
}

/** A list held in memory and ready to be searched. */
export interface HashList extends SearchableList, Disposable {
  readonly pdq: PdqIndex;
  readonly digests: Readonly<Record<DigestType, DigestIndex>>;
  readonly report: ImportReport;
}
