import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bank } from '../../src/bank/bank.js';
import type { BankRecord, Checkpoint, RecordBatch, RecordProblem } from '../../src/bank/record.js';
import type { BankSignal, Signal } from '../../src/bank/signal.js';
import { SIGNAL_BYTES } from '../../src/bank/signal.js';
import type { SourceEntry } from '../../src/bank/snapshot-source.js';
import { FAKE_TAG } from '../../src/fakes/synthetic.js';
import { LISTED_URL } from '../leaks/leaks.js';

/** A value of a type that is another one for each number; hashes begin with the tag of synthetic ones. */
export function valueFor(type: BankSignal, number: number): Uint8Array {
  const bytes = SIGNAL_BYTES[type];
  if (bytes === null) return new TextEncoder().encode(`${LISTED_URL}${number}`);
  const value = new Uint8Array(bytes);
  for (let i = 0; i < bytes; ++i) value[i] = (Math.imul(number + 1, 0x9e3779b1) >>> (8 * (i % 4))) ^ (i >> 2) ^ number;
  value.set(FAKE_TAG);
  return value;
}

/** One signal. */
export function signal(type: BankSignal, number: number, more: Partial<Signal> = {}): Signal {
  return { type, value: valueFor(type, number), ...more };
}

/** A record whose key is given. */
export function record(key: string, ...signals: Signal[]): BankRecord {
  return { key, signals };
}

/** One step of a source. */
export function batch(
  updates: readonly (BankRecord | string)[],
  more: { checkpoint?: Checkpoint; whole?: 'begin' | 'end' | 'both'; problems?: RecordProblem[]; read?: number } = {},
): RecordBatch {
  const problems = more.problems ?? [];
  return {
    read: updates.length + problems.length,
    ...more,
    problems,
    updates: new Map(updates.map((update) => (typeof update === 'string' ? [update, null] : [update.key, update]))),
  };
}

/** Everything that is searched of a type: hex of the value and key of the entry, in order. */
export async function searched(bank: Bank, type: BankSignal, slice = 5000): Promise<string[]> {
  return bank.snapshots.view(async (view) => {
    const found: string[] = [];
    for await (const { values, ends, entries } of view.signals(type, { slice })) {
      const known = new Map((await view.entriesOf([...entries])).map((entry) => [entry.id, entry]));
      for (const [i, id] of entries.entries()) {
        const value = values.subarray(i === 0 ? 0 : ends[i - 1], ends[i]);
        found.push(`${Buffer.from(value).toString('hex')} ${known.get(id)?.record.key}`);
      }
    }
    return found;
  });
}

/** What {@link searched} gives for these. */
export function expected(type: BankSignal, ...pairs: (readonly [number, string])[]): string[] {
  return pairs.map(([number, key]) => `${Buffer.from(valueFor(type, number)).toString('hex')} ${key}`).sort();
}

/** All entries. */
export async function entriesOf(bank: Bank): Promise<SourceEntry[]> {
  return bank.snapshots.view(async (view) => {
    const all: SourceEntry[] = [];
    for await (const some of view.entries({ slice: 3 })) all.push(...some);
    return all;
  });
}

/** A folder that goes away with the test file. */
export async function temporaryFolder(): Promise<AsyncDisposable & { readonly path: string }> {
  const path = await mkdtemp(join(tmpdir(), 'egide-bank-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
