import { EgideError, invalid } from '../errors.js';
import { damaged, LINE_BYTES } from './snapshot-format.js';

/** `EGENC`, and what a copy that a text mode has mangled would lack. */
const MAGIC = Uint8Array.of(0x45, 0x47, 0x45, 0x4e, 0x43, 0x0d, 0x0a, 0x1a);
const VERSION = 1;
/** Bytes of clear text that are sealed at a time (our own choice). */
const CHUNK_BYTES = 1 << 20;
/** Bytes of the seal of each (NIST SP 800-38D: the longest). */
const TAG_BYTES = 16;
const SALT_BYTES = 32;
const KEY_BYTES = 32;
const PURPOSE = new TextEncoder().encode('egide snapshot 1');

/** Whether these first bytes are those of an encrypted snapshot. */
export function isEncrypted(head: Uint8Array): boolean {
  return MAGIC.every((byte, i) => head[i] === byte);
}

/** Throws `INVALID_ARGUMENT` unless the key is 32 bytes. */
export function checkKey(key: unknown): Uint8Array<ArrayBuffer> {
  if (!(key instanceof Uint8Array) || key.byteLength !== KEY_BYTES) throw invalid('key', `${KEY_BYTES} random bytes`, key);
  return new Uint8Array(key);
}

/**
 * Encrypts with AES-256-GCM, MiB by MiB, under a key of this file's own (HKDF-SHA256 of the caller's key and a random salt, RFC 5869). The
 * nonce is the number of the MiB and whether it is the last one, so that none can be moved, repeated or left out (the STREAM construction:
 * Hoang, Reyhanitabar, Rogaway and Vizar 2015, "Online Authenticated-Encryption and its Nonce-Reuse Misuse-Resistance").
 */
export async function* encrypted(chunks: AsyncIterable<Uint8Array>, key: Uint8Array): AsyncGenerator<Uint8Array> {
  const header = new Uint8Array(LINE_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setUint32(8, VERSION, true);
  const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES));
  header.set(salt, LINE_BYTES - SALT_BYTES);
  const fileKey = await fileKeyOf(key, salt, 'encrypt');
  yield header;
  const gathered = new Uint8Array(CHUNK_BYTES);
  let [filled, number] = [0, 0];
  const seal = async (last: boolean): Promise<Uint8Array> => {
    const sealed = await crypto.subtle.encrypt(parameters(number++, last, header), fileKey, gathered.subarray(0, filled));
    filled = 0;
    return new Uint8Array(sealed);
  };
  for await (const chunk of chunks)
    for (let at = 0; at < chunk.byteLength; ) {
      if (filled === CHUNK_BYTES) yield await seal(false);
      const part = chunk.subarray(at, at + CHUNK_BYTES - filled);
      gathered.set(part, filled);
      filled += part.byteLength;
      at += part.byteLength;
    }
  yield await seal(true);
}

/**
 * Decrypts a whole encrypted snapshot.
 *
 * @throws {EgideError} `INVALID_BANK` if it is damaged, cut off, or was encrypted with another key: nobody can tell which.
 */
export async function decrypted(bytes: Uint8Array, key: Uint8Array | undefined): Promise<Uint8Array> {
  if (key === undefined)
    throw new EgideError('INVALID_ARGUMENT', 'key: this snapshot is encrypted: pass the 32 bytes it was encrypted with');
  const header = bytes.slice(0, LINE_BYTES);
  if (header.byteLength < LINE_BYTES) throw damaged('is cut off');
  const version = new DataView(header.buffer).getUint32(8, true);
  if (version !== VERSION) throw damaged(`is encrypted in a way (${version}) that this library does not know`);
  const fileKey = await fileKeyOf(checkKey(key), header.slice(LINE_BYTES - SALT_BYTES), 'decrypt');
  const sealedBytes = CHUNK_BYTES + TAG_BYTES;
  const count = Math.max(1, Math.ceil((bytes.byteLength - LINE_BYTES) / sealedBytes));
  const clear = new Uint8Array(Math.max(0, bytes.byteLength - LINE_BYTES - count * TAG_BYTES));
  for (let i = 0; i < count; ++i) {
    const sealed = bytes.slice(LINE_BYTES + i * sealedBytes, LINE_BYTES + (i + 1) * sealedBytes);
    clear.set(await opened(sealed, parameters(i, i === count - 1, header), fileKey), i * CHUNK_BYTES);
  }
  return clear;
}

async function opened(sealed: Uint8Array<ArrayBuffer>, how: AesGcmParams, fileKey: CryptoKey): Promise<Uint8Array> {
  try {
    return new Uint8Array(await crypto.subtle.decrypt(how, fileKey, sealed));
  } catch (cause) {
    throw damaged('is damaged, cut off, or was encrypted with another key', cause);
  }
}

async function fileKeyOf(key: Uint8Array, salt: Uint8Array<ArrayBuffer>, use: 'encrypt' | 'decrypt'): Promise<CryptoKey> {
  const base = await crypto.subtle.importKey('raw', checkKey(key), 'HKDF', false, ['deriveKey']);
  const how = { name: 'HKDF', hash: 'SHA-256', salt, info: PURPOSE };
  return crypto.subtle.deriveKey(how, base, { name: 'AES-GCM', length: 8 * KEY_BYTES }, false, [use]);
}

function parameters(number: number, last: boolean, header: Uint8Array<ArrayBuffer>): AesGcmParams {
  const iv = new Uint8Array(12);
  new DataView(iv.buffer).setUint32(4, number);
  iv[11] = last ? 1 : 0;
  return { name: 'AES-GCM', iv, additionalData: header, tagLength: 8 * TAG_BYTES };
}
