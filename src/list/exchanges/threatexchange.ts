import type { Exchange, Feedback, FetchOptions } from '../../bank/exchange.js';
import type { Checkpoint, RecordBatch } from '../../bank/record.js';
import { EgideError, invalid, wholeNumber } from '../../errors.js';
import { type HttpAnswer, HttpClient, type HttpOptions, type HttpRequest, jsonOf, notTheProtocol } from '../http-client.js';
import { fieldsOf } from './fields.js';
import { idOf, type PageReader, pageOf, type ThreatExchangePage, UPDATE_FIELDS } from './threatexchange-page.js';

/** How to reach a privacy group of Meta's ThreatExchange. */
export interface ThreatExchangeOptions extends HttpOptions {
  /** Number of the privacy group. `threat_updates` must be enabled for it: Meta does that when it is asked. */
  readonly privacyGroup: string;
  /** Token of an app that is a member of the group: its number, `|` and its secret. It goes into a header, never into a URL. */
  readonly accessToken: string;
  /** Default `https://graph.facebook.com/v21.0`. */
  readonly baseUrl?: string;
  /** Updates of a page, 1 to 1000. Default 500, as python-threatexchange reads whole groups. */
  readonly pageSize?: number;
}

const BASE_URL = 'https://graph.facebook.com/v21.0';
/** A checkpoint older than this, in ms, says too little: withdrawals are told of for 90 days, and python-threatexchange leaves 5 of them. */
const STALE_MS = 85 * 24 * 3600 * 1000;
/** Seconds before now that are read again the next time: updates that are being written, and clocks that differ (our own choice). */
const SETTLING_S = 300;
/** Seconds that one question spans, so that an answer that ends early hides nothing beyond (our own choice). */
const WINDOW_S = 2 * 365 * 24 * 3600;
/** What is asked when an answer tells of nothing later: the same once more, then from the second of the last update, and from the one after it. */
const DOUBTS: readonly number[] = [-1, -1, 0, 1, 1];
/** Before ThreatExchange began, in February 2015, nothing was updated; one question spans that. Seconds since 1970. */
const LAUNCH_S = Date.UTC(2015, 0, 1) / 1000;
/** Pages without an update in a row that are believed: our own choice. */
const MAX_EMPTY_PAGES = 100;
/** What the Graph API refuses with: what it means stands in the answer. */
const REFUSED: readonly number[] = [400];
/** Reactions that feedback may be given with; the first is given where none is named. */
const REACTIONS: Readonly<Record<Feedback['opinion'], readonly string[]>> = {
  positive: ['HELPFUL'],
  negative: ['DISAGREE_WITH_TAGS', 'NON_MALICIOUS'],
};

/** Sends a question of the protocol; refuses what was refused. */
type Ask = (request: HttpRequest) => Promise<HttpAnswer>;

/**
 * A privacy group of Meta's ThreatExchange. The protocol is python-threatexchange's (`exchanges/impl/fb_threatexchange_api.py`) and that of
 * Meta's pages on `threat_updates` and on reactions; docs/exchanges.md says what is kept and how the checkpoint moves.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function threatExchange(options: ThreatExchangeOptions): Exchange {
  const { privacyGroup, accessToken, baseUrl = BASE_URL, pageSize = 500 } = options;
  if (typeof privacyGroup !== 'string' || !/^\d+$/.test(privacyGroup))
    throw invalid('privacyGroup', 'the number of a privacy group', privacyGroup);
  if (!accessToken) throw invalid('accessToken', 'the token of an app', 'nothing');
  wholeNumber('pageSize', pageSize, 1, 1000);
  const http = new HttpClient(baseUrl, options);
  const [appId] = /^\d+(?=\||%7C)/i.exec(accessToken) ?? [];
  const headers = { authorization: `Bearer ${accessToken.replace(/^(\d+)%7C/i, '$1|')}` };
  const ask: Ask = async (request) => {
    const answer = await http.send({ ...request, headers: { ...request.headers, ...headers }, expected: REFUSED });
    if (answer.status >= 400) throw refusalOf(answer);
    return answer;
  };
  const source: Source = { http, ask, path: `/${privacyGroup}/threat_updates/`, pageSize, ...(appId !== undefined && { appId }) };
  return {
    kind: 'threatexchange',
    host: http.base.host,
    isStale,
    fetch: (checkpoint, how = {}) => readOn(source, checkpoint, how),
    giveFeedback: (feedback, { signal } = {}) => react(source, feedback, signal),
  };
}

/** Where updates are asked for, and how. */
interface Source {
  readonly http: HttpClient;
  readonly ask: Ask;
  readonly path: string;
  readonly pageSize: number;
  readonly appId?: string;
}

