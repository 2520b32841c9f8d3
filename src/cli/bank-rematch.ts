import { createReadStream } from 'node:fs';
import type { Bank } from '../bank/bank.js';
import type { BankRecord } from '../bank/record.js';
import type { KeptUpload, Rematch, RematchProgress } from '../bank/uploads/upload.js';
import { UPLOAD_DIGESTS } from '../bank/uploads/upload.js';
import { createNodeDigester } from '../hash/digests-node.js';
import { readRecords } from '../list/read-records.js';
import { grouped, plural } from '../shield/summary.js';
import { BANK_HELP, BANK_OPTIONS, withBank } from './bank.js';
import type { Command, Given } from './command.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { Progress } from './progress.js';

/** Uploads that are kept at once (our own choice: 20,000 is the most). */
const KEPT_TOGETHER = 10_000;
const DAY_MS = 86_400_000;
const MAX_DAYS = 36_500;

const keep: Command = {
  name: 'bank keep',
  help: `egide bank keep FILE [options]

Keeps the signatures of past uploads in a bank, so that \`egide bank rematch\` finds those that match what comes later. FILE is a list of them, such as
\`egide list make uploads/ -o FILE\` writes: the ids of its entries are those of the uploads, their PDQ hashes and digests are kept.

  --at TIME           when they were uploaded, such as 2026-11-22T20:00:00Z, of uploads of which the file does not say it (\`updated\`); default: now
  --change N          the change of the bank that they were scanned with; default 0: they were not
  --retention-days N  from now on, keep uploads of this bank so many days
${BANK_HELP}  --json              print the counts as one JSON document

Exit code 0, or 1 if the file was not read to its end.
`,
  options: { ...BANK_OPTIONS, at: { type: 'string' }, change: { type: 'string' }, 'retention-days': { type: 'string' } },
  async run(io, given) {
    const [file] = given.files;
    if (file === undefined) throw new UsageError('expected bank keep FILE');
    const at = timeOf(given.text('at'));
    const change = given.number('change', 0, Number.MAX_SAFE_INTEGER, 0);
    const days = given.number('retention-days', 0, MAX_DAYS, -1);
    const platform = { runtime: 'node', createDigester: createNodeDigester };
    const { kept, report } = await withBank(await io.load(), given, true, async (bank) => {
      if (days >= 0) await bank.uploads.retain(days * DAY_MS);
      const records = readRecords(platform, createReadStream(file), { signal: io.signal });
      return { kept: await keepAll(bank, records, at, change), report: records.report };
    });
    const { read, fault, complete } = report;
    if (given.flag('json')) await io.out(`${JSON.stringify({ read, kept, complete, ...(fault === undefined ? {} : { fault }) })}\n`);
    else await io.out(`${plural(kept, 'upload', 'uploads')} kept, ${read - kept} without a PDQ hash or a digest\n`);
    if (fault !== undefined) io.err(`${fault}\n`);
    return complete ? 0 : EXIT.error;
  },
};

async function keepAll(bank: Bank, records: ReturnType<typeof readRecords>, at: number, change: number): Promise<number> {
  let kept = 0;
  let some: KeptUpload[] = [];
  const flush = async (): Promise<void> => {
    await bank.uploads.keep(some, { change });
    kept += some.length;
    some = [];
  };
  for await (const { updates } of records) {
    for (const record of updates.values()) {
      const upload = record && uploadOf(record, at);
      if (upload) some.push(upload);
    }
    if (some.length >= KEPT_TOGETHER) await flush();
  }
  await flush();
  return kept;
}

/** What is kept of a record: a further frame of one file, whose key names its content besides, is one more upload of that id. */
function uploadOf({ key, signals, updatedAt }: BankRecord, at: number): KeptUpload | undefined {
  const pdq = signals.filter(({ type }) => type === 'pdq').map(({ value }) => value);
  const digests = UPLOAD_DIGESTS.flatMap((type) => {
    const signal = signals.find((one) => one.type === type);
    return signal ? [[type, signal.value] as const] : [];
  });
  if (pdq.length + digests.length === 0) return undefined;
  const id = key.replace(/(?<=.)~[0-9a-f]{20}$/u, '');
  return { id, at: updatedAt ?? at, ...(pdq.length > 0 && { pdq: new Uint8Array(Buffer.concat(pdq)) }), ...Object.fromEntries(digests) };
}

