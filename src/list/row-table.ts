/**
 * Finds rows by content without an object per row: an open-addressing table of row numbers (Knuth, The Art of Computer
 * Programming 6.4, algorithm L), at most half full. What a row holds and how it compares is the caller's.
 */
export class RowTable {
  #rows = new Uint32Array(1024); // row + 1; 0 is free
  #hashes = new Uint32Array(1024); // of the row in the same slot
  #count = 0;

  /** The row added with this 32-bit hash for which `same` holds, or -1. */
  find(hash: number, same: (row: number) => boolean): number {
    const mask = this.#rows.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const row = (this.#rows[slot] as number) - 1;
      if (row < 0 || (this.#hashes[slot] === hash && same(row))) return row;
    }
  }

  /** Adds a row that {@link find} did not find. */
  add(hash: number, row: number): void {
    if (2 * ++this.#count > this.#rows.length) this.#grow();
    this.#put(hash, row);
  }

  #put(hash: number, row: number): void {
    const mask = this.#rows.length - 1;
    let slot = hash & mask;
    while (this.#rows[slot] !== 0) slot = (slot + 1) & mask;
    this.#rows[slot] = row + 1;
    this.#hashes[slot] = hash;
  }

  #grow(): void {
    const [rows, hashes] = [this.#rows, this.#hashes];
    this.#rows = new Uint32Array(2 * rows.length);
    this.#hashes = new Uint32Array(2 * rows.length);
    for (let slot = 0; slot < rows.length; ++slot) if (rows[slot] !== 0) this.#put(hashes[slot] as number, (rows[slot] as number) - 1);
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
