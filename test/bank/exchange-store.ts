import { expect } from 'vitest';
import type { Exchange, FetchOptions } from '../../src/bank/exchange.js';
import type { BankRecord, Checkpoint, RecordBatch, RecordProblem } from '../../src/bank/record.js';
import type { Fake, Truth } from '../../src/fakes/fake.js';
import { bytesToHex } from '../../src/hash/encoding.js';

/** The simplest bank that honours the contract of a source: records by key, one checkpoint, and what a whole reading has not met yet. */
export class Store {
  readonly held = new Map<string, BankRecord>();
  readonly problems: RecordProblem[] = [];
  checkpoint: Checkpoint | undefined;
  read = 0;
  #unmet: Set<string> | undefined;

  /** Keeps one batch, as in one transaction. What is not JSON would not survive being kept. */
  keep(batch: RecordBatch): void {
    if (batch.whole === 'begin' || batch.whole === 'both') this.#unmet = new Set(this.held.keys());
    for (const [key, record] of batch.updates) {
      this.#unmet?.delete(key);
      if (record) expect(record.key).toBe(key);
      if (record) this.held.set(key, record);
      else this.held.delete(key);
    }
    if (batch.whole === 'end' || batch.whole === 'both') {
      for (const key of this.#unmet ?? []) this.held.delete(key);
      this.#unmet = undefined;
    }
    if (batch.checkpoint) this.checkpoint = JSON.parse(JSON.stringify(batch.checkpoint)) as Checkpoint;
    this.problems.push(...batch.problems);
    this.read += batch.read;
  }

  /** In the form of a fake's truth. Records without a signal are held, and nothing can match them. */
  truth(): Truth {
    const signalsOf = ({ signals }: BankRecord): string[] => signals.map(({ type, value }) => `${type}:${bytesToHex(value)}`).sort();
    return sorted(new Map([...this.held.values()].map((record) => [record.key, signalsOf(record)])));
  }
}

/** By key, so that a difference is shown where it is. */
export function sorted(truth: Truth): Truth {
  return new Map([...truth].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Reads on from what the store has kept, and stops after `stopAfter` batches; whether it came to the end. */
export async function readOn(
  exchange: Exchange,
  store: Store,
  { stopAfter = Infinity, ...options }: FetchOptions & { stopAfter?: number } = {},
) {
  let batches = 0;
  for await (const batch of exchange.fetch(store.checkpoint, options)) {
    store.keep(batch);
    if (++batches >= stopAfter) return false;
  }
  return true;
}

/** Fails if a credential of the fake, or its tag, stands where it could be logged: in any path or query that was asked, or in `texts`. */
export function expectSecrets(fake: Fake, texts: readonly string[] = []): void {
  const secrets = Object.values(fake.credentials);
  const asked = fake.requests.map(({ path, query }) => `${path}?${query}`);
  for (const text of [...asked, ...texts]) {
    expect(text).not.toContain('fake-token');
    for (const secret of secrets) expect(text).not.toContain(secret);
    expect(text).not.toMatch(/6567696446414b45/i); // the tag of every hash of a fake
  }
}

/** Runs a task and gives what it printed, whichever way. */
export async function printed(task: () => Promise<void>): Promise<string> {
  const writers = [process.stdout, process.stderr] as const;
  const before = writers.map((writer) => writer.write);
  let text = '';
  for (const writer of writers)
    writer.write = ((chunk: unknown) => {
      text += String(chunk);
      return true;
    }) as typeof writer.write;
  const consoleBefore = { ...console };
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const)
    console[name] = (...words: unknown[]) => void (text += words.join(' '));
  try {
    await task();
  } finally {
    writers.forEach((writer, i) => {
      writer.write = before[i] as typeof writer.write;
    });
    Object.assign(console, consoleBefore);
  }
  return text;
}
