import type { SignalSlice } from '../bank/snapshot-source.js';
import { sameBytes } from '../hash/encoding.js';
import type { EntryNumbers, EntryPlace } from './entry-numbers.js';

/** One value, and the entries of a snapshot that carry it. */
export interface ValueGroup {
  readonly value: Uint8Array;
  readonly owners: readonly EntryPlace[];
}

/**
 * Puts signals of one value that follow each other together, and leaves out what a negative list carries: those that may be on one have to come
 * ascending by value, those of one value by entry.
 * An entry that carries a value as two types, a file's and a video's digest, is one owner of it.
 */
export class ValueGroups {
  readonly #numbers: EntryNumbers;
  #value: Uint8Array | undefined;
  #owners: EntryPlace[] = [];
  #vetoed = false;

  constructor(numbers: EntryNumbers) {
    this.#numbers = numbers;
  }

  /** The values that end with this slice: the last one may go on in the next. */
  *push({ values, ends, entries }: SignalSlice): Generator<ValueGroup> {
    let begin = 0;
    for (let i = 0; i < entries.length; ++i) {
      const end = ends[i] as number;
      const value = values.subarray(begin, end);
      begin = end;
      if (!this.#value || !sameBytes(this.#value, value)) {
        if (this.#value) yield* this.end();
        this.#value = value;
      }
      const place = this.#numbers.placeOf(entries[i] as number);
      if (place === 'vetoed') this.#vetoed = true;
      else if (place && !samePlace(place, this.#owners.at(-1))) this.#owners.push(place);
    }
  }

  /** The last value. */
  *end(): Generator<ValueGroup> {
    if (this.#value && !this.#vetoed && this.#owners.length > 0) yield { value: this.#value, owners: this.#owners };
    this.#value = undefined;
    this.#owners = [];
    this.#vetoed = false;
  }
}

function samePlace(a: EntryPlace, b: EntryPlace | undefined): boolean {
  return a.place === b?.place && a.number === b.number;
}