function timeOf(text: string | undefined): number {
  if (text === undefined) return Date.now();
  const time = Date.parse(text);
  if (Number.isNaN(time)) throw new UsageError('--at: expected a time, such as 2026-11-22T20:00:00Z');
  return time;
}

const forget: Command = {
  name: 'bank forget',
  help: `egide bank forget ID… [options]

Deletes what a bank keeps of the uploads with these ids.

${BANK_HELP}  --json              print the count as one JSON document
`,
  options: BANK_OPTIONS,
  async run(io, given) {
    if (given.files.length === 0) throw new UsageError('expected bank forget ID…');
    const count = await withBank(await io.load(), given, false, (bank) => bank.uploads.forget(given.files, { signal: io.signal }));
    await sayCount(io, given, count);
    return 0;
  },
};

const expire: Command = {
  name: 'bank expire',
  help: `egide bank expire [options]

Deletes what a bank keeps of uploads that are older than its retention time.

  --days N            older than so many days instead
${BANK_HELP}  --json              print the count as one JSON document
`,
  options: { ...BANK_OPTIONS, days: { type: 'string' } },
  async run(io, given) {
    const days = given.number('days', 0, MAX_DAYS, -1);
    const options = { signal: io.signal, ...(days < 0 ? {} : { retentionMs: days * DAY_MS }) };
    await sayCount(io, given, await withBank(await io.load(), given, false, (bank) => bank.uploads.expire(options)));
    return 0;
  },
};

function sayCount(io: Io, given: Given, deleted: number): Promise<void> {
  return io.out(given.flag('json') ? `${JSON.stringify({ deleted })}\n` : `${plural(deleted, 'upload', 'uploads')} deleted\n`);
}

const rematching: Command = {
  name: 'bank rematch',
  help: `egide bank rematch --max-distance N [options]

Prints the kept uploads that match what came into the search since the last rematch (docs/rematch.md): one line each, or one JSON document. The next
one goes on from here, unless this one is stopped, or --since or --list is given.

  --max-distance N    bits, 0 to 256; 31 is what python-threatexchange calls a confident PDQ match
  --since N           ask again: about all that came after this change of the bank, 0 for everything
  -l, --list NAME     ask about this list alone; may be repeated
${BANK_HELP}  --json              one JSON document per match
`,
  options: {
    ...BANK_OPTIONS,
    'max-distance': { type: 'string' },
    since: { type: 'string' },
    list: { type: 'string', short: 'l', multiple: true },
  },
  async run(io, given) {
    const maxDistance = given.number('max-distance', 0, 256, -1);
    if (maxDistance < 0) throw new UsageError('bank rematch: expected --max-distance N');
    const since = given.number('since', 0, Number.MAX_SAFE_INTEGER, -1);
    const lists = given.texts('list');
    const bar = new Progress(io, 0);
    const onProgress = ({ uploads, total, signals, matches }: RematchProgress) =>
      bar.say(`${grouped(uploads)} of ${grouped(total)} uploads, ${grouped(signals)} new signals, ${plural(matches, 'match', 'matches')}`);
    const options = { maxDistance, signal: io.signal, onProgress, ...(since < 0 ? {} : { since }), ...(lists.length > 0 && { lists }) };
    let matches = 0;
    await withBank(await io.load(), given, false, async (bank) => {
      for await (const match of bank.rematch(options)) {
        matches += 1;
        bar.clear();
        await io.out(given.flag('json') ? `${JSON.stringify(match)}\n` : `${sayMatch(match)}\n`);
      }
    });
    bar.clear();
    if (!given.flag('json')) await io.out(`${plural(matches, 'match', 'matches')}\n`);
    return 0;
  },
};

function sayMatch({ upload: { id, at }, entry: { list, key, category }, signal, distance, negative }: Rematch): string {
  const how = distance === undefined ? signal : `${signal}, ${plural(distance, 'bit', 'bits')}${negative ? ', a negative' : ''}`;
  return printable(`${id} of ${new Date(at).toISOString()}: ${list}, ${key}${category === undefined ? '' : ` (${category})`}: ${how}`);
}

/** `egide bank keep|forget|expire|rematch`. */
export const bankUploadCommands: readonly Command[] = [keep, forget, expire, rematching];
