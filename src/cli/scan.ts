import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import type { Egide } from '../egide.js';
import { EgideError } from '../errors.js';
import type { HashList } from '../list/hash-list.js';
import { checkPolicy, defaultPolicy, type Policy, sternest } from '../shield/policy.js';
import type { RemoteList } from '../shield/remote/remote-service.js';
import type { ScanOptions } from '../shield/scan.js';
import type { Shield } from '../shield/shield.js';
import { grouped, LABEL_WORDS, plural, saySeen } from '../shield/summary.js';
import type { Action, Match, Verdict } from '../shield/verdict.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { Command, Given } from './command.js';
import { checkOutput, countFiles, type Found, filesIn } from './files.js';
import { inOrder } from './in-order.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { packageVersion } from './package-version.js';
import { type Preview, previewOf } from './preview.js';
import { Progress } from './progress.js';
import { JOBS_HELP, jobsOf, naming, profileOf, readKey } from './reading.js';
import { AskedServices, REMOTE_CREDENTIALS_HELP, REMOTE_HELP, REMOTE_OPTIONS, remoteOf } from './remote-services.js';
import { Report } from './report.js';
import { type Row, Table } from './table.js';

/** `egide scan FILE|DIR… --list FILE|--snapshot FILE|--remote KIND=SEND`. */
export const scanCommand: Command = {
  name: 'scan',
  help: `egide scan FILE|DIR… --list FILE|--snapshot FILE|--remote KIND=SEND [options]

Looks pictures up in hash lists, in the snapshot of a bank, or by asking services, and says what the policy makes of each: allow, hold (a person should look) or block.
A file that cannot be read, decoded or hashed is held, unless the policy says otherwise.

  -l, --list FILE     a hash list: CSV, NDJSON or local_file lines; may be given several times
  --snapshot FILE     the snapshot of a bank: its hashes, digests and patches
  --key-file FILE     32 bytes, or 64 hex digits: the key of an encrypted snapshot
${REMOTE_HELP}  --policy FILE       a policy in JSON (docs/policy.md); without it, ${defaultPolicy.version}
  --deep              also look for negatives, small parts and stretched copies by patches
  --budget MS         begin nothing further on a file after so many milliseconds; what is left out is told
  --profile PROFILE   default, or pytx: decode just as python-threatexchange does
  --report FILE       also write one self-contained HTML page; its previews are blurred and grey
  --clear             with --report: previews as they are
${JOBS_HELP}  --json              one JSON document per line: the verdict, with the file's name before it

${REMOTE_CREDENTIALS_HELP}Exit code: the sternest action over all files (0 allow, 2 hold, 3 block), or 1 for an error.
`,
  options: {
    list: { type: 'string', short: 'l', multiple: true },
    snapshot: { type: 'string' },
    'key-file': { type: 'string' },
    ...REMOTE_OPTIONS,
    policy: { type: 'string' },
    deep: { type: 'boolean' },
    budget: { type: 'string' },
    profile: { type: 'string' },
    report: { type: 'string' },
    clear: { type: 'boolean' },
    jobs: { type: 'string', short: 'j' },
  },
  async run(io, given) {
    if (given.files.length === 0) throw new UsageError('scan: expected files or folders');
    const remote = remoteOf(given);
    if (given.texts('list').length + remote.length === 0 && given.text('snapshot') === undefined)
      throw new UsageError('scan: expected --list FILE, --snapshot FILE or --remote KIND=SEND');
    if (given.flag('clear') && given.text('report') === undefined) throw new UsageError('scan: --clear goes with --report');
    const reportPath = given.text('report');
    if (reportPath !== undefined) await checkOutput('--report', reportPath);
    const policy = await readPolicy(given.text('policy'));
    const [jobs, options] = [jobsOf(given), { ...lookOptions(given), signal: io.signal }];
    const egide = await io.load();
    using snapshot = await readSnapshot(egide, given, io.signal);
    const lists = await readLists(egide, io, given.texts('list'));
    const shield = egide.shield({ lists, remote, policy, ...(snapshot && { snapshot }) });
    const all = [...lists, ...(snapshot?.lists ?? [])];
    const setting = { policy, lists: all, remote, egide, version: packageVersion() };
    const report = reportPath === undefined ? undefined : await Report.open(reportPath, setting);
    try {
      const look = (found: Found) => lookAt(shield, found, options, report && { clear: given.flag('clear') });
      const counts = await scanAll(io, given, inOrder(filesIn(given.files), jobs, look), { remote, report });
      await report?.finish();
      if (reportPath !== undefined) io.err(`report: ${printable(reportPath)}\n`);
      return EXIT[sternest((Object.keys(counts) as Action[]).filter((action) => counts[action] > 0))];
    } finally {
      await report?.discard();
      for (const list of lists) list[Symbol.dispose]();
    }
  },
};

