import { HASH_BYTES } from '../../backend.js';
import { EgideError, invalid, wholeNumber } from '../../errors.js';
import { hashToBase64 } from '../../hash/encoding.js';
import { liveBytes } from '../../input.js';
import { fieldsOf } from '../../list/exchanges/fields.js';
import {
  basicAuthorization,
  type HttpAnswer,
  HttpClient,
  type HttpOptions,
  type HttpRequest,
  jsonOf,
  notUsable,
} from '../../list/http-client.js';
import { type ArachnidAnswer, KNOWN_CLASSES, mediaAnswer, NO_KNOWN_MATCH, pdqAnswers } from './arachnid-answer.js';
import { DEFAULT_DEADLINE_MS, withDeadline } from './deadline.js';
import type { LookUpOptions, RemoteFinding, RemoteService } from './remote-service.js';

/** How to reach Project Arachnid Shield; the Canadian Centre for Child Protection gives name and password. */
export interface ArachnidOptions extends HttpOptions {
  /** Default `https://shield.projectarachnid.com`; `https://shield.projectarachnid.ca` is the other. */
  readonly baseUrl?: string;
  readonly username: string;
  readonly password: string;
  /** What matches and policies call it. Default `arachnid`. */
  readonly name?: string;
  /** Milliseconds for one look-up, all tries included. Default 30,000. */
  readonly deadlineMs?: number;
}

/** Project Arachnid Shield: says whether media, a URL or a PDQ hash is known to it. */
export interface Arachnid extends RemoteService {
  /**
   * Sends a file.
   *
   * @param mediaType Such as `image/jpeg` or `video/mp4`.
   * @throws {EgideError} `EXCHANGE_FAILED` if there is no whole answer in time; `INVALID_ARGUMENT`; or the signal's reason.
   */
  scanMedia(bytes: Uint8Array, mediaType: string, options?: LookUpOptions): Promise<ArachnidAnswer>;
  /**
   * Has the service fetch what is at a URL, on a host that it lets this account ask about.
   *
   * @throws {EgideError} As {@link scanMedia}.
   */
  scanUrl(url: string, options?: LookUpOptions): Promise<ArachnidAnswer>;
  /**
   * Sends PDQ hashes, 32 bytes each, and nothing else.
   *
   * @returns One answer for each, in order.
   * @throws {EgideError} As {@link scanMedia}.
   */
  scanPdq(hashes: readonly Uint8Array[], options?: LookUpOptions): Promise<readonly ArachnidAnswer[]>;
}

const BASE_URL = 'https://shield.projectarachnid.com';
/** Hashes of one question: our own choice, since the service's own bound is not public. */
const HASHES_AT_ONCE = 100;

/**
 * A client of Project Arachnid Shield, version 1, whose protocol is that of the service's own clients for Python and TypeScript
 * (docs/remote.md).
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 * @example
 * const arachnid = arachnidShield({ username, password });
 * const shield = egide.shield({ lists: [list], remote: [{ service: arachnid, send: 'pdq' }] });
 */
export function arachnidShield(options: ArachnidOptions): Arachnid {
  const { baseUrl = BASE_URL, username, password, name = 'arachnid' } = options;
  for (const [field, value] of Object.entries({ username, password, name }))
    if (typeof value !== 'string' || value === '') throw invalid(field, 'a text', typeof value);
  const deadlineMs = wholeNumber('deadlineMs', options.deadlineMs ?? DEFAULT_DEADLINE_MS, 1, 2 ** 31 - 1);
  const authorization = basicAuthorization(username, password);
  const http = new HttpClient(baseUrl, options);
  const { host } = http.base;
  const inTime = <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> =>
    withDeadline(deadlineMs, new EgideError('EXCHANGE_FAILED', `${host}: no answer in ${deadlineMs} ms: try again later`), signal, work);
  const post = (path: string, contentType: string, body: NonNullable<HttpRequest['body']>, signal: AbortSignal): Promise<HttpAnswer> =>
    // A look-up changes nothing, so that it may be sent again.
    http.send({
      method: 'POST',
      path,
      headers: { authorization, 'content-type': contentType },
      body,
      repeatable: true,
      expected: [400, 403],
      signal,
    });

  const scanMedia: Arachnid['scanMedia'] = (bytes, mediaType, { signal } = {}) => {
    const own = new Uint8Array(liveBytes('bytes', bytes));
    return inTime(signal, async (stop) => mediaAnswer(accepted(await post('/v1/media/', mediaType, own, stop)), own));
  };
  const scanPdq: Arachnid['scanPdq'] = (hashes, { signal } = {}) => {
    const own = hashes.map(checkedHash);
    return inTime(signal, async (stop) => {
      const answers: ArachnidAnswer[] = [];
      for (let at = 0; at < own.length; at += HASHES_AT_ONCE) {
        const some = own.slice(at, at + HASHES_AT_ONCE);
        const body = JSON.stringify({ hashes: some.map(hashToBase64) });
        answers.push(...pdqAnswers(accepted(await post('/v1/pdq/', 'application/json', body, stop)), some));
      }
      return answers;
    });
  };
  return {
    name,
    host,
    scanMedia,
    scanPdq,
    scanUrl(url, { signal } = {}) {
      if (typeof url !== 'string' || !URL.canParse(url)) throw invalid('url', 'an absolute URL', typeof url);
      const body = JSON.stringify({ url });
      return inTime(signal, async (stop) => mediaAnswer(accepted(await post('/v1/url/', 'application/json', body, stop))));
    },
    lookUpMedia: async (bytes, mediaType, how) => findingsOf(await scanMedia(bytes, mediaType, how)),
    lookUpPdq: async (hashes, how) =>
      (await scanPdq(hashes, how)).flatMap((answer, query) => findingsOf(answer).map((finding) => ({ ...finding, query }))),
  };
}

function checkedHash(hash: Uint8Array, i: number): Uint8Array {
  if (liveBytes(`hashes[${i}]`, hash).length !== HASH_BYTES) throw invalid(`hashes[${i}]`, `${HASH_BYTES} bytes`, hash);
  return new Uint8Array(hash);
}

/** An answer that is none says why; of the reasons one is worth telling. */
function accepted(answer: HttpAnswer): HttpAnswer {
  if (answer.status < 400) return answer;
  let detail: unknown;
  try {
    detail = fieldsOf(jsonOf(answer))?.['detail'];
  } catch (error) {
    if (!(error instanceof EgideError)) throw error; // a refusal that is no JSON is a refusal all the same
  }
  if (typeof detail === 'string' && /hostname not authorized/i.test(detail))
    throw new EgideError(
      'EXCHANGE_FAILED',
      `${answer.asked}: answered ${answer.status}: the account may not ask about URLs on this host: have it authorised by the service`,
    );
  throw notUsable(answer);
}

/** One for each class that is named: of a video, each frame may have its own. */
function findingsOf({ classification, matchType, near }: ArachnidAnswer): RemoteFinding[] {
  if (matchType === null) return [];
  const classes = new Set([classification, ...near.map((detail) => detail.classification)]);
  classes.delete(NO_KNOWN_MATCH);
  return [...classes].map((named) => {
    const details = near.filter((detail) => detail.classification === named);
    const type = named === classification ? matchType : 'near';
    return { matchType: type, classification: named, isKnown: KNOWN_CLASSES.includes(named), ...(details.length > 0 && { details }) };
  });
}
