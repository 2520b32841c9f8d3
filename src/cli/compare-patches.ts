import type { Egide } from '../egide.js';
import type { Image } from '../image/image.js';
import { PATCH_TIERS, type PatchMatch, type PatchTier } from '../patch/patch-match.js';
import { PATCH_USES } from '../patch/patches.js';
import type { Protection } from '../patch/record.js';
import { RUNGS, type Rung } from '../patch/rungs.js';
import { grouped, LABEL_WORDS } from '../shield/summary.js';

/** What patches say of two pictures. */
export interface PatchFinding {
  readonly match: PatchMatch | undefined;
  /** How A was looked at when that was found; if nothing was, in the last attempt. */
  readonly lookedAt: string;
  /** Features of A in that look, and of the record of B. */
  readonly features: readonly [a: number, b: number];
  /** Of B. */
  readonly protection: Protection;
}

/** Looks for B in A. With `deep` also for negatives, small parts and stretched copies, and weak matches count. */
export async function findPatches(egide: Egide, a: Image, b: Image, deep: boolean, signal: AbortSignal): Promise<PatchFinding> {
  const record = await egide.patches.enrol(b, { signal });
  let best: PatchFinding | undefined;
  for (const rung of deep ? RUNGS : RUNGS.slice(0, 1)) {
    const patches = await egide.patches.extractAsync(a, { ...rung.extraction, signal });
    const { negatives = false } = rung.search;
    const match = egide.patches.match(patches, record, { negatives, minTier: deep ? 'weak' : 'probable' });
    const found = { match, lookedAt: sayRung(rung), features: [patches.count, record.features] as const, protection: record.protection };
    if (best === undefined || surer(match, best.match)) best = found;
    if (match?.tier === 'confirmed') break;
  }
  return best as PatchFinding;
}

function sayRung({ extraction: { use, stretch }, search: { negatives } }: Rung): string {
  if (stretch) return `stretched ${Math.max(...stretch)} times in ${stretch[0] > 1 ? 'width' : 'height'}`;
  return `at ${grouped(PATCH_USES[use ?? 'query'].longSide)} pixels${negatives ? ', negatives too' : ''}`;
}

/** Whether a match beats the one before; where neither is one, the later attempt stands. */
function surer(one: PatchMatch | undefined, other: PatchMatch | undefined): boolean {
  if (one === undefined || other === undefined) return other === undefined;
  const rank = ({ tier }: PatchMatch): number => PATCH_TIERS.indexOf(tier);
  return rank(one) === rank(other) ? one.distinctive > other.distinctive : rank(one) < rank(other);
}

/** What a tier means, to a person. */
export const TIER_WORDS: Readonly<Record<PatchTier, string>> = {
  confirmed: 'Unrelated pictures were never measured to match as surely as this',
  probable: 'Rarely something else, such as another picture of the same printed thing',
  weak: 'A hint for a person who looks for more; often nothing',
};

/** How well B can be found at all, where that needs to be said. */
export const PROTECTION_WORDS: Readonly<Record<Protection, string>> = {
  full: '',
  weak: 'B has few features: a small part of it may not be found',
  'pdq-only': 'B has next to no features: patches hardly ever find it, its PDQ hash must',
};

/** The lines for a terminal. */
export function sayPatches({ match, lookedAt, features, protection }: PatchFinding): string[] {
  const doubt = PROTECTION_WORDS[protection];
  if (match === undefined)
    return [`Patches: no match (${features[0]} features of A, ${features[1]} of B, ${lookedAt}).`, ...(doubt ? [`${doubt}.`] : [])];
  const { tier, description, distinctive, inliers, visible, label } = match;
  return [
    `Patches: ${tier}. A shows B: ${description}.`,
    `${inliers} features agree, ${distinctive} of them distinctive; A frames ${Math.round(100 * visible)} % of B (${lookedAt}).`,
    ...(label ? [`Doubtful: ${LABEL_WORDS[label]}.`] : []),
  ];
}
