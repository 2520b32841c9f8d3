import type { PatchCore, PatchExtraction, Pixels, RecordFacts, RecordShape } from '../backend.js';
import { EgideError } from '../errors.js';
import { patchesError, recordError } from './record-error.js';

type Extraction = readonly [
  data: Uint8Array,
  width: number,
  height: number,
  channels: number,
  orientation: number,
  longSide: number,
  maxFeatures: number,
  stretchX: number,
  stretchY: number,
];

/** What native/node/patch.cpp exports. */
export interface PatchAddon {
  patchExtract(...args: [...Extraction, kernel: string | undefined]): Uint8Array;
  patchExtractAsync(...args: Extraction): Promise<Uint8Array>;
  patchRecord(patches: Uint8Array, maxFeatures: number, codeBytes: number, grid: boolean): Uint8Array | undefined;
  patchRecordOpen(record: Uint8Array): number | RecordFacts;
  patchMatch(patches: Uint8Array, record: Uint8Array, variants: number, images: number): Float64Array | undefined;
}

/** The addon throws plain errors; the only one that arguments checked by the facade can meet is want of memory. */
export function outOfMemory(cause: unknown): EgideError {
  return new EgideError('OUT_OF_MEMORY', 'the core could not get the memory for this', { cause });
}

/** Patches by the addon. */
export class NativePatchCore implements PatchCore {
  readonly #addon: PatchAddon;

  constructor(addon: PatchAddon) {
    this.#addon = addon;
  }

  extract(pixels: Pixels, extraction: PatchExtraction, kernel?: string): Uint8Array {
    try {
      return this.#addon.patchExtract(...argumentsOf(pixels, extraction), kernel);
    } catch (cause) {
      throw outOfMemory(cause);
    }
  }

  async extractAsync(pixels: Pixels, extraction: PatchExtraction, signal?: AbortSignal): Promise<Uint8Array> {
    let patches: Uint8Array;
    try {
      patches = await this.#addon.patchExtractAsync(...argumentsOf(pixels, extraction));
    } catch (cause) {
      throw outOfMemory(cause);
    }
    signal?.throwIfAborted();
    return patches;
  }

  record(patches: Uint8Array, { maxFeatures, codeBytes, grid }: RecordShape): Uint8Array {
    return checked(() => this.#addon.patchRecord(patches, maxFeatures, codeBytes, grid));
  }

  openRecord(record: Uint8Array): RecordFacts {
    const facts = this.#addon.patchRecordOpen(record);
    if (typeof facts === 'number') throw recordError(facts);
    return facts;
  }

  match(patches: Uint8Array, record: Uint8Array, variants: number, images: number): Float64Array {
    return checked(() => this.#addon.patchMatch(patches, record, variants, images));
  }
}

/** What the addon answers. Throws `OUT_OF_MEMORY`, and `INVALID_PATCHES` where it gives no answer: what it was given are no patches. */
export function checked<T>(call: () => T | undefined): T {
  let answer: T | undefined;
  try {
    answer = call();
  } catch (cause) {
    throw cause instanceof EgideError ? cause : outOfMemory(cause);
  }
  if (answer === undefined) throw patchesError();
  return answer;
}

function argumentsOf({ data, width, height, channels }: Pixels, extraction: PatchExtraction): Extraction {
  const { orientation, longSide, maxFeatures, stretchX, stretchY } = extraction;
  return [data, width, height, channels, orientation, longSide, maxFeatures, stretchX, stretchY];
}
