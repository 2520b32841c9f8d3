import {
  DIGEST_HIT_FIELDS,
  type DigestIndexShape,
  HASH_BYTES,
  HIT_FIELDS,
  INDEX_CHECK_BYTES,
  type IndexBuild,
  type IndexCore,
  type IndexFacts,
  type IndexSize,
  type PdqIndexShape,
  type Placed,
} from '../backend.js';
import { EgideError } from '../errors.js';
import { checkedAnswer, kindOf, rowsChanged } from './index-error.js';
import { allocate, copied, Memory, type MemoryCore } from './wasm-memory.js';

/** A piece of memory as two arguments. */
export type Area = readonly [pointer: number, byteLength: number];

/** What native/wasm/index_exports.cpp exports. */
export interface WasmIndexExports {
  index_add(...args: [...Area, ...Area, rows: number, rowsBytes: number, ids: number, idCount: number]): number;
  index_step(...args: [...Area, ...Area, units: number]): number;
  index_length(header: number, byteLength: number): number;
  index_open(...args: [...Area, facts: number]): number;
  index_check(...args: [...Area, state: number, bytes: number]): number;
  pdq_index_bytes(count: number, ids: number, tags: number): number;
  pdq_index_scratch_bytes(count: number, ids: number, tags: number): number;
  pdq_index_begin(...args: [...Area, ...Area, count: number, ids: number, tags: number]): number;
  pdq_index_search(
    ...args: [...Area, queries: number, queryCount: number, maxDistance: number, hits: number, capacity: number, kernel: number]
  ): number;
  pdq_index_scans(...args: [...Area, maxDistance: number, queryCount: number]): number;
  pdq_index_read(...args: [...Area, first: number, count: number, hashes: number, ids: number]): number;
  digest_index_bytes(width: number, count: number): number;
  digest_index_scratch_bytes(width: number, count: number): number;
  digest_index_begin(...args: [...Area, ...Area, width: number, count: number]): number;
  digest_index_find(...args: [...Area, digests: number, digestsBytes: number, hits: number, capacity: number]): number;
}

/** Numbers that `index_open` writes. */
const FACTS = 7;

/** Indexes in WebAssembly's memory. */
export class WasmIndexCore implements IndexCore {
  readonly adopts = false;
  readonly limitBytes: number;
  #held: number; // bytes: the memory never shrinks, but what was given up is used again
  readonly #core: MemoryCore & WasmIndexExports;
  readonly #kernel: (name: string | undefined) => number;

  constructor(core: MemoryCore & WasmIndexExports, limitBytes: number, kernel: (name: string | undefined) => number) {
    this.#core = core;
    this.#held = core.memory.buffer.byteLength;
    this.limitBytes = limitBytes;
    this.#kernel = kernel;
  }

  reserve(byteLength: number, shared = false): Placed {
    if (shared) throw new EgideError('OUT_OF_MEMORY', 'WebAssembly has memory of its own and cannot work on a SharedArrayBuffer');
    if (this.#held + byteLength > this.limitBytes)
      throw new EgideError(
        'OUT_OF_MEMORY',
        `${byteLength} bytes are wanted for an index, and WebAssembly holds ${this.#held} of the ${this.limitBytes} that it may take`,
      );
    const memory = allocate(this.#core, byteLength, () => {
      this.#held -= byteLength;
    });
    this.#held += byteLength;
    return memory;
  }

  adoptFile(): Placed {
    throw new Error('WebAssembly has memory of its own');
  }

  adoptShared(): Placed {
    throw new Error('WebAssembly has memory of its own');
  }

  sharedMemory(): undefined {
    return undefined;
  }

  part(placed: Placed, offset: number, byteLength: number): Placed {
    return memoryOf(placed).part(offset, byteLength);
  }

  write(placed: Placed, offset: number, bytes: Uint8Array): void {
    memoryOf(placed).view().set(bytes, offset);
  }

  read(placed: Placed, offset: number, byteLength: number): Uint8Array {
    return memoryOf(placed)
      .view()
      .slice(offset, offset + byteLength);
  }

