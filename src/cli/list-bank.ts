import { credentialVariable, EXCHANGES, exchangeOf } from '../list/exchanges/registry.js';
import { BANK_HELP, BANK_OPTIONS, sayReport, withBank } from './bank.js';
import type { Command, Given } from './command.js';
import { EXIT, UsageError } from './io.js';

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
    const settings = Object.fromEntries(given.texts('setting').map(settingOf));
    const options = { kind: given.text('kind') ?? 'file', settings, negative: given.flag('negative'), enabled: !given.flag('off') };
    const list = await withBank(await io.load(), given, true, (bank) => bank.addList(name, options));
    await io.out(given.flag('json') ? `${JSON.stringify(list)}\n` : 'the list is there\n');
    return 0;
  },
};

function settingOf(text: string): [string, string] {
  const equals = text.indexOf('=');
  if (equals < 1) throw new UsageError('--setting: expected NAME=TEXT');
  return [text.slice(0, equals), text.slice(equals + 1)];
}

const importing: Command = {
  name: 'list import',
  help: `egide list import NAME FILE [options]

Keeps the records of a file in a list of a bank (docs/lists.md).

  --format FORMAT     default: told from the beginning of the file
  --signal-type TYPE  what a signal is when the file does not say
  --partial           the file is not everything: what it lacks is not withdrawn
${BANK_HELP}  --json              print the counts and the problems as JSON

Exit code 0, or 1 if the file was not read to its end.
`,
  options: { ...BANK_OPTIONS, format: { type: 'string' }, 'signal-type': { type: 'string' }, partial: { type: 'boolean' } },
  async run(io, given) {
    const [list, file] = given.files;
    if (list === undefined || file === undefined) throw new UsageError('expected list import NAME FILE');
    const [format, signalType] = [given.text('format'), given.text('signal-type')];
    const options = {
      list,
      signal: io.signal,
      ...(format === undefined ? {} : { format }),
      ...(signalType === undefined ? {} : { signalType }),
      ...(given.flag('partial') ? { whole: false } : {}),
    };
    const report = await withBank(await io.load(), given, true, (bank) => bank.import(file, options));
    await sayReport(io, given, report);
    if (report.fault !== undefined) io.err(`${report.fault}\n`);
    return report.complete ? 0 : EXIT.error;
  },
};

const sync: Command = {
  name: 'list sync',
  help: `egide list sync NAME [options]

Asks the exchange of a list for what changed since the last time. May be stopped at any moment, and goes on the next time. Credentials are
taken from the environment, such as ${credentialVariable('ncmec', 'password')}.

${BANK_HELP}  --json              print the counts and the problems as JSON
`,
  options: BANK_OPTIONS,
  async run(io, given) {
    const name = nameOf(given, 'list sync NAME');
    const report = await withBank(await io.load(), given, false, async (bank) => {
      const list = (await bank.lists()).find((one) => one.name === name);
      if (!list) throw new UsageError('list sync: the bank has no list of this name: add it with `egide list add`');
      const settings = Object.fromEntries(Object.entries(list.settings).map(([key, value]) => [key, String(value)]));
      return bank.sync(name, exchangeOf(list.kind, settings, credentialsOf(list.kind)), { signal: io.signal });
    });
    await sayReport(io, given, report);
    return 0;
  },
};

function credentialsOf(kind: string): Record<string, string> {
  const names = EXCHANGES.find((exchange) => exchange.kind === kind)?.credentials.map(({ name }) => name) ?? [];
  return Object.fromEntries(
    names.flatMap((name) => {
      const value = process.env[credentialVariable(kind, name)];
      return value ? [[name, value]] : [];
    }),
  );
}

/** `egide list add`, `import` and `sync`. */
export const listBankCommands: readonly Command[] = [add, importing, sync];
