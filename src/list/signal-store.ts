import { sameBytes } from '../hash/encoding.js';
import { ByteBuffer, NumberBuffer } from './byte-buffer.js';
import type { EntryStore } from './entry-store.js';
import { hashBytes, RowTable } from './row-table.js';

/** The signals of one type: their bytes one after the other, and the entry of each. */
export class SignalStore {
  readonly #width: number;
  readonly #bytes: ByteBuffer;
  readonly #entries = new NumberBuffer();
  readonly #store: EntryStore;
  #table: RowTable | undefined = new RowTable();

  /** @param width Bytes of one signal. */
  constructor(width: number, store: EntryStore) {
    this.#width = width;
    this.#bytes = new ByteBuffer(256 * width);
    this.#store = store;
  }

  get count(): number {
    return this.#entries.length;
  }

  /** Whether the entry has this signal; for a nameless record (`entry` is -1), whether any nameless one of its label has. */
  has(signal: Uint8Array, entry: number, label: number): boolean {
    const found = this.#table?.find(hashBytes(entry < 0 ? label : entry, signal), (row) => {
      const other = this.#entries.at(row);
      const same = entry < 0 ? this.#store.isNameless(other) && this.#store.labelOf(other) === label : other === entry;
      return same && sameBytes(this.#signal(row), signal);
    });
    return found !== undefined && found >= 0;
  }

  add(signal: Uint8Array, entry: number): void {
    this.#bytes.push(signal);
    this.#entries.push(entry);
    // By its owner, so that entries which share a signal do not share a place in the table: a list may give one hash 100,000 times.
    const owner = this.#store.isNameless(entry) ? this.#store.labelOf(entry) : entry;
    this.#table?.add(hashBytes(owner, signal), this.#entries.length - 1);
  }

  /** Hands over the signals (a view) and the entry of each; nothing will be added any more. */
  freeze(): { bytes: Uint8Array; entries: Uint32Array } {
    this.#table = undefined;
    return { bytes: this.#bytes.bytes(), entries: this.#entries.toArray() };
  }

  #signal(row: number): Uint8Array {
    return this.#bytes.view(row * this.#width, (row + 1) * this.#width);
  }
}
