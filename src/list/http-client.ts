import { EgideError, invalid, wholeNumber } from '../errors.js';
import { joinedBytes } from '../input.js';

/** What the client asks `fetch` for: no more than every `fetch` takes, be it the runtime's or undici's. */
export interface FetchInit {
  readonly method: string;
  readonly headers: Record<string, string>;
  /** Redirects are the client's to follow. */
  readonly redirect: 'manual';
  readonly signal: AbortSignal;
  readonly body?: string | Uint8Array<ArrayBuffer>;
}

/** What the client needs of an answer: a `Response` of the runtime or of undici has it. */
export interface FetchAnswer {
  readonly ok: boolean;
  readonly status: number;
  readonly type: string;
  readonly headers: { get(name: string): string | null };
  readonly body: {
    getReader(): { read(): Promise<{ readonly done: boolean; readonly value?: Uint8Array | undefined }>; cancel(): Promise<void> };
    cancel(): Promise<void>;
  } | null;
}

/** What `fetch` is to the client: the runtime's own, or the caller's (a proxy, a certificate of its own). */
export type Fetch = (url: string, init: FetchInit) => Promise<FetchAnswer>;

/** How a client of a source asks; what stands in for the world in tests. */
export interface HttpOptions {
  /** Default: the runtime's own. A proxy goes here: undici's `fetch` with its `ProxyAgent` in Node, for example (docs/exchanges.md). */
  readonly fetch?: Fetch;
  /** Times that a question is asked before it fails, 1 to 20. Default 5, as python-threatexchange. */
  readonly tries?: number;
  /** Milliseconds for one try, body included. Default 60,000, as python-threatexchange. */
  readonly timeoutMs?: number;
  /** Bytes of one answer, after decompression. Default 64 MiB: our own choice, some thirty times a page of NCMEC with feedback. */
  readonly maxBytes?: number;
  /** Waits; default `setTimeout`. Rejects with the signal's reason. */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>;
  /** Milliseconds since 1970, for `Retry-After` with a date. */
  readonly now?: () => number;
  /** From 0 up to 1, for the jitter of the back-off. */
  readonly random?: () => number;
}

/** One question. */
export interface HttpRequest {
  readonly method?: 'GET' | 'POST' | 'PUT';
  /** What follows the base: `/v1/FetchHashes`. An absolute URL must be of the same host, and is asked for as the base is. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  /** Credentials belong here. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Of a form, its header `content-type` is sent with it. */
  readonly body?: string | Uint8Array<ArrayBuffer> | FormData;
  /** Whether asking twice does no more than asking once. Default: for GET only. */
  readonly repeatable?: boolean;
  /** Statuses besides 200 to 299 that the caller wants to see instead of an error. They are not asked again for. */
  readonly expected?: readonly number[];
  readonly signal?: AbortSignal | undefined;
}

/** What came back. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
  /** What was asked, without the query: for messages. */
  readonly asked: string;
}

/** Base of the back-off and its limit, in ms: our own choice; python-threatexchange starts at 200 and gives up after some 1.5 s. */
const FIRST_WAIT_MS = 500;
const LONGEST_WAIT_MS = 30_000;
/** A source that says `Retry-After` with more than this, in ms, is left for the next run. */
const LONGEST_RETRY_AFTER_MS = 300_000;
/** Redirects within the host that are followed for one GET. */
const MAX_REDIRECTS = 5;
const REDIRECTS: readonly number[] = [301, 302, 303, 307, 308];
/** "Proxy Authentication Required" (RFC 9110, 15.5.8). */
const PROXY_REFUSES = 407;

/**
 * Asks one host over TLS: bounded in time, bytes, tries and redirects, and silent about what it carries. It speaks to no other host,
 * whatever an answer says, and `http:` only on this machine (tests and fakes).
 *
 * Errors are `EXCHANGE_FAILED` and name method, host and path, never the query, a header, a body or what the runtime says (Deno puts
 * the whole URL into it).
 */
export class HttpClient {
  /** Without a slash at the end. */
  readonly base: URL;
  readonly #fetch: Fetch;
  readonly #tries: number;
  readonly #timeoutMs: number;
  readonly #maxBytes: number;
  readonly #sleep: NonNullable<HttpOptions['sleep']>;
  readonly #now: () => number;
  readonly #random: () => number;