/** One file and its verdict. */
export interface Scanned {
  readonly file: string;
  readonly verdict: Verdict;
  /** Only for a report. */
  readonly preview?: Preview;
}

async function scanAll(
  io: Io,
  given: Given,
  scanned: AsyncIterable<Scanned>,
  { remote, report }: { readonly remote: readonly RemoteList[]; readonly report: Report | undefined },
): Promise<Record<Action, number>> {
  const asked = new AskedServices(remote);
  const counts: Record<Action, number> = { allow: 0, hold: 0, block: 0 };
  const json = given.flag('json');
  const progress = new Progress(io, io.errIsTerminal ? await countFiles(given.files) : 0);
  const table = new Table(io, HEADINGS, () => progress.clear());
  for await (const one of scanned) {
    const { file, verdict } = one;
    counts[verdict.action] += 1;
    progress.step(sayCounts(counts));
    for (const silence of asked.take(verdict)) {
      progress.clear();
      io.err(`warning: ${printable(silence)}\n`);
    }
    await report?.add(one);
    if (!json) await table.add(rowOf(file, verdict));
    else {
      progress.clear();
      await io.out(`${JSON.stringify({ file, ...verdict })}\n`);
    }
  }
  progress.clear();
  await table.flush();
  const total = counts.allow + counts.hold + counts.block;
  if (total === 0) throw new UsageError('scan: there are no files in what was given');
  if (!json) await io.out(`\n${plural(total, 'file', 'files')}: ${sayCounts(counts)}\n${asked}`);
  return counts;
}

function sayCounts({ block, hold, allow }: Record<Action, number>): string {
  return `${block} block, ${hold} hold, ${allow} allow`;
}

async function lookAt(
  shield: Shield,
  { path, unreadable }: Found,
  options: ScanOptions,
  preview: { readonly clear: boolean } | undefined,
): Promise<Scanned> {
  // A folder that cannot be listed is scanned like a file that cannot be read: the answer is that nobody could tell.
  const verdict = await shield.scan(unreadable === undefined ? path : failing(unreadable), options);
  return { file: path, verdict, ...(preview && { preview: await previewOf(path, verdict, preview.clear) }) };
}

// biome-ignore lint/correctness/useYield: it stands for a stream that fails at once
async function* failing(reason: string): AsyncGenerator<Uint8Array> {
  throw new EgideError('NOT_FOUND', reason);
}

const HEADINGS = ['action', 'why', 'distance', 'seen', 'list / entry', 'file'];

function rowOf(file: string, verdict: Verdict): Row {
  const { action, matches, input } = verdict;
  const match = matches[0];
  const entries = new Set(matches.map(({ entry }) => `${entry.list} / ${entry.id}`));
  const more = entries.size > 1 ? ` (+${entries.size - 1})` : '';
  const [what, distance, seen] = match === undefined ? [verdict.outcome, '', ''] : evidenceCells(match, input.frameCount);
  const doubt = doubtOf(verdict);
  const why = doubt === '' ? what : `${what}: ${doubt}`;
  const entry = match === undefined ? '' : `${[...entries][0]}${more}`;
  return { action, cells: [why, distance, seen, entry, file].map((cell) => printable(cell ?? '')) };
}

