import { invalid } from '../errors.js';
import { DIGEST_BYTES, type Digests, type DigestType } from '../hash/digests.js';
import { liveBytes } from '../input.js';

/** Digests of one type in ascending order, and where each stood in the order in which they were given. */
interface Table {
  readonly width: number;
  readonly sorted: Uint8Array;
  readonly positions: Uint32Array;
}

/**
 * MD5, SHA-1 and SHA-256 digests in sorted tables, found by binary search. Immutable.
 *
 * One digest may stand at several positions: several entries of a list can name the same file.
 */
export class DigestIndex {
  readonly #tables: Readonly<Record<DigestType, Table>>;

  /**
   * Copies and sorts.
   *
   * @param digests For each type, whole digests one after the other (16, 20 and 32 bytes each).
   * @throws {EgideError} `INVALID_ARGUMENT` if they are not whole digests or a buffer was transferred.
   */
  constructor(digests: Digests) {
    this.#tables = {
      md5: sortedTable('md5', digests.md5),
      sha1: sortedTable('sha1', digests.sha1),
      sha256: sortedTable('sha256', digests.sha256),
    };
  }

  /** Digests of one type in the index. */
  size(type: DigestType): number {
    return this.#table(type).positions.length;
  }

  /**
   * The positions, ascending, at which `digest` was given among the digests of its type; none if it is not there.
   *
   * @param digest 16 bytes for `md5`, 20 for `sha1`, 32 for `sha256`.
   * @throws {EgideError} `INVALID_ARGUMENT` if the type is unknown or the length does not fit.
   */
  find(type: DigestType, digest: Uint8Array): number[] {
    const table = this.#table(type);
    if (liveBytes('digest', digest).byteLength !== table.width) throw invalid('digest', `${table.width} bytes for ${type}`, digest);
    const found: number[] = [];
    for (let row = firstNotBelow(table, digest); row < table.positions.length && compareRow(table, row, digest) === 0; ++row)
      found.push(table.positions[row] as number);
    return found;
  }

  #table(type: DigestType): Table {
    if (!Object.hasOwn(DIGEST_BYTES, type)) throw invalid('type', "'md5', 'sha1' or 'sha256'", type);
    return this.#tables[type];
  }
}

function sortedTable(type: DigestType, digests: Uint8Array): Table {
  const width = DIGEST_BYTES[type];
  if (liveBytes(type, digests).byteLength % width !== 0) throw invalid(type, `a multiple of ${width} bytes`, digests);
  const positions = sortedPositions(digests, width);
  const sorted = new Uint8Array(digests.byteLength);
  for (const [row, position] of positions.entries()) sorted.set(digests.subarray(position * width, (position + 1) * width), row * width);
  return { width, sorted, positions };
}

/**
 * The positions in ascending order of their digests, ties by position. The engine sorts 64-bit numbers ten times faster
 * than it calls a comparator, so the first four bytes and the position are sorted as one number; digests that agree in
 * four bytes (rare, unless they are equal) are put in order afterwards.
 */
function sortedPositions(digests: Uint8Array, width: number): Uint32Array {
  const count = digests.byteLength / width;
  const view = new DataView(digests.buffer, digests.byteOffset, digests.byteLength);
  const keys = new BigUint64Array(count);
  const words = new Uint32Array(keys.buffer); // little-endian, as every engine with WebAssembly is: low word first
  for (let i = 0; i < count; ++i) {
    words[2 * i] = i;
    words[2 * i + 1] = view.getUint32(i * width);
  }
  keys.sort();
  const positions = new Uint32Array(count);
  let start = 0; // of the run of equal first words
  for (let i = 0; i < count; ++i) {
    positions[i] = words[2 * i] as number;
    const last = i + 1 === count || words[2 * i + 1] !== words[2 * i + 3];
    if (!last) continue;
    if (i > start) positions.subarray(start, i + 1).sort((a, b) => compareAt(digests, a * width, b * width, width) || a - b);
    start = i + 1;
  }
  return positions;
}

function compareAt(bytes: Uint8Array, a: number, b: number, width: number): number {
  for (let i = 0; i < width; ++i) {
    const difference = (bytes[a + i] as number) - (bytes[b + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

/** The first row whose digest is not below `digest`. */
function firstNotBelow(table: Table, digest: Uint8Array): number {
  let low = 0;
  let high = table.positions.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (compareRow(table, middle, digest) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
}

function compareRow({ sorted, width }: Table, row: number, digest: Uint8Array): number {
  for (let i = 0; i < width; ++i) {
    const difference = (sorted[row * width + i] as number) - (digest[i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
