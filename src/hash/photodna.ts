import { invalid } from '../errors.js';
import { liveBytes } from '../input.js';
import { readBase64, readHex } from './encoding.js';

/** Bytes of a PhotoDNA hash. */
export const PHOTODNA_BYTES = 144;

/** The squared distance of two PhotoDNA hashes at most: 144 numbers from 0 to 255. */
export const MAX_PHOTODNA_DISTANCE = PHOTODNA_BYTES * 255 ** 2;

/**
 * The squared distance up to which two PhotoDNA hashes are taken for the same picture: the default of IPED (`HashDBTool`,
 * github.com/sepinf-inc/IPED). It is a default of that tool, and no measurement of ours.
 */
export const IPED_PHOTODNA_MAX_DISTANCE = 40_000;

/**
 * The squared Euclidean distance of two PhotoDNA hashes, 0 to 9,363,600. Egide keeps such hashes where a list has them and compares them with one
 * that the caller brings; it never computes one from a picture: the algorithm is Microsoft's and is licensed by them.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` unless both are 144 bytes.
 */
export function photoDnaDistance(a: Uint8Array, b: Uint8Array): number {
  for (const [name, hash] of Object.entries({ a, b }))
    if (liveBytes(name, hash).byteLength !== PHOTODNA_BYTES) throw invalid(name, `${PHOTODNA_BYTES} bytes`, hash);
  let sum = 0;
  for (let i = 0; i < PHOTODNA_BYTES; ++i) sum += ((a[i] as number) - (b[i] as number)) ** 2;
  return sum;
}

/** Fills the first 144 bytes of `into` from base64, hex or 144 numbers from 0 to 255 between commas; false for any other text. */
export function readPhotoDna(text: string, into: Uint8Array): boolean {
  const trimmed = text.trim();
  if (!trimmed.includes(',')) return readBase64(trimmed, PHOTODNA_BYTES, into) || readHex(trimmed, PHOTODNA_BYTES, into);
  const numbers = trimmed.split(',', PHOTODNA_BYTES + 1).map((number) => number.trim());
  if (numbers.length !== PHOTODNA_BYTES || !numbers.every((number) => /^\d{1,3}$/.test(number) && Number(number) < 256)) return false;
  into.set(numbers.map(Number));
  return true;
}
