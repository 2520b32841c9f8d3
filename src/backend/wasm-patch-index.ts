import {
  type IndexBuild,
  type IndexSize,
  type PatchIndexCore,
  type PatchIndexShape,
  type PatchRequest,
  type PatchSearchAnswer,
  type PatchSegment,
  type PatchTotals,
  type Placed,
  STOP_STATE_BYTES,
} from '../backend.js';
import { checkedAnswer } from './index-error.js';
import { patchesError, stopsError } from './record-error.js';
import { type Area, areaOf } from './wasm-index.js';
import { allocate, copied, type Memory, type MemoryCore } from './wasm-memory.js';
import { takeBytes, type WasmPatchExports } from './wasm-patch.js';

type Shape = readonly [features: number, images: number, gridBlocks: number, codeBytes: number];

/** What native/wasm/patch_index_exports.cpp exports. */
export interface WasmPatchIndexExports extends WasmPatchExports {
  patch_index_totals(records: number, length: number, codeBytes: number, totals: number): number;
  patch_index_bytes(...shape: Shape): number;
  patch_index_scratch_bytes(...shape: Shape): number;
  patch_index_begin(...args: [...Area, ...Area, ...Shape]): number;
  patch_index_search(
    ...args: [segments: number, count: number, ...patches: Area, variants: number, deep: number, images: number, out: number]
  ): number;
  patch_index_record(...args: [...Area, image: number, out: number]): number;
  patch_index_ids(...args: [...Area, first: number, count: number, ids: number]): number;
  patch_stops_collect(...args: [segments: number, count: number, firstKey: number, units: number, out: number]): number;
  patch_stops_write(entries: number, length: number, codeBytes: number): number;
  patch_stops_open(table: number, length: number, facts: number): number;
  patch_stops_mark(...args: [...Area, ...Area, state: number, units: number]): number;
}

/** Numbers that a segment takes: its area, and that of what is removed. */
const SEGMENT_NUMBERS = 4;

/** Indexes of patches in WebAssembly's memory. */
export class WasmPatchIndexCore implements PatchIndexCore {
  readonly #core: MemoryCore & WasmPatchIndexExports;

  constructor(core: MemoryCore & WasmPatchIndexExports) {
    this.#core = core;
  }

  totals(records: Uint8Array, codeBytes: number): PatchTotals | undefined {
    using placed = copied(this.#core, records);
    using out = allocate(this.#core, 3 * 8);
    if (this.#core.patch_index_totals(placed.pointer, records.byteLength, codeBytes, out.pointer) === 0) return undefined;
    const [features = 0, images = 0, gridBlocks = 0] = new Float64Array(out.view().slice().buffer);
    return { features, images, gridBlocks };
  }

  bytes(shape: PatchIndexShape): IndexSize {
    const numbers = numbersOf(shape);
    return { indexBytes: this.#core.patch_index_bytes(...numbers), scratchBytes: this.#core.patch_index_scratch_bytes(...numbers) };
  }

  begin({ index, scratch }: IndexBuild, shape: PatchIndexShape): void {
    if (this.#core.patch_index_begin(...areaOf(index), ...areaOf(scratch), ...numbersOf(shape)) === 0)
      throw new Error('the areas do not fit the shape');
  }

  search(segments: readonly PatchSegment[], patches: Uint8Array, { variants, deep, images }: PatchRequest): PatchSearchAnswer {
    using asked = copied(this.#core, patches);
    using out = allocate(this.#core, 8);
    const answer = this.#withSegments(segments, (areas) =>
      this.#core.patch_index_search(areas, segments.length, asked.pointer, patches.byteLength, variants, Number(deep), images, out.pointer),
    );
    if (answer === 1) throw patchesError();
    checkedAnswer(answer);
    const [numbers = 0, truncated = 0] = out.numbers();
    return { numbers: new Float64Array(takeBytes(this.#core, numbers).buffer), truncated: truncated === 1 };
  }

  record(index: Placed, image: number): Uint8Array {
    using out = allocate(this.#core, 4);
    checkedAnswer(this.#core.patch_index_record(...areaOf(index), image, out.pointer));
    return takeBytes(this.#core, out.numbers()[0] as number);
  }

  ids(index: Placed, first: number, ids: Uint32Array): void {
    using out = allocate(this.#core, ids.byteLength);
    checkedAnswer(this.#core.patch_index_ids(...areaOf(index), first, ids.length, out.pointer));
    ids.set(out.numbers());
  }

  collectStops(segments: readonly PatchSegment[], firstKey: number, units: number): { nextKey: number; entries: Uint8Array } {
    using out = allocate(this.#core, 8);
    checkedAnswer(
      this.#withSegments(segments, (areas) => this.#core.patch_stops_collect(areas, segments.length, firstKey, units, out.pointer)),
    );
    const [nextKey = 0, entries = 0] = out.numbers();
    return { nextKey, entries: takeBytes(this.#core, entries) };
  }

  writeStops(entries: Uint8Array, codeBytes: number): Uint8Array {
    using placed = copied(this.#core, entries);
    return takeBytes(this.#core, this.#core.patch_stops_write(placed.pointer, entries.byteLength, codeBytes));
  }

  openStops(table: Uint8Array): { codeBytes: number; count: number } {
    using placed = copied(this.#core, table);
    using facts = allocate(this.#core, 8);
    const error = this.#core.patch_stops_open(placed.pointer, table.byteLength, facts.pointer);
    if (error !== 0) throw stopsError(error);
    const [codeBytes = 0, count = 0] = facts.numbers();
    return { codeBytes, count };
  }

  markStops(index: Placed, table: Placed, state: Uint8Array, units: number): number {
    using kept = copied(this.#core, state);
    const left = this.#core.patch_stops_mark(...areaOf(index), ...areaOf(table), kept.pointer, units);
    if (left < 0) throw new Error('the table does not fit the index');
    state.set(kept.view().subarray(0, STOP_STATE_BYTES));
    return left;
  }

  /** Writes down where the segments lie, for one call. */
  #withSegments(segments: readonly PatchSegment[], call: (areas: number) => number): number {
    const removed: Memory[] = [];
    try {
      for (const segment of segments) removed.push(copied(this.#core, segment.removed));
      using areas = allocate(this.#core, Math.max(1, segments.length) * SEGMENT_NUMBERS * 4);
      const numbers = areas.numbers();
      for (const [i, { index }] of segments.entries()) {
        const gone = removed[i] as Memory;
        numbers.set([...areaOf(index), gone.pointer, gone.byteLength], i * SEGMENT_NUMBERS);
      }
      return call(areas.pointer);
    } finally {
      for (const memory of removed) memory[Symbol.dispose]();
    }
  }
}

function numbersOf({ features, images, gridBlocks, codeBytes }: PatchIndexShape): Shape {
  return [features, images, gridBlocks, codeBytes];
}
