import { readFile } from 'node:fs/promises';
import type { Bank, BankEntry, BankList, Quarantined } from '../bank/bank.js';
import { type BankSignal, isSearchable, type Signal, signalName } from '../bank/signal.js';
import { credentialVariable } from '../list/exchanges/registry.js';
import { STOPNCII_SIGNALS, type StopNciiExchange } from '../list/exchanges/stopncii.js';
import { plural } from '../shield/summary.js';
import { BANK_HELP, BANK_OPTIONS, withBank } from './bank.js';
import type { Command } from './command.js';
import { EXIT, type Io, UsageError } from './io.js';
import { exchangeOfList, listNamed } from './list-exchange.js';
import { Progress } from './progress.js';

/** Kinds of lists whose entries are the platform's own to give away. */
const OWN_KINDS: readonly string[] = ['own', 'file'];
const SUBMIT_KEY = credentialVariable('stopncii', 'submitKey');
/** Entries of one question: our own choice, since StopNCII's own bound is not public. Of so many it may not be known whether they were taken. */
const ENTRIES_AT_ONCE = 100;

/** `egide list submit NAME KEY…`. */
export const listSubmitCommand: Command = {
  name: 'list submit',
  help: `egide list submit NAME KEY… --to LIST [options]

Submits hashes of the platform's own to StopNCII.org, each as blocked: those of the entries of a list of kind own or file that are named by their keys. What
it takes is ${STOPNCII_SIGNALS.join(', ')}. Left out are what the platform itself would not search (PDQ hashes of a quality below 50, what is in quarantine) and entries
that it holds for wrong. No hash is ever printed, and what was submitted is not remembered.
Credentials are taken from the environment, such as ${SUBMIT_KEY}.

  --to LIST           the list of the bank that is read from StopNCII.org: what is submitted goes where it comes from
  --keys FILE         a file of further keys, one a line
  --tag TEXT          what it is, as StopNCII names it; may be repeated
  --dry-run           send nothing: say what would be sent
${BANK_HELP}  --json              print the counts as one JSON document: { list, to, sent, entries, hashes, byType, leftOut }

Exit code 0, or 1 if anything failed or there was nothing to send. An unknown key is an error before anything is sent.
`,
  options: {
    ...BANK_OPTIONS,
    to: { type: 'string' },
    keys: { type: 'string' },
    tag: { type: 'string', multiple: true },
    'dry-run': { type: 'boolean' },
  },
  async run(io, given) {
    const [name, ...named] = given.files;
    const [to, path] = [given.text('to'), given.text('keys')];
    if (name === undefined) throw new UsageError('expected list submit NAME KEY…');
    if (to === undefined) throw new UsageError('list submit: expected --to LIST, the list of the bank that is read from StopNCII.org');
    const keys = new Set([...named, ...(path === undefined ? [] : await keysOf(path))]);
    if (keys.size === 0) throw new UsageError('list submit: expected the keys of entries, or --keys FILE');
    return withBank(await io.load(), given, false, async (bank) => {
      const [list, target] = [await listNamed(bank, name, 'list submit'), await listNamed(bank, to, 'list submit')];
      checkLists(list, target);
      const send = given.flag('dry-run') ? undefined : submissionTo(target, given.texts('tag'), io.signal);
      const choice = new Choice(await bank.quarantined());
      await submitAll(io, await entriesOf(bank, name, keys, io.signal), choice, send);
      if (given.flag('json')) await io.out(`${JSON.stringify({ list: name, to, sent: send !== undefined, ...choice.counts })}\n`);
      else await io.out(`${send ? 'submitted' : 'to be submitted'}: ${choice}\n`);
      return choice.counts.hashes > 0 ? 0 : EXIT.error;
    });
  },
};

async function keysOf(path: string): Promise<string[]> {
  const text = await readFile(path, 'utf8');
  return text
    .replace(/^\ufeff/, '')
    .split(/\r?\n/)
    .filter((line) => line !== '');
}

function checkLists({ kind, negative }: BankList, to: BankList): void {
  if (!OWN_KINDS.includes(kind))
    throw new UsageError(
      `list submit: the list is read from ${kind}: only entries of lists of kind ${OWN_KINDS.join(' or ')} are the platform's own`,
    );
  if (negative) throw new UsageError('list submit: the list is negative: what it carries is known to be harmless');
  if (to.kind !== 'stopncii') throw new UsageError(`list submit: --to: expected a list of kind stopncii, got one of kind ${to.kind}`);
}

