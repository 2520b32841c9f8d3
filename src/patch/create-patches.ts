import type { Backend } from '../backend.js';
import type { Image } from '../image/image.js';
import { type ExtractOptions, extract, extractAsync, type Feature, featuresOf, type Patches } from './patches.js';

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
}

/** @internal */
export function createPatches(backend: Backend): PatchTools {
  return {
    extract: (image, options) => extract(backend, image, options),
    extractAsync: (image, options) => extractAsync(backend, image, options),
    features: featuresOf,
  };
}
