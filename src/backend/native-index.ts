import type {
  DigestIndexShape,
  HeldMemory,
  IndexBuild,
  IndexCore,
  IndexFacts,
  IndexMemory,
  IndexSize,
  PdqIndexShape,
  Placed,
} from '../backend.js';
import { EgideError } from '../errors.js';
import { checkedAnswer, kindOf, rowsChanged } from './index-error.js';

/** Where an index lies: memory (for shared memory a Uint8Array: the addon cannot take the buffer itself), offset and length. */
export type Area = readonly [memory: IndexMemory, offset: number, byteLength: number];

/** What native/node/index.cpp exports. */
export interface IndexAddon {
  indexAlign(memory: ArrayBuffer | Uint8Array): number;
  indexCopy(...args: [...Area, offset: number, target: Uint8Array]): void;
  indexAdd(...args: [...Area, ...Area, rows: Uint8Array, ids: Uint32Array | undefined]): boolean;
  indexStep(...args: [...Area, ...Area, units: number]): number;
  indexLength(header: Uint8Array): number;
  indexOpen(...area: Area): number | (Omit<IndexFacts, 'kind'> & { kind: number });
  indexCheck(...args: [...Area, state: Uint8Array, bytes: number]): number;
  pdqIndexBytes(count: number, ids: boolean, tags: boolean): IndexSize;
  pdqIndexBegin(...args: [...Area, ...Area, count: number, ids: boolean, tags: boolean]): boolean;
  pdqIndexSearch(...args: [...Area, queries: Uint8Array, maxDistance: number, hits: Uint32Array, kernel: string | undefined]): number;
  pdqIndexScans(...args: [...Area, maxDistance: number, queryCount: number]): boolean;
  pdqIndexRead(...args: [...Area, first: number, hashes: Uint8Array, ids: Uint32Array]): number;
  digestIndexBytes(width: number, count: number): IndexSize;
  digestIndexBegin(...args: [...Area, ...Area, width: number, count: number]): boolean;
  digestIndexFind(...args: [...Area, digests: Uint8Array, hits: Uint32Array]): number;
}

/** Bytes of a cache line, to which indexes are aligned. */
const LINE = 64;
/** What a typed array can cover in Node 20, and so the longest index in shared memory. */
const MAX_VIEW_BYTES = 2 ** 32;
/** What `ArrayBuffer` takes in V8 is far beyond any machine's memory. */
const LIMIT_BYTES = Number.MAX_SAFE_INTEGER;

/** Indexes in buffers of JavaScript, or wherever else they are mapped, that the addon works on in place. */
export class NativeIndexCore implements IndexCore {
  readonly adopts = true;
  readonly limitBytes = LIMIT_BYTES;
  readonly #addon: IndexAddon;

  constructor(addon: IndexAddon) {
    this.#addon = addon;
  }

  reserve(byteLength: number, shared = false): Placed {
    if (shared && byteLength + LINE > MAX_VIEW_BYTES)
      throw new EgideError(
        'OUT_OF_MEMORY',
        `${byteLength} bytes do not fit shared memory (at most 4 GiB): save the index and map the file`,
      );
    try {
      return this.#placed(shared ? new SharedArrayBuffer(byteLength + LINE) : new ArrayBuffer(byteLength + LINE), byteLength);
    } catch (cause) {
      throw new EgideError('OUT_OF_MEMORY', `there is no memory for ${byteLength} bytes`, { cause });
    }
  }

  adoptFile(file: HeldMemory): Placed {
    return new NativeArea([file.memory, 0, file.byteLength], file);
  }

