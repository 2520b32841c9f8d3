import { sha256 } from '@noble/hashes/sha2.js';
import { invalid, wholeNumber } from '../errors.js';
import { bytesToHex } from '../hash/encoding.js';
import { CANONICAL_URL_VERSION, type CanonicalUrlOptions, canonicalUrl, checkUrlOptions } from '../hash/url.js';
import { liveBytes } from '../input.js';
import { expressionsOf, type UrlRule, type UrlRuleKind } from './url-rule.js';

/** Bytes of the hash of a rule: the first half of a SHA-256, of which two of a billion rules agree once in 10^20 lists. */
export const URL_HASH_BYTES = 16;
/** Bytes of salt at most; 16 are never guessed or met twice. */
export const MAX_SALT_BYTES = 32;

/** What makes hashes of URLs comparable: plain JSON, to be published with a list. */
export interface UrlHashing extends Required<CanonicalUrlOptions> {
  /** `CANONICAL_URL_VERSION` of whoever made the list. */
  readonly version: number;
  /** Up to 32 bytes in lower-case hex; empty for a list that others can compare with theirs. */
  readonly salt: string;
}

/** A rule that catches a URL. */
export interface UrlHit {
  /** The id that the rule was given, or else its number, from 0. */
  readonly id: number;
  readonly kind: UrlRuleKind;
  /** The part of the URL that the rule is about, in canonical form. It is what a list keeps secret: do not log it. */
  readonly expression: string;
}

/** One row of a list, as a server gives it out. */
export interface UrlRow {
  /** 16 bytes. */
  readonly hash: Uint8Array;
  readonly id: number;
}

/** What to ask a server about one URL, and how to tell whether its list has it. */
export interface UrlQuery {
  /** Hex digits to ask for, each once: the beginnings of the hashes of every rule that would catch the URL. */
  readonly prefixes: readonly string[];
  /** Of all rows that the server has under them, those that catch the URL, the narrowest first, then by id. */
  matches(rows: Iterable<UrlRow>): UrlHit[];
}

const utf8 = new TextEncoder();

/** @internal The hash of a rule: SHA-256 of the salt, the kind, a space and the expression, which are ASCII; its first 16 bytes. */
export function hashRule({ kind, expression }: UrlRule, salt: Uint8Array): Uint8Array {
  return sha256
    .create()
    .update(salt)
    .update(utf8.encode(`${kind} ${expression}`))
    .digest()
    .subarray(0, URL_HASH_BYTES);
}

/** @internal A URL's rules and their hashes, side by side. Throws `INVALID_URL`. */
export function hashedExpressions(url: string, hashing: UrlHashing, salt: Uint8Array): { rules: UrlRule[]; hashes: Uint8Array } {
  const rules = expressionsOf(canonicalUrl(url, hashing));
  const hashes = new Uint8Array(URL_HASH_BYTES * rules.length);
  for (const [i, rule] of rules.entries()) hashes.set(hashRule(rule, salt), URL_HASH_BYTES * i);
  return { rules, hashes };
}

/** @internal Checks what a list is hashed by. Throws `INVALID_ARGUMENT`. */
export function checkHashing(hashing: UrlHashing): { hashing: UrlHashing; salt: Uint8Array } {
  const options = checkUrlOptions(hashing);
  const { version, salt } = hashing;
  if (version !== CANONICAL_URL_VERSION)
    throw invalid('hashing.version', `${CANONICAL_URL_VERSION}, the steps that this version of egide takes`, version);
  if (typeof salt !== 'string' || salt.length > 2 * MAX_SALT_BYTES || !/^(?:[0-9a-f]{2})*$/.test(salt))
    throw invalid('hashing.salt', `up to ${MAX_SALT_BYTES} bytes in lower-case hex`, salt);
  return { hashing: { version, salt, ...options }, salt: bytesOfHex(salt) };
}

/**
 * Prepares the question whether a list that somebody else holds catches a URL, without showing the URL: only the beginnings of hashes go
 * out, and whoever asks decides from all rows that begin so.
 *
 * What the server learns: the beginnings, one for each rule that would catch the URL (some four to eight), together. Of a single one of 16
 * bits, one in 65,536 of all hosts and pages there are has the same; but the salt is no secret to the server, so whoever suspects a certain
 * URL can hash it and see that all its beginnings were asked for, which hardly another URL's are (Gerbet, Kumar and Lauradoux 2015, "A
 * Privacy Analysis of Google and Yandex Safe Browsing"). Ask for them one by one, through a relay or among others at random, and keep the answers; hold
 * the whole list yourself if that is not enough.
 *
 * @param hashing Of the list: `index.hashing` on the server.
 * @param bits How many of each hash to show: a multiple of 4 from 8 to 64. Fewer hide more, and bring more rows.
 * @throws {EgideError} `INVALID_URL`, `INVALID_ARGUMENT`.
 */
export function urlQuery(url: string, hashing: UrlHashing, bits: number): UrlQuery {
  const checked = checkHashing(hashing);
  if (wholeNumber('bits', bits, 8, 64) % 4 !== 0) throw invalid('bits', 'a multiple of 4', bits);
  const { rules, hashes } = hashedExpressions(url, checked.hashing, checked.salt);
  const texts = rules.map((_, i) => bytesToHex(hashes.subarray(URL_HASH_BYTES * i, URL_HASH_BYTES * (i + 1))));
  return {
    prefixes: [...new Set(texts.map((text) => text.slice(0, bits / 4)))],
    matches(rows) {
      const found: { place: number; id: number }[] = [];
      for (const { hash, id } of rows) {
        const place = texts.indexOf(bytesToHex(liveBytes('rows', hash)));
        if (place >= 0) found.push({ place, id });
      }
      found.sort((a, b) => a.place - b.place || a.id - b.id);
      return found.map(({ place, id }) => ({ id, ...(rules[place] as UrlRule) }));
    },
  };
}

/** @internal Of an even number of hex digits. */
export function bytesOfHex(text: string): Uint8Array {
  return Uint8Array.from({ length: text.length / 2 }, (_, i) => Number.parseInt(text.slice(2 * i, 2 * i + 2), 16));
}