  /** @throws {EgideError} `INVALID_ARGUMENT` for a base that is no `https:` URL or carries more than a path. */
  constructor(base: string, options: HttpOptions = {}) {
    this.base = checkedBase(base);
    if (options.fetch !== undefined && typeof options.fetch !== 'function') throw invalid('fetch', 'a function', options.fetch);
    this.#fetch = options.fetch ?? ((url, init) => fetch(url, init));
    this.#tries = wholeNumber('tries', options.tries ?? 5, 1, 20);
    this.#timeoutMs = wholeNumber('timeoutMs', options.timeoutMs ?? 60_000, 1, 2 ** 31 - 1);
    this.#maxBytes = wholeNumber('maxBytes', options.maxBytes ?? 2 ** 26, 1, 2 ** 31 - 1);
    this.#sleep = options.sleep ?? sleep;
    this.#now = options.now ?? Date.now;
    this.#random = options.random ?? Math.random;
  }

  /**
   * The answer to one question: a status of 200 to 299, or an `expected` one.
   *
   * @throws {EgideError} `EXCHANGE_FAILED`, or the signal's reason.
   */
  async send(request: HttpRequest): Promise<HttpAnswer> {
    const url = this.#urlOf(request);
    const asked = `${request.method ?? 'GET'} ${url.host}${url.pathname}`;
    checkHeaders(request.headers ?? {});
    const question = await questionOf(request);
    const repeatable = request.repeatable ?? (request.method ?? 'GET') === 'GET';
    const tries = repeatable ? this.#tries : 1;
    for (let tried = 1; ; ++tried) {
      request.signal?.throwIfAborted();
      const outcome = await this.#try(url, asked, question);
      if ('bytes' in outcome) return outcome;
      if (!outcome.again || tried >= tries) throw failed(asked, outcome.what, adviceOf(outcome, repeatable), tried);
      const wait = this.#waitBefore(tried, outcome.retryAfter);
      if (wait > LONGEST_RETRY_AFTER_MS)
        throw failed(asked, `${outcome.what} and wants to be left alone for longer`, 'try again later', tried);
      await this.#sleep(wait, request.signal);
    }
  }

  /** Whether a URL that an answer named is of this host. A server behind a proxy may write `http:` for it; it is asked as the base is. */
  isOwn(url: string): boolean {
    return URL.canParse(url, this.base) && new URL(url, this.base).host === this.base.host;
  }