async function entriesOf(bank: Bank, list: string, keys: ReadonlySet<string>, signal: AbortSignal): Promise<BankEntry[]> {
  const entries: BankEntry[] = [];
  for (const key of keys) {
    signal.throwIfAborted();
    const entry = await bank.entry(list, key);
    if (entry) entries.push(entry);
  }
  // A key that nobody has may be a hash that was pasted by mistake: it is not said again.
  const missing = keys.size - entries.length;
  if (missing > 0) throw new UsageError(`list submit: the list has no entry of ${missing} of the ${keys.size} keys: nothing was sent`);
  return entries;
}

/** What of entries is sent, and how many have nothing that may be. */
class Choice {
  readonly counts = { entries: 0, hashes: 0, byType: {} as Partial<Record<BankSignal, number>>, leftOut: { negative: 0, nothing: 0 } };
  readonly #quarantined: ReadonlySet<string>;
  readonly #taken = new Set<string>();

  constructor(quarantined: readonly Quarantined[]) {
    this.#quarantined = new Set(quarantined.map(signalName));
  }

  /** The signals of some entries that are to be sent, none of them twice. */
  take(entries: readonly BankEntry[]): Signal[] {
    return entries.flatMap(({ record, own }) => {
      const { byType, leftOut } = this.counts;
      const signals = record.signals.filter((signal) => this.#isFit(signal));
      if (own === 'negative' || signals.length === 0) {
        leftOut[own === 'negative' ? 'negative' : 'nothing'] += 1;
        return [];
      }
      this.counts.entries += 1;
      return signals.filter((signal) => {
        const name = signalName(signal);
        if (this.#taken.has(name)) return false;
        this.#taken.add(name);
        this.counts.hashes += 1;
        byType[signal.type] = (byType[signal.type] ?? 0) + 1;
        return true;
      });
    });
  }

  #isFit(signal: Signal): boolean {
    return (
      STOPNCII_SIGNALS.includes(signal.type) &&
      isSearchable(signal.type, signal.value, signal.quality) &&
      !this.#quarantined.has(signalName(signal))
    );
  }

  toString(): string {
    const { entries, hashes, byType, leftOut } = this.counts;
    const types = Object.entries(byType).map(([type, count]) => `${count} ${type}`);
    const left = [
      ...(leftOut.nothing > 0 ? [`${leftOut.nothing} without anything to send`] : []),
      ...(leftOut.negative > 0 ? [`${leftOut.negative} held for wrong`] : []),
    ];
    const what = `${plural(hashes, 'hash', 'hashes')} of ${plural(entries, 'entry', 'entries')}${hashes > 0 ? ` (${types.join(', ')})` : ''}`;
    return `${what}${left.length > 0 ? `; left out: ${left.join(', ')}` : ''}`;
  }
}

type Send = (signals: readonly Signal[]) => Promise<void>;

function submissionTo(target: BankList, tags: readonly string[], signal: AbortSignal): Send {
  const { submit } = exchangeOfList(target) as StopNciiExchange;
  if (!submit) throw new UsageError(`list submit: expected the key for submitting in ${SUBMIT_KEY}`);
  return (signals) =>
    submit(
      signals.map((one) => ({ signal: one, tags })),
      { signal },
    );
}

async function submitAll(io: Io, entries: readonly BankEntry[], choice: Choice, send: Send | undefined): Promise<void> {
  const progress = new Progress(io, 0);
  for (let at = 0; at < entries.length; at += ENTRIES_AT_ONCE) {
    const some = entries.slice(at, at + ENTRIES_AT_ONCE);
    const signals = choice.take(some);
    if (signals.length === 0) continue;
    try {
      await send?.(signals);
    } catch (error) {
      progress.clear();
      io.err(`submitted: what the first ${at} keys name; the question about the next ${some.length} failed, and nothing more was sent\n`);
      throw error;
    }
    progress.say(`${at + some.length} of ${plural(entries.length, 'entry', 'entries')}`);
  }
  progress.clear();
}