  adoptShared(memory: SharedArrayBuffer): Placed {
    // At the same address as for the thread that built it, so the index begins at the same place.
    const view = new Uint8Array(memory);
    const offset = this.#addon.indexAlign(view);
    const byteLength = checkedAnswer(this.#addon.indexLength(view.subarray(offset)));
    return this.#placed(memory, Math.min(byteLength, memory.byteLength - offset)); // opening it finds out what is cut short
  }

  #placed(memory: ArrayBuffer | SharedArrayBuffer, byteLength: number): NativeArea {
    const viewed = memory instanceof ArrayBuffer ? memory : new Uint8Array(memory);
    return new NativeArea([viewed, this.#addon.indexAlign(viewed), byteLength]);
  }

  sharedMemory(placed: Placed): SharedArrayBuffer | undefined {
    const [memory] = areaOf(placed);
    const buffer: unknown = memory instanceof Uint8Array ? memory.buffer : undefined;
    return buffer instanceof SharedArrayBuffer ? buffer : undefined;
  }

  part(placed: Placed, offset: number, byteLength: number): Placed {
    const [memory, start] = areaOf(placed);
    return (placed as NativeArea).part([memory, start + offset, byteLength]);
  }

  write(placed: Placed, offset: number, bytes: Uint8Array): void {
    this.view(placed, offset, bytes.byteLength).set(bytes);
  }

  /** Bytes of what was reserved or adopted from another thread, where they lie. */
  view(placed: Placed, offset: number, byteLength: number): Uint8Array {
    const [memory, start] = areaOf(placed);
    if (memory instanceof Uint8Array) return memory.subarray(start + offset, start + offset + byteLength);
    return new Uint8Array(memory as ArrayBuffer, start + offset, byteLength);
  }

  read(placed: Placed, offset: number, byteLength: number): Uint8Array {
    const bytes = new Uint8Array(byteLength);
    this.#addon.indexCopy(...areaOf(placed), offset, bytes);
    return bytes;
  }

  pdqBytes({ count, ids, tags }: PdqIndexShape): IndexSize {
    return this.#addon.pdqIndexBytes(count, ids, tags);
  }

  pdqBegin({ index, scratch }: IndexBuild, { count, ids, tags }: PdqIndexShape): void {
    if (!this.#addon.pdqIndexBegin(...areaOf(index), ...areaOf(scratch), count, ids, tags))
      throw new Error('the areas do not fit the shape');
  }

  digestBytes({ width, count }: DigestIndexShape): IndexSize {
    return this.#addon.digestIndexBytes(width, count);
  }

  digestBegin({ index, scratch }: IndexBuild, { width, count }: DigestIndexShape): void {
    if (!this.#addon.digestIndexBegin(...areaOf(index), ...areaOf(scratch), width, count))
      throw new Error('the areas do not fit the shape');
  }

  add({ index, scratch }: IndexBuild, rows: Uint8Array, ids?: Uint32Array): void {
    if (!this.#addon.indexAdd(...areaOf(index), ...areaOf(scratch), rows, ids)) throw rowsChanged();
  }

  step({ index, scratch }: IndexBuild, units: number): number {
    const left = this.#addon.indexStep(...areaOf(index), ...areaOf(scratch), units);
    if (left < 0) throw rowsChanged();
    return left;
  }

  lengthOf(header: Uint8Array): number {
    return checkedAnswer(this.#addon.indexLength(header));
  }

  open(index: Placed): IndexFacts {
    const facts = this.#addon.indexOpen(...areaOf(index));
    if (typeof facts !== 'number') return { ...facts, kind: kindOf(facts.kind) };
    checkedAnswer(facts);
    throw new Error('the addon gave no facts');
  }

  check(index: Placed, state: Uint8Array, bytes: number): number {
    return checkedAnswer(this.#addon.indexCheck(...areaOf(index), state, bytes));
  }

  pdqSearch(index: Placed, queries: Uint8Array, maxDistance: number, hits: Uint32Array, kernel?: string): number {
    return checkedAnswer(this.#addon.pdqIndexSearch(...areaOf(index), queries, maxDistance, hits, kernel));
  }

  pdqScans(index: Placed, maxDistance: number, queryCount: number): boolean {
    return this.#addon.pdqIndexScans(...areaOf(index), maxDistance, queryCount);
  }

  pdqRead(index: Placed, first: number, hashes: Uint8Array, ids: Uint32Array): void {
    checkedAnswer(this.#addon.pdqIndexRead(...areaOf(index), first, hashes, ids));
  }

  digestFind(index: Placed, digests: Uint8Array, hits: Uint32Array): number {
    return checkedAnswer(this.#addon.digestIndexFind(...areaOf(index), digests, hits));
  }
}

/** A piece of memory. */
class NativeArea implements Placed {
  readonly byteLength: number;
  area: Area | undefined;
  readonly #held: Disposable | undefined;
  readonly #parts: NativeArea[] = [];

  constructor(area: Area, held?: Disposable) {
    this.area = area;
    this.byteLength = area[2];
    this.#held = held;
  }

  part(area: Area): NativeArea {
    const part = new NativeArea(area);
    this.#parts.push(part);
    return part;
  }

  [Symbol.dispose](): void {
    if (this.area) this.#held?.[Symbol.dispose]();
    this.area = undefined;
    for (const part of this.#parts) part[Symbol.dispose]();
  }
}

/** Where something lies. Throws `DISPOSED`. */
export function areaOf(placed: Placed): Area {
  if (!(placed instanceof NativeArea) || !placed.area)
    throw new EgideError('DISPOSED', 'this index was disposed of, or placed in another backend');
  return placed.area;
}
