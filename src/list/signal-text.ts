import type { PdqMode } from '../backend.js';
import { type BankSignal, SIGNAL_BYTES, type Signal } from '../bank/signal.js';
import { bytesToBase64, bytesToHex, readBase64, readHex } from '../hash/encoding.js';
import { readPhotoDna } from '../hash/photodna.js';

const ENCODER = new TextEncoder();

/** A signal that was read, or the reason why the text is none that can be used, which never contains text of the list. */
export type SignalReading = Signal | string;

/** Characters of a URL or of a signal of another type: our own choice, far above what browsers take (some 2,000) and below a record's bound. */
const MAX_TEXT_LENGTH = 65_536;

/** What a source says of a signal besides its type and value. */
export interface AboutSignal {
  readonly quality?: number;
  readonly mode?: PdqMode;
  readonly name?: string;
}

/**
 * Reads a signal from its text: hex of any case, with or without `0x`, or base64 or base64url of exactly so many bytes; PhotoDNA also as 144 numbers
 * between commas; a record of patches as base64; a URL, or a signal of another type, as it stands.
 *
 * @param about Of a PDQ hash `quality`, 0 to 100, and `mode`, how it was made; of an `other` signal `name`, what the source calls it.
 */
export function readSignal(type: BankSignal, text: string, about?: AboutSignal): SignalReading {
  const length = SIGNAL_BYTES[type];
  if (type === 'patches') return readPatches(text.trim());
  if (length === null) return readText(type, text.trim(), about);
  const value = room(length);
  const trimmed = text.trim();
  if (type === 'photodna') {
    if (!readPhotoDna(trimmed, value)) return 'photodna: neither base64 nor hex of 144 bytes, nor 144 numbers between commas';
  } else if (!readHex(trimmed, length, value) && !readBase64(trimmed, length, value))
    return `${type}: neither ${2 * length} hex digits nor base64 of ${length} bytes`;
  if (type !== 'pdq' || about === undefined) return { type, value };
  const { quality, mode } = about;
  return { type, value, ...(quality !== undefined && { quality }), ...(mode !== undefined && { mode }) };
}

/** Bytes that values share: an array with its own buffer for each costs the collector of garbage an eighth of all reading (measured here). */
const SHARED_BYTES = 1 << 14;
const shared = { buffer: new ArrayBuffer(0), used: 0 };

/** Zeros that nobody else has. */
function room(length: number): Uint8Array {
  if (shared.used + length > shared.buffer.byteLength) Object.assign(shared, { buffer: new ArrayBuffer(SHARED_BYTES), used: 0 });
  shared.used += length;
  return new Uint8Array(shared.buffer, shared.used - length, length);
}

/** A record of patches has as many bytes as its text says; whether it is one is for those who search it to see. */
function readPatches(text: string): SignalReading {
  const value = new Uint8Array(Math.floor((6 * text.replace(/={1,2}$/, '').length) / 8));
  if (value.length === 0 || !readBase64(text, value.length, value)) return 'patches: not base64';
  return { type: 'patches', value };
}

function readText(type: BankSignal, text: string, { name }: AboutSignal = {}): SignalReading {
  if (text === '') return `${type}: empty`;
  if (text.length > MAX_TEXT_LENGTH) return `${type}: longer than ${MAX_TEXT_LENGTH} characters`;
  const value = ENCODER.encode(text);
  return name === undefined ? { type, value } : { type, value, name };
}

/** The text of a signal as {@link readSignal} reads it back; `null` for bytes of an `other` one that are no text. */
export function signalText({ type, value }: Signal): string | null {
  if (type === 'photodna' || type === 'patches') return bytesToBase64(value);
  if (SIGNAL_BYTES[type] !== null) return bytesToHex(value);
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(value);
  } catch (cause) {
    if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal decoder throws for malformed bytes
    return null;
  }
}

/** Names of the types that are matched, as {@link plainName} leaves them: ours, ThreatExchange's, python-threatexchange's, StopNCII's, NCMEC's. */
const NAMES: Readonly<Record<string, BankSignal>> = {
  pdq: 'pdq',
  hashpdq: 'pdq',
  imagepdq: 'pdq',
  md5: 'md5',
  hashmd5: 'md5',
  sha1: 'sha1',
  hashsha1: 'sha1',
  sha256: 'sha256',
  hashsha256: 'sha256',
  sha512: 'sha512',
  hashsha512: 'sha512',
  videomd5: 'video-md5',
  hashvideomd5: 'video-md5',
  videosha256: 'video-sha256',
  hashvideosha256: 'video-sha256',
  patches: 'patches',
  photodna: 'photodna',
  pdna: 'photodna',
  hashphotodna: 'photodna',
  url: 'url',
  uri: 'url',
  rawurl: 'url',
  rawuri: 'url',
  urlmd5: 'url-md5',
  hashurlmd5: 'url-md5',
};

/** Types that exist elsewhere and are kept as `other`: python-threatexchange, ThreatExchange, StopNCII, NCMEC, TCAP. */
const OTHERS: ReadonlySet<string> = new Set(
  (
    'text rawtext textstring texttlsh trendquery vpdq videopdq videovpdq tmk hashtmk videotmk tmkpdqf pdqocr hashpdqocr netclean videntifier ' +
    'ssvhpdna ssvhsaferhash other unknown'
  ).split(' '),
);

/** What a type of this name is to a bank: one that is matched, `other` for one that is known and only kept, `null` for any other name. */
export function bankSignalOf(name: string): BankSignal | null {
  const plain = Object.hasOwn(NAMES, name) ? name : plainName(name);
  if (Object.hasOwn(NAMES, plain)) return NAMES[plain] as BankSignal;
  return OTHERS.has(plain) ? 'other' : null;
}

/** `Entry ID`, `entry_id` and `entryId` are one name. */
export function plainName(name: string): string {
  return name.toLowerCase().replace(/[^a-z0-9]/g, '');
}
