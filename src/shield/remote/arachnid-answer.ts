import { bytesToHex, hashToBase64 } from '../../hash/encoding.js';
import { fieldsOf } from '../../list/exchanges/fields.js';
import { type HttpAnswer, jsonOf, notTheProtocol } from '../../list/http-client.js';
import type { RemoteDetail } from './remote-service.js';

/** What Project Arachnid knows of a file or a hash. The digests of listed media that it names are not handed on. */
export interface ArachnidAnswer {
  /** `csam`, `harmful-abusive-material`, `test`, `no-known-match`, or a word that is newer than this client. */
  readonly classification: string;
  /** `exact`: by SHA-1; `near`: by PhotoDNA, or by the PDQ hash; `null`: there is no known match. */
  readonly matchType: 'exact' | 'near' | null;
  /** Media that it is like. Of a video, the frames that are. */
  readonly near: readonly RemoteDetail[];
}

/** What the service calls nothing known. */
export const NO_KNOWN_MATCH = 'no-known-match';

/** Classes that the service's clients name, besides {@link NO_KNOWN_MATCH}. */
export const KNOWN_CLASSES: readonly string[] = ['csam', 'harmful-abusive-material', 'test'];

/** A class is shown to people and stands in policies: words, and no more of them than anybody would write (our own choice). */
const CLASS = /^[a-z0-9][a-z0-9 ._-]{0,99}$/i;

/**
 * Reads the answer about a file.
 *
 * @param sent The file, where it was sent: an answer about other bytes is none.
 * @throws {EgideError} `EXCHANGE_FAILED` unless every field is what it should be.
 */
export async function mediaAnswer(answer: HttpAnswer, sent?: Uint8Array<ArrayBuffer>): Promise<ArachnidAnswer> {
  const fields = fieldsOf(jsonOf(answer));
  if (!fields) throw notTheProtocol(answer, 'no object');
  const { sha1_base32: sha1, sha256_hex: sha256, size_bytes: size } = fields;
  if (typeof sha1 !== 'string' || !/^[A-Z2-7]{32}$/i.test(sha1)) throw notTheProtocol(answer, 'sha1_base32 is no SHA-1');
  if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/i.test(sha256)) throw notTheProtocol(answer, 'sha256_hex is no SHA-256');
  if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) throw notTheProtocol(answer, 'size_bytes is no size');
  if (sent) {
    const digest = bytesToHex(new Uint8Array(await crypto.subtle.digest('SHA-256', sent)));
    if (size !== sent.length || sha256.toLowerCase() !== digest) throw notTheProtocol(answer, 'it is about other bytes than were sent');
  }
  return matchOf(answer, fields);
}

/**
 * Reads the answer about hashes, in the order in which they were asked for.
 *
 * @throws {EgideError} `EXCHANGE_FAILED` unless each is answered, and every field is what it should be.
 */
export function pdqAnswers(answer: HttpAnswer, hashes: readonly Uint8Array[]): ArachnidAnswer[] {
  const scanned = fieldsOf(fieldsOf(jsonOf(answer))?.['scanned_hashes']);
  if (!scanned) throw notTheProtocol(answer, 'scanned_hashes is no object');
  return hashes.map((hash, i) => {
    const key = hashToBase64(hash);
    const fields = Object.hasOwn(scanned, key) ? fieldsOf(scanned[key]) : null;
    if (!fields) throw notTheProtocol(answer, `hash ${i + 1} of ${hashes.length} is not answered`);
    return matchOf(answer, fields);
  });
}

type Fields = Readonly<Record<string, unknown>>;

function matchOf(answer: HttpAnswer, { classification, match_type: type, near_match_details: details }: Fields): ArachnidAnswer {
  const known = classOf(answer, classification);
  if (type !== 'exact' && type !== 'near' && type !== null) throw notTheProtocol(answer, 'match_type is neither exact, near nor null');
  const near = detailsOf(answer, details);
  const isMatch = known !== NO_KNOWN_MATCH;
  if (isMatch !== (type !== null)) throw notTheProtocol(answer, 'classification and match_type contradict each other');
  if (!isMatch && near.some((detail) => detail.classification !== NO_KNOWN_MATCH))
    throw notTheProtocol(answer, 'classification and near_match_details contradict each other');
  return { classification: known, matchType: type, near };
}

function classOf(answer: HttpAnswer, classification: unknown): string {
  if (typeof classification === 'string' && CLASS.test(classification)) return classification;
  throw notTheProtocol(answer, 'classification is no word');
}

/** None (`null` or an empty list), one (of a PDQ hash), or many; an older shape has several matches for each time in a video. */
function detailsOf(answer: HttpAnswer, details: unknown): RemoteDetail[] {
  if (details === null || details === undefined) return [];
  return (Array.isArray(details) ? details : [details]).flatMap((item: unknown) => {
    const fields = fieldsOf(item);
    if (!fields) throw notTheProtocol(answer, 'near_match_details has something else than objects');
    const { timestamp, matches } = fields;
    if (matches === undefined) return [detailOf(answer, fields, timestamp)];
    if (!Array.isArray(matches)) throw notTheProtocol(answer, 'the matches of near_match_details are no list');
    return matches.map((match: unknown) => detailOf(answer, fieldsOf(match) ?? {}, timestamp));
  });
}

function detailOf(answer: HttpAnswer, { classification, distance }: Fields, timestamp: unknown): RemoteDetail {
  const timestampMs = measureOf(answer, 'timestamp', timestamp);
  const apart = measureOf(answer, 'distance', distance);
  return {
    classification: classOf(answer, classification),
    ...(timestampMs !== undefined && { timestampMs: Math.round(1000 * timestampMs) }),
    ...(apart !== undefined && { distance: apart }),
  };
}

function measureOf(answer: HttpAnswer, name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw notTheProtocol(answer, `${name} is no number of 0 or more`);
  return value;
}
