import type { SignalRow } from '../reads.js';

/** Signals of one type that came into the search, by entry. */
export interface NewSignals {
  /** One after the other. */
  readonly values: Uint8Array;
  readonly entries: readonly number[];
  /** For each the change with which it came, or one before that. */
  readonly changes: readonly number[];
}

/** Gathers signals of one type. */
export class Gathered {
  #width = 0;
  #values = new Uint8Array(0);
  readonly #entries: number[] = [];
  readonly #changes: number[] = [];
  readonly #leftOut = new Set<number>();
  /** Places by value, once that is asked for. */
  #byValue: Uint32Array | undefined;

  get isEmpty(): boolean {
    return this.#entries.length === 0;
  }

  add({ value, entry }: SignalRow, change: number): void {
    this.#width = value.length;
    const at = value.length * this.#entries.length;
    if (at + value.length > this.#values.length) {
      const larger = new Uint8Array(2 * (at + value.length));
      larger.set(this.#values);
      this.#values = larger;
    }
    this.#values.set(value, at);
    this.#entries.push(entry);
    this.#changes.push(change);
  }

  /** Leaves out whatever has this value; nothing may be added afterwards. */
  leaveOut(value: Uint8Array): void {
    this.#byValue ??= Uint32Array.from(this.#entries.keys()).sort((a, b) => this.#compare(a, this.#value(b)));
    const order = this.#byValue;
    let [low, high] = [0, order.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(order[middle] as number, value) < 0) low = middle + 1;
      else high = middle;
    }
    for (; low < order.length && this.#compare(order[low] as number, value) === 0; ++low) this.#leftOut.add(order[low] as number);
  }

  /** All that are left, those of one entry one after the other. */
  sorted(): NewSignals {
    const places = Uint32Array.from(this.#entries.keys()).filter((place) => !this.#leftOut.has(place));
    const order = places.sort((a, b) => (this.#entries[a] as number) - (this.#entries[b] as number));
    const values = new Uint8Array(this.#width * order.length);
    for (const [i, from] of order.entries()) values.set(this.#value(from), this.#width * i);
    return {
      values,
      entries: Array.from(order, (from) => this.#entries[from] as number),
      changes: Array.from(order, (from) => this.#changes[from] as number),
    };
  }

  #value(place: number): Uint8Array {
    return this.#values.subarray(this.#width * place, this.#width * (place + 1));
  }

  /** Below 0 if the value at a place comes before another, byte by byte. */
  #compare(place: number, value: Uint8Array): number {
    const at = this.#width * place;
    for (let i = 0; i < this.#width; ++i) {
      const difference = (this.#values[at + i] as number) - (value[i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
