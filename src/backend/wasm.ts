import {
  type Backend,
  HASH_BYTES,
  HIT_FIELDS,
  ORIENTATION_COUNT,
  type PdqAnswer,
  type PdqAsyncOptions,
  type PdqMode,
  type PictureBox,
  type Pixels,
  type Placed,
  type Rows,
} from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import { liveBytes, nextTurn } from '../input.js';
import { WasmIndexCore, type WasmIndexExports } from './wasm-index.js';
import { allocate, Memory, type MemoryCore, undone } from './wasm-memory.js';
import { WasmPatchCore } from './wasm-patch.js';
import { WasmPatchIndexCore, type WasmPatchIndexExports } from './wasm-patch-index.js';

/** What native/wasm/exports.cpp exports. Pointers and sizes are 32-bit numbers. */
interface Core extends MemoryCore, WasmIndexExports, WasmPatchIndexExports {
  kernel_count(): number;
  kernel_name(index: number): number;
  pdq_scratch_bytes(width: number, height: number, channels: number, mode: number, kernel: number): number;
  pdq_begin(scratch: number, width: number, height: number, channels: number, mode: number, kernel: number): void;
  pdq_rows(scratch: number, pixels: number, count: number): void;
  pdq_finish(scratch: number, hashes: number): number;
  upright(from: number, width: number, height: number, channels: number, orientation: number, to: number): void;
  trim_scratch_bytes(width: number, height: number): number;
  trim_begin(scratch: number, width: number, height: number, channels: number): void;
  trim_wanted_row(scratch: number, none: number): number;
  trim_row(scratch: number, pixels: number): void;
  trim_finish(scratch: number, box: number): number;
  hamming_scan(
    queries: number,
    queryCount: number,
    hashes: number,
    hashCount: number,
    maxDistance: number,
    hits: number,
    capacity: number,
    kernel: number,
  ): number;
}

/** Bytes of eight hashes. */
const EIGHT = ORIENTATION_COUNT * HASH_BYTES;
/** Rows go over in slices of about this many bytes, so that a picture of any size needs little WebAssembly memory. */
const SLICE_BYTES = 1 << 20;
/** The core takes rows in multiples of this (kernels::kBandRows). */
const BAND_ROWS = 32;
/** Pixels hashed between two yields to the event loop: about 10 ms. */
const PIXELS_PER_TURN = 4_000_000;
/** Slices turned upright between two yields: about 10 ms. */
const SLICES_PER_TURN = 4;
/** Three boxes of four numbers. */
const BOXES_BYTES = 48;
/** All that 32-bit addresses reach. */
const WASM_MEMORY_BYTES = 2 ** 32;
/** Pictures up to this are hashed before `pdqAsync` returns, and so need no copy. */
const PIXELS_AT_ONCE = 2_000_000;

/**
 * The core as WebAssembly. `module` is compiled by the caller or its bundler; nothing is fetched or evaluated here.
 *
 * @param limitBytes What indexes may hold of the memory, with what the module itself takes.
 */
export function createWasmBackend(module: WebAssembly.Module, limitBytes = WASM_MEMORY_BYTES): Backend {
  if (!(module instanceof WebAssembly.Module)) throw invalid('module', 'a WebAssembly.Module of egide/core.wasm', module);
  return new WasmBackend(instantiate(module), limitBytes);
}

function instantiate(module: WebAssembly.Module): Core {
  try {
    return undone(new WebAssembly.Instance(module, {}).exports);
  } catch (cause) {
    const message = 'core.wasm could not be instantiated: expected the module of this version of egide, and a runtime with SIMD';
    throw new EgideError('BACKEND_UNAVAILABLE', message, { cause });
  }
}

class WasmBackend implements Backend {
  readonly name = 'wasm';
  readonly kernels: readonly string[];
  readonly index: WasmIndexCore;
  readonly patch: WasmPatchCore;
  readonly patchIndex: WasmPatchIndexCore;
  readonly #core: Core;

