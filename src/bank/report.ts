import type { RecordProblem } from './record.js';

/** Problems that a report names; the counts are whole (our own choice). */
export const MAX_PROBLEMS = 1_000;

/** What became of what a source told. `read` counts its records: those added, replaced, unchanged and refused, and those that withdraw an entry. */
export interface SyncReport {
  readonly list: string;
  /** Steps of the source that were kept. */
  readonly steps: number;
  /** Records read, also those that could not be used. */
  readonly read: number;
  readonly added: number;
  /** There already, and otherwise. */
  readonly replaced: number;
  /** There already, and the same. */
  readonly unchanged: number;
  /** Entries that are gone: withdrawn one by one, or not told of any more when the source told of everything. */
  readonly withdrawn: number;
  /** Records of which nothing was kept. */
  readonly refused: number;
  /** Signals that could not be kept of records that were. */
  readonly partial: number;
  /** The first 1,000, of refused and of partial records. */
  readonly problems: readonly RecordProblem[];
}

/** How far a sync has come. */
export type SyncProgress = Omit<SyncReport, 'problems'>;

/** Adds up a {@link SyncReport}. */
export class Tally {
  steps = 0;
  read = 0;
  added = 0;
  replaced = 0;
  unchanged = 0;
  withdrawn = 0;
  refused = 0;
  partial = 0;
  readonly #list: string;
  readonly #problems: RecordProblem[] = [];

  constructor(list: string) {
    this.#list = list;
  }

  note(problems: readonly RecordProblem[]): void {
    for (const problem of problems) {
      if (problem.partial) this.partial += 1;
      else this.refused += 1;
      if (this.#problems.length < MAX_PROBLEMS) this.#problems.push(problem);
    }
  }

  get progress(): SyncProgress {
    const { steps, read, added, replaced, unchanged, withdrawn, refused, partial } = this;
    return { list: this.#list, steps, read, added, replaced, unchanged, withdrawn, refused, partial };
  }

  get report(): SyncReport {
    return { ...this.progress, problems: this.#problems };
  }
}
