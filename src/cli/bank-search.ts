import { stat } from 'node:fs/promises';
import type { Egide } from '../egide.js';
import { MAX_PHOTODNA_DISTANCE } from '../hash/photodna.js';
import { orAborted } from '../input.js';
import { readSignal } from '../list/signal-text.js';
import type { SignalVerdict } from '../shield/look-up.js';
import { type Policy, rulesFor, sternest } from '../shield/policy.js';
import type { UrlMatch } from '../shield/scan-url.js';
import type { Shield } from '../shield/shield.js';
import { grouped, saySeen } from '../shield/summary.js';
import type { Action, Match, Problem } from '../shield/verdict.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import { BANK_HELP, BANK_OPTIONS, withBank } from './bank.js';
import type { Command, Given } from './command.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { readPolicy, readSnapshot } from './scan.js';
import { Table } from './table.js';

/** What `--type` takes. */
const TYPES = ['pdq', 'md5', 'sha1', 'sha256', 'photodna', 'url-md5', 'url', 'file'] as const;
type QueryType = (typeof TYPES)[number];
type HashType = Exclude<QueryType, 'url' | 'file'>;
type Hashes = Partial<Record<HashType, Uint8Array>>;

/** Bits of a PDQ hash. */
const MAX_PDQ_DISTANCE = 256;

/** The types that a text without `--type` is read as; of one length several. */
const TOLD_BY_LENGTH: readonly HashType[] = ['md5', 'sha1', 'sha256', 'pdq', 'photodna'];

/** `egide bank search QUERY…`. */
export const bankSearch: Command = {
  name: 'bank search',
  help: `egide bank search QUERY… [options]

Says which lists and entries of a bank carry something, as it would be searched: a hash or digest (hex or base64), a URL, or a file, of which digests
and PDQ hashes are made. No hash of a list is ever printed, nor the query.

  --type TYPE         what the queries are: ${TYPES.join(', ')};
                      without it they are told by their length (64 hex digits: PDQ and SHA-256), files by their being there
  --max-distance N    also what is near: bits of PDQ hashes, 0 to 256; squared distance of PhotoDNA hashes. Without it, and without --policy,
                      only what is equal
  --policy FILE       a policy in JSON (docs/policy.md): its thresholds and actions; patches are looked for only with one
  --snapshot FILE     search this snapshot of a bank
  --key-file FILE     32 bytes, or 64 hex digits: the key of an encrypted snapshot
${BANK_HELP}  --json              one JSON document per query

Exit code: the sternest action over all queries (0 allow, 2 hold, 3 block), or 1 for an error.
`,
  options: {
    ...BANK_OPTIONS,
    type: { type: 'string' },
    'max-distance': { type: 'string' },
    policy: { type: 'string' },
    snapshot: { type: 'string' },
    'key-file': { type: 'string' },
  },
  async run(io, given) {
    if (given.files.length === 0) throw new UsageError('bank search: expected a hash, a URL or a file');
    const type = given.text('type') === undefined ? undefined : given.choice('type', TYPES, 'file');
    const queries: Query[] = [];
    for (const [i, text] of given.files.entries()) queries.push(await readQuery(text, type, i + 1));
    const policy = await policyOf(given, queries);
    const egide = await io.load();
    const answers = await withSnapshot(egide, io, given, async (snapshot) => {
      if (snapshot.lists.length === 0)
        throw new UsageError('bank search: the bank has no list that is searched: import or synchronise one');
      const shield = egide.shield({ snapshot, policy });
      const all: Answer[] = [];
      for (const query of queries) all.push(await ask(query, { snapshot, shield, policy, signal: io.signal }));
      return all;
    });
    await (given.flag('json') ? sayJson(io, answers) : sayTable(io, answers));
    return EXIT[sternest(answers.map(({ action }) => action))];
  },
};

/** What is asked for. A hash is never printed again, so that it is in no log. */
interface Query {
  /** The path of a file, or the number of the query. */
  readonly name: string;
  readonly of: { readonly file: string } | { readonly url: string } | { readonly hashes: Hashes };
}

/** What carries it. */
interface Answer {
  readonly query: string;
  readonly action: Action;
  readonly matches: readonly (Match | SignalVerdict['matches'][number] | UrlMatch)[];
  readonly problems: readonly Problem[];
}

async function readQuery(text: string, type: QueryType | undefined, number: number): Promise<Query> {
  if (type === 'file') return { name: text, of: { file: text } };
  if (type === 'url') return { name: `${number} (url)`, of: { url: text } };
  const hashes: Hashes = {};
  for (const one of type ? [type] : TOLD_BY_LENGTH) {
    const read = readSignal(one, text);
    if (typeof read !== 'string') hashes[one] = read.value;
    else if (type) throw new UsageError(`bank search: query ${number}: ${read}`);
  }
  const types = Object.keys(hashes);
  if (types.length > 0) return { name: `${number} (${types.join(' or ')})`, of: { hashes } };
  if (await isFile(text)) return { name: text, of: { file: text } };
  if (/^[^\s]+\.[^\s]+$/.test(text)) return { name: `${number} (url)`, of: { url: text } };
  throw new UsageError(`bank search: query ${number} is neither a hash nor a URL, and there is no file of this name: say --type`);
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile();
  } catch {
    return false; // whatever it is then, it is no file that could be read
  }
}

