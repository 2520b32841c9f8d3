import { sha256 } from '@noble/hashes/sha2.js';
import type { BankRecord } from '../../bank/record.js';
import type { Signal } from '../../bank/signal.js';
import { bytesToHex } from '../../hash/encoding.js';

const ENCODER = new TextEncoder();

/** Characters of a key: PostgreSQL indexes at most some 2,700 bytes (a third of a page), and one character takes four at most. */
const MAX_KEY_LENGTH = 512;

/** Bits of the filter, 16 MiB: with four of them a key, one of 150,000 is taken for a repeated one at 1 million keys, one of 250 at 10 million. */
const FILTER_BITS = 2 ** 27;

/** Keys that are remembered as they are before the filter is needed (our own choice: most lists in tests and small ones in browsers). */
const MAX_REMEMBERED = 10_000;

/** Bytes of SHA-256 that name a content: two of 10 million are the same with a chance of 4e-11. */
const NAME_BYTES = 10;

/**
 * Gives each record of a file a key of its own, in constant memory, so that none takes the place of another: the source's own where it has one. A
 * record without one is named after its signals, and so has the same key in the next version of the file; the name is no hash of the list. One whose
 * key was given already also has its content in its key. Which were given is asked of a Bloom filter (Bloom 1970, "Space/Time Trade-offs in Hash
 * Coding with Allowable Errors"): where it errs, a key is longer than it had to be.
 */
export class RecordKeys {
  #remembered: Set<string> | undefined = new Set();
  #filter = new Uint8Array(0);

  /** The key for a record that has the source's own, which may be empty. */
  keyOf(record: BankRecord): string {
    const own = record.key;
    const key = own === '' || own.length > MAX_KEY_LENGTH ? `~${nameOf(signalsText(record.signals))}` : own;
    if (this.#add(key)) return key;
    const { key: _, signals, ...rest } = record;
    return `${key}~${nameOf(signalsText(signals) + JSON.stringify(rest))}`;
  }

  /** Whether the key is new. */
  #add(key: string): boolean {
    if (!this.#remembered) return this.#addToFilter(key);
    if (this.#remembered.has(key)) return false;
    this.#remembered.add(key);
    if (this.#remembered.size <= MAX_REMEMBERED) return true;
    this.#filter = new Uint8Array(FILTER_BITS / 8);
    for (const known of this.#remembered) this.#addToFilter(known);
    this.#remembered = undefined;
    return true;
  }

  #addToFilter(key: string): boolean {
    // Kirsch & Mitzenmacher 2006, "Less Hashing, Same Performance": two hashes are as good as four. FNV-1a over the UTF-16 units of the text.
    let [hash, step] = [0x811c9dc5, 0x811c9dc4];
    for (let i = 0; i < key.length; ++i) {
      const unit = key.charCodeAt(i);
      hash = Math.imul(hash ^ unit, 0x01000193);
      step = Math.imul(step ^ unit, 0x01000193);
    }
    hash = mixed(hash);
    step = mixed(step);
    let isNew = false;
    for (let i = 0; i < 4; ++i, hash = (hash + step) | 0) {
      const bit = hash & (FILTER_BITS - 1);
      const byte = this.#filter[bit >> 3] as number;
      if ((byte & (1 << (bit & 7))) === 0) isNew = true;
      this.#filter[bit >> 3] = byte | (1 << (bit & 7));
    }
    return isNew;
  }
}

/** The mixer of MurmurHash3, as in row-table.ts: 32 bits with a sign. */
function mixed(hash: number): number {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  const whole = Math.imul(half ^ (half >>> 13), 0xc2b2ae35);
  return whole ^ (whole >>> 16);
}

function signalsText(signals: readonly Signal[]): string {
  return signals.map(({ type, value, name = '' }) => `${type} ${bytesToHex(value)} ${name}\n`).join('');
}

/** A name of a content that does not give it away: the beginning of its SHA-256, in hex. */
export function nameOf(text: string): string {
  return bytesToHex(sha256(ENCODER.encode(text)).subarray(0, NAME_BYTES));
}
