/**
 * Finds rows by content without an object per row: an open-addressing table of row numbers (Knuth, The Art of Computer
 * Programming 6.4, algorithm L), at most half full. What a row holds and how it compares is the caller's.
 */
export class RowTable {
  readonly #hashOf: (row: number) => number;
  #slots = new Uint32Array(1024); // row + 1; 0 is free
  #count = 0;

  /** @param hashOf The hash of a row that was added, a whole number: needed again when the table grows. */
  constructor(hashOf: (row: number) => number) {
    this.#hashOf = hashOf;
  }

  /** The row with this hash for which `same` holds, or -1. */
  find(hash: number, same: (row: number) => boolean): number {
    const mask = this.#slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#slots[slot] as number) - 1;
      if (row < 0 || same(row)) return row;
    }
  }

  /** Adds a row that {@link find} did not find. */
  add(row: number): void {
    if (2 * ++this.#count > this.#slots.length) this.#grow();
    this.#put(row);
  }

  #put(row: number): void {
    const mask = this.#slots.length - 1;
    let slot = this.#hashOf(row) & mask;
    while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
    this.#slots[slot] = row + 1;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Uint32Array(2 * old.length);
    for (const entry of old) if (entry !== 0) this.#put(entry - 1);
  }
}

/**
 * A 32-bit hash of bytes: FNV-1a (Fowler, Noll & Vo), finished with the mixer of MurmurHash3 (Appleby), because the
 * table uses the low bits.
 */
export function hashBytes(seed: number, bytes: Uint8Array): number {
  let hash = 0x811c9dc5 ^ seed;
  for (let i = 0; i < bytes.length; ++i) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}

/** Whether two pieces have the same bytes. */
export function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; ++i) if (a[i] !== b[i]) return false;
  return true;
}
