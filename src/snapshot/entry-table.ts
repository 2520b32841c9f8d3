import { ByteBuffer } from '../list/byte-buffer.js';
import { damaged, type ReadBytes } from './snapshot-format.js';

/** Entries between two places that are written down: one look-up reads and passes over half as many (our own choice). */
const BLOCK_ENTRIES = 64;
/** Bytes of a number as {@link EntryTableWriter} writes it, at most: 7 bits each, of 32. */
const MAX_NUMBER_BYTES = 5;

/** Bytes of UTF-8 of a UTF-16 unit at most. */
const MAX_CHARACTER_BYTES = 3;

/** An entry as a snapshot keeps it. */
export interface TableEntry {
  readonly key: string;
  /** The number of its category, from 0; -1 without one. */
  readonly category: number;
}

/**
 * Writes the entries of a list: for every {@link BLOCK_ENTRIES} of them the place of the first, 8 bytes each, and the place of the end;
 * then each as its category plus one, the length of its key and the key in UTF-8, both numbers in 7-bit groups, the lowest first (LEB128).
 */
export class EntryTableWriter {
  readonly #places: number[] = [];
  readonly #bytes = new ByteBuffer(1 << 16);
  readonly #encoder = new TextEncoder();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add(key: string, category: number): void {
    if (this.#count++ % BLOCK_ENTRIES === 0) this.#places.push(this.#bytes.length);
    this.#number(category + 1);
    const room = this.#bytes.reserve(MAX_NUMBER_BYTES + MAX_CHARACTER_BYTES * key.length);
    const { written } = this.#encoder.encodeInto(key, room.subarray(MAX_NUMBER_BYTES)); // its length stands before it
    const before = writeNumber(written, room);
    room.copyWithin(before, MAX_NUMBER_BYTES, MAX_NUMBER_BYTES + written);
    this.#bytes.length += before + written;
  }

  /** The table, in order. */
  *chunks(): Generator<Uint8Array> {
    const places = new Uint8Array(8 * (this.#places.length + 1));
    const view = new DataView(places.buffer);
    for (const [i, place] of [...this.#places, this.#bytes.length].entries())
      view.setBigUint64(8 * i, BigInt(places.byteLength + place), true);
    yield places;
    yield this.#bytes.bytes();
  }

  #number(value: number): void {
    this.#bytes.length += writeNumber(value, this.#bytes.reserve(MAX_NUMBER_BYTES));
  }
}

/** Writes a number in 7-bit groups. Returns how many bytes it takes. */
function writeNumber(value: number, into: Uint8Array): number {
  let written = 0;
  for (let rest = value; ; rest >>>= 7) {
    into[written++] = rest < 0x80 ? rest : (rest & 0x7f) | 0x80;
    if (rest < 0x80) return written;
  }
}

/** The entries of a list, read where they lie. */
export class EntryTable {
  readonly #count: number;
  readonly #length: number;
  readonly #read: ReadBytes;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

  /** @param read Bytes of the table. */
  constructor(count: number, length: number, read: ReadBytes) {
    this.#count = count;
    this.#length = length;
    this.#read = read;
    if (length < 8 * (Math.ceil(count / BLOCK_ENTRIES) + 1)) throw damaged('has a table of entries that is too short');
  }

  /** Entry `number`, from 0. Throws `INVALID_BANK`. */
  entry(number: number): TableEntry {
    const block = Math.floor(number / BLOCK_ENTRIES);
    const places = this.#read(8 * block, 16);
    const view = new DataView(places.buffer, places.byteOffset);
    const [begin, end] = [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
    if (number >= this.#count || !(begin <= end && end <= this.#length)) throw damaged('has a damaged table of entries');
    const bytes = this.#read(begin, end - begin);
    let at = 0;
    const next = (): number => {
      let value = 0;
      for (let shift = 0; ; shift += 7) {
        const byte = bytes[at++];
        if (byte === undefined || shift > 28) throw damaged('has a damaged table of entries');
        value += (byte & 0x7f) * 2 ** shift;
        if (byte < 0x80) return value;
      }
    };
    for (let i = number % BLOCK_ENTRIES; i > 0; --i) {
      next();
      const length = next();
      at += length;
    }
    const category = next() - 1;
    const length = next();
    if (at + length > bytes.byteLength) throw damaged('has a damaged table of entries');
    return { key: this.#decoder.decode(bytes.subarray(at, at + length)), category };
  }
}
