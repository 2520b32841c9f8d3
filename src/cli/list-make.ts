import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, relative, resolve, sep } from 'node:path';
import type { PdqMode } from '../backend.js';
import type { Egide } from '../egide.js';
import { hashToHex } from '../hash/encoding.js';
import { PDQ_MIN_QUALITY, PDQ_MIN_SIDE } from '../hash/pdq.js';
import { CSV_HEADER, formatCsvRow, type ListRow } from '../list/csv-writer.js';
import { plural } from '../shield/summary.js';
import type { Command, Given } from './command.js';
import { checkOutput, countFiles, filesIn } from './files.js';
import { inOrder } from './in-order.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { Progress } from './progress.js';
import { attempt, JOBS_HELP, jobsOf, modeOf, profileOf, READING_HELP, READING_OPTIONS } from './reading.js';

/** `egide list make DIR… -o list.csv`. */
export const listMakeCommand: Command = {
  name: 'list make',
  help: `egide list make DIR|FILE… -o list.csv [options]

Makes a hash list (CSV) of pictures: PDQ, quality, MD5, SHA-1 and SHA-256. A picture's path, from the folder that
all arguments lie in, is its entry id. Of an animation every frame that differs is listed.
A file that is no picture, or whose quality is below ${PDQ_MIN_QUALITY}, is left out and named on standard error. The list takes its place only when it is complete.

  -o, --output FILE   where to write the list (needed)
  --name NAME         the list's name, written into every line
  --category TEXT     a category, written into every line
${READING_HELP}${JOBS_HELP}  --json              print the counts, and what was left out, as JSON

Exit code 0, or 1 if no picture could be listed.
`,
  options: {
    ...READING_OPTIONS,
    jobs: { type: 'string', short: 'j' },
    output: { type: 'string', short: 'o' },
    name: { type: 'string' },
    category: { type: 'string' },
  },
  async run(io, given) {
    const output = given.text('output');
    if (given.files.length === 0) throw new UsageError('list make: expected a folder or files');
    if (output === undefined) throw new UsageError('list make: expected -o FILE');
    await checkOutput('-o', output);
    const partial = `${output}.${process.pid}.part`;
    const egide = await io.load();
    const file = await open(partial, 'wx');
    try {
      const counts = await writeList(egide, io, given, (text) => file.appendFile(text));
      await file.sync();
      await file.close();
      await rename(partial, output);
      if (given.flag('json')) await io.out(`${JSON.stringify({ output, ...counts })}\n`);
      else await io.out(`${printable(output)}: ${sayCounts(counts)}\n`);
      return counts.entries > 0 ? 0 : EXIT.error;
    } catch (error) {
      await file.close();
      await rm(partial, { force: true });
      throw error;
    }
  },
};

function sayCounts({ entries, hashes, skipped }: Counts): string {
  return [
    plural(entries, 'entry', 'entries'),
    plural(hashes, 'PDQ hash', 'PDQ hashes'),
    `${plural(skipped.length, 'file', 'files')} left out`,
  ].join(', ');
}

interface Counts {
  entries: number;
  hashes: number;
  readonly skipped: { readonly file: string; readonly reason: string }[];
}

/** Hashes every file and writes its lines, in order. */
async function writeList(egide: Egide, io: Io, given: Given, write: (text: string) => Promise<void>): Promise<Counts> {
  const counts: Counts = { entries: 0, hashes: 0, skipped: [] };
  const shared = { ...optional('list', given.text('name')), ...optional('category', given.text('category')) };
  const progress = new Progress(io, io.errIsTerminal ? await countFiles(given.files) : 0);
  await write(CSV_HEADER);
  const root = await commonFolder(given.files);
  const how = { mode: modeOf(given), profile: profileOf(given) };
  const work = (path: string) => rowsOf(egide, path, { ...how, id: idOf(root, path), signal: io.signal });
  for await (const attempted of inOrder(filesIn(given.files), jobsOf(given), (found) => attempt(found, work))) {
    progress.step(printable(attempted.path));
    const reason =
      'error' in attempted ? attempted.error.message.replace(/^input: /, '') : attempted.answer.length === 0 ? TOO_PLAIN : undefined;
    if (reason !== undefined) {
      counts.skipped.push({ file: attempted.path, reason });
      progress.clear();
      io.err(`left out: ${printable(attempted.path)}: ${printable(reason)}\n`);
    } else if ('answer' in attempted) {
      counts.entries += 1;
      counts.hashes += attempted.answer.length;
      for (const row of attempted.answer) await write(formatCsvRow({ ...row, ...shared }));
    }
  }
  progress.clear();
  return counts;
}

const TOO_PLAIN = `not hashable: quality below ${PDQ_MIN_QUALITY}, or a side under ${PDQ_MIN_SIDE} pixels`;

interface How {
  readonly mode: PdqMode;
  readonly profile: 'default' | 'pytx';
  readonly id: string;
  readonly signal: AbortSignal;
}

/** One row per frame with a hash of its own; the digests stand in the first. None if no frame can be hashed. */
async function rowsOf(egide: Egide, path: string, { mode, profile, id, signal }: How): Promise<ListRow[]> {
  const rows: ListRow[] = [];
  const seen = new Set<string>();
  for await (const image of egide.frames(path, { profile, signal })) {
    const { hash: pdq, quality, unhashable } = await egide.pdq.hashAsync(image, { mode, signal });
    if (unhashable !== null || seen.has(hashToHex(pdq))) continue;
    seen.add(hashToHex(pdq));
    rows.push({ id, pdq, quality });
  }
  const [first, ...others] = rows;
  return first ? [{ ...first, ...(await egide.digest(path, { signal })) }, ...others] : [];
}

/** The innermost folder that every file and folder named lies in, or is. */
async function commonFolder(paths: readonly string[]): Promise<string> {
  const folders: string[][] = [];
  for (const path of paths) folders.push(resolve((await stat(path)).isDirectory() ? path : dirname(path)).split(sep));
  const [first, ...others] = folders as [string[], ...string[][]];
  const shared = first.findIndex((name, i) => others.some((other) => other[i] !== name));
  return (shared < 0 ? first : first.slice(0, shared)).join(sep) || sep;
}

/** The same on every system. */
function idOf(root: string, path: string): string {
  return relative(root, resolve(path)).split(sep).join('/');
}

function optional<Name extends string>(name: Name, value: string | undefined): Partial<Record<Name, string>> {
  return value === undefined ? {} : ({ [name]: value } as Record<Name, string>);
}
