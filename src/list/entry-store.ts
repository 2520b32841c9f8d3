import { sameBytes } from '../hash/encoding.js';
import { ByteBuffer, NumberBuffer } from './byte-buffer.js';
import type { EntryRef } from './hash-list.js';
import { hashBytes, RowTable } from './row-table.js';

/** UTF-8 bytes of one UTF-16 unit at most (three; a pair of units takes four). */
const UTF8_PER_UNIT = 3;

/** What cannot be told apart from a number of an entry. */
const NONE = -1;

/**
 * The entries of a list, without an object for each: ids as UTF-8 in one buffer, list and category as the number of
 * their pair. An entry without an id is named after its line.
 */
export class EntryStore {
  readonly #ids = new ByteBuffer(4096);
  readonly #ends = new NumberBuffer(); // of each id in #ids
  readonly #labels = new NumberBuffer(); // of each entry
  readonly #lines = new NumberBuffer(); // of each entry without an id; 0 for the others
  readonly #labelNumbers = new Map<string, number>();
  readonly #labelParts: { readonly list: string; readonly category: string }[] = [];
  readonly #encoder = new TextEncoder();
  readonly #decoder = new TextDecoder('utf-8', { ignoreBOM: true });
  #byId: RowTable | undefined = new RowTable();

  get count(): number {
    return this.#labels.length;
  }

  /** The number of a pair of list and category. */
  label(list: string, category: string): number {
    const key = `${list.length}:${list}${category}`; // the length keeps ('a', 'bc') and ('ab', 'c') apart
    const known = this.#labelNumbers.get(key);
    if (known !== undefined) return known;
    this.#labelNumbers.set(key, this.#labelParts.length);
    return this.#labelParts.push({ list, category }) - 1;
  }

  labelOf(entry: number): number {
    return this.#labels.at(entry);
  }

  isNameless(entry: number): boolean {
    return this.#lines.at(entry) !== 0;
  }

  /** The entry with this id and label, or -1. Nameless records (`id` is empty) have none in common. */
  find(id: string, label: number): number {
    if (id === '' || this.#byId === undefined) return NONE;
    const room = this.#ids.reserve(UTF8_PER_UNIT * id.length);
    const bytes = room.subarray(0, this.#encoder.encodeInto(id, room).written);
    return this.#byId.find(hashBytes(label, bytes), (entry) => this.#labels.at(entry) === label && sameBytes(this.#id(entry), bytes));
  }

  /** Adds an entry that {@link find} did not find, and returns its number. */
  add(id: string, label: number, line: number): number {
    const room = this.#ids.reserve(UTF8_PER_UNIT * id.length);
    const bytes = room.subarray(0, this.#encoder.encodeInto(id, room).written);
    this.#ids.length += bytes.length;
    this.#ends.push(this.#ids.length);
    this.#labels.push(label);
    this.#lines.push(id === '' ? line : 0);
    const entry = this.#labels.length - 1;
    if (id !== '') this.#byId?.add(hashBytes(label, bytes), entry);
    return entry;
  }

  /** No entry will be added any more. */
  freeze(): void {
    this.#byId = undefined;
  }

  ref(entry: number): EntryRef {
    const { list, category } = this.#labelParts[this.#labels.at(entry)] as { list: string; category: string };
    const id = this.isNameless(entry) ? String(this.#lines.at(entry)) : this.#decoder.decode(this.#id(entry));
    return category === '' ? { id, list } : { id, list, category };
  }

  #id(entry: number): Uint8Array {
    return this.#ids.view(entry === 0 ? 0 : this.#ends.at(entry - 1), this.#ends.at(entry));
  }
}