/** Why there may be more to find: where nothing was found, the first reason; and who gave no answer. */
function doubtOf({ matches, problems, remote }: Verdict): string {
  const code = matches.length === 0 ? problems.find(({ service }) => service === undefined)?.code : undefined;
  const silent = remote.filter(({ answered }) => !answered).map(({ name }) => `no answer of ${name}`);
  return [...(code ? [code] : []), ...silent].join(', ');
}

/** Why, how near, and how it was seen. */
function evidenceCells(match: Match, frameCount: number | undefined): [why: string, distance: string, seen: string] {
  if (match.kind === 'exact') return [`exact ${match.signal}`, '', ''];
  if (match.signal === 'photodna') return ['near photodna', grouped(match.distance), ''];
  const seen = saySeen(match, frameCount);
  if (match.kind === 'remote') return [`remote ${match.matchType} by ${match.sent}`, '', [match.entry.category, ...seen].join(', ')];
  if (match.kind === 'near') return ['near pdq', `${String(match.distance).padStart(3)} of 256`, seen.join(', ')];
  const label = match.label ? [LABEL_WORDS[match.label]] : [];
  return [`partial ${match.tier}`, `${match.distinctive} features`, [...seen, match.description, ...label].join(', ')];
}

/** How each file is looked at. */
function lookOptions(given: Given): ScanOptions {
  const budget = given.text('budget');
  const budgetMs = Number(budget);
  if (budget !== undefined && !(budgetMs > 0)) throw new UsageError(`scan: --budget: expected milliseconds, more than 0, got ${budget}`);
  return { profile: profileOf(given), ...(given.flag('deep') && { deep: true }), ...(budget !== undefined && { budgetMs }) };
}

/** The snapshot that the options name, if they do. It is verified before anything is looked up in it. */
export async function readSnapshot(egide: Egide, given: Given, signal: AbortSignal): Promise<Snapshot | undefined> {
  const [path, keyFile] = [given.text('snapshot'), given.text('key-file')];
  if (path === undefined) {
    if (keyFile !== undefined) throw new UsageError('--key-file goes with --snapshot');
    return undefined;
  }
  const key = keyFile === undefined ? undefined : await readKey(keyFile);
  const snapshot = await naming(path, () => egide.openSnapshot(path, { signal, ...(key && { key }) }));
  if (snapshot.storage === 'mapped') await naming(path, () => snapshot.verify({ signal }));
  return snapshot;
}

/** The policy of a file, or the default one. */
export async function readPolicy(path: string | undefined): Promise<Policy> {
  if (path === undefined) return defaultPolicy;
  const text = await readFile(path, 'utf8');
  try {
    return checkPolicy(JSON.parse(text));
  } catch (error) {
    if (error instanceof SyntaxError) throw new UsageError(`${path}: expected JSON: ${error.message}`, { cause: error });
    throw error;
  }
}

/** Reads every list; what was refused of one is said, since a match can be missed for it. */
async function readLists(egide: Egide, io: Io, paths: readonly string[]): Promise<HashList[]> {
  const names = paths.map((path) => basename(path, extname(path)));
  const lists: HashList[] = [];
  for (const [i, path] of paths.entries()) {
    const short = names[i] as string;
    const name = names.indexOf(short) === names.lastIndexOf(short) ? short : path;
    const list = await naming(path, () => egide.hashList(path, { name, signal: io.signal }));
    const { kept, refused, refusals } = list.report;
    if (refused > 0) {
      const [first] = refusals;
      io.err(
        `warning: ${printable(path)}: ${plural(refused, 'line was', 'lines were')} not kept${first ? `, the first is line ${first.line}: ${first.reason}` : ''}\n`,
      );
    }
    if (kept === 0) io.err(`warning: ${printable(path)}: the list is empty, nothing can match it\n`);
    lists.push(list);
  }
  return lists;
}
