import type { Backend } from '../backend.js';
import type { Image } from '../image/image.js';
import { type MatchOptions, matchRecord } from './match.js';
import type { PatchIndex } from './patch-index.js';
import type { PatchMatch } from './patch-match.js';
import { type ExtractOptions, extract, extractAsync, type Feature, featuresOf, type Patches } from './patches.js';
import { type MapOptions, mapPictures, type PictureMap } from './picture-map.js';
import { checkRecordOptions, openRecord, type PatchRecord, PROFILES, type RecordOptions, recordOf } from './record.js';
import { stopFeatures } from './stop-features.js';

/** Local descriptors: recognise a picture in an edited copy of it (docs/patches.md). */
export interface PatchTools {
  /**
   * Extracts the patches of a picture of at most 12.5 million pixels without yielding (some 10 to 20 ms).
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a malformed or larger image: use {@link PatchTools.extractAsync}; `OUT_OF_MEMORY`.
   */
  extract(image: Image, options?: ExtractOptions): Patches;
  /** The same of a picture of any size. The caller may transfer the buffer at once. */
  extractAsync(image: Image, options?: ExtractOptions & { readonly signal?: AbortSignal }): Promise<Patches>;
  /** The features one by one, to look at or to measure with. */
  features(patches: Patches): Feature[];
  /**
   * Enrols a picture: extracts at 640 pixels and packs what a bank keeps. Look at `protection`: a picture with few features is weakly
   * protected.
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  enrol(image: Image, options?: RecordOptions & { readonly signal?: AbortSignal }): Promise<PatchRecord>;
  /** Checks the stored bytes of a record. Throws `INVALID_PATCHES` if they are none, damaged, or made with other tables. */
  openRecord(bytes: Uint8Array): PatchRecord;
  /**
   * Compares a picture with one reference: is a part of the one a copy of a part of the other?
   *
   * @param query What {@link PatchTools.extract} gave.
   * @param reference A record, or its bytes.
   * @returns `undefined` if nothing as sure as `minTier` was found.
   * @throws {EgideError} `INVALID_PATCHES`, `INVALID_ARGUMENT`.
   */
  match(query: Patches, reference: PatchRecord | Uint8Array, options?: MatchOptions): PatchMatch | undefined;
  /**
   * Finds the stop features of a bank that lies in several indexes of one profile: what several of its pictures share without being
   * copies of each other, such as the buttons of a screen; those that come with the library are added, and of no index they are all.
   * Indexes built with the same table (`stops`) answer, put together, as one index would.
   *
   * @throws {EgideError} `INVALID_ARGUMENT`, `DISPOSED`, `INVALID_INDEX`; or the signal's reason.
   */
  stopFeatures(indexes: readonly PatchIndex[], options?: { readonly signal?: AbortSignal }): Promise<Uint8Array>;
  /**
   * Compares two pictures in full: what `match` tells, and where they show the same once the first is laid onto the second.
   *
   * @param a The picture that is asked about.
   * @param b The reference.
   * @returns `undefined` if nothing as sure as `minTier` was found.
   * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
   */
  map(a: Image, b: Image, options?: MapOptions): Promise<PictureMap | undefined>;
}

/** @internal */
export function createPatches(backend: Backend): PatchTools {
  return {
    extract: (image, options) => extract(backend, image, options),
    extractAsync: (image, options) => extractAsync(backend, image, options),
    features: featuresOf,
    async enrol(image, options = {}) {
      const { maxFeatures } = PROFILES[checkRecordOptions(options).profile];
      const signal = options.signal && { signal: options.signal };
      return recordOf(backend, await extractAsync(backend, image, { use: 'lite', maxFeatures, ...signal }), options);
    },
    openRecord: (bytes) => openRecord(backend, bytes),
    match: (query, reference, options) => matchRecord(backend, query, reference, options),
    stopFeatures: (indexes, options) => stopFeatures(backend, indexes, options),
    map: (a, b, options) => mapPictures(backend, a, b, options),
  };
}
