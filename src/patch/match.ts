import type { Backend } from '../backend.js';
import { checkCallOptions, invalid, wholeNumber } from '../errors.js';
import { readAnswers } from './answer.js';
import { PATCH_TIERS, type PatchMatch, type PatchTier } from './patch-match.js';
import { openPatches, type Patches } from './patches.js';
import { openRecord, type PatchRecord } from './record.js';

/** Bits of the variants that are tried (native/core/patch/compare.hpp). */
const PLAIN = 0b0011;
const WITH_NEGATIVES = 0b1111;

/** How to compare. */
export interface MatchOptions {
  /** Try negatives (light and dark swapped) besides the picture and its mirror image; default `false`. */
  readonly negatives?: boolean;
  /** The least sure tier to tell; default `probable`. */
  readonly minTier?: PatchTier;
  /** How many pictures are compared with in all, for the expected number of false alarms; default 1 here, an index's size there. */
  readonly images?: number;
}

/** @internal What the core is asked for. */
export interface MatchRequest {
  readonly variants: number;
  readonly minTier: PatchTier;
  readonly images: number | undefined;
}

/** @internal */
export function matchRequest(options: MatchOptions): MatchRequest {
  checkCallOptions(options);
  const { negatives = false, minTier = 'probable', images } = options;
  if (typeof negatives !== 'boolean') throw invalid('negatives', 'true or false', negatives);
  if (!PATCH_TIERS.includes(minTier)) throw invalid('minTier', "'confirmed', 'probable' or 'weak'", minTier);
  if (images !== undefined) wholeNumber('images', images, 1, Number.MAX_SAFE_INTEGER);
  return { variants: negatives ? WITH_NEGATIVES : PLAIN, minTier, images };
}

/** @internal */
export function matchRecord(
  backend: Backend,
  query: Patches,
  reference: PatchRecord | Uint8Array,
  options: MatchOptions = {},
): PatchMatch | undefined {
  const { variants, minTier, images = 1 } = matchRequest(options);
  const { bytes } = openRecord(backend, reference instanceof Uint8Array ? reference : reference?.bytes);
  const asked = openPatches(query?.bytes);
  return readAnswers(backend.patch.match(asked.bytes, bytes, variants, images), asked, minTier)[0]?.match;
}
