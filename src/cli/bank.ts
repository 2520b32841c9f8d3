import type { BankTarget } from '../bank/bank.js';
import type { Egide } from '../egide.js';
import { grouped, plural } from '../shield/summary.js';
import type { SearchableBank } from '../snapshot/bank-snapshots.js';
import type { SnapshotProgress } from '../snapshot/write-snapshot.js';
import type { Command, Given, Options } from './command.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { Progress } from './progress.js';
import { readKey } from './reading.js';

/** What every command about a bank takes. */
export const BANK_OPTIONS: Options = { bank: { type: 'string' } };

export const BANK_HELP = `  --bank DIR          the bank's folder; without it, PostgreSQL by the connection string in the variable EGIDE_POSTGRES
`;

/** The bank that the options or the environment name, if they do. */
export function bankTargetOf(given: Given): BankTarget | undefined {
  const { EGIDE_POSTGRES: postgres } = process.env;
  return given.text('bank') ?? (postgres ? { postgres } : undefined);
}

/** Opens the bank that the options name, does some work and closes it. */
export async function withBank<T>(egide: Egide, given: Given, create: boolean, work: (bank: SearchableBank) => Promise<T>): Promise<T> {
  const target = bankTargetOf(given);
  if (target === undefined) throw new UsageError('expected --bank DIR, or a connection string in EGIDE_POSTGRES');
  const bank = await egide.openBank(target, { create });
  try {
    return await work(bank);
  } finally {
    await bank.close();
  }
}

const init: Command = {
  name: 'bank init',
  help: `egide bank init [options]

Makes a bank, or looks whether the one that is there can be opened.

${BANK_HELP}`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const kind = await withBank(await io.load(), given, true, async (bank) => bank.kind);
    await io.out(given.flag('json') ? `${JSON.stringify({ kind })}\n` : 'the bank is there\n');
    return 0;
  },
};

const status: Command = {
  name: 'bank status',
  help: `egide bank status [options]

Says how a bank stands: its lists, their entries and signals, when they were last synchronised, what is in quarantine, and whether the
canaries would be found.

${BANK_HELP}  --json              print it as one JSON document

Exit code 0, or 1 if a canary would not be found.
`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const found = await withBank(await io.load(), given, false, (bank) => bank.status({ signals: true, signal: io.signal }));
    const lost = found.canaries.filter((canary) => !canary.found);
    if (given.flag('json')) await io.out(`${JSON.stringify(found)}\n`);
    else {
      for (const { name, kind, enabled, negative, entries, signals = {}, syncedAt } of found.lists) {
        const counts = Object.entries(signals).map(([type, count]) => `${count} ${type}`);
        const words = [plural(entries, 'entry', 'entries'), ...counts, ...(enabled ? [] : ['off']), ...(negative ? ['negative'] : [])];
        if (syncedAt !== undefined) words.push(`synchronised ${new Date(syncedAt).toISOString()}`);
        await io.out(`${printable(name)} (${printable(kind)}): ${words.join(', ')}\n`);
      }
      const words = [
        plural(found.entries, 'entry', 'entries'),
        `${found.quarantined} in quarantine`,
        `${found.feedbackPending} to be told`,
      ];
      const { count, firstAt = 0 } = found.uploads;
      if (count > 0) await io.out(`${plural(count, 'upload', 'uploads')} kept, the first of ${new Date(firstAt).toISOString()}\n`);
      await io.out(`${words.join(', ')}, change ${found.change}, ${found.byteLength} bytes\n`);
    }
    for (const { key } of lost) io.err(`a canary would not be found: ${printable(key)}\n`);
    return lost.length === 0 ? 0 : EXIT.error;
  },
};

const verify: Command = {
  name: 'bank verify',
  help: `egide bank verify [options]

Reads all of a bank and looks for damage.

${BANK_HELP}  --json              print it as one JSON document

Exit code 0, or 1 if there is damage.
`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const found = await withBank(await io.load(), given, false, (bank) => bank.verify({ signal: io.signal }));
    if (given.flag('json')) await io.out(`${JSON.stringify(found)}\n`);
    else await io.out(found.ok ? 'no damage\n' : `${found.problems.map(printable).join('\n')}\n`);
    return found.ok ? 0 : EXIT.error;
  },
};

const compact: Command = {
  name: 'bank compact',
  help: `egide bank compact [options]

Gives back the room of what was withdrawn. Needs as much room again while it works.

${BANK_HELP}`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const [before, after] = await withBank(await io.load(), given, false, async (bank) => {
      const { byteLength } = await bank.status();
      await bank.compact();
      return [byteLength, (await bank.status()).byteLength];
    });
    await io.out(given.flag('json') ? `${JSON.stringify({ before, after })}\n` : `${before} bytes, now ${after}\n`);
    return 0;
  },
};

const snapshot: Command = {
  name: 'bank snapshot',
  help: `egide bank snapshot -o FILE [options]

Writes all that the bank lets be searched to a file, for \`egide scan --snapshot\` and for scanners (docs/snapshots.md). The file takes the place
of the one before as a whole or not at all; scanners that watch it go over to it. Where the file is there and little has changed since, that
alone is written, to FILE.overlay beside it.

  -o, --out FILE      the file
  --whole             write it whole in any case
  --key-file FILE     32 bytes, or 64 hex digits: encrypt it with them
${BANK_HELP}  --json              print it as one JSON document
`,
  options: { ...BANK_OPTIONS, out: { type: 'string', short: 'o' }, whole: { type: 'boolean' }, 'key-file': { type: 'string' } },
  async run(io, given) {
    const [out, keyFile] = [given.text('out'), given.text('key-file')];
    if (out === undefined) throw new UsageError('bank snapshot: expected --out FILE');
    const key = keyFile === undefined ? undefined : await readKey(keyFile);
    const egide = await io.load();
    const progress = new Progress(io, 0);
    const onProgress = ({ entries, building, signals = 0 }: SnapshotProgress) =>
      progress.say(building ? `${grouped(signals)} signals (${building})` : plural(entries, 'entry', 'entries'));
    const options = { signal: io.signal, onProgress, whole: given.flag('whole'), ...(key && { key }) };
    const saved = await withBank(egide, given, false, (bank) => egide.saveSnapshot(bank, out, options));
    progress.clear();
    await io.out(
      given.flag('json')
        ? `${JSON.stringify(saved)}\n`
        : `${saved.wrote === 'whole' ? 'the snapshot' : 'the overlay of the snapshot'} is at change ${saved.change} of the bank\n`,
    );
    return 0;
  },
};

/** `egide bank …`. */
export const bankCommands: readonly Command[] = [init, status, verify, compact, snapshot];

/** Prints what became of a list. */
export async function sayReport(io: Io, given: Given, report: object): Promise<void> {
  if (given.flag('json')) return io.out(`${JSON.stringify(report)}\n`);
  const counts = Object.entries(report).filter(([, value]) => typeof value === 'number');
  await io.out(`${counts.map(([name, value]) => `${name} ${value}`).join(', ')}\n`);
}
