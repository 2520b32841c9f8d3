import type { PatchCore, PatchExtraction, Pixels, RecordFacts, RecordShape } from '../backend.js';
import { nextTurn } from '../input.js';
import { patchesError, recordError } from './record-error.js';
import { allocate, copied, type Memory, type MemoryCore } from './wasm-memory.js';

/** What native/wasm/patch_exports.cpp exports. */
export interface WasmPatchExports {
  patch_begin(
    ...args: [width: number, height: number, channels: number, longSide: number, stretchX: number, stretchY: number, kernel: number]
  ): number;
  patch_rows(working: number, pixels: number, count: number): void;
  patch_finish(
    ...args: [working: number, wanted: number, sourceWidth: number, sourceHeight: number, maxFeatures: number, kernel: number]
  ): number;
  patch_record(...args: [patches: number, length: number, maxFeatures: number, codeBytes: number, grid: number]): number;
  patch_record_open(record: number, length: number, facts: number): number;
  patch_match(...args: [patches: number, length: number, record: number, recordLength: number, variants: number, images: number]): number;
  bytes_start(bytes: number): number;
  bytes_length(bytes: number): number;
  bytes_release(bytes: number): void;
}

/** What the patches need of the backend around them. */
interface Surroundings {
  kernel(name: string | undefined): number;
  upright(pixels: Pixels, orientation: number): Pixels;
  /** The same without holding the event loop for long. */
  uprightAsync(pixels: Pixels, orientation: number, signal?: AbortSignal): Promise<Pixels>;
}

/** Rows go over in slices of about this many bytes, so that a picture of any size needs little WebAssembly memory. */
const SLICE_BYTES = 1 << 20;
/** Slices between two yields to the event loop: about 10 ms. */
const SLICES_PER_TURN = 8;

/** Numbers that `patch_record_open` writes. */
const FACTS = 7;

/** Patches by the WebAssembly module. */
export class WasmPatchCore implements PatchCore {
  readonly #core: MemoryCore & WasmPatchExports;
  readonly #around: Surroundings;

  constructor(core: MemoryCore & WasmPatchExports, around: Surroundings) {
    this.#core = core;
    this.#around = around;
  }

  extract(pixels: Pixels, extraction: PatchExtraction, kernel?: string): Uint8Array {
    const { orientation } = extraction;
    using job = this.#begin(orientation === 1 ? pixels : this.#around.upright(pixels, orientation), extraction, kernel);
    for (const _ of job.feed()); // without giving way
    return job.finish();
  }

  async extractAsync(pixels: Pixels, extraction: PatchExtraction, signal?: AbortSignal): Promise<Uint8Array> {
    // The caller may transfer the buffer as soon as this has returned its promise.
    const copy = { ...pixels, data: new Uint8Array(pixels.data) };
    const { orientation } = extraction;
    using job = this.#begin(orientation === 1 ? copy : await this.#around.uprightAsync(copy, orientation, signal), extraction);
    let slices = 0;
    for (const _ of job.feed()) if (++slices % SLICES_PER_TURN === 0) await nextTurn(signal);
    await nextTurn(signal); // what follows is one call
    return job.finish();
  }

  record(patches: Uint8Array, { maxFeatures, codeBytes, grid }: RecordShape): Uint8Array {
    using asked = copied(this.#core, patches);
    const bytes = this.#core.patch_record(asked.pointer, asked.byteLength, maxFeatures, codeBytes, grid ? 1 : 0);
    if (bytes === 0) throw patchesError();
    return takeBytes(this.#core, bytes);
  }

  openRecord(record: Uint8Array): RecordFacts {
    using placed = copied(this.#core, record);
    using facts = allocate(this.#core, FACTS * 4);
    const error = this.#core.patch_record_open(placed.pointer, placed.byteLength, facts.pointer);
    if (error !== 0) throw recordError(error);
    const [codeBytes = 0, count = 0, columns = 0, rows = 0, width = 0, height = 0, stops = 0] = facts.numbers();
    return { codeBytes, count, columns, rows, width, height, stops };
  }

  match(patches: Uint8Array, record: Uint8Array, variants: number, images: number): Float64Array {
    using asked = copied(this.#core, patches);
    using held = copied(this.#core, record);
    const bytes = this.#core.patch_match(asked.pointer, asked.byteLength, held.pointer, held.byteLength, variants, images);
    if (bytes === 0) throw patchesError();
    return new Float64Array(takeBytes(this.#core, bytes).buffer);
  }

  /** Begins with upright pixels. */
  #begin(pixels: Pixels, extraction: PatchExtraction, kernel?: string): PatchJob {
    const { longSide, stretchX, stretchY } = extraction;
    const { width, height, channels } = pixels;
    const number = this.#around.kernel(kernel);
    const rows = Math.max(1, Math.min(height, Math.floor(SLICE_BYTES / (width * channels))));
    const slice = allocate(this.#core, rows * width * channels);
    try {
      const working = this.#core.patch_begin(width, height, channels, longSide, stretchX, stretchY, number) >>> 0;
      if (working === 0) throw new Error('the picture is out of range');
      return new PatchJob(this.#core, working, slice, rows, pixels, extraction, number);
    } catch (error) {
      slice[Symbol.dispose]();
      throw error;
    }
  }
}

/** One picture on its way through the core, slice by slice. */
class PatchJob implements Disposable {
  readonly #core: MemoryCore & WasmPatchExports;
  #working: number;
  readonly #slice: Memory;
  readonly #rows: number;
  readonly #pixels: Pixels;
  readonly #extraction: PatchExtraction;
  readonly #kernel: number;

  constructor(
    core: MemoryCore & WasmPatchExports,
    working: number,
    slice: Memory,
    rows: number,
    pixels: Pixels,
    extraction: PatchExtraction,
    kernel: number,
  ) {
    this.#core = core;
    this.#working = working;
    this.#slice = slice;
    this.#rows = rows;
    this.#pixels = pixels;
    this.#extraction = extraction;
    this.#kernel = kernel;
  }

  *feed(): Generator<void> {
    const { data, width, height, channels } = this.#pixels;
    const rowBytes = width * channels;
    for (let y = 0; y < height; y += this.#rows) {
      const count = Math.min(this.#rows, height - y);
      this.#slice.view().set(data.subarray(y * rowBytes, (y + count) * rowBytes));
      this.#core.patch_rows(this.#working, this.#slice.pointer, count);
      yield;
    }
  }

  finish(): Uint8Array {
    const { width, height } = this.#pixels;
    const working = this.#working;
    this.#working = 0;
    return takeBytes(this.#core, this.#core.patch_finish(working, 1, width, height, this.#extraction.maxFeatures, this.#kernel));
  }

  [Symbol.dispose](): void {
    if (this.#working !== 0) this.#core.patch_finish(this.#working, 0, 0, 0, 0, 0);
    this.#working = 0;
    this.#slice[Symbol.dispose]();
  }
}

/** A copy of bytes that the core has made, which are released. */
export function takeBytes(core: MemoryCore & WasmPatchExports, bytes: number): Uint8Array {
  try {
    const start = core.bytes_start(bytes) >>> 0;
    return new Uint8Array(core.memory.buffer).slice(start, start + (core.bytes_length(bytes) >>> 0));
  } finally {
    core.bytes_release(bytes);
  }
}
