/** Where an entry is in a snapshot. */
export interface EntryPlace {
  /** Place of its list among those of the snapshot. */
  readonly place: number;
  /** Its number in that list, from 0. */
  readonly number: number;
}

/** Marks the entries of negative lists, which are in no list of the snapshot. */
const NEGATIVE = 0xffff;

/** From the ids that a bank gives its entries, which rise, to their places in a snapshot: 14 bytes each. */
export class EntryNumbers {
  #ids = new Float64Array(1024);
  #places = new Uint16Array(1024);
  #numbers = new Uint32Array(1024);
  #count = 0;
  /** Whether any entry is of a negative list. */
  hasNegative = false;

  get count(): number {
    return this.#count;
  }

  /** @param id More than any before. */
  add(id: number, place: number, number: number): void {
    if (this.#count === this.#ids.length) this.#grow();
    this.#ids[this.#count] = id;
    this.#places[this.#count] = place;
    this.#numbers[this.#count++] = number;
  }

  addNegative(id: number): void {
    this.hasNegative = true;
    this.add(id, NEGATIVE, 0);
  }

  /** Where an entry is; `vetoed` if it is on a negative list, `undefined` if it is on none of the snapshot. */
  placeOf(id: number): EntryPlace | 'vetoed' | undefined {
    const at = this.#find(id);
    if (at < 0) return undefined;
    const place = this.#places[at] as number;
    return place === NEGATIVE ? 'vetoed' : { place, number: this.#numbers[at] as number };
  }

  #find(id: number): number {
    // Ids rise by one at least: where none is missing, the first is as far below as its place.
    let [low, high] = [0, Math.min(this.#count, id - (this.#ids[0] as number) + 1)];
    if (high > 0 && this.#ids[high - 1] === id) return high - 1;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#ids[middle] as number) < id) low = middle + 1;
      else high = middle;
    }
    return low < this.#count && this.#ids[low] === id ? low : -1;
  }

  #grow(): void {
    const [ids, places, numbers] = [this.#ids, this.#places, this.#numbers];
    this.#ids = new Float64Array(2 * ids.length);
    this.#ids.set(ids);
    this.#places = new Uint16Array(2 * places.length);
    this.#places.set(places);
    this.#numbers = new Uint32Array(2 * numbers.length);
    this.#numbers.set(numbers);
  }
}