/** Where the reading stands: everything before `from` (seconds since 1970) has been told of. */
type Position = {
  readonly from: number;
  /** When the reading of everything began (ms since 1970), while its end has not been reached. */
  readonly begunAt?: number;
};

/** What was withdrawn after the reading began, or after the last update that was read, must still be told of. */
function isStale({ from, begunAt }: Checkpoint, now: number): boolean {
  const since = typeof begunAt === 'number' ? begunAt : 1000 * Number(from);
  return typeof from !== 'number' || now - since > STALE_MS;
}

/**
 * All updates since the checkpoint, window of time by window of time. The source tells of updates in order of time, and of each indicator
 * once: one that changes while it is read moves to the end, so that the last window has none.
 */
async function* readOn(source: Source, last: Checkpoint | undefined, options: FetchOptions): AsyncGenerator<RecordBatch> {
  const { signal, types, now = Date.now() } = options;
  const start = last && !isStale(last, now) ? (last as Position) : { from: 0, begunAt: now };
  const reader: PageReader = { ...(source.appId && { appId: source.appId }), ...(types && { types }) };
  const end = Math.max(start.from, Math.floor(now / 1000) - SETTLING_S);
  const whole = start.begunAt !== undefined;
  let begins = whole && start.from === 0;
  for (let from = start.from; ; ) {
    const next = from < LAUNCH_S ? LAUNCH_S : from + WINDOW_S;
    const to = next < end ? next : undefined;
    for await (const { page, reached } of pagesOf(source, from, to, reader, signal)) {
      const { updates, problems, read } = page;
      if (read === 0) continue;
      yield { updates, problems, read, checkpoint: { ...start, from: Math.min(reached, end) }, ...(begins && { whole: 'begin' }) };
      begins = false;
    }
    if (to === undefined) break;
    from = to;
  }
  yield { updates: new Map(), problems: [], read: 0, checkpoint: { from: end }, ...(whole && { whole: begins ? 'both' : 'end' }) };
}

/**
 * The pages of `[from, to)`, and up to which time each has told of everything.
 *
 * Each page is asked for from the last update of the one before, and not by `paging.next`, whose cursor is good only for as long as the
 * update that it marks stays in its place. Only within a second that has more than a page is `next` followed, without the token in it. The
 * source has been seen to stop early (ThreatExchange #1191): neither an empty page nor a missing `next` is the end, but only that nothing later
 * is told of whichever way it is asked for ({@link DOUBTS}).
 */
async function* pagesOf(
  source: Source,
  from: number,
  to: number | undefined,
  reader: PageReader,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly page: ThreatExchangePage; readonly reached: number }> {
  const { ask, path, pageSize: limit } = source;
  let at = from;
  let next: string | undefined;
  let doubt = 0;
  let empty = 0;
  const followed = new Set<string>();
  const told = new Map<string, number>();
  for (;;) {
    // Whether `start_time` itself belongs to the answer is not documented: from the second before, both answers lose nothing.
    const query = { start_time: Math.max(0, at + (DOUBTS[doubt] as number)), stop_time: to, limit, fields: UPDATE_FIELDS };
    const answer = await ask(next === undefined ? { path, query, signal } : { path: next, signal });
    const page = pageOf(answer, reader);
    const latest = latestOf(answer, page.times.values(), at - 1);
    yield { page: withoutTold(page, told), reached: latest };
    for (const [key, time] of page.times) told.set(key, time);
    empty = page.read === 0 ? empty + 1 : 0;
    const following = nextOf(source, answer, page);
    if (latest > at) {
      at = latest;
      next = undefined;
      doubt = 0;
      followed.clear();
      for (const [key, time] of told) if (time < at - 1) told.delete(key);
    } else if (following !== undefined) {
      if (followed.has(following) || empty > MAX_EMPTY_PAGES) throw notTheProtocol(answer, 'its pages do not end');
      next = following;
      if (doubt === 1) doubt = 0;
      followed.add(following);
    } else if (++doubt === DOUBTS.length) return;
    else if (doubt > 1) {
      next = undefined;
      followed.clear();
    }
  }
}

