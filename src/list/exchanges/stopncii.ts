import type { Exchange, Feedback, FetchOptions } from '../../bank/exchange.js';
import type { BankRecord, Checkpoint, Opinion, OpinionValue, RecordBatch, RecordProblem } from '../../bank/record.js';
import type { BankSignal, Signal } from '../../bank/signal.js';
import { EgideError, invalid, wholeNumber } from '../../errors.js';
import { nameOf } from '../formats/record-keys.js';
import { type HttpAnswer, HttpClient, type HttpOptions, type HttpRequest, jsonOf, notTheProtocol } from '../http-client.js';
import { readSignal, signalText } from '../signal-text.js';
import { fieldsOf, isWanted, textOfField } from './fields.js';

/** How to reach StopNCII.org; keys and agreement come from SWGfL, which runs it. */
export interface StopNciiOptions extends HttpOptions {
  /** Default `https://api.stopncii.org/v1`. */
  readonly baseUrl?: string;
  /** Sent with every question as `Ocp-Apim-Subscription-Key`. */
  readonly subscriptionKey: string;
  /** Function key of `FetchHashes`. */
  readonly fetchKey: string;
  /** Function key of `SubmitHashes`: without it nothing can be submitted. */
  readonly submitKey?: string;
  /** Function key of `SubmitFeedback`: without it no feedback can be given. */
  readonly feedbackKey?: string;
  /** Records of a page, 1 to 1000. Default 800, as python-threatexchange. */
  readonly pageSize?: number;
}

/** StopNCII.org as a source of a bank. */
export interface StopNciiExchange extends Exchange {
  /**
   * Submits hashes of the platform's own, each blocked there; absent without its key. It is sent once: after `EXCHANGE_FAILED` for want
   * of an answer it is not known whether it was taken.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a signal that StopNCII does not take, `EXCHANGE_FAILED`, or the signal's reason.
   */
  readonly submit?: (
    hashes: readonly StopNciiSubmission[],
    options?: { readonly signal?: AbortSignal; readonly now?: number },
  ) => Promise<void>;
}

/** One hash to submit. */
export interface StopNciiSubmission {
  readonly signal: Signal;
  readonly tags?: readonly string[];
}

const BASE_URL = 'https://api.stopncii.org/v1';
/** Where the time of StopNCII's list begins: what python-threatexchange asks for first. */
const FIRST_TIMESTAMP = 10;
/** Older than this, in ms, a checkpoint says too little: python-threatexchange's 30 days. */
const STALE_MS = 30 * 24 * 3600 * 1000;
/** Pages without a record in a row that are believed: our own choice. */
const MAX_EMPTY_PAGES = 100;

/** Signal types by StopNCII's names; any other is kept as `other`. */
const TYPES: ReadonlyMap<string, BankSignal> = new Map([
  ['ImagePDQ', 'pdq'],
  ['VideoMD5', 'video-md5'],
  ['URL', 'url'],
]);
/** @internal Types of signal that can be submitted. */
export const STOPNCII_SIGNALS: readonly BankSignal[] = [...TYPES.values()];
/** What a token that has expired may be answered with. */
const REFUSED_TOKEN: readonly number[] = [400, 404, 410];
const WITHDRAWN: readonly string[] = ['Withdrawn', 'Deleted'];
const OPINIONS: ReadonlyMap<string, OpinionValue> = new Map([
  ['Blocked', 'positive'],
  ['NotBlocked', 'negative'],
]);