  #urlOf({ path, query = {} }: HttpRequest): URL {
    const text = path.startsWith('/') ? this.base.origin + this.base.pathname.replace(/\/$/, '') + path : path;
    if (!URL.canParse(text) || !this.isOwn(text))
      throw new EgideError('EXCHANGE_FAILED', `${this.base.host}: the source points to another host, which is never asked`);
    const url = new URL(text);
    url.protocol = this.base.protocol;
    for (const [name, value] of Object.entries(query)) if (value !== undefined) url.searchParams.set(name, String(value));
    return url;
  }

  /** Seconds or a date (RFC 9110, 10.2.3), or a back-off that doubles, with half of it jitter, so that clients do not march in step. */
  #waitBefore(tried: number, retryAfter: string | null): number {
    const seconds = retryAfter?.trim() ?? '';
    const asked = /^\d+$/.test(seconds) ? Number(seconds) * 1000 : Date.parse(seconds) - this.#now();
    if (!Number.isNaN(asked)) return Math.max(0, asked);
    return Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (tried - 1)) * (0.5 + 0.5 * this.#random());
  }

  async #try(url: URL, asked: string, request: Question): Promise<HttpAnswer | Failure> {
    const limit = new AbortController();
    const stop = (): void => limit.abort();
    const timer = setTimeout(stop, this.#timeoutMs);
    request.signal?.addEventListener('abort', stop);
    try {
      const response = await this.#follow(url, request, limit.signal);
      if ('what' in response) return response;
      const { status, headers } = response;
      if (response.ok || request.expected?.includes(status)) {
        const bytes = await boundedBody(response, this.#maxBytes);
        return bytes ? { status, bytes, asked } : failure(`the answer has more than ${this.#maxBytes} bytes`);
      }
      await response.body?.cancel();
      if (status === PROXY_REFUSES) return refusedByProxy(status);
      return { what: `answered ${status}`, status, again: isPassing(status), retryAfter: retryAfter(headers) };
    } catch (error) {
      request.signal?.throwIfAborted();
      const answered = proxyStatus(error);
      if (answered !== undefined) return refusedByProxy(answered);
      const what = limit.signal.aborted ? `no whole answer in ${this.#timeoutMs} ms` : `no answer (${networkReason(error)})`;
      return { ...failure(what), again: true };
    } finally {
      clearTimeout(timer);
      request.signal?.removeEventListener('abort', stop);
    }
  }

  /** The response at the end of a few redirects of a GET inside the host. */
  async #follow(start: URL, request: Question, signal: AbortSignal): Promise<FetchAnswer | Failure> {
    const { method = 'GET', headers = {}, body } = request;
    let url = start;
    for (let redirects = 0; redirects <= MAX_REDIRECTS; ++redirects) {
      const response = await this.#fetch(url.href, {
        method,
        headers: { ...headers },
        redirect: 'manual',
        signal,
        ...(body === undefined ? {} : { body }),
      });
      if (response.type === 'opaqueredirect') return failure('answered with a redirect that this runtime does not show');
      const location =
        REDIRECTS.includes(response.status) && !request.expected?.includes(response.status) && response.headers.get('location');
      if (!location) return response;
      await response.body?.cancel();
      if (method !== 'GET') return failure(`answered ${response.status}, a redirect, which is followed for GET only`);
      if (!URL.canParse(location, url) || new URL(location, url).origin !== this.base.origin)
        return failure(`answered ${response.status}, a redirect to another host, which is never followed`);
      url = new URL(location, url);
    }
    return failure(`answered with more than ${MAX_REDIRECTS} redirects`);
  }
}

/** What every `fetch` can send: undici's takes no form of the runtime's. */
type Question = Omit<HttpRequest, 'body'> & Pick<FetchInit, 'body'>;

interface Failure {
  readonly what: string;
  readonly again: boolean;
  readonly status?: number;
  /** What to do, where the status does not say it. */
  readonly advice?: string;
  readonly retryAfter: string | null;
}

/** `Retry-After`; or, where there is none, the seconds until a quota is whole again that `RateLimit` tells (draft-ietf-httpapi-ratelimit-headers, `t`). */
function retryAfter(headers: FetchAnswer['headers']): string | null {
  return headers.get('retry-after') ?? /;\s*t=(\d+)/.exec(headers.get('ratelimit') ?? '')?.[1] ?? null;
}

function failure(what: string): Failure {
  return { what, again: false, retryAfter: null };
}

/** Whether the same question may be answered later. */
function isPassing(status: number): boolean {
  return status === 429 || status >= 500;
}

function refusedByProxy(status: number): Failure {
  const advice = 'check the proxy: its address, its credentials, and which hosts it lets through';
  return { ...failure(`the proxy answered ${status}`), again: isPassing(status), advice };
}

/** What a proxy answered that opened no tunnel: undici tells it in the message of an error, and of which kind of error depends on its version. */
function proxyStatus(error: unknown): number | undefined {
  for (let at = error; at instanceof Error; at = at.cause) {
    const [, status] = /^Proxy response \((\d{3})\)/.exec(at.message) ?? [];
    if (status !== undefined) return Number(status);
  }
  return undefined;
}

function failed(asked: string, what: string, advice: string, tried: number): EgideError {
  return new EgideError('EXCHANGE_FAILED', `${asked}: ${what}${tried > 1 ? `, after ${tried} tries` : ''}: ${advice}`);
}

function adviceOf({ status, again, advice }: Failure, repeatable: boolean): string {
  if (advice !== undefined) return advice;
  if (status === 401 || status === 403) return 'check the credentials, and whether the account may use this address from here';
  if (status === 404 || status === 410) return 'check the address of the source';
  if (status === 429) return 'asked too often, try again later';
  if (again && !repeatable) return 'it is not known whether the request was taken: look before it is sent again';
  if (again && status === undefined) return 'try again later; if it stays so, look at the network, and at the proxy if there is one';
  if (again) return 'try again later';
  return 'check the address and the settings of the source; it may have changed its protocol';
}

