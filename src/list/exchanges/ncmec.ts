import type { Exchange } from '../../bank/exchange.js';
import { invalid, wholeNumber } from '../../errors.js';
import { childOf, parseXml, type XmlElement } from '../formats/xml.js';
import {
  basicAuthorization,
  type HttpAnswer,
  HttpClient,
  type HttpOptions,
  type HttpRequest,
  notTheProtocol,
  textOf,
} from '../http-client.js';
import { NCMEC_FINGERPRINTS, type NcmecFingerprint, sendFeedback } from './ncmec-feedback.js';
import { fetchWindows, isUnreadable } from './ncmec-windows.js';

/** NCMEC's databases: who may read which, and what is on it, is agreed with NCMEC. From python-threatexchange's client. */
export const NCMEC_ENVIRONMENTS = {
  industry: 'https://report.cybertip.org/hashsharing',
  'industry-exploitative': 'https://report.cybertip.org/exploitative-hashsharing',
  'law-enforcement': 'https://lesp.ncmec.org/csam-hashsharing',
  npo: 'https://hashsharing.ncmec.org/npo',
  exploitative: 'https://hashsharing.ncmec.org/exploitative',
  'generative-ai-csam': 'https://hashsharing.ncmec.org/generative-ai-csam',
  'generative-ai-exploitative': 'https://hashsharing.ncmec.org/generative-ai-exploitative',
  'test-industry': 'https://exttest.cybertip.org/hashsharing',
  'test-industry-exploitative': 'https://exttest.cybertip.org/exploitative-hashsharing',
  'test-law-enforcement': 'https://betalesp.ncmec.org/csam-hashsharing',
  'test-npo': 'https://hashsharing-test.ncmec.org/npo',
  'test-exploitative': 'https://hashsharing-test.ncmec.org/exploitative',
  'test-generative-ai-csam': 'https://hashsharing-test.ncmec.org/generative-ai-csam',
  'test-generative-ai-exploitative': 'https://hashsharing-test.ncmec.org/generative-ai-exploitative',
} as const;

/** One of {@link NCMEC_ENVIRONMENTS}. */
export type NcmecEnvironment = keyof typeof NCMEC_ENVIRONMENTS;

/** How to reach NCMEC's hash sharing; name and password come from NCMEC. */
export interface NcmecOptions extends HttpOptions {
  /** Which database; or its `baseUrl`. */
  readonly environment?: NcmecEnvironment;
  /** Without `/v2`. */
  readonly baseUrl?: string;
  readonly username: string;
  readonly password: string;
  /**
   * Whether fingerprints that stand elsewhere (TMK+PDQF, Videntifier) are fetched, with one question for each; default false: then the path
   * to one is kept in its place. None is matched here.
   */
  readonly largeFingerprints?: boolean;
  /** Records of a window of time that are held until it is whole, 1 to 1,000,000; one with more is halved. Default 50,000, our choice. */
  readonly windowRecords?: number;
}

/** Who asks, as NCMEC sees it. */
export interface NcmecStatus {
  readonly username: string;
  readonly memberId: string;
  readonly memberName: string;
}

/** A reason for negative feedback. */
export interface NcmecReason {
  readonly guid: string;
  readonly name: string;
}

/** NCMEC's hash sharing as a source of a bank. `giveFeedback` takes the names or the GUIDs of reasons. */
export interface NcmecExchange extends Exchange {
  readonly giveFeedback: NonNullable<Exchange['giveFeedback']>;
  /** Whether the credentials are taken, and whose they are. Throws `EXCHANGE_FAILED`. */
  status(options?: { readonly signal?: AbortSignal }): Promise<NcmecStatus>;
  /** What negative feedback on a type of fingerprint can give as its reason. Throws `EXCHANGE_FAILED`, `INVALID_ARGUMENT`. */
  feedbackReasons(type: NcmecFingerprint, options?: { readonly signal?: AbortSignal }): Promise<NcmecReason[]>;
}

/** Sends a question of the protocol to the database. */
export type AskNcmec = (request: HttpRequest) => Promise<HttpAnswer>;

/** Characters of the answers about status and reasons: our own choice. */
const MAX_SMALL_ANSWER = 1 << 20;

/**
 * NCMEC's hash sharing, version 2. The protocol is python-threatexchange's (`exchanges/clients/ncmec`) and its fixtures'; docs/exchanges.md
 * says what is kept and how the checkpoint moves.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function ncmecExchange(options: NcmecOptions): NcmecExchange {
  const { environment, baseUrl, username, password, largeFingerprints = false, windowRecords = 50_000 } = options;
  const known = environment !== undefined && Object.hasOwn(NCMEC_ENVIRONMENTS, environment);
  if ((baseUrl === undefined) !== known)
    throw invalid('environment', `one of ${Object.keys(NCMEC_ENVIRONMENTS).join(', ')}, or a baseUrl in its place`, environment);
  wholeNumber('windowRecords', windowRecords, 1, 1_000_000);
  const http = new HttpClient(baseUrl ?? NCMEC_ENVIRONMENTS[environment as NcmecEnvironment], options);
  if (!password) throw invalid('password', 'the password that NCMEC gave', 'nothing');
  const authorization = basicAuthorization(username, password);
  const ask: AskNcmec = (request) => http.send({ ...request, headers: { ...request.headers, authorization } });
  const feedbackReasons: NcmecExchange['feedbackReasons'] = async (type, { signal } = {}) => {
    if (!NCMEC_FINGERPRINTS.includes(type)) throw invalid('type', `one of ${NCMEC_FINGERPRINTS.join(', ')}`, type);
    return reasonsOf(await ask({ path: `/v2/feedback/${type}/reasons`, signal }));
  };
  return {
    kind: 'ncmec',
    host: http.base.host,
    isStale: isUnreadable,
    fetch: (checkpoint, how = {}) => fetchWindows(ask, checkpoint, { ...how, largeFingerprints, windowRecords }),
    giveFeedback: (feedback, { signal } = {}) => sendFeedback(ask, feedbackReasons, feedback, signal),
    feedbackReasons,
    status: async ({ signal } = {}) => statusOf(await ask({ path: '/v2/status', signal })),
  };
}

/** The root element of a small answer. */
function rootOf(answer: HttpAnswer, name: string): XmlElement {
  const document = parseXml(textOf(answer), MAX_SMALL_ANSWER);
  if ('fault' in document) throw notTheProtocol(answer, document.fault);
  if (document.root.name !== name) throw notTheProtocol(answer, `the root element is not ${name}`);
  return document.root;
}

function statusOf(answer: HttpAnswer): NcmecStatus {
  const root = rootOf(answer, 'status');
  const member = childOf(root, 'member');
  const memberId = member?.attributes['id'];
  if (!member || !memberId) throw notTheProtocol(answer, 'no member');
  return { username: childOf(root, 'username')?.text.trim() ?? '', memberId, memberName: member.text.trim() };
}

/** The reasons stand in the root itself; python-threatexchange looks for them in a child named like it, and finds none. */
function reasonsOf(answer: HttpAnswer): NcmecReason[] {
  return rootOf(answer, 'availableFeedbackReasons').children.flatMap(({ name, attributes }) => {
    const { guid, name: title = '' } = attributes;
    return name === 'reason' && guid ? [{ guid, name: title }] : [];
  });
}