/**
 * StopNCII.org, version 1 of its interface: hashes of intimate pictures that people do not want to be shared, made by them on their own
 * devices. The protocol is python-threatexchange's (`exchanges/clients/stopncii`); docs/exchanges.md says what is kept.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function stopNciiExchange(options: StopNciiOptions): StopNciiExchange {
  const { baseUrl = BASE_URL, subscriptionKey, fetchKey, submitKey, feedbackKey, pageSize = 800 } = options;
  const http = new HttpClient(baseUrl, options);
  wholeNumber('pageSize', pageSize, 1, 1000);
  for (const [name, key] of Object.entries({ subscriptionKey, fetchKey }))
    if (!key) throw invalid(name, 'the key that StopNCII gave', 'nothing');
  const ask = (key: string, request: HttpRequest): Promise<HttpAnswer> =>
    http.send({ ...request, headers: { ...request.headers, 'x-functions-key': key, 'Ocp-Apim-Subscription-Key': subscriptionKey } });
  const post = (key: string, path: string, body: object, signal: AbortSignal | undefined): Promise<HttpAnswer> =>
    ask(key, { method: 'POST', path, body: JSON.stringify(body), headers: { 'content-type': 'application/json' }, signal });
  return {
    kind: 'stopncii',
    host: http.base.host,
    isStale,
    fetch: (checkpoint, how = {}) =>
      readOn(
        (query, signal) => ask(fetchKey, { path: '/FetchHashes', query: { ...query, pageSize }, expected: REFUSED_TOKEN, signal }),
        checkpoint,
        how,
      ),
    ...(feedbackKey && {
      giveFeedback: async (feedback, { signal } = {}) => void (await post(feedbackKey, '/SubmitFeedback', feedbackBody(feedback), signal)),
    }),
    ...(submitKey && {
      submit: async (hashes, { signal, now = Date.now() } = {}) =>
        void (await post(submitKey, '/SubmitHashes', submissionBody(hashes, now), signal)),
    }),
  };
}

function isStale({ fetchedAt }: Checkpoint, now: number): boolean {
  return typeof fetchedAt !== 'number' || now - fetchedAt > STALE_MS;
}

type AskForPage = (query: Readonly<Record<string, string | number | undefined>>, signal: AbortSignal | undefined) => Promise<HttpAnswer>;

/**
 * All pages since the checkpoint. Only the last one moves it: `nextSetTimestamp` of an earlier page may lie behind what is still to come,
 * and how long a page's token lives is not documented.
 */
async function* readOn(ask: AskForPage, last: Checkpoint | undefined, options: FetchOptions): AsyncGenerator<RecordBatch> {
  const { types, signal, now = Date.now() } = options;
  const from = last && !isStale(last, now) ? last : undefined;
  const startTimestamp = typeof from?.['nextSetTimestamp'] === 'number' ? from['nextSetTimestamp'] : FIRST_TIMESTAMP;
  let token: string | undefined;
  let restarted = false;
  let empty = 0;
  for (let isFirst = true; ; ) {
    const answer = await ask({ startTimestamp, nextPageToken: token }, signal);
    if (answer.status >= 400) {
      // A token that has expired: the same pages again, which changes nothing of what was kept.
      if (restarted || token === undefined) throw notTheProtocol(answer, `it was refused with ${answer.status}`);
      restarted = true;
      token = undefined;
      continue;
    }
    const page = pageOf(answer);
    empty = page.records.length === 0 ? empty + 1 : 0;
    if (page.next !== undefined && (page.next === token || empty > MAX_EMPTY_PAGES)) throw notTheProtocol(answer, 'its pages do not end');
    token = page.next;
    const isLast = token === undefined;
    const whole = from ? undefined : isFirst && isLast ? 'both' : isFirst ? 'begin' : isLast ? 'end' : undefined;
    yield {
      ...recordsOf(page.records, types),
      ...(whole && { whole }),
      ...(isLast && { checkpoint: { nextSetTimestamp: page.nextSetTimestamp || startTimestamp, fetchedAt: now } }),
    };
    if (isLast) return;
    isFirst = false;
  }
}

interface Page {
  readonly records: readonly unknown[];
  /** Token of the next page; absent on the last one. */
  readonly next?: string;
  /** Seconds since 1970, or 0 where the page has none. */
  readonly nextSetTimestamp: number;
}

function pageOf(answer: HttpAnswer): Page {
  const { hashRecords, hasMoreRecords, nextPageToken, nextSetTimestamp } = fieldsOf(jsonOf(answer)) ?? {};
  if (typeof hasMoreRecords !== 'boolean') throw notTheProtocol(answer, 'hasMoreRecords is missing');
  if (!Array.isArray(hashRecords) && !(hashRecords === null || hashRecords === undefined))
    throw notTheProtocol(answer, 'hashRecords is no list');
  if (hasMoreRecords && (typeof nextPageToken !== 'string' || nextPageToken === ''))
    throw notTheProtocol(answer, 'there are more records, and no token for them');
  return {
    records: hashRecords ?? [],
    ...(hasMoreRecords && { next: nextPageToken as string }),
    nextSetTimestamp: typeof nextSetTimestamp === 'number' && Number.isFinite(nextSetTimestamp) ? nextSetTimestamp : 0,
  };
}