  constructor(core: Core, limitBytes: number) {
    this.#core = core;
    this.index = new WasmIndexCore(core, limitBytes, (name) => this.#kernel(name));
    this.patchIndex = new WasmPatchIndexCore(core);
    this.patch = new WasmPatchCore(core, {
      kernel: (name) => this.#kernel(name),
      upright: (pixels, orientation) => turned(pixels, orientation, this.#upright(pixels, orientation)),
      uprightAsync: async (pixels, orientation, signal) =>
        turned(pixels, orientation, await this.#uprightAsync(pixels, orientation, signal)),
    });
    this.kernels = Array.from({ length: core.kernel_count() }, (_, i) => this.#text(core.kernel_name(i)));
  }

  pdq(pixels: Pixels, mode: PdqMode, kernel?: string): PdqAnswer {
    using job = this.#begin(pixels, mode, kernel);
    job.feed(pixels.data, pixels.height);
    return job.finish();
  }

  async pdqAsync(pixels: Pixels, mode: PdqMode, { orientation = 1, signal }: PdqAsyncOptions = {}): Promise<PdqAnswer> {
    const atOnce = pixels.width * pixels.height <= PIXELS_AT_ONCE;
    if (atOnce) return this.pdq(orientation === 1 ? pixels : turned(pixels, orientation, this.#upright(pixels, orientation)), mode);
    // The caller may transfer the buffer as soon as this has returned its promise.
    const copy = { ...pixels, data: new Uint8Array(pixels.data) }; // not slice(): a Buffer's does not copy
    const seen = orientation === 1 ? copy : turned(copy, orientation, await this.#uprightAsync(copy, orientation, signal));
    using job = this.#begin(seen, mode);
    const rowsPerTurn = Math.max(BAND_ROWS, Math.floor(PIXELS_PER_TURN / seen.width / BAND_ROWS) * BAND_ROWS);
    const rowBytes = seen.width * seen.channels;
    for (let y = 0; y < seen.height; y += rowsPerTurn) {
      if (y > 0) await nextTurn(signal);
      const rows = Math.min(rowsPerTurn, seen.height - y);
      job.feed(seen.data.subarray(y * rowBytes, (y + rows) * rowBytes), rows);
    }
    return job.finish();
  }

  #upright(pixels: Pixels, orientation: number): Uint8Array {
    const seen = new Uint8Array(pixels.data.byteLength);
    for (const _ of this.#turn(pixels, orientation, seen)); // without giving way
    return seen;
  }

  async #uprightAsync(pixels: Pixels, orientation: number, signal?: AbortSignal): Promise<Uint8Array> {
    const seen = new Uint8Array(pixels.data.byteLength);
    let slices = 0;
    for (const _ of this.#turn(pixels, orientation, seen)) {
      if (++slices % SLICES_PER_TURN === 0) await nextTurn(signal);
    }
    return seen;
  }

  /** Slice by slice of stored rows: each becomes rows of the answer, or (5 to 8) columns. */
  *#turn({ data, width, height, channels }: Pixels, orientation: number, seen: Uint8Array): Generator<void> {
    const rowBytes = width * channels;
    const sliceRows = Math.min(height, Math.max(1, Math.floor(SLICE_BYTES / rowBytes)));
    using from = this.#memory(sliceRows * rowBytes);
    using to = this.#memory(sliceRows * rowBytes);
    for (let y = 0; y < height; y += sliceRows) {
      const rows = Math.min(sliceRows, height - y);
      from.view().set(data.subarray(y * rowBytes, (y + rows) * rowBytes));
      this.#core.upright(from.pointer, width, rows, channels, orientation, to.pointer);
      const block = to.view().subarray(0, rows * rowBytes);
      // The first stored rows come last where EXIF says bottom (3, 4) or right (6, 7).
      const first = [3, 4, 6, 7].includes(orientation) ? height - y - rows : y;
      if (orientation < 5) seen.set(block, first * rowBytes);
      else placeColumns(seen, block, first * channels, rows * channels, height * channels);
      yield;
    }
  }

  trim({ data, width, height, channels }: Pixels): PictureBox[] {
    const rowBytes = width * channels;
    using scratch = this.#memory(this.#core.trim_scratch_bytes(width, height));
    using row = this.#memory(Math.max(rowBytes, BOXES_BYTES)); // it takes the answer too
    this.#core.trim_begin(scratch.pointer, width, height, channels);
    for (let y: number; (y = this.#core.trim_wanted_row(scratch.pointer, height)) < height; ) {
      row.view().set(data.subarray(y * rowBytes, (y + 1) * rowBytes));
      this.#core.trim_row(scratch.pointer, row.pointer);
    }
    const count = this.#core.trim_finish(scratch.pointer, row.pointer);
    return Array.from({ length: count }, (_, i) => {
      const [left = 0, top = 0, innerWidth = 0, innerHeight = 0] = row.numbers().subarray(4 * i);
      return { left, top, width: innerWidth, height: innerHeight };
    });
  }

  place(bytes: Uint8Array): Placed {
    const memory = this.#memory(liveBytes('bytes', bytes).byteLength);
    memory.view().set(bytes);
    return memory;
  }

  hammingScan(queries: Uint8Array, hashes: Placed, maxDistance: number, hits: Uint32Array, kernel?: string, rows?: Rows): number {
    if (!(hashes instanceof Memory) || hashes.pointer === 0)
      throw new EgideError('DISPOSED', 'these hashes were disposed of, or placed in another backend');
    const capacity = Math.floor(hits.length / HIT_FIELDS);
    using query = this.#memory(queries.byteLength);
    using out = this.#memory(capacity * HIT_FIELDS * 4);
    query.view().set(queries);
    const { first, count } = rows ?? { first: 0, count: hashes.byteLength / HASH_BYTES };
    const searched = [hashes.pointer + HASH_BYTES * first, count] as const;
    const asked = [query.pointer, queries.byteLength / HASH_BYTES] as const;
    const found = this.#core.hamming_scan(...asked, ...searched, maxDistance, out.pointer, capacity, this.#kernel(kernel)) >>> 0;
    hits.set(new Uint32Array(this.#core.memory.buffer, out.pointer, Math.min(found, capacity) * HIT_FIELDS));
    return found;
  }

  #begin(pixels: Pixels, mode: PdqMode, kernel?: string): PdqJob {
    const { width, height, channels } = pixels;
    const shape = [width, height, channels, mode === 'full-res' ? 0 : 1, this.#kernel(kernel)] as const;
    const scratchBytes = this.#core.pdq_scratch_bytes(...shape) >>> 0;
    if (scratchBytes === 0) throw new EgideError('OUT_OF_MEMORY', `${width} x ${height} pixels need more memory than WebAssembly has`);
    const rowBytes = width * channels;
    const sliceRows = Math.max(BAND_ROWS, Math.floor(SLICE_BYTES / rowBytes / BAND_ROWS) * BAND_ROWS);
    // The slice takes the answer too.
    const sliceBytes = Math.max(Math.min(sliceRows, height) * rowBytes, 2 * EIGHT);
    const slice = this.#memory(sliceBytes);
    let scratch: Memory;
    try {
      scratch = this.#memory(scratchBytes);
    } catch (error) {
      slice[Symbol.dispose]();
      throw error;
    }
    this.#core.pdq_begin(scratch.pointer, ...shape);
    return new PdqJob(this.#core, scratch, slice, rowBytes, sliceRows);
  }

  #memory(bytes: number): Memory {
    return allocate(this.#core, bytes);
  }

  #kernel(name: string | undefined): number {
    return name === undefined ? 0 : Math.max(0, this.kernels.indexOf(name));
  }

  #text(pointer: number): string {
    const bytes = new Uint8Array(this.#core.memory.buffer, pointer, 16);
    return String.fromCharCode(...bytes.subarray(0, bytes.indexOf(0)));
  }
}

/** Pixels that were turned: 5 to 8 swap the sides. */
function turned({ width, height, channels }: Pixels, orientation: number, data: Uint8Array): Pixels {
  return orientation < 5 ? { data, width, height, channels } : { data, width: height, height: width, channels };
}

/** Writes a block `blockBytes` wide, row by row, into a picture whose rows are `rowBytes` long, from byte `left` on. */
function placeColumns(picture: Uint8Array, block: Uint8Array, left: number, blockBytes: number, rowBytes: number): void {
  for (let from = 0, to = left; from < block.length; from += blockBytes, to += rowBytes)
    picture.set(block.subarray(from, from + blockBytes), to);
}

/** One picture on its way through the core, slice by slice. */
class PdqJob implements Disposable {
  readonly #core: Core;
  readonly #scratch: Memory;
  readonly #slice: Memory;
  readonly #rowBytes: number;
  readonly #sliceRows: number;

  constructor(core: Core, scratch: Memory, slice: Memory, rowBytes: number, sliceRows: number) {
    this.#core = core;
    this.#scratch = scratch;
    this.#slice = slice;
    this.#rowBytes = rowBytes;
    this.#sliceRows = sliceRows;
  }

  feed(data: Uint8Array, rows: number): void {
    for (let y = 0; y < rows; y += this.#sliceRows) {
      const count = Math.min(this.#sliceRows, rows - y);
      this.#slice.view().set(data.subarray(y * this.#rowBytes, (y + count) * this.#rowBytes));
      this.#core.pdq_rows(this.#scratch.pointer, this.#slice.pointer, count);
    }
  }

  finish(): PdqAnswer {
    const quality = this.#core.pdq_finish(this.#scratch.pointer, this.#slice.pointer);
    const answer = this.#slice.view();
    return { hashes: answer.slice(0, EIGHT), turned: answer.slice(EIGHT, 2 * EIGHT), quality };
  }

  [Symbol.dispose](): void {
    this.#scratch[Symbol.dispose]();
    this.#slice[Symbol.dispose]();
  }
}