/** The error for an answer with a status that was `expected`, and is of no use after all. */
export function notUsable({ asked, status }: HttpAnswer): EgideError {
  return failed(asked, `answered ${status}`, adviceOf({ ...failure(''), status, again: status >= 500 }, true), 1);
}

/** Parses an answer as JSON. @throws {EgideError} `EXCHANGE_FAILED`; the message says nothing of the answer but its length. */
export function jsonOf(answer: HttpAnswer): unknown {
  const text = textOf(answer);
  try {
    return JSON.parse(text);
  } catch (error) {
    // A SyntaxError quotes the text, so only its class is told.
    throw notTheProtocol(answer, `${answer.bytes.length} bytes are no JSON (${(error as Error).name})`);
  }
}

/** An answer as text. @throws {EgideError} `EXCHANGE_FAILED` if it is not UTF-8. */
export function textOf(answer: HttpAnswer): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(answer.bytes);
  } catch (error) {
    throw notTheProtocol(answer, `${answer.bytes.length} bytes are no UTF-8 (${(error as Error).name})`);
  }
}

/** The error for an answer that is not the protocol. `what` says what is wrong and never quotes the answer. */
export function notTheProtocol(answer: HttpAnswer, what: string): EgideError {
  return failed(answer.asked, `the answer is not the protocol: ${what}`, 'check the address; the source may have changed its protocol', 1);
}

/** The value of an `Authorization` header for HTTP Basic (RFC 7617, UTF-8). */
export function basicAuthorization(username: string, password: string): string {
  if (username === '' || username.includes(':')) throw invalid('username', 'a name without a colon', 'another');
  let binary = '';
  for (const byte of new TextEncoder().encode(`${username}:${password}`)) binary += String.fromCharCode(byte);
  return `Basic ${btoa(binary)}`;
}

function checkedBase(base: string): URL {
  const expected = 'an https: URL of host and path';
  if (typeof base !== 'string' || !URL.canParse(base)) throw invalid('baseUrl', expected, typeof base);
  const url = new URL(base);
  const local = ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname);
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && local))
    throw invalid('baseUrl', `${expected} (http: only for this machine)`, url.protocol);
  if (url.username || url.password || url.search || url.hash) throw invalid('baseUrl', `${expected} and nothing else`, 'more than that');
  return url;
}

/** Checks what `fetch` would refuse with the value in its message: a credential with a line break, for example. */
function checkHeaders(headers: Readonly<Record<string, string>>): void {
  for (const [name, value] of Object.entries(headers))
    if (!/^[\t\x20-\x7e]+$/.test(value)) throw invalid(`the header ${name}`, 'printable ASCII', 'something else');
}

async function questionOf({ body, ...request }: HttpRequest): Promise<Question> {
  if (!(body instanceof FormData)) return { ...request, ...(body !== undefined && { body }) };
  const form = new Response(body); // which writes the header that says where its parts begin
  const headers = { ...request.headers, 'content-type': form.headers.get('content-type') as string };
  return { ...request, headers, body: new Uint8Array(await form.arrayBuffer()) };
}

/** The body, or `null` if it has more than `maxBytes`. */
async function boundedBody(response: FetchAnswer, maxBytes: number): Promise<Uint8Array | null> {
  if (!response.body) return new Uint8Array(0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done || !value) break;
    length += value.length;
    if (length > maxBytes) {
      await reader.cancel();
      return null;
    }
    parts.push(value);
  }
  return joinedBytes(parts);
}

/** The system's code of a failed `fetch` (`ECONNREFUSED`), else the class of the error: never its message. */
function networkReason(error: unknown): string {
  for (let at = error; at instanceof Error; at = at.cause) {
    const { code } = at as { code?: unknown };
    if (typeof code === 'string' && /^[A-Z][A-Z0-9_]{2,40}$/.test(code)) return code;
  }
  return error instanceof Error ? error.name : 'network error';
}

function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
    if (signal?.aborted) stop();
  });
}
