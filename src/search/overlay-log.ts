import { HASH_BYTES } from '../backend.js';
import { EgideError, invalid } from '../errors.js';

/** What a change did. */
export type ChangeKind = 'add' | 'remove';

/** First word of a log: "EGLG" in the order of the bytes. */
const MAGIC = 0x474c4745;
const LAYOUT_VERSION = 1;
/** Words of the header. The version before the first change is a 64-bit float at word 6. */
const [MAGIC_WORD, LAYOUT_WORD, CAPACITY_WORD, COUNT_WORD, SUPERSEDED_WORD, FIRST_VERSION_WORD] = [0, 1, 2, 3, 4, 6];
const HEADER_BYTES = 64;
/** A hash, an id and a kind. */
const RECORD_BYTES = HASH_BYTES + 4 + 1;
/** Changes that a log can take: 592 MiB of them (our own choice; far beyond what is still fast to search). */
export const MAX_CAPACITY = 1 << 24;

const KINDS: readonly (ChangeKind | undefined)[] = [undefined, 'add', 'remove'];

/**
 * Changes in the order in which they were made, in flat bytes that one thread writes and any may read. A record is complete before the
 * count that covers it is stored, so whoever loads the count may read every record below it; none is ever changed again.
 */
export class ChangeLog {
  /** Shared memory where the runtime has such. */
  readonly memory: ArrayBuffer | SharedArrayBuffer;
  /** Changes that fit. */
  readonly capacity: number;
  /** The version that the first change was made to. */
  readonly firstVersion: number;
  readonly hashes: Uint8Array;
  readonly ids: Uint32Array;
  readonly #kinds: Uint8Array;
  readonly #words: Int32Array;

  private constructor(memory: ArrayBuffer | SharedArrayBuffer, capacity: number, firstVersion: number) {
    this.memory = memory;
    this.capacity = capacity;
    this.firstVersion = firstVersion;
    this.#words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    this.hashes = new Uint8Array(memory, HEADER_BYTES, HASH_BYTES * capacity);
    this.ids = new Uint32Array(memory, HEADER_BYTES + HASH_BYTES * capacity, capacity);
    this.#kinds = new Uint8Array(memory, HEADER_BYTES + (HASH_BYTES + 4) * capacity, capacity);
  }

  /** Throws `OUT_OF_MEMORY`. */
  static create(capacity: number, firstVersion: number): ChangeLog {
    const memory = reserved(HEADER_BYTES + RECORD_BYTES * capacity);
    const words = new Int32Array(memory, 0, HEADER_BYTES / 4);
    words[MAGIC_WORD] = MAGIC;
    words[LAYOUT_WORD] = LAYOUT_VERSION;
    words[CAPACITY_WORD] = capacity;
    new Float64Array(memory, 4 * FIRST_VERSION_WORD, 1)[0] = firstVersion;
    return new ChangeLog(memory, capacity, firstVersion);
  }

  /** The log of another thread. Throws `INVALID_ARGUMENT`. */
  static open(memory: unknown): ChangeLog {
    if (typeof SharedArrayBuffer === 'undefined' || !(memory instanceof SharedArrayBuffer))
      throw invalid('state.log', 'the SharedArrayBuffer that share() gave', memory);
    const words = new Int32Array(memory, 0, Math.min(HEADER_BYTES, memory.byteLength) >> 2);
    const capacity = words[CAPACITY_WORD] ?? 0;
    const length = HEADER_BYTES + RECORD_BYTES * capacity;
    if (words[MAGIC_WORD] !== MAGIC || words[LAYOUT_WORD] !== LAYOUT_VERSION || capacity < 1 || length !== memory.byteLength)
      throw invalid('state.log', 'what share() of this version of egide gave', 'other bytes');
    return new ChangeLog(memory, capacity, new Float64Array(memory, 4 * FIRST_VERSION_WORD, 1)[0] as number);
  }

  /** Changes that are complete. */
  get count(): number {
    const count = Atomics.load(this.#words, COUNT_WORD);
    if (count < 0 || count > this.capacity) throw new EgideError('INVALID_INDEX', 'the log of changes is damaged: share it anew');
    return count;
  }

  /** Whether a merge has put another log in this one's place. */
  get superseded(): boolean {
    return Atomics.load(this.#words, SUPERSEDED_WORD) !== 0;
  }

  supersede(): void {
    Atomics.store(this.#words, SUPERSEDED_WORD, 1);
  }

  kind(record: number): ChangeKind {
    const kind = KINDS[this.#kinds[record] as number];
    if (!kind) throw new EgideError('INVALID_INDEX', 'the log of changes is damaged: share it anew');
    return kind;
  }

  /** All of these changes or, if they do not fit, none. Throws `TOO_MANY_CHANGES`. */
  append(kind: ChangeKind, ids: Uint32Array, hashes?: Uint8Array): void {
    const first = this.#roomFor(ids.length);
    if (hashes) this.hashes.set(hashes, HASH_BYTES * first);
    this.ids.set(ids, first);
    this.#kinds.fill(KINDS.indexOf(kind), first, first + ids.length);
    Atomics.store(this.#words, COUNT_WORD, first + ids.length);
  }

  /** The same of another log's records from `start` to before `end`. */
  carry(from: ChangeLog, start: number, end: number): void {
    const first = this.#roomFor(end - start);
    this.hashes.set(from.hashes.subarray(HASH_BYTES * start, HASH_BYTES * end), HASH_BYTES * first);
    this.ids.set(from.ids.subarray(start, end), first);
    this.#kinds.set(from.#kinds.subarray(start, end), first);
    Atomics.store(this.#words, COUNT_WORD, first + end - start);
  }

  #roomFor(changes: number): number {
    const count = this.count;
    if (changes > this.capacity - count)
      throw new EgideError(
        'TOO_MANY_CHANGES',
        `${count} changes of at most ${this.capacity} are pending, and ${changes} more do not fit: await merge() and make them again, or give a greater capacity`,
      );
    return count;
  }
}

function reserved(byteLength: number): ArrayBuffer | SharedArrayBuffer {
  try {
    // Browsers have it only in pages that are isolated from other origins.
    return typeof SharedArrayBuffer === 'undefined' ? new ArrayBuffer(byteLength) : new SharedArrayBuffer(byteLength);
  } catch (cause) {
    throw new EgideError('OUT_OF_MEMORY', `there is no memory for a log of ${byteLength} bytes: give a smaller capacity`, { cause });
  }
}