/** The time of the last update, or that after `first`. Without order it would say nothing of what else there is. */
function latestOf(answer: HttpAnswer, times: Iterable<number>, first: number): number {
  let before = first;
  for (const time of times) {
    if (time < before) throw notTheProtocol(answer, 'its updates are not in order of time');
    before = time;
  }
  return Math.max(before, first + 1);
}

/** A page without what was told before, since each question begins with the end of the one before. */
function withoutTold(page: ThreatExchangePage, told: ReadonlyMap<string, number>): ThreatExchangePage {
  const isTold = (key: string | undefined): boolean => key !== undefined && told.has(key) && told.get(key) === page.times.get(key);
  const updates = new Map([...page.updates].filter(([key]) => !isTold(key)));
  const problems = page.problems.filter(({ key }) => !isTold(key));
  return { ...page, updates, problems, read: page.read - (page.updates.size - updates.size) };
}

/** The URL of the next page without the token, which it carries. */
function nextOf({ http }: Source, answer: HttpAnswer, { next }: ThreatExchangePage): string | undefined {
  if (next === undefined) return undefined;
  if (!http.isOwn(next)) throw notTheProtocol(answer, 'the next page is on another host, which is never asked');
  const url = new URL(next, http.base);
  url.searchParams.delete('access_token');
  return url.href;
}

/** Reacts to what every other member says of an indicator, as the reference platform does (`hmalib`'s write-back). Twice is once. */
async function react({ ask, appId, http }: Source, feedback: Feedback, signal: AbortSignal | undefined): Promise<void> {
  const { key, opinion, reasons = [] } = feedback;
  if (!/^\d+$/.test(key)) throw invalid('key', "ThreatExchange's number of an indicator", key);
  const offered = REACTIONS[opinion];
  if (!reasons.every((reason) => offered.includes(reason))) throw invalid('reasons', `one or more of: ${offered.join(', ')}`, 'another');
  const reactions = (reasons.length > 0 ? reasons : offered.slice(0, 1)).join(',');
  const answer = await ask({ path: `/${key}`, query: { fields: 'descriptors{id,owner{id}}' }, signal });
  const list = fieldsOf(fieldsOf(jsonOf(answer))?.['descriptors'])?.['data'];
  const others = (Array.isArray(list) ? list : []).flatMap((item) => {
    const { id, owner } = fieldsOf(item) ?? {};
    return idOf(fieldsOf(owner)?.['id']) === appId ? [] : (idOf(id) ?? []);
  });
  if (others.length === 0)
    throw new EgideError('EXCHANGE_FAILED', `${http.base.host}: no other member describes this entry any more: it may have been withdrawn`);
  for (const id of others) {
    const body = new URLSearchParams({ reactions }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const taken = await ask({ method: 'POST', path: `/${id}`, headers, body, repeatable: true, signal });
    if (fieldsOf(jsonOf(taken))?.['success'] === false) throw notTheProtocol(taken, 'the reaction was not taken');
  }
}

/** Why the Graph API refused: by its documented error codes, and never in its words, which may quote what was asked. */
function refusalOf(answer: HttpAnswer): EgideError {
  const code = Number(fieldsOf(fieldsOf(jsonOf(answer))?.['error'])?.['code']);
  return new EgideError('EXCHANGE_FAILED', `${answer.asked}: answered ${answer.status}, error code ${code}: ${adviceOf(code)}`);
}

function adviceOf(code: number): string {
  if (code === 102 || code === 190) return 'check the credentials';
  if (code === 10 || (code >= 200 && code < 300)) return 'check the credentials, and whether the app is a member of the privacy group';
  if ([4, 17, 32, 613].includes(code)) return 'asked too often, try again later';
  return 'check the privacy group; the source may have changed its protocol';
}
