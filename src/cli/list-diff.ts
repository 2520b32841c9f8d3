import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Bank, BankTarget } from '../bank/bank.js';
import type { BankRecord } from '../bank/record.js';
import { EgideError } from '../errors.js';
import { compareRecords, type EntryChange, type RecordField } from '../list/compare-records.js';
import { signalText } from '../list/signal-text.js';
import { plural } from '../shield/summary.js';
import { BANK_OPTIONS, bankTargetOf } from './bank.js';
import type { Command, Given } from './command.js';
import { type Io, printable, UsageError } from './io.js';
import { Progress } from './progress.js';
import { naming } from './reading.js';

/** What the exit code says when the lists are not the same, as `diff` has it with 1, which is an error here. */
const DIFFERENT = 2;
/** Hex digits that stand for a key which has a hash in it (our own choice). */
const SHOWN_DIGITS = 16;

/** `egide list diff A B`. */
export const listDiffCommand: Command = {
  name: 'list diff',
  help: `egide list diff A B [options]

Counts what became of the entries of A in B: added, withdrawn, changed (and what of them changed), equal. Each is the name of a list of the
bank, or else a file in any format (docs/lists.md). Entries are compared by their keys. Files are kept in a folder for temporary files while
they are compared, which only its owner may read, so that they may be of any size.

  --signal-type TYPE  what a signal is when a file does not say
  --bank DIR          the bank's folder; without it, PostgreSQL if the variable EGIDE_POSTGRES has a connection string, or files alone
  --json              print each entry that differs, { key, change, fields }, then the counts. A key that has a hash in it is shown as part of
                      its SHA-256

Exit code 0 if the lists are the same, ${DIFFERENT} if they are not, 1 for an error.
`,
  options: { ...BANK_OPTIONS, 'signal-type': { type: 'string' } },
  async run(io, given) {
    const [a, b] = given.files;
    if (a === undefined || b === undefined || given.files.length > 2) throw new UsageError('expected list diff A B');
    const egide = await io.load();
    const folder = await mkdtemp(join(tmpdir(), 'egide-diff-'));
    const banks: Bank[] = [];
    try {
      const opened = async (target: BankTarget, create: boolean): Promise<Bank> => {
        const bank = await egide.openBank(target, { create });
        banks.push(bank);
        return bank;
      };
      const target = bankTargetOf(given);
      const held = target === undefined ? undefined : await opened(target, false);
      const names = new Set((await held?.lists())?.map(({ name }) => name));
      let files: Bank | undefined;
      const sideOf = async (name: string, list: string): Promise<AsyncIterable<BankRecord>> => {
        if (held && names.has(name)) return recordsOf(held, name);
        files ??= await opened(join(folder, 'bank'), true);
        await keepFile(files, io, given, name, list);
        return recordsOf(files, list);
      };
      return await sayDifferences(io, given, compareRecords(await sideOf(a, 'a'), await sideOf(b, 'b')));
    } finally {
      for (const bank of banks) await bank.close();
      await rm(folder, { recursive: true, force: true });
    }
  },
};

/** Keeps the records of a file as a list of a bank, which gives them in order, whatever their number. */
async function keepFile(bank: Bank, io: Io, given: Given, path: string, list: string): Promise<void> {
  const signalType = given.text('signal-type');
  const progress = new Progress(io, 0);
  const onProgress = ({ read }: { readonly read: number }): void => progress.say(plural(read, 'record', 'records'));
  const options = { list, signal: io.signal, onProgress, ...(signalType !== undefined && { signalType }) };
  const report = await naming(path, () => bank.import(path, options));
  progress.clear();
  if (!report.complete) throw new EgideError('INVALID_LIST', `${path}: ${report.fault}: nothing was compared`);
  if (report.refused > 0) io.err(`${printable(path)}: ${plural(report.refused, 'record', 'records')} could not be read\n`);
}

async function* recordsOf(bank: Bank, list: string): AsyncGenerator<BankRecord> {
  for await (const { record } of bank.entries(list)) yield record;
}

/** Prints what differs, and returns the exit code. */
async function sayDifferences(io: Io, given: Given, changes: AsyncIterable<EntryChange>): Promise<number> {
  const counts = { added: 0, withdrawn: 0, changed: 0, equal: 0 };
  const fields: Partial<Record<RecordField, number>> = {};
  const progress = new Progress(io, 0);
  let compared = 0;
  for await (const { change, record, fields: changed } of changes) {
    io.signal.throwIfAborted();
    counts[change] += 1;
    compared += 1;
    for (const field of changed) fields[field] = (fields[field] ?? 0) + 1;
    if (change === 'equal') progress.say(`${plural(compared, 'entry', 'entries')} compared`);
    else if (given.flag('json'))
      await io.out(`${JSON.stringify({ key: shownKey(record), change, ...(changed.length > 0 && { fields: changed }) })}\n`);
  }
  progress.clear();
  const { added, withdrawn, changed, equal } = counts;
  const what = Object.entries(fields).map(([field, count]) => `${field} ${count}`);
  const words = `added ${added}, withdrawn ${withdrawn}, changed ${changed}${what.length > 0 ? ` (${what.join(', ')})` : ''}, equal ${equal}`;
  await io.out(given.flag('json') ? `${JSON.stringify({ ...counts, fields })}\n` : `${words}\n`);
  return compared === equal ? 0 : DIFFERENT;
}

/** A source that has no other key than the hash makes a key with the hash in it. */
function shownKey({ key, signals }: BankRecord): string {
  const lower = key.toLowerCase();
  const isTelling = signals.some((signal) => lower.includes((signalText(signal) ?? key).toLowerCase()));
  return isTelling ? `sha256:${createHash('sha256').update(key).digest('hex').slice(0, SHOWN_DIGITS)}` : key;
}