/** The policy that was given, or else one by which only what is equal matches; with `--max-distance`, what is so near. */
async function policyOf(given: Given, queries: readonly Query[]): Promise<Policy> {
  const path = given.text('policy');
  const policy = await readPolicy(path);
  const maxDistance = given.text('max-distance') === undefined ? undefined : given.number('max-distance', 0, MAX_PHOTODNA_DISTANCE, 0);
  const ofPdq = maxDistance === undefined || maxDistance <= MAX_PDQ_DISTANCE;
  if (!ofPdq && !queries.every(({ of }) => 'hashes' in of && of.hashes.photodna))
    throw new UsageError(`--max-distance: more than ${MAX_PDQ_DISTANCE} goes with PhotoDNA hashes alone`);
  const { photoDnaMaxDistance = 0 } = policy.thresholds;
  const equal = path === undefined ? ({ pdqMaxDistance: 0, patchMinTier: 'off' } as const) : {};
  return {
    ...policy,
    ...(path === undefined && { version: 'egide bank search' }),
    thresholds: {
      ...policy.thresholds,
      ...equal,
      photoDnaMaxDistance: maxDistance ?? photoDnaMaxDistance,
      ...(ofPdq && maxDistance !== undefined && { pdqMaxDistance: maxDistance }),
    },
  };
}

/** Works with the snapshot that the options name, or else with that of the bank as it is now. */
async function withSnapshot<T>(egide: Egide, io: Io, given: Given, work: (snapshot: Snapshot) => Promise<T>): Promise<T> {
  using named = await readSnapshot(egide, given, io.signal);
  if (named) return await work(named);
  return withBank(egide, given, false, async (bank) => work(await orAborted(bank.snapshot(), io.signal)));
}

interface Where {
  readonly snapshot: Snapshot;
  readonly shield: Shield;
  readonly policy: Policy;
  readonly signal: AbortSignal;
}

async function ask({ name, of }: Query, where: Where): Promise<Answer> {
  const { shield, policy, signal } = where;
  const { matches, problems } =
    'file' in of ? await shield.scan(of.file, { signal }) : 'url' in of ? askUrl(of.url, where) : await askHashes(of.hashes, where);
  // A list that has no signal of the type does not carry it: here that is an answer.
  const open = problems.filter(({ code }) => code !== 'NOT_ASKED');
  const actions = matches.map((match) => match.action);
  const otherwise = open.length > 0 ? policy.actions.couldNotTell : policy.actions.noMatch;
  return { query: name, action: actions.length > 0 ? sternest(actions) : otherwise, matches, problems: open };
}

type Found = Pick<Answer, 'matches' | 'problems'>;

function askUrl(url: string, { snapshot, shield }: Where): Found {
  const carries = snapshot.lists.some(({ urls, urlMd5 }) => urls.size + urlMd5.size > 0);
  return carries ? shield.scanUrl(url) : { matches: [], problems: [] };
}

async function askHashes({ 'url-md5': urlMd5, ...hashes }: Hashes, { snapshot, shield, policy, signal }: Where): Promise<Found> {
  if (!urlMd5) return shield.lookUp(hashes, { signal });
  const matches = snapshot.lists.flatMap((list): UrlMatch[] => {
    const { exact: action } = rulesFor(policy, list.name);
    return list.urlMd5.find(urlMd5).map((id) => ({ kind: 'url', signal: 'url-md5', entry: list.entry(id), rule: 'exact', action }));
  });
  return { matches, problems: [] };
}

async function sayJson(io: Io, answers: readonly Answer[]): Promise<void> {
  for (const answer of answers) await io.out(`${JSON.stringify(answer)}\n`);
}

const HEADINGS = ['action', 'why', 'distance', 'seen', 'list / entry', 'category', 'query'];

async function sayTable(io: Io, answers: readonly Answer[]): Promise<void> {
  const table = new Table(io, HEADINGS, () => undefined);
  for (const { query, action, matches, problems } of answers) {
    const why = problems.length > 0 ? `could not tell: ${problems.map(({ code }) => code).join(', ')}` : 'no match';
    if (matches.length === 0) await table.add({ action, cells: [why, '', '', '', '', printable(query)] });
    for (const match of matches) {
      const { list, id, category = '' } = match.entry;
      const cells = [...evidenceCells(match), `${list} / ${id}`, category, query].map(printable);
      await table.add({ action: match.action, cells });
    }
  }
  await table.flush();
}

/** Why, how near, and how it was seen. */
function evidenceCells(match: Answer['matches'][number]): [why: string, distance: string, seen: string] {
  if (match.kind === 'exact') return [`exact ${match.signal}`, '', ''];
  if (match.kind === 'remote') return [`remote ${match.matchType}`, '', ''];
  if (match.kind === 'url') return [match.signal === 'url' ? `url ${match.rule}` : 'exact url-md5', '', ''];
  if (match.kind === 'partial') return [`partial ${match.tier}`, `${match.distinctive} features`, saySeen(match).join(', ')];
  if (match.signal === 'photodna') return ['near photodna', grouped(match.distance), ''];
  const seen = 'orientation' in match ? saySeen(match).join(', ') : match.negative ? 'as a negative' : '';
  return ['near pdq', `${String(match.distance).padStart(3)} of 256`, seen];
}
