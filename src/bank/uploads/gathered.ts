import type { SignalRow } from '../reads.js';
import type { Pace } from './pace.js';
import { sorted } from './sort.js';

/** Signals of one type that came into the search, by entry. */
export interface NewSignals {
  /** One after the other. */
  readonly values: Uint8Array;
  readonly entries: Float64Array;
  /** For each the change with which it came, or one before that. */
  readonly changes: Float64Array;
}

/** Signals of a part: a megabyte (our own choice). Parts grow without being copied. */
const PART = 1 << 15;

/** Gathers signals of one type. */
export class Gathered {
  #width = 0;
  #count = 0;
  readonly #parts: NewSignals[] = [];
  readonly #leftOut = new Set<number>();
  /** Places by value, once that is asked for. */
  #byValue: Uint32Array | undefined;

  get isEmpty(): boolean {
    return this.#count === 0;
  }

  add({ value, entry }: SignalRow, change: number): void {
    this.#width = value.length;
    const at = this.#count % PART;
    if (at === 0)
      this.#parts.push({ values: new Uint8Array(value.length * PART), entries: new Float64Array(PART), changes: new Float64Array(PART) });
    const part = this.#parts.at(-1) as NewSignals;
    part.values.set(value, value.length * at);
    part.entries[at] = entry;
    part.changes[at] = change;
    this.#count += 1;
  }

  /** Leaves out whatever has one of these values; nothing may be added afterwards. */
  async leaveOut(values: readonly Uint8Array[], pace: Pace): Promise<void> {
    this.#byValue ??= await sorted(await this.#places(pace), (a, b) => this.#compare(a, this.#value(b)), pace);
    const order = this.#byValue;
    await pace.each(values.length, (i) => {
      const value = values[i] as Uint8Array;
      let [low, high] = [0, order.length];
      while (low < high) {
        const middle = (low + high) >>> 1;
        if (this.#compare(order[middle] as number, value) < 0) low = middle + 1;
        else high = middle;
      }
      for (; low < order.length && this.#compare(order[low] as number, value) === 0; ++low) this.#leftOut.add(order[low] as number);
    });
  }

  /** All that are left, those of one entry one after the other. */
  async sorted(pace: Pace): Promise<NewSignals> {
    const order = await sorted(await this.#places(pace), (a, b) => this.#entry(a) - this.#entry(b), pace);
    const values = new Uint8Array(this.#width * order.length);
    const [entries, changes] = [new Float64Array(order.length), new Float64Array(order.length)];
    await pace.each(order.length, (i) => {
      const place = order[i] as number;
      values.set(this.#value(place), this.#width * i);
      entries[i] = this.#entry(place);
      changes[i] = this.#part(place).changes[place % PART] as number;
    });
    return { values, entries, changes };
  }

  /** All places that are not left out. */
  async #places(pace: Pace): Promise<Uint32Array> {
    const places = new Uint32Array(this.#count - this.#leftOut.size);
    let end = 0;
    await pace.each(this.#count, (place) => {
      if (!this.#leftOut.has(place)) places[end++] = place;
    });
    return places;
  }

  #part(place: number): NewSignals {
    return this.#parts[Math.floor(place / PART)] as NewSignals;
  }

  #entry(place: number): number {
    return this.#part(place).entries[place % PART] as number;
  }

  #value(place: number): Uint8Array {
    const at = this.#width * (place % PART);
    return this.#part(place).values.subarray(at, at + this.#width);
  }

  /** Below 0 if the value at a place comes before another, byte by byte. */
  #compare(place: number, value: Uint8Array): number {
    const { values } = this.#part(place);
    const at = this.#width * (place % PART);
    for (let i = 0; i < this.#width; ++i) {
      const difference = (values[at + i] as number) - (value[i] as number);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
