import type { PdqMode } from '../backend.js';
import { bytesToHex } from '../hash/encoding.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';

/**
 * Types of signal that a bank keeps, each with what its value is:
 *
 * - `pdq` (32 bytes), `md5` (16), `sha1` (20), `sha256` (32), `sha512` (64) of a picture or of any file;
 * - `video-md5` (16), `video-sha256` (32) where a source says that the file is a video;
 * - `patches`: a record of patches, as `egide.patches.enrol` gave it;
 * - `photodna` (144 bytes): kept, and compared with a query that the caller brings; never computed here;
 * - `url` (a URL or a rule, UTF-8), `url-md5` (16, python-threatexchange's `url_md5`);
 * - `other`: kept and exported as it came, never matched; {@link Signal.name} says what its source calls it.
 */
export const BANK_SIGNALS = [
  'pdq',
  'md5',
  'sha1',
  'sha256',
  'sha512',
  'video-md5',
  'video-sha256',
  'patches',
  'photodna',
  'url',
  'url-md5',
  'other',
] as const;

/** One of {@link BANK_SIGNALS}. */
export type BankSignal = (typeof BANK_SIGNALS)[number];

/** Bytes of a value; `null` where lengths differ. */
export const SIGNAL_BYTES: Readonly<Record<BankSignal, number | null>> = {
  pdq: 32,
  md5: 16,
  sha1: 20,
  sha256: 32,
  sha512: 64,
  'video-md5': 16,
  'video-sha256': 32,
  patches: null,
  photodna: 144,
  url: null,
  'url-md5': 16,
  other: null,
};

/** One signal of an entry. */
export interface Signal {
  readonly type: BankSignal;
  /** As {@link BANK_SIGNALS} says. */
  readonly value: Uint8Array;
  /** Of a PDQ hash, 0 to 100, where the source says. */
  readonly quality?: number;
  /** How a PDQ hash was made, where the source says: one of `reference-cpp` is compared like any other, and differs by some bits on large pictures. */
  readonly mode?: PdqMode;
  /** What the source calls the type of an `other` one, such as `NETCLEAN`. */
  readonly name?: string;
}

/** @internal A text that tells a value of a type from every other. */
export function signalName({ type, value }: Pick<Signal, 'type' | 'value'>): string {
  return `${type} ${bytesToHex(value)}`;
}

/**
 * @internal Whether a bank matches anything with this signal: not `other` ones, and neither PDQ hashes of a quality below 50 (Meta's floor) nor the
 * one of 64 zeros, which any featureless picture has.
 */
export function isSearchable(type: BankSignal, value: Uint8Array, quality: number | null | undefined): boolean {
  return type === 'pdq' ? (quality ?? 100) >= PDQ_MIN_QUALITY && value.some(isSet) : type !== 'other';
}

const isSet = (byte: number): boolean => byte !== 0;
