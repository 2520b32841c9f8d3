import type { BankRecord } from '../../bank/record.js';
import { type ReadRecord, sameSignal } from './bank-record.js';
import type { RecordTaker } from './format.js';
import type { RecordKeys } from './record-keys.js';

/** Signals of one record that came in several (our own choice: it bounds what is held). */
const MAX_SIGNALS = 1_000;

/**
 * Makes one record of those that follow each other and have one id and one category: a list with one signal on each line has an entry on several.
 * Holds one record until the next comes.
 */
export class MergedRecords {
  readonly #keys: RecordKeys;
  readonly #taker: RecordTaker;
  #held: ReadRecord | undefined;
  #line = 0; // where it begins

  constructor(keys: RecordKeys, taker: RecordTaker) {
    this.#keys = keys;
    this.#taker = taker;
  }

  /** A record, or the reason why what begins at `line` is none. */
  take(line: number, read: ReadRecord | string): void {
    if (typeof read !== 'string' && this.#held && belongTogether(this.#held.record, read.record)) {
      const { record, reasons } = this.#held;
      this.#held = { record: merged(record, read.record), reasons: [...reasons, ...read.reasons] };
      return;
    }
    this.end();
    if (typeof read === 'string') this.#taker.refuse(line, read);
    else {
      this.#held = read;
      this.#line = line;
    }
  }

  /** Hands on what is held. */
  end(): void {
    if (!this.#held) return;
    const { record, reasons } = this.#held;
    this.#held = undefined;
    if (record.key === '' && record.signals.length === 0) {
      this.#taker.refuse(this.#line, reasons.join('; ')); // neither to be found nor to be withdrawn
      return;
    }
    const key = this.#keys.keyOf(record);
    this.#taker.update(this.#line, key, key === record.key ? record : { ...record, key }, reasons);
  }
}

function belongTogether(a: BankRecord, b: BankRecord): boolean {
  return a.key !== '' && a.key === b.key && a.category === b.category && a.signals.length + b.signals.length <= MAX_SIGNALS;
}

function merged(a: BankRecord, b: BankRecord): BankRecord {
  const tags = [...new Set([...(a.tags ?? []), ...(b.tags ?? [])])];
  const opinions = [...(a.opinions ?? []), ...(b.opinions ?? [])];
  const updatedAt = Math.max(a.updatedAt ?? -Infinity, b.updatedAt ?? -Infinity);
  const note = a.note ?? b.note;
  return {
    key: a.key,
    signals: [...a.signals, ...b.signals.filter((signal) => !a.signals.some((known) => sameSignal(known, signal)))],
    ...(a.category !== undefined && { category: a.category }),
    ...(tags.length > 0 && { tags }),
    ...(opinions.length > 0 && { opinions }),
    ...(Number.isFinite(updatedAt) && { updatedAt }),
    ...(note !== undefined && { note }),
  };
}
