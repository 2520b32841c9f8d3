import type {
  IndexBuild,
  IndexSize,
  PatchIndexCore,
  PatchIndexShape,
  PatchRequest,
  PatchSearchAnswer,
  PatchSegment,
  PatchTotals,
  Placed,
} from '../backend.js';
import { checkedAnswer } from './index-error.js';
import { type Area, areaOf } from './native-index.js';
import { checked } from './native-patch.js';
import { stopsError } from './record-error.js';

type Shape = readonly [features: number, images: number, gridBlocks: number, codeBytes: number];

/** What native/node/patch_index.cpp exports. Segments are one flat array: an area and the removed images of each. */
export interface PatchIndexAddon {
  patchIndexTotals(records: Uint8Array, codeBytes: number): readonly [features: number, images: number, gridBlocks: number] | undefined;
  patchIndexBytes(...shape: Shape): IndexSize;
  patchIndexBegin(...args: [...Area, ...Area, ...Shape]): boolean;
  patchIndexSearch(
    ...args: [segments: unknown[], patches: Uint8Array, variants: number, deep: boolean, images: number]
  ): number | PatchSearchAnswer | undefined;
  patchIndexRecord(...args: [...Area, image: number]): number | Uint8Array;
  patchIndexIds(...args: [...Area, first: number, ids: Uint32Array]): number;
  patchStopsCollect(...args: [segments: unknown[], firstKey: number, units: number]): number | { nextKey: number; entries: Uint8Array };
  patchStopsWrite(entries: Uint8Array, codeBytes: number): Uint8Array;
  patchStopsOpen(table: Uint8Array): number | { codeBytes: number; count: number };
  patchStopsMark(...args: [...Area, ...Area, state: Uint8Array, units: number]): number;
}

/** Indexes of patches by the addon. */
export class NativePatchIndexCore implements PatchIndexCore {
  readonly #addon: PatchIndexAddon;

  constructor(addon: PatchIndexAddon) {
    this.#addon = addon;
  }

  totals(records: Uint8Array, codeBytes: number): PatchTotals | undefined {
    const totals = this.#addon.patchIndexTotals(records, codeBytes);
    return totals && { features: totals[0], images: totals[1], gridBlocks: totals[2] };
  }

  bytes(shape: PatchIndexShape): IndexSize {
    return this.#addon.patchIndexBytes(...numbersOf(shape));
  }

  begin({ index, scratch }: IndexBuild, shape: PatchIndexShape): void {
    if (!this.#addon.patchIndexBegin(...areaOf(index), ...areaOf(scratch), ...numbersOf(shape)))
      throw new Error('the areas do not fit the shape');
  }

  search(segments: readonly PatchSegment[], patches: Uint8Array, { variants, deep, images }: PatchRequest): PatchSearchAnswer {
    return answered(checked(() => this.#addon.patchIndexSearch(flat(segments), patches, variants, deep, images)));
  }

  record(index: Placed, image: number): Uint8Array {
    return answered(checked(() => this.#addon.patchIndexRecord(...areaOf(index), image)));
  }

  ids(index: Placed, first: number, ids: Uint32Array): void {
    checkedAnswer(this.#addon.patchIndexIds(...areaOf(index), first, ids));
  }

  collectStops(segments: readonly PatchSegment[], firstKey: number, units: number): { nextKey: number; entries: Uint8Array } {
    return answered(checked(() => this.#addon.patchStopsCollect(flat(segments), firstKey, units)));
  }

  writeStops(entries: Uint8Array, codeBytes: number): Uint8Array {
    return checked(() => this.#addon.patchStopsWrite(entries, codeBytes));
  }

  openStops(table: Uint8Array): { codeBytes: number; count: number } {
    const facts = this.#addon.patchStopsOpen(table);
    if (typeof facts === 'number') throw stopsError(facts);
    return facts;
  }

  markStops(index: Placed, table: Placed, state: Uint8Array, units: number): number {
    const left = this.#addon.patchStopsMark(...areaOf(index), ...areaOf(table), state, units);
    if (left < 0) throw new Error('the table does not fit the index');
    return left;
  }
}

function numbersOf({ features, images, gridBlocks, codeBytes }: PatchIndexShape): Shape {
  return [features, images, gridBlocks, codeBytes];
}

function flat(segments: readonly PatchSegment[]): unknown[] {
  return segments.flatMap(({ index, removed }) => [...areaOf(index), removed]);
}

/** An answer, or what a negative number says. */
function answered<Answer>(answer: number | Answer): Answer {
  if (typeof answer !== 'number') return answer;
  checkedAnswer(answer);
  throw new Error('the addon gave no answer');
}
