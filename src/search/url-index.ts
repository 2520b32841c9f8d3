import { sha256 } from '@noble/hashes/sha2.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { bytesToHex } from '../hash/encoding.js';
import { CANONICAL_URL_VERSION } from '../hash/url.js';
import type { Platform } from '../platform.js';
import type { DigestIndex } from './digest-index.js';
import type { SaveOptions } from './index-bytes.js';
import { bytesOfHex, hashedExpressions, MAX_SALT_BYTES, type UrlHashing, type UrlHit, type UrlRow } from './url-hashing.js';
import type { UrlRule } from './url-rule.js';

/**
 * An immutable set of rules about URLs, of which it holds salted hashes alone: nobody can read from it what is listed, though whoever has it
 * can try out what he suspects.
 */
export class UrlIndex implements Disposable {
  /** Rules in the index. */
  readonly size: number;
  /** Bytes of the index, all included. */
  readonly byteLength: number;
  /** What its hashes were made with: what `urlQuery` takes. */
  readonly hashing: UrlHashing;
  readonly #salt: Uint8Array;
  readonly #digests: DigestIndex;
  readonly #platform: Platform;

  /** @internal Use `egide.buildUrlIndex` or `egide.openUrlIndex`. */
  constructor(platform: Platform, hashing: UrlHashing, digests: DigestIndex) {
    this.size = digests.size;
    this.byteLength = URL_HEADER_BYTES + digests.byteLength;
    this.hashing = Object.freeze(hashing);
    this.#salt = bytesOfHex(hashing.salt);
    this.#digests = digests;
    this.#platform = platform;
  }

  /**
   * The rules that catch a URL, the narrowest first, then by id; none if there is none.
   *
   * @throws {EgideError} `INVALID_URL` if it is no URL; `INVALID_ARGUMENT` if it is no text; `DISPOSED`; `INVALID_INDEX` if the index turns out
   *   to be damaged; `OUT_OF_MEMORY` if more than 4,194,304 rules do.
   */
  search(url: string): UrlHit[] {
    const { rules, hashes } = hashedExpressions(url, this.hashing, this.#salt);
    return this.#digests.findMany(hashes).map(({ query, id }) => ({ id, ...(rules[query] as UrlRule) }));
  }

  /**
   * All rows whose hashes begin so: what a server answers to one of the `prefixes` of `urlQuery`.
   *
   * @param prefix 2 to 16 lower-case hex digits.
   * @throws {EgideError} `INVALID_ARGUMENT`; `DISPOSED`; `OUT_OF_MEMORY` if there are more than 4,194,304.
   */
  withPrefix(prefix: string): UrlRow[] {
    if (typeof prefix !== 'string' || !/^[0-9a-f]{2,16}$/.test(prefix)) throw invalid('prefix', '2 to 16 lower-case hex digits', prefix);
    const whole = bytesOfHex(prefix.length % 2 === 0 ? prefix : `${prefix}0`);
    return this.#digests.withPrefix(whole, 4 * prefix.length).map(({ digest, id }) => ({ hash: digest, id }));
  }

  /**
   * Writes the index to a file, whole or not at all.
   *
   * @throws {EgideError} `NO_FILESYSTEM` where there are no files; `DISPOSED`; `WRITE_FAILED`; or the signal's reason.
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    checkCallOptions(options);
    if (typeof path !== 'string' || path === '') throw invalid('path', 'the path of a file', path);
    if (!this.#platform.indexFiles)
      throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: store what chunks() gives, or save in Node');
    await this.#platform.indexFiles.save(path, this.chunks(), options.signal ? { signal: options.signal } : {});
    options.onProgress?.(1);
  }

  /**
   * The bytes of the index in order, in slices of at most 4 MiB. It opens from a stream of them.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  *chunks(): Generator<Uint8Array> {
    this.#digests.header(); // throws before anything is written, if it has been disposed of
    yield writeUrlHeader(this.hashing);
    yield* this.#digests.chunks();
  }

  /** @internal The ids of all rules, in slices. */
  idSlices(): Generator<Uint32Array> {
    return this.#digests.idSlices();
  }

  [Symbol.dispose](): void {
    this.#digests[Symbol.dispose]();
  }
}

/** @internal Bytes before the index of hashes: a cache line, so that it is as aligned as the whole. */
export const URL_HEADER_BYTES = 64;

/** `EGURL`, and what tells a copy that a text mode has mangled. */
const MAGIC = Uint8Array.of(0x45, 0x47, 0x55, 0x52, 0x4c, 0x0d, 0x0a, 0x1a);
const FORMAT_VERSION = 1;
const DROPS_TRACKING = 1;
const KEEPS_HASHBANG = 2;
/** Where each field lies (docs/formats.md). */
const AT = { version: 8, canonical: 12, flags: 16, saltBytes: 20, salt: 24, sum: 56 };

function writeUrlHeader({ version, salt, trackingParameters, fragment }: UrlHashing): Uint8Array {
  const header = new Uint8Array(URL_HEADER_BYTES);
  const view = new DataView(header.buffer);
  header.set(MAGIC);
  view.setUint32(AT.version, FORMAT_VERSION, true);
  view.setUint32(AT.canonical, version, true);
  view.setUint32(AT.flags, (trackingParameters === 'drop' ? DROPS_TRACKING : 0) | (fragment === 'hashbang' ? KEEPS_HASHBANG : 0), true);
  view.setUint32(AT.saltBytes, salt.length / 2, true);
  header.set(bytesOfHex(salt), AT.salt);
  header.set(sumOf(header), AT.sum);
  return header;
}

/** @internal What a header says. Throws `INVALID_INDEX`. */
export function readUrlHeader(header: Uint8Array): UrlHashing {
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  if (header.byteLength < URL_HEADER_BYTES || !MAGIC.every((byte, i) => header[i] === byte))
    throw new EgideError('INVALID_INDEX', 'source: these bytes are no index of URLs: give what its save() wrote');
  const [format, canonical] = [view.getUint32(AT.version, true), view.getUint32(AT.canonical, true)];
  if (format !== FORMAT_VERSION || canonical !== CANONICAL_URL_VERSION)
    throw new EgideError('INVALID_INDEX', 'source: this index is of another version of egide: build it again from your list');
  const [flags, saltBytes] = [view.getUint32(AT.flags, true), view.getUint32(AT.saltBytes, true)];
  const sound = sumOf(header).every((byte, i) => header[AT.sum + i] === byte);
  if (!sound || flags > (DROPS_TRACKING | KEEPS_HASHBANG) || saltBytes > MAX_SALT_BYTES)
    throw new EgideError('INVALID_INDEX', 'source: the header of this index is damaged: fetch it again');
  return {
    version: canonical,
    salt: bytesToHex(header.subarray(AT.salt, AT.salt + saltBytes)),
    trackingParameters: flags & DROPS_TRACKING ? 'drop' : 'keep',
    fragment: flags & KEEPS_HASHBANG ? 'hashbang' : 'drop',
  };
}

/** The first eight bytes of the SHA-256 of what stands before the sum; it finds accidents, not forgeries. */
function sumOf(header: Uint8Array): Uint8Array {
  return sha256(header.subarray(0, AT.sum)).subarray(0, 8);
}
