import type { Exchange, FetchOptions } from '../../bank/exchange.js';
import type { BankRecord, Checkpoint, RecordBatch, RecordProblem } from '../../bank/record.js';
import type { BankSignal } from '../../bank/signal.js';
import { EgideError, invalid } from '../../errors.js';
import { type HttpAnswer, HttpClient, type HttpOptions, jsonOf, notTheProtocol } from '../http-client.js';
import { bankSignalOf, readSignal } from '../signal-text.js';
import { fieldsOf, isWanted, textOfField } from './fields.js';

/** How to reach the hash list of Tech Against Terrorism; name and password are those of its Terrorist Content Analytics Platform. */
export interface TechAgainstTerrorismOptions extends HttpOptions {
  /** Default `https://app.terrorismanalytics.org`. */
  readonly baseUrl?: string;
  readonly username: string;
  readonly password: string;
}

const BASE_URL = 'https://app.terrorismanalytics.org';
const LIST = '/api/hash-list/v2/all';
/** Entries of a page: the source's own default. */
const PAGE_SIZE = 1000;
/** What a token that has expired is answered with. */
const REFUSED_TOKEN: readonly number[] = [401, 403];
/** Types of file that are videos: python-threatexchange's four, and others that are in use. */
const VIDEOS: ReadonlySet<string> = new Set('mov m4v mp4 webm avi mkv wmv flv mpg mpeg 3gp ogv'.split(' '));

/**
 * The hash list of Tech Against Terrorism (TCAP), version 2. The protocol is python-threatexchange's
 * (`exchanges/clients/techagainstterrorism`) and that of the list's public page; docs/exchanges.md says what is kept.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function techAgainstTerrorismExchange(options: TechAgainstTerrorismOptions): Exchange {
  const { baseUrl = BASE_URL, username, password } = options;
  for (const [name, value] of Object.entries({ username, password })) if (!value) throw invalid(name, 'what TCAP gave', 'nothing');
  const http = new HttpClient(baseUrl, options);
  return {
    kind: 'tech-against-terrorism',
    host: http.base.host,
    isStale,
    fetch: (checkpoint, how = {}) => readOn(http, () => logIn(http, username, password, how.signal), checkpoint, how),
  };
}

/** The list keeps what was deleted, marked as such, so that no checkpoint grows old. */
function isStale({ after }: Checkpoint): boolean {
  return typeof after !== 'string';
}

async function logIn(http: HttpClient, username: string, password: string, signal: AbortSignal | undefined): Promise<string> {
  const answer = await http.send({
    method: 'POST',
    path: '/token-auth/tcap/',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username, password, resend: false }),
    repeatable: true,
    expected: [400],
    signal,
  });
  if (answer.status === 400) throw new EgideError('EXCHANGE_FAILED', `${answer.asked}: answered 400: check the credentials`);
  const token = textOfField(fieldsOf(jsonOf(answer))?.['token']);
  if (!token) throw notTheProtocol(answer, 'no token');
  return token;
}

/** Asks for pages with a token, and for another token where that one has expired. */
function pagesWith(
  http: HttpClient,
  newToken: () => Promise<string>,
  signal: AbortSignal | undefined,
): (query: Query) => Promise<HttpAnswer> {
  let token: string | undefined;
  return async (query) => {
    const isFresh = token === undefined;
    token ??= await newToken();
    const request = { path: LIST, query, signal };
    const answer = await http.send({
      ...request,
      headers: { authorization: `Bearer ${token}` },
      ...(!isFresh && { expected: REFUSED_TOKEN }),
    });
    if (answer.status < 400) return answer;
    token = await newToken();
    return http.send({ ...request, headers: { authorization: `Bearer ${token}` } });
  };
}

type Query = Readonly<Record<string, string | number | undefined>>;

/**
 * All pages since the checkpoint. Each page says how far it goes (`checkpoint`), and the next is asked for from there: paging by `offset`,
 * as `next` has it, would skip entries whenever one before them changes and so moves to the end. Only where that stands still is `next`
 * followed.
 */
