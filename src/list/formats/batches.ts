import type { BankRecord, RecordBatch, RecordProblem } from '../../bank/record.js';
import { BANK_SIGNALS, type BankSignal, isSearchable } from '../../bank/signal.js';
import type { RecordTaker } from './format.js';

/** Problems that a report carries; the rest are counted (our own choice). */
const MAX_PROBLEMS = 1_000;

/** Gathers what a reader gives into batches, and counts it. */
export class Batches implements RecordTaker {
  read = 0;
  usable = 0;
  withdrawn = 0;
  problemCount = 0;
  /** Records with a signal of any type. */
  held = 0;
  readonly problems: RecordProblem[] = [];
  readonly byType = Object.fromEntries(BANK_SIGNALS.map((type) => [type, 0])) as Record<BankSignal, number>;
  #updates = new Map<string, BankRecord | null>();
  #pendingProblems: RecordProblem[] = [];
  #pendingRead = 0;

  /** Updates and problems that wait for the next batch. */
  get pending(): number {
    return this.#updates.size + this.#pendingProblems.length;
  }

  update(line: number, key: string, record: BankRecord | null, reasons: readonly string[]): void {
    this.#count();
    const before = this.#updates.size;
    this.#updates.set(key, record);
    if (this.#updates.size === before) {
      this.#updates.delete(key); // a key that stands twice has its later place
      this.#updates.set(key, record);
    }
    if (record === null) ++this.withdrawn;
    else {
      let usable = 0;
      for (const { type, value, quality } of record.signals) {
        ++this.byType[type];
        if (usable === 0 && isSearchable(type, value, quality)) usable = 1;
      }
      this.usable += usable;
      if (record.signals.length > 0) ++this.held;
    }
    if (reasons.length > 0) this.#note({ key, line, reason: reasons.join('; '), partial: true });
  }

  refuse(line: number, reason: string): void {
    this.#count();
    this.#note({ line, reason, partial: false });
  }

  /** Notes what is wrong with the file, and not with one of its records. */
  fault(reason: string): void {
    this.#note({ reason, partial: false });
  }

  /** Takes out what waits. */
  take(whole: RecordBatch['whole']): RecordBatch {
    const batch = { updates: this.#updates, problems: this.#pendingProblems, read: this.#pendingRead, ...(whole && { whole }) };
    this.#updates = new Map();
    this.#pendingProblems = [];
    this.#pendingRead = 0;
    return batch;
  }

  #count(): void {
    ++this.read;
    ++this.#pendingRead;
  }

  #note(problem: RecordProblem): void {
    ++this.problemCount;
    this.#pendingProblems.push(problem);
    if (this.problems.length < MAX_PROBLEMS) this.problems.push(problem);
  }
}
