import { HASH_BYTES } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import { liveBytes } from '../input.js';
import { DIGEST_BYTES, type DigestType } from './digests.js';

const HEX_DIGITS = '0123456789abcdef';
/** RFC 4648 section 4; section 5 (base64url) has `-` and `_` for the last two. */
const BASE64_DIGITS = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const NOT_A_DIGIT = 0xff;

const HEX_VALUES = valuesOf([HEX_DIGITS, '0123456789ABCDEF']);
const BASE64_VALUES = valuesOf([BASE64_DIGITS, BASE64_DIGITS.replace('+/', '-_')]);

/**
 * A PDQ hash as 64 lower-case hex digits, the form of Meta's tools and of python-threatexchange.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` unless it is 32 bytes.
 */
export function hashToHex(hash: Uint8Array): string {
  return bytesToHex(wholeHash(hash));
}

/**
 * A PDQ hash as standard base64 (44 characters with the padding), the form of Project Arachnid's interface.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` unless it is 32 bytes.
 */
export function hashToBase64(hash: Uint8Array): string {
  return bytesToBase64(wholeHash(hash));
}

/**
 * Reads a PDQ hash from text: 64 hex digits of any case, with or without `0x`, or base64 or base64url of 32 bytes,
 * with or without padding; white space around it is ignored.
 *
 * @throws {EgideError} `INVALID_HASH` for anything else. The message does not repeat the text.
 */
export function parseHash(text: string): Uint8Array {
  const hash = new Uint8Array(HASH_BYTES);
  if (!readHash(plainText(text), hash))
    throw new EgideError('INVALID_HASH', `a PDQ hash is 64 hex digits or base64 of 32 bytes, this is a text of ${text.length} characters`);
  return hash;
}

/** {@link parseHash} without an exception: fills the first 32 bytes of `into` and says whether the text was a hash. */
export function readHash(text: string, into: Uint8Array): boolean {
  const trimmed = text.trim();
  return readHex(trimmed, HASH_BYTES, into) || readBase64(trimmed, HASH_BYTES, into);
}

/**
 * A digest as lower-case hex.
 *
 * @param digest 16 (MD5), 20 (SHA-1) or 32 bytes (SHA-256).
 * @throws {EgideError} `INVALID_ARGUMENT` for any other length.
 */
export function digestToHex(digest: Uint8Array): string {
  if (!Object.values(DIGEST_BYTES).includes(liveBytes('digest', digest).byteLength)) throw invalid('digest', '16, 20 or 32 bytes', digest);
  return bytesToHex(digest);
}

/**
 * Reads a digest from hex of any case, with or without `0x`; white space around it is ignored.
 *
 * @throws {EgideError} `INVALID_HASH` for anything else (the message does not repeat the text), `INVALID_ARGUMENT` for an unknown type.
 */
export function parseDigest(type: DigestType, text: string): Uint8Array {
  if (!Object.hasOwn(DIGEST_BYTES, type)) throw invalid('type', "'md5', 'sha1' or 'sha256'", type);
  const digest = new Uint8Array(DIGEST_BYTES[type]);
  if (!readDigest(type, plainText(text), digest))
    throw new EgideError(
      'INVALID_HASH',
      `a digest of type ${type} is ${2 * digest.length} hex digits, this is a text of ${text.length} characters`,
    );
  return digest;
}

/** {@link parseDigest} without an exception: fills the start of `into` and says whether the text was a digest. */
export function readDigest(type: DigestType, text: string, into: Uint8Array): boolean {
  return readHex(text.trim(), DIGEST_BYTES[type], into);
}

/** Bytes as lower-case hex. */
export function bytesToHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += HEX_DIGITS.charAt(byte >> 4) + HEX_DIGITS.charAt(byte & 15);
  return text;
}

/** Bytes as base64 (RFC 4648 section 4) with its padding. */
export function bytesToBase64(bytes: Uint8Array): string {
  let text = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const three = ((bytes[i] as number) << 16) | ((bytes[i + 1] ?? 0) << 8) | (bytes[i + 2] ?? 0);
    for (let shift = 18; shift >= 0; shift -= 6) text += BASE64_DIGITS[(three >> shift) & 63];
  }
  const digits = base64Digits(bytes.length);
  return text.slice(0, digits) + '='.repeat(text.length - digits);
}

/** Digits of base64 that hold so many bytes, without the padding. */
function base64Digits(byteLength: number): number {
  return Math.ceil((8 * byteLength) / 6);
}

/** Fills the first `byteLength` bytes of `into` from exactly so many in hex of any case, with or without `0x`; false for any other text. */
export function readHex(text: string, byteLength: number, into: Uint8Array): boolean {
  const start = text.length === 2 * byteLength + 2 && (text.startsWith('0x') || text.startsWith('0X')) ? 2 : 0;
  if (text.length - start !== 2 * byteLength) return false;
  let seen = 0;
  for (let i = 0; i < byteLength; ++i) {
    const high = HEX_VALUES[text.charCodeAt(start + 2 * i)] ?? NOT_A_DIGIT;
    const low = HEX_VALUES[text.charCodeAt(start + 2 * i + 1)] ?? NOT_A_DIGIT;
    seen |= high | low;
    into[i] = (high << 4) | low;
  }
  return seen < 16;
}

/** The same from base64 or base64url, with or without padding. */
export function readBase64(text: string, byteLength: number, into: Uint8Array): boolean {
  const digits = base64Digits(byteLength);
  const padding = '='.repeat(4 * Math.ceil(byteLength / 3) - digits);
  if (text.length !== digits && !(text.length === digits + padding.length && text.endsWith(padding))) return false;
  let bits = 0;
  let seen = 0;
  for (let i = 0, byte = 0; i < digits; ++i) {
    const value = BASE64_VALUES[text.charCodeAt(i)] ?? NOT_A_DIGIT;
    seen |= value;
    bits = ((bits << 6) | value) & 0xffff;
    const pending = (6 * (i + 1)) % 8; // bits that are not yet part of a whole byte
    if (pending < 6) into[byte++] = bits >> pending;
  }
  const left = 6 * digits - 8 * byteLength;
  return seen < 64 && (bits & ((1 << left) - 1)) === 0; // RFC 4648 section 3.5: the bits left over are zero, or the text was cut
}

/** For each ASCII code its value as a digit, or `NOT_A_DIGIT`. */
function valuesOf(alphabets: readonly string[]): Uint8Array {
  const values = new Uint8Array(128).fill(NOT_A_DIGIT);
  for (const alphabet of alphabets) for (let i = 0; i < alphabet.length; ++i) values[alphabet.charCodeAt(i)] = i;
  return values;
}

function wholeHash(hash: Uint8Array): Uint8Array {
  if (liveBytes('hash', hash).byteLength !== HASH_BYTES) throw invalid('hash', `${HASH_BYTES} bytes`, hash);
  return hash;
}

function plainText(text: unknown): string {
  if (typeof text !== 'string') throw invalid('text', 'a string', text);
  return text;
}

/** @internal Whether two pieces have the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
  return true;
}

/** @internal The order of bytes: one by one, a beginning before what it begins. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; ++i) if (a[i] !== b[i]) return (a[i] as number) - (b[i] as number);
  return a.length - b.length;
}
