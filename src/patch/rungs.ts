import type { PatchSearchOptions } from './patch-index.js';
import type { ExtractOptions } from './patches.js';

/**
 * The steps in which patches of a picture are looked for: as it is; its negative; small parts, at 1,024 pixels; and stretched copies
 * (docs/patches.md, "Deep steps").
 */
export type PatchStep = 'patches' | 'negatives' | 'deep' | 'stretched';

/** One way to look: how the picture is extracted, and what is asked. */
export interface Rung {
  readonly step: PatchStep;
  readonly extraction: ExtractOptions;
  readonly search: Pick<PatchSearchOptions, 'negatives' | 'deep'>;
}

/** What is extracted for the first step, and for others that ask more of the same patches. */
export const PLAIN: ExtractOptions = { use: 'query' };

/**
 * How to find a copy whose proportions were changed by more than descriptors bear: the factor lies between none and two to one, so that
 * either is within their reach (docs/patches.md).
 */
const STRETCH = 1.6;

/** The ladder, cheapest rung first: a further one is for pictures of which nothing is confirmed before. All but the first are `deep`. */
export const RUNGS: readonly Rung[] = [
  { step: 'patches', extraction: PLAIN, search: {} },
  { step: 'negatives', extraction: PLAIN, search: { negatives: true } },
  { step: 'deep', extraction: { use: 'deep' }, search: { negatives: true, deep: true } },
  { step: 'stretched', extraction: { stretch: [STRETCH, 1] }, search: {} },
  { step: 'stretched', extraction: { stretch: [1, STRETCH] }, search: {} },
];
