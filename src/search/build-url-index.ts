import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { bytesToHex } from '../hash/encoding.js';
import { CANONICAL_URL_VERSION, type CanonicalUrlOptions, checkUrlOptions } from '../hash/url.js';
import { chunksOf, type Input, liveBytes, nextTurn } from '../input.js';
import type { Platform } from '../platform.js';
import { buildDigestIndex, openDigestIndex } from './build-digest-index.js';
import { checkedIds } from './build-index.js';
import type { BuildOptions, CheckOptions } from './index-bytes.js';
import { hashRule, MAX_SALT_BYTES, URL_HASH_BYTES, type UrlHashing } from './url-hashing.js';
import { readUrlHeader, URL_HEADER_BYTES, UrlIndex } from './url-index.js';
import { parseUrlRule, type UrlRuleKind } from './url-rule.js';

/** A rule as people write it, with what it is about where that is not as `parseUrlRule` would read it. */
export type WrittenUrlRule = string | { readonly kind: UrlRuleKind; readonly text: string };

/** How to build an index of URLs. */
export interface BuildUrlOptions extends BuildOptions, CanonicalUrlOptions {
  /** An id for each rule, 0 to 2^32 - 1; several rules may share one. Default: each rule's number, from 0. */
  readonly ids?: Uint32Array;
  /**
   * Up to 32 bytes that are hashed with each rule. Default: 16 at random, so that no two lists can be compared; give the same ones for the
   * same bytes, none at all (`new Uint8Array(0)`) for a list that others can compare with theirs.
   */
  readonly salt?: Uint8Array;
}

/** Random bytes of a salt: as many as a UUID has, never met twice. */
const SALT_BYTES = 16;
/** Rules hashed between two looks at the clock, and milliseconds between two turns of the event loop (our own choice). */
const RULES_AT_ONCE = 256;
const SLICE_MS = 15;
/** What the digests of URLs are to the core, which knows widths alone: it has 16 bytes. */
const DIGEST_TYPE = 'md5';

/**
 * Builds an index of rules about URLs, in slices that do not hold the event loop.
 *
 * @throws {EgideError} `INVALID_URL`, naming the number of the rule, if one cannot be read (`egide.urlRules` leaves such out and counts them);
 *   `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function buildUrlIndex(
  backend: Backend,
  platform: Platform,
  rules: readonly WrittenUrlRule[],
  options: BuildUrlOptions = {},
): Promise<UrlIndex> {
  checkCallOptions(options);
  if (!Array.isArray(rules)) throw invalid('rules', 'an array of rules', rules);
  const { salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES)), ids: given, signal, onProgress } = options;
  if (liveBytes('salt', salt).byteLength > MAX_SALT_BYTES) throw invalid('salt', `at most ${MAX_SALT_BYTES} bytes`, salt);
  const ids = checkedIds(given, rules.length);
  const hashing: UrlHashing = { version: CANONICAL_URL_VERSION, salt: bytesToHex(salt), ...checkUrlOptions(options) };
  const hashes = await hashRules(rules, hashing, salt.slice(), options);
  const digests = await buildDigestIndex(backend, platform, DIGEST_TYPE, hashes, { ...(ids && { ids }), ...(signal && { signal }) });
  onProgress?.(1);
  return new UrlIndex(platform, hashing, digests);
}

/** The hashes of all rules. Takes nearly all the time of a build, and so tells its progress. */
async function hashRules(
  rules: readonly WrittenUrlRule[],
  hashing: UrlHashing,
  salt: Uint8Array,
  { signal, onProgress }: BuildOptions,
): Promise<Uint8Array> {
  signal?.throwIfAborted();
  const count = rules.length;
  const hashes = new Uint8Array(URL_HASH_BYTES * count);
  let turned = performance.now();
  for (let i = 0; i < count; ++i) {
    hashes.set(hashRule(readRule(rules[i], i, hashing), salt), URL_HASH_BYTES * i);
    if (i % RULES_AT_ONCE > 0 || performance.now() - turned < SLICE_MS) continue;
    onProgress?.(i / count);
    await nextTurn(signal);
    turned = performance.now();
  }
  return hashes;
}

function readRule(rule: unknown, number: number, options: CanonicalUrlOptions): ReturnType<typeof parseUrlRule> {
  const { text, kind } = (typeof rule === 'object' && rule !== null ? rule : { text: rule }) as { text?: unknown; kind?: UrlRuleKind };
  if (typeof text !== 'string') throw invalid(`rules[${number}]`, 'a text, or { kind, text }', rule);
  try {
    return parseUrlRule(text, { ...options, ...(kind !== undefined && { kind }) });
  } catch (cause) {
    if (!(cause instanceof EgideError)) throw cause;
    throw new EgideError(cause.code, `rules[${number}]: ${cause.message}`, { cause });
  }
}

/**
 * Opens an index of URLs that `save` has written: a file is read into memory, not mapped. Everything is copied and checked.
 *
 * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function openUrlIndex(backend: Backend, platform: Platform, source: Input, options: CheckOptions = {}): Promise<UrlIndex> {
  checkCallOptions(options);
  const chunks = chunksFrom(platform, source, options.signal);
  try {
    const { header, rest } = await splitHeader(chunks);
    const hashing = readUrlHeader(header);
    const digests = await openDigestIndex(backend, platform, following(rest, chunks), options);
    if (digests.type === DIGEST_TYPE) return new UrlIndex(platform, hashing, digests);
    digests[Symbol.dispose]();
    throw new EgideError('INVALID_INDEX', `source: expected hashes of ${URL_HASH_BYTES} bytes, got ${digests.type}: fetch it again`);
  } finally {
    await chunks.return();
  }
}

function chunksFrom(platform: Platform, source: Input, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void> {
  if (typeof source !== 'string') return chunksOf(source, undefined, signal);
  if (platform.indexFiles) return platform.indexFiles.read(source);
  throw new EgideError('NO_FILESYSTEM', 'source: a path was given, but this runtime has no files: pass bytes or a stream');
}

/** The bytes of the header, or as many as there are, and what came with them. */
async function splitHeader(chunks: AsyncGenerator<Uint8Array, void>): Promise<{ header: Uint8Array; rest: Uint8Array }> {
  const header = new Uint8Array(URL_HEADER_BYTES);
  let length = 0;
  for (;;) {
    const { done, value } = await chunks.next();
    if (done) return { header: header.subarray(0, length), rest: new Uint8Array() };
    const taken = value.subarray(0, URL_HEADER_BYTES - length);
    header.set(taken, length);
    length += taken.byteLength;
    if (length === URL_HEADER_BYTES) return { header, rest: value.subarray(taken.byteLength) };
  }
}

async function* following(first: Uint8Array, chunks: AsyncGenerator<Uint8Array, void>): AsyncGenerator<Uint8Array> {
  yield first;
  yield* chunks;
}