  pdqBytes({ count, ids, tags }: PdqIndexShape): IndexSize {
    const shape = [count, Number(ids), Number(tags)] as const;
    return { indexBytes: this.#core.pdq_index_bytes(...shape), scratchBytes: this.#core.pdq_index_scratch_bytes(...shape) };
  }

  pdqBegin({ index, scratch }: IndexBuild, { count, ids, tags }: PdqIndexShape): void {
    if (this.#core.pdq_index_begin(...areaOf(index), ...areaOf(scratch), count, Number(ids), Number(tags)) === 0)
      throw new Error('the areas do not fit the shape');
  }

  digestBytes({ width, count }: DigestIndexShape): IndexSize {
    return {
      indexBytes: this.#core.digest_index_bytes(width, count),
      scratchBytes: this.#core.digest_index_scratch_bytes(width, count),
    };
  }

  digestBegin({ index, scratch }: IndexBuild, { width, count }: DigestIndexShape): void {
    if (this.#core.digest_index_begin(...areaOf(index), ...areaOf(scratch), width, count) === 0)
      throw new Error('the areas do not fit the shape');
  }

  add({ index, scratch }: IndexBuild, rows: Uint8Array, ids?: Uint32Array): void {
    using rowsMemory = copied(this.#core, rows);
    using idsMemory = copied(this.#core, ids ? new Uint8Array(ids.buffer, ids.byteOffset, ids.byteLength) : new Uint8Array(0));
    const args = [rowsMemory.pointer, rows.byteLength, idsMemory.pointer, ids?.length ?? 0] as const;
    if (this.#core.index_add(...areaOf(index), ...areaOf(scratch), ...args) === 0) throw rowsChanged();
  }

  step({ index, scratch }: IndexBuild, units: number): number {
    const left = this.#core.index_step(...areaOf(index), ...areaOf(scratch), units);
    if (left < 0) throw rowsChanged();
    return left;
  }

  lengthOf(header: Uint8Array): number {
    using memory = copied(this.#core, header);
    return checkedAnswer(this.#core.index_length(memory.pointer, header.byteLength));
  }

  open(index: Placed): IndexFacts {
    using memory = allocate(this.#core, 4 * FACTS);
    checkedAnswer(this.#core.index_open(...areaOf(index), memory.pointer));
    const [kind = 0, width = 0, count = 0, directoryBits = 0, ids, tags, images = 0] = memory.numbers();
    return { kind: kindOf(kind), width, count, directoryBits, ids: ids === 1, tags: tags === 1, images };
  }

  check(index: Placed, state: Uint8Array, bytes: number): number {
    using memory = copied(this.#core, state);
    const left = checkedAnswer(this.#core.index_check(...areaOf(index), memory.pointer, bytes));
    state.set(memory.view().subarray(0, INDEX_CHECK_BYTES));
    return left;
  }

  pdqSearch(index: Placed, queries: Uint8Array, maxDistance: number, hits: Uint32Array, kernel?: string): number {
    const capacity = Math.floor(hits.length / HIT_FIELDS);
    using query = copied(this.#core, queries);
    using out = allocate(this.#core, capacity * HIT_FIELDS * 4);
    const args = [query.pointer, queries.byteLength / HASH_BYTES, maxDistance, out.pointer, capacity, this.#kernel(kernel)] as const;
    const found = checkedAnswer(this.#core.pdq_index_search(...areaOf(index), ...args));
    hits.set(out.numbers().subarray(0, Math.min(found, capacity) * HIT_FIELDS));
    return found;
  }

  pdqScans(index: Placed, maxDistance: number, queryCount: number): boolean {
    return this.#core.pdq_index_scans(...areaOf(index), maxDistance, queryCount) === 1;
  }

  pdqRead(index: Placed, first: number, hashes: Uint8Array, ids: Uint32Array): void {
    using hashesMemory = allocate(this.#core, hashes.byteLength);
    using idsMemory = allocate(this.#core, ids.byteLength);
    checkedAnswer(this.#core.pdq_index_read(...areaOf(index), first, ids.length, hashesMemory.pointer, idsMemory.pointer));
    hashes.set(hashesMemory.view());
    ids.set(idsMemory.numbers());
  }

  digestFind(index: Placed, digests: Uint8Array, hits: Uint32Array): number {
    const capacity = Math.floor(hits.length / DIGEST_HIT_FIELDS);
    using query = copied(this.#core, digests);
    using out = allocate(this.#core, capacity * DIGEST_HIT_FIELDS * 4);
    const args = [query.pointer, digests.byteLength, out.pointer, capacity] as const;
    const found = checkedAnswer(this.#core.digest_index_find(...areaOf(index), ...args));
    hits.set(out.numbers().subarray(0, Math.min(found, capacity) * DIGEST_HIT_FIELDS));
    return found;
  }
}

function memoryOf(placed: Placed): Memory {
  if (!(placed instanceof Memory) || placed.pointer === 0)
    throw new EgideError('DISPOSED', 'this index was disposed of, or placed in another backend');
  return placed;
}

/** Where something lies. Throws `DISPOSED`. */
export function areaOf(placed: Placed): Area {
  const { pointer, byteLength } = memoryOf(placed);
  return [pointer, byteLength];
}
