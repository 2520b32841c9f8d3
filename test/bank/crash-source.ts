import type { Exchange } from '../../src/bank/exchange.js';
import type { BankRecord, RecordBatch } from '../../src/bank/record.js';
import { batch, record, signal } from './fixtures.js';

const STEPS = 60;
const STEP_RECORDS = 120;

/** A source that tells the same changes whenever it is asked: adds, replaces and withdraws, in steps. */
export class CrashSource implements Exchange {
  readonly kind = 'fake';
  readonly host = 'example.org';
  readonly #steps: number;

  constructor(steps = STEPS) {
    this.#steps = steps;
  }

  async *fetch(checkpoint: { step?: number } | undefined): AsyncGenerator<RecordBatch> {
    for (let step = checkpoint?.step ?? 0; step < this.#steps; ++step) yield batch(changesOf(step), { checkpoint: { step: step + 1 } });
  }

  isStale(): boolean {
    return false;
  }
}

function changesOf(step: number): (BankRecord | string)[] {
  return Array.from({ length: STEP_RECORDS }, (_, i) => {
    const number = step * 80 + i; // the last 40 of a step are told again by the next, otherwise
    if (number % 7 === step % 7) return `k${number}`;
    return record(`k${number}`, signal('md5', number + step), signal('pdq', number), signal('url', number));
  });
}

/** What a bank holds that was told everything: each record by its key. */
export function toldInTheEnd(steps = STEPS): Map<string, BankRecord> {
  const told = new Map<string, BankRecord>();
  for (let step = 0; step < steps; ++step)
    for (const change of changesOf(step)) {
      if (typeof change === 'string') told.delete(change);
      else told.set(change.key, change);
    }
  return told;
}
