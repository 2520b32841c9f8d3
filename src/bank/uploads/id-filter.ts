/**
 * Bits of a filter for each id, and how many of them an id sets: one block in two thousand is looked into in vain (B. Bloom, "Space/time
 * trade-offs in hash coding with allowable errors", 1970).
 */
const BITS_PER_ID = 16;
const BITS_SET = 11;

/** A filter that tells of nearly every id that is not among these that it is not. */
export function filterOf(ids: readonly Uint8Array[]): Uint8Array {
  const filter = new Uint8Array((BITS_PER_ID / 8) * ids.length);
  const bits = 8 * filter.length;
  for (const id of ids) {
    const marks = marksOf(id);
    for (let i = 0; i < BITS_SET; ++i) {
      const bit = bitOf(marks, i, bits);
      filter[bit >> 3] = (filter[bit >> 3] as number) | (1 << (bit & 7));
    }
  }
  return filter;
}

/** Whether the id with these marks may be among those of a filter. */
export function mayHold(filter: Uint8Array, marks: IdMarks): boolean {
  const bits = 8 * filter.length;
  for (let i = 0; i < BITS_SET; ++i) {
    const bit = bitOf(marks, i, bits);
    if (((filter[bit >> 3] as number) & (1 << (bit & 7))) === 0) return false;
  }
  return bits > 0;
}

/** What of an id its bits follow from. */
export interface IdMarks {
  readonly start: number;
  readonly step: number;
}

/** FNV-1a (G. Fowler, L. C. Noll, K.-P. Vo), and of it the finalizer of MurmurHash3 (A. Appleby). */
export function marksOf(id: Uint8Array): IdMarks {
  let hash = 0x811c9dc5;
  for (let i = 0; i < id.length; ++i) hash = Math.imul(hash ^ (id[i] as number), 0x01000193);
  let mixed = hash;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  mixed ^= mixed >>> 16;
  return { start: hash >>> 0, step: (mixed | 1) >>> 0 };
}

/** A. Kirsch and M. Mitzenmacher, "Less hashing, same performance", 2006. */
function bitOf({ start, step }: IdMarks, i: number, bits: number): number {
  return ((start + Math.imul(i, step)) >>> 0) % bits;
}
