import { bytesToHex } from '../hash/encoding.js';

/** Bytes that are summed up at a time (our own choice: a millisecond or two of another thread). */
const CHUNK_BYTES = 1 << 20;

/**
 * The SHA-256 of the SHA-256s of each MiB of some bytes, the last one being what is left: what Web Crypto, which cannot be fed in pieces,
 * can make of any number of bytes in every runtime, off this thread.
 */
export class ChunkedDigest {
  readonly #chunk = new Uint8Array(CHUNK_BYTES);
  #filled = 0;
  readonly #digests: Uint8Array[] = [];

  /** `bytes` must not change before the answer. */
  async update(bytes: Uint8Array): Promise<void> {
    for (let at = 0; at < bytes.byteLength; ) {
      const part = bytes.subarray(at, at + CHUNK_BYTES - this.#filled);
      this.#chunk.set(part, this.#filled);
      this.#filled += part.byteLength;
      at += part.byteLength;
      if (this.#filled === CHUNK_BYTES) await this.#close();
    }
  }

  /** Hex. */
  async finish(): Promise<string> {
    if (this.#filled > 0) await this.#close();
    const all = new Uint8Array(32 * this.#digests.length);
    for (const [i, digest] of this.#digests.entries()) all.set(digest, 32 * i);
    return bytesToHex(await sha256(all));
  }

  async #close(): Promise<void> {
    this.#digests.push(await sha256(this.#chunk.subarray(0, this.#filled)));
    this.#filled = 0;
  }
}

async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array> {
  return new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
}
