import type { Egide } from '../../egide.js';
import { load } from '../../entry/node.js';
import type { Image } from '../../image/image.js';
import type { PatchHit, PatchIndex } from '../../patch/patch-index.js';
import { PATCH_TIERS, type PatchMatch, type PatchTier } from '../../patch/patch-match.js';
import type { Patches } from '../../patch/patches.js';
import type { PatchProfile } from '../../patch/record.js';
import { PLAIN, RUNGS } from '../../patch/rungs.js';
import type { Answer, Matcher } from '../matcher.js';

/** What a tier is worth: within it, distinctive inliers decide, of which no picture has more than a thousand. */
const TIER_STEP = 1000;

/** Patches with 256 features and codes of 128 bits to a reference. */
export const patchesStandardMatcher = (): Promise<Matcher> => patchMatcher('patches-standard', 'standard', searchOnce);

/** Patches with 128 features and codes of 64 bits to a reference. */
export const patchesCompactMatcher = (): Promise<Matcher> => patchMatcher('patches-compact', 'compact', searchOnce);

/** The same as `patches-standard`, with every further step where nothing is confirmed. */
export const patchesDeepMatcher = (): Promise<Matcher> => patchMatcher('patches-deep', 'standard', searchDeep);

type Search = (egide: Egide, index: PatchIndex, image: Image) => Promise<readonly PatchHit[]>;

async function patchMatcher(name: string, profile: PatchProfile, search: Search): Promise<Matcher> {
  const egide = await load();
  return {
    name,
    version: '1',
    setting: "tier 'probable' or surer, as the default policy asks for (docs/patches.md)",
    async reference(file) {
      return (await egide.patches.enrol(await egide.decode(file), { profile })).bytes;
    },
    async open(references) {
      const index = await egide.buildPatchIndex(
        references.map(({ signature }) => signature),
        { profile },
      );
      return {
        async search(file) {
          const hits = await search(egide, index, await egide.decode(file));
          return hits.map(({ id, match }) => ({ id: (references[id] as { id: string }).id, ...toldOf(match) }));
        },
      };
    },
  };
}

/** What a match of patches comes to. */
export function toldOf({ tier, distinctive, toReference }: Pick<PatchMatch, 'tier' | 'distinctive' | 'toReference'>): Omit<Answer, 'id'> {
  const rank = PATCH_TIERS.length - PATCH_TIERS.indexOf(tier);
  return {
    score: rank * TIER_STEP + Math.min(distinctive, TIER_STEP - 1),
    accepted: tier !== 'weak',
    tier,
    transform: toReference,
  };
}

const EVERY: { readonly minTier: PatchTier } = { minTier: 'weak' };

async function searchOnce(egide: Egide, index: PatchIndex, image: Image): Promise<readonly PatchHit[]> {
  return index.search(await egide.patches.extractAsync(image), EVERY).hits;
}

/** The steps of docs/patches.md, "Deep steps", until something is confirmed; of each picture the surest match. */
async function searchDeep(egide: Egide, index: PatchIndex, image: Image): Promise<readonly PatchHit[]> {
  const best = new Map<number, PatchHit>();
  const add = (hits: readonly PatchHit[]): boolean => {
    for (const hit of hits) {
      const known = best.get(hit.id);
      if (!known || toldOf(hit.match).score > toldOf(known.match).score) best.set(hit.id, hit);
    }
    return [...best.values()].some(({ match }) => match.tier === 'confirmed');
  };
  let plain: Patches | undefined;
  for (const { extraction, search } of RUNGS) {
    const patches = (extraction === PLAIN && plain) || (await egide.patches.extractAsync(image, extraction));
    plain ??= patches;
    if (add(index.search(patches, { ...EVERY, ...search }).hits)) break;
  }
  return [...best.values()];
}
