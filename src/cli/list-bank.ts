import type { Bank } from '../bank/bank.js';
import type { BankRecord } from '../bank/record.js';
import { EXCHANGES } from '../list/exchanges/registry.js';
import type { BankFormat } from '../list/formats/format.js';
import type { WritableFormat } from '../list/formats/writer.js';
import type { ReadRecordsOptions } from '../list/read-records.js';
import { writeRecords } from '../list/write-records.js';
import { saveFile } from '../search/save-file-node.js';
import { plural } from '../shield/summary.js';
import { BANK_HELP, BANK_OPTIONS, sayReport, withBank } from './bank.js';
import type { Command, Given } from './command.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { CREDENTIALS_HELP, exchangeOfList, listNamed, settingOf } from './list-exchange.js';

/** Problems that are printed. */
const PROBLEMS_SAID = 10;
const KINDS = EXCHANGES.map(({ kind }) => kind).join(', ');

function nameOf(given: Given, usage: string): string {
  const [name] = given.files;
  if (name === undefined) throw new UsageError(`expected ${usage}`);
  return name;
}

const add: Command = {
  name: 'list add',
  help: `egide list add NAME [options]

Adds a list to a bank. Credentials are never kept: a sync takes them from the environment (docs/exchanges.md).

  --kind KIND         file (the default), or an exchange: ${KINDS}
  --setting NAME=TEXT what the exchange needs to know; may be repeated
  --negative          a list that vetoes: what it carries is known to be harmless
  --off               keep it, and do not search it
${BANK_HELP}`,
  options: {
    ...BANK_OPTIONS,
    kind: { type: 'string' },
    setting: { type: 'string', multiple: true },
    negative: { type: 'boolean' },
    off: { type: 'boolean' },
  },
  async run(io, given) {
    const name = nameOf(given, 'list add NAME');
    const settings = Object.fromEntries(given.texts('setting').map((text) => settingOf(text)));
    const options = { kind: given.text('kind') ?? 'file', settings, negative: given.flag('negative'), enabled: !given.flag('off') };
    const list = await withBank(await io.load(), given, true, (bank) => bank.addList(name, options));
    await io.out(given.flag('json') ? `${JSON.stringify(list)}\n` : 'the list is there\n');
    return 0;
  },
};

const importing: Command = {
  name: 'list import',
  help: `egide list import NAME FILE [options]

Keeps the records of a file in a list of a bank (docs/lists.md).

  --format FORMAT     default: told from the beginning of the file
  --signal-type TYPE  what a signal is when the file does not say
  --partial           the file is not everything: what it lacks is not withdrawn
  --dry-run           keep nothing: say which format it is, what is in it, and what is wrong with it
${BANK_HELP}  --json              print the counts and the problems as JSON

Exit code 0, or 1 if the file was not read to its end.
`,
  options: {
    ...BANK_OPTIONS,
    format: { type: 'string' },
    'signal-type': { type: 'string' },
    partial: { type: 'boolean' },
    'dry-run': { type: 'boolean' },
  },
  async run(io, given) {
    const [list, file] = given.files;
    if (list === undefined || file === undefined) throw new UsageError('expected list import NAME FILE');
    const [format, signalType] = [given.text('format'), given.text('signal-type')];
    const options = {
      signal: io.signal,
      ...(format === undefined ? {} : { format: format as BankFormat }),
      ...(signalType === undefined ? {} : { signalType }),
      ...(given.flag('partial') ? { whole: false } : {}),
    };
    if (given.flag('dry-run')) return examine(io, given, file, options);
    const report = await withBank(await io.load(), given, true, (bank) => bank.import(file, { ...options, list }));
    await sayReport(io, given, report);
    if (report.fault !== undefined) io.err(`${report.fault}\n`);
    return report.complete ? 0 : EXIT.error;
  },
};

/** What an import would find. */
async function examine(io: Io, given: Given, file: string, options: ReadRecordsOptions): Promise<number> {
  const report = await (await io.load()).examineList(file, options);
  if (given.flag('json')) await io.out(`${JSON.stringify(report)}\n`);
  else {
    const { explanation, read, usable, withdrawn, refused, byType, problems, fault } = report;
    const types = Object.entries(byType).filter(([, count]) => count > 0);
    await io.out(`${printable(explanation)}\nread ${read}, usable ${usable}, withdrawn ${withdrawn}, refused ${refused}\n`);
    await io.out(`${types.map(([type, count]) => `${count} ${type}`).join(', ') || 'no signals'}\n`);
    for (const { line, reason } of problems.slice(0, PROBLEMS_SAID)) io.err(`${line === undefined ? '' : `line ${line}: `}${reason}\n`);
    if (problems.length > PROBLEMS_SAID) io.err(`and more: --json has the first 1,000\n`);
    if (fault !== undefined) io.err(`${fault}\n`);
  }
  return report.complete ? 0 : EXIT.error;
}

const exporting: Command = {
  name: 'list export',
  help: `egide list export NAME -o FILE [options]

Writes the entries of a list of a bank to a file, which only its owner may read.

  -o, --out FILE      the file; it takes the place of one that is there
  --format FORMAT     csv (the default), ndjson, vics (2.0) or local_file
  --category NAME=N   of vics: the whole number of a category; may be repeated
${BANK_HELP}  --json              print the counts as one JSON document
`,
  options: {
    ...BANK_OPTIONS,
    out: { type: 'string', short: 'o' },
    format: { type: 'string' },
    category: { type: 'string', multiple: true },
  },
  async run(io, given) {
    const name = nameOf(given, 'list export NAME');
    const [out, format = 'csv'] = [given.text('out'), given.text('format')];
    if (out === undefined) throw new UsageError('list export: expected --out FILE');
    const categories = Object.fromEntries(given.texts('category').map((text) => numberOf(settingOf(text, '--category'))));
    const report = await withBank(await io.load(), given, false, async (bank) => {
      if (!(await bank.lists()).some((list) => list.name === name)) throw new UsageError('list export: the bank has no list of this name');
      const writing = writeRecords(recordsOf(bank, name), format as WritableFormat, { categories, signal: io.signal });
      await saveFile(out, writing, { mode: 0o600, signal: io.signal });
      return writing.report;
    });
    const left = Object.entries(report.leftOut).map(([what, count]) => `; left out: ${count} ${what}`);
    await io.out(
      given.flag('json') ? `${JSON.stringify(report)}\n` : `${plural(report.written, 'record', 'records')} written${left.join('')}\n`,
    );
    return 0;
  },
};

async function* recordsOf(bank: Bank, list: string): AsyncGenerator<BankRecord> {
  for await (const { record } of bank.entries(list)) yield record;
}

function numberOf([name, text]: [string, string]): [string, number] {
  return [name, Number(text)];
}

const sync: Command = {
  name: 'list sync',
  help: `egide list sync NAME [options]

Asks the exchange of a list for what changed since the last time. May be stopped at any moment, and goes on the next time.
${CREDENTIALS_HELP}

${BANK_HELP}  --json              print the counts and the problems as JSON
`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const name = nameOf(given, 'list sync NAME');
    const report = await withBank(await io.load(), given, false, async (bank) => {
      const list = await listNamed(bank, name, 'list sync');
      return bank.sync(name, exchangeOfList(list), { signal: io.signal });
    });
    await sayReport(io, given, report);
    return 0;
  },
};

/** `egide list add`, `import`, `export` and `sync`. */
export const listBankCommands: readonly Command[] = [add, importing, exporting, sync];
