import { EgideError, invalid, wholeNumber } from '../../errors.js';
import { hashToHex } from '../../hash/encoding.js';
import { liveBytes } from '../../input.js';
import { fieldsOf } from '../../list/exchanges/fields.js';
import { inLanes } from '../../list/exchanges/lanes.js';
import { type HttpAnswer, HttpClient, type HttpOptions, jsonOf, notTheProtocol, textOf } from '../../list/http-client.js';
import { DEFAULT_DEADLINE_MS, withDeadline } from './deadline.js';
import type { LookUpOptions, RemoteFinding, RemoteService } from './remote-service.js';

/** How to reach somebody's Hasher-Matcher-Actioner. */
export interface HmaLookupOptions extends HttpOptions {
  /** Where it runs, such as `https://hma.example`. */
  readonly baseUrl: string;
  /** Value of the header `authorization` for a proxy in front of it; HMA itself asks for none. */
  readonly authorization?: string;
  /** The banks to look in; default all. */
  readonly banks?: readonly string[];
  /** What matches and policies call it. Default `hma`. */
  readonly name?: string;
  /** Milliseconds for one look-up, all tries included. Default 30,000. */
  readonly deadlineMs?: number;
}

/** An item of a bank that is like what was asked about. */
export interface HmaMatch {
  /** Absent in answers of the raw look-up. */
  readonly bank?: string;
  readonly contentId: number;
  /** Type of the signal that matched, such as `pdq` or `video_md5`. */
  readonly signalType: string;
  /** Where it is told as a number: bits, for PDQ. */
  readonly distance?: number;
}

/** A Hasher-Matcher-Actioner that is asked. */
export interface HmaLookup extends RemoteService {
  /**
   * Items of banks that are switched on, like a signal.
   *
   * @param signalType HMA's own name, such as `pdq`.
   * @param signal The text of it, such as 64 hex digits.
   * @throws {EgideError} `EXCHANGE_FAILED` if there is no whole answer in time or its index is not ready or stale; or the signal's reason.
   */
  lookUp(signalType: string, signal: string, options?: LookUpOptions): Promise<readonly HmaMatch[]>;
  /** The same, whether items and banks are switched on or not. Throws as {@link lookUp} does. */
  rawLookUp(signalType: string, signal: string, options?: LookUpOptions): Promise<readonly HmaMatch[]>;
  /**
   * Items like a file, which HMA hashes by itself.
   *
   * @param mediaType `video/…` is asked for as a video, anything else as a photo.
   * @throws {EgideError} As {@link lookUp}.
   */
  lookUpFile(bytes: Uint8Array, mediaType: string, options?: LookUpOptions): Promise<readonly HmaMatch[]>;
}

/** Questions at a time: our own choice. */
const PARALLEL = 4;
/** Signals that are equal or not: of all others, and of those that come to be, a match is near. */
const EXACT_TYPES = /(^|_)(md5|sha1|sha256|sha512)$/;

/**
 * A client that looks uploads up in a Hasher-Matcher-Actioner (Meta's, version 2: `hasher-matcher-actioner/src/OpenMediaMatch/blueprints/matching.py`;
 * docs/remote.md).
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 * @example
 * const hma = hmaLookup({ baseUrl: 'https://hma.example', banks: ['OWN_BANK'] });
 * const shield = egide.shield({ lists: [list], remote: [{ service: hma, send: 'pdq' }] });
 */