function recordsOf(records: readonly unknown[], types: readonly BankSignal[] | undefined): RecordBatch {
  const updates = new Map<string, BankRecord | null>();
  const problems: RecordProblem[] = [];
  for (const [at, record] of records.entries()) {
    // What is malformed has no key: the place on the page says which record it is.
    const refuse = (reason: string, partial: boolean): void =>
      void problems.push({ reason: `record ${at + 1} of the page: ${reason}`, partial });
    const fields = fieldsOf(record);
    const signalType = textOfField(fields?.['signalType']);
    const text = textOfField(fields?.['hashValue'])?.trim();
    if (!fields || !signalType || !text) refuse('no record with signalType and hashValue', false);
    else take(updates, fields, signalType, text, types, refuse);
  }
  return { updates, problems, read: records.length };
}

function take(
  updates: Map<string, BankRecord | null>,
  fields: Readonly<Record<string, unknown>>,
  signalType: string,
  text: string,
  types: readonly BankSignal[] | undefined,
  refuse: (reason: string, partial: boolean) => void,
): void {
  const type = TYPES.get(signalType) ?? 'other';
  if (!isWanted(type, types)) return;
  const reading = readSignal(type, text, type === 'other' ? { name: signalType } : {});
  if (typeof reading === 'string') {
    refuse(reading, false);
    return;
  }
  // Case means nothing in hex and much in a text; a record that came back in another case is the same record. A key stands in verdicts and
  // reports, so that it has a name of the hash in it, and not the hash.
  const key = `${signalType}:${nameOf(signalText(reading) ?? text)}`;
  const status = textOfField(fields['hashStatus']);
  updates.delete(key); // so that a key that stands twice has its later place
  if (status !== undefined && WITHDRAWN.includes(status)) {
    updates.set(key, null);
    return;
  }
  const modified = fields['lastModtimestamp'];
  const opinions = opinionsOf(fields['CSPFeedbacks'], refuse);
  updates.set(key, {
    key,
    signals: [reading],
    ...(status && { tags: [status] }),
    ...(opinions.length > 0 && { opinions }),
    ...(typeof modified === 'number' && Number.isFinite(modified) && { updatedAt: 1000 * modified }),
  });
}

/** What other platforms think; one that has not decided has no opinion. */
function opinionsOf(feedbacks: unknown, refuse: (reason: string, partial: boolean) => void): Opinion[] {
  if (feedbacks === undefined || feedbacks === null) return [];
  if (!Array.isArray(feedbacks)) {
    refuse('CSPFeedbacks is no list', true);
    return [];
  }
  const opinions: Opinion[] = [];
  for (const feedback of feedbacks) {
    const { source, feedbackValue, tags } = fieldsOf(feedback) ?? {};
    const by = textOfField(source);
    const value = OPINIONS.get(textOfField(feedbackValue) ?? '');
    if (!by) refuse('feedback without a source', true);
    else if (value) {
      const words = Array.isArray(tags) ? tags.filter((tag) => typeof tag === 'string') : [];
      opinions.push({ by, value, ...(words.length > 0 && { tags: words }) });
    }
  }
  return opinions;
}

function feedbackBody({ signal, value, opinion, reasons = [] }: Feedback): object {
  const hashValue = signalText({ type: signal, value });
  if (hashValue === null) throw invalid('value', 'the bytes of a signal', value);
  return { count: 1, hashFeedbacks: [{ tags: reasons, feedbackValue: opinion === 'positive' ? 'Blocked' : 'NotBlocked', hashValue }] };
}

function submissionBody(hashes: readonly StopNciiSubmission[], now: number): object {
  const hashRecords = hashes.map(({ signal, tags = [] }) => {
    const [signalType] = [...TYPES].find(([, type]) => type === signal.type) ?? [];
    const hashValue = signalText(signal);
    if (!signalType || hashValue === null)
      throw new EgideError('INVALID_ARGUMENT', `hashes: StopNCII takes ${STOPNCII_SIGNALS.join(', ')}, got ${signal.type}`);
    return { lastModtimestamp: Math.floor(now / 1000), signalType, hashValue, CSPFeedbacks: [{ tags, feedbackValue: 'Blocked' }] };
  });
  return { count: hashRecords.length, hashRecords };
}