async function* readOn(
  http: HttpClient,
  newToken: () => Promise<string>,
  last: Checkpoint | undefined,
  { types, signal }: FetchOptions,
): AsyncGenerator<RecordBatch> {
  const ask = pagesWith(http, newToken, signal);
  const isNew = last === undefined || isStale(last);
  const whole = isNew || last['whole'] === true;
  let after = isNew ? undefined : (last['after'] as string);
  let query: Query = { order: 'asc', limit: PAGE_SIZE, after };
  const asked = new Set<string>();
  for (let isFirst = true; ; isFirst = false) {
    const answer = await ask(query);
    const page = pageOf(answer);
    if (page.next !== undefined && !http.isOwn(page.next))
      throw notTheProtocol(answer, 'the next page is on another host, which is never asked');
    asked.add(JSON.stringify(query));
    after = page.checkpoint ?? after;
    query = { order: 'asc', limit: PAGE_SIZE, after };
    if (page.next !== undefined && asked.has(JSON.stringify(query))) query = Object.fromEntries(new URL(page.next, http.base).searchParams);
    const isLast = page.next === undefined;
    if (!isLast && asked.has(JSON.stringify(query))) throw notTheProtocol(answer, 'its pages do not end');
    const mark = isNew && isFirst && isLast ? 'both' : isNew && isFirst ? 'begin' : whole && isLast ? 'end' : undefined;
    yield {
      ...recordsOf(page.results, types),
      ...(after !== undefined && { checkpoint: { after, ...(whole && !isLast && { whole }) } }),
      ...(mark && { whole: mark }),
    };
    if (isLast) return;
  }
}

interface Page {
  readonly results: readonly unknown[];
  readonly next?: string;
  /** Time and id of its last entry. */
  readonly checkpoint?: string;
}

function pageOf(answer: HttpAnswer): Page {
  const { results, next, checkpoint } = fieldsOf(jsonOf(answer)) ?? {};
  if (!Array.isArray(results)) throw notTheProtocol(answer, 'results is no list');
  const [nextUrl, position] = [textOfField(next), textOfField(checkpoint)];
  return { results, ...(nextUrl && { next: nextUrl }), ...(position && { checkpoint: position }) };
}

function recordsOf(results: readonly unknown[], types: readonly BankSignal[] | undefined): RecordBatch {
  const updates = new Map<string, BankRecord | null>();
  const problems: RecordProblem[] = [];
  for (const [at, result] of results.entries()) {
    const entry = fieldsOf(result);
    const id = entry?.['id'];
    if (!entry || !((typeof id === 'number' && Number.isSafeInteger(id)) || textOfField(id))) {
      problems.push({ reason: `entry ${at + 1} of the page: no entry with an id`, partial: false });
      continue;
    }
    const key = String(id);
    updates.delete(key); // so that a key that stands twice has its later place
    updates.set(key, entry['deleted'] === true ? null : recordOf(key, entry, types, problems));
  }
  return { updates, problems, read: results.length };
}

function recordOf(
  key: string,
  entry: Readonly<Record<string, unknown>>,
  types: readonly BankSignal[] | undefined,
  problems: RecordProblem[],
): BankRecord {
  const algorithm = textOfField(entry['algorithm']) ?? '';
  const fileType = (textOfField(entry['file_type']) ?? '').toLowerCase().replace(/^\./, '');
  const type = typeOf(algorithm, VIDEOS.has(fileType) || fileType.startsWith('video/'));
  const reading = readSignal(type, textOfField(entry['hash_digest']) ?? '', type === 'other' ? { name: algorithm || 'unnamed' } : {});
  if (typeof reading === 'string') problems.push({ key, reason: `${reading}; no signal that can be used`, partial: true });
  const ideology = textOfField(entry['ideology']);
  const updated = entry['updated_on'];
  return {
    key,
    signals: typeof reading !== 'string' && isWanted(type, types) ? [reading] : [],
    ...(ideology && { category: ideology }),
    ...(fileType && { tags: [fileType] }),
    ...(typeof updated === 'number' && Number.isFinite(updated) && { updatedAt: Math.round(1000 * updated) }),
  };
}

/** A digest of a video where the type of its file says so. */
function typeOf(algorithm: string, isVideo: boolean): BankSignal {
  const type = bankSignalOf(algorithm) ?? 'other';
  if (isVideo && type === 'md5') return 'video-md5';
  return isVideo && type === 'sha256' ? 'video-sha256' : type;
}