export function hmaLookup(options: HmaLookupOptions): HmaLookup {
  const { baseUrl, authorization, banks, name = 'hma' } = options;
  if (typeof name !== 'string' || name === '') throw invalid('name', 'a text', typeof name);
  if (authorization === '') throw invalid('authorization', 'the value of a header, or nothing at all', 'an empty text');
  if (banks !== undefined && !(Array.isArray(banks) && banks.length > 0 && banks.every((bank) => /^[A-Z0-9_]+$/.test(bank))))
    throw invalid('banks', 'names in capitals, digits and underscores', banks);
  const deadlineMs = wholeNumber('deadlineMs', options.deadlineMs ?? DEFAULT_DEADLINE_MS, 1, 2 ** 31 - 1);
  const http = new HttpClient(baseUrl, options);
  const { host } = http.base;
  const shared = { ...(authorization !== undefined && { headers: { authorization } }) };
  const ofBanks = { banks: banks?.join(',') };
  const ready = async <T>(signal: AbortSignal | undefined, work: (signal: AbortSignal) => Promise<T>): Promise<T> => {
    const late = new EgideError('EXCHANGE_FAILED', `${host}: no answer in ${deadlineMs} ms: try again later`);
    return withDeadline(deadlineMs, late, signal, async (stop) => {
      await checkIndex(http, shared, stop);
      return work(stop);
    });
  };
  const ask = async (signalType: string, signal: string, stop: AbortSignal): Promise<HmaMatch[]> =>
    matchesOf(
      await http.send({ ...shared, path: '/m/lookup', query: { signal, signal_type: signalType, ...ofBanks }, signal: stop }),
      signalType,
    );

  const lookUpFile: HmaLookup['lookUpFile'] = (bytes, mediaType, { signal } = {}) => {
    const body = new FormData();
    body.set(
      mediaType.startsWith('video/') ? 'video' : 'photo',
      new Blob([new Uint8Array(liveBytes('bytes', bytes))], { type: mediaType }),
      'upload',
    );
    return ready(signal, async (stop) => {
      const answer = await http.send({
        ...shared,
        method: 'POST',
        path: '/m/lookup',
        query: ofBanks,
        body,
        repeatable: true,
        signal: stop,
      });
      // What was hashed has a type; without any there was no look-up.
      if (Object.keys(fieldsOf(jsonOf(answer)) ?? {}).length === 0) throw notTheProtocol(answer, 'no type of signal');
      return matchesOf(answer, undefined);
    });
  };
  return {
    name,
    host,
    lookUpFile,
    lookUp: (signalType, text, { signal } = {}) => ready(signal, (stop) => ask(signalType, text, stop)),
    rawLookUp: (signalType, text, { signal } = {}) =>
      ready(signal, async (stop) => {
        const query = { signal: text, signal_type: signalType, include_distance: 'true', ...ofBanks };
        const answer = await http.send({ ...shared, path: '/m/raw_lookup', query, signal: stop });
        const matches = fieldsOf(jsonOf(answer))?.['matches'];
        if (!Array.isArray(matches)) throw notTheProtocol(answer, 'matches is no list');
        return matches.map((match) => matchOf(answer, signalType, match));
      }),
    lookUpMedia: async (bytes, mediaType, how) => (await lookUpFile(bytes, mediaType, how)).map((match) => findingOf(match)),
    lookUpPdq: (hashes, { signal } = {}) =>
      ready(signal, async (stop) => {
        const texts = hashes.map(hashToHex);
        const answers = await inLanes(PARALLEL, texts, (text) => ask('pdq', text, stop));
        return answers.flatMap((matches, query) => matches.map((match) => findingOf(match, query)));
      }),
  };
}

/** An index that is not loaded finds nothing, and a stale one goes on answering: only the status tells. */
async function checkIndex(
  http: HttpClient,
  shared: { readonly headers?: Readonly<Record<string, string>> },
  signal: AbortSignal,
): Promise<void> {
  const answer = await http.send({ ...shared, path: '/status', expected: [503], signal });
  const status = textOf(answer).trim();
  if (status === 'I-AM-ALIVE' && answer.status !== 503) return;
  if (status === 'INDEX-STALE' || status === 'INDEX-NOT-LOADED')
    throw new EgideError(
      'EXCHANGE_FAILED',
      `${answer.asked}: answered ${status}: what it would find now is not what its banks hold; see to its indexer`,
    );
  // Something on the way is busy: that passes.
  const again = await http.send({ ...shared, path: '/status', signal });
  if (textOf(again).trim() !== 'I-AM-ALIVE') throw notTheProtocol(again, 'it does not say that it is ready');
}

/** Of a signal by bank, in some versions by type and then by bank; of a file always so. */
function matchesOf(answer: HttpAnswer, signalType: string | undefined): HmaMatch[] {
  const fields = fieldsOf(jsonOf(answer));
  if (!fields) throw notTheProtocol(answer, 'no object');
  return Object.entries(fields).flatMap(([name, value]) => {
    if (signalType !== undefined && Array.isArray(value)) return ofBank(answer, signalType, name, value);
    const banks = fieldsOf(value);
    if (!banks) throw notTheProtocol(answer, 'neither banks nor matches');
    return Object.entries(banks).flatMap(([bank, found]) => ofBank(answer, name, bank, found));
  });
}

function ofBank(answer: HttpAnswer, signalType: string, bank: string, found: unknown): HmaMatch[] {
  if (!/^[A-Z0-9_]+$/.test(bank) || !Array.isArray(found)) throw notTheProtocol(answer, 'matches are not by bank');
  return found.map((match) => ({ bank, ...matchOf(answer, signalType, match) }));
}

/** A distance is a text; HMA's own examples have numbers. Types have distances of their own, of which only numbers are kept. */
function matchOf(answer: HttpAnswer, signalType: string, match: unknown): HmaMatch {
  const { bank_content_id: contentId, distance } = fieldsOf(match) ?? {};
  if (typeof contentId !== 'number' || !Number.isSafeInteger(contentId)) throw notTheProtocol(answer, 'a match without an id');
  const apart = typeof distance === 'string' && /^\d+$/.test(distance) ? Number(distance) : distance;
  const isNumber = typeof apart === 'number' && apart >= 0 && apart <= 256 && Number.isInteger(apart);
  if (signalType === 'pdq' && !isNumber) throw notTheProtocol(answer, 'a distance that is none of PDQ');
  return { contentId, signalType, ...(isNumber && { distance: apart }) };
}

/** The bank is what HMA has for a class; any may be there, and a policy may have an action for each. */
function findingOf({ bank = '', contentId, signalType, distance }: HmaMatch, query?: number): RemoteFinding {
  return {
    matchType: EXACT_TYPES.test(signalType) ? 'exact' : 'near',
    classification: bank,
    isKnown: true,
    id: String(contentId),
    ...(distance !== undefined && { distance }),
    ...(query !== undefined && { query }),
  };
}
