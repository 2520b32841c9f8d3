import type { PatchSearchOptions } from '../patch/patch-index.js';
import { PATCH_TIERS, type PatchMatch } from '../patch/patch-match.js';
import type { Patches } from '../patch/patches.js';
import { keyOf } from './near-matches.js';
import type { PatchList } from './patch-list.js';
import type { ListRules } from './policy.js';
import { MAX_MATCHES, type PartialMatch, type PatchEvidence } from './verdict.js';

/** A bank of patches, and the policy's rules for it. */
export interface SearchedPatches {
  readonly list: PatchList;
  readonly rules: ListRules;
}

/** Where in an upload, and how, patches were looked for. */
export type PatchLook = Pick<PartialMatch, 'frame' | 'view' | 'step'>;

/**
 * Features below which a picture counts as not looked up: patches hardly ever find one with so few (the limit of `pdq-only` references,
 * docs/patches.md).
 */
export const LEAST_FEATURES = 20;

/** Gathers what patches find over the frames of one upload: the surest match of each entry; of equals the first. */
export class PartialMatches {
  /** Those that the policy does not switch off and that hold a picture. */
  readonly lists: readonly SearchedPatches[];
  /** For each list, by the key of its entry. */
  readonly #surest: readonly Map<string, PartialMatch>[];
  readonly #truncated: boolean[];
  #looked = false;
  #asked = false;

  constructor(lists: readonly SearchedPatches[]) {
    this.lists = lists.filter(({ list, rules }) => rules.patchMinTier !== 'off' && list.index.size > 0);
    this.#surest = this.lists.map(() => new Map());
    this.#truncated = this.lists.map(() => false);
  }

  /** Notes that patches of a frame were extracted: with fewer than {@link LEAST_FEATURES} they were as good as not looked up. */
  noteFeatures(count: number): void {
    this.#looked = true;
    this.#asked ||= count >= LEAST_FEATURES;
  }

  /** Whether a frame was looked at that had features enough. */
  get asked(): boolean {
    return this.#asked;
  }

  /** Whether frames were looked at, and none had features enough. */
  get unaskable(): boolean {
    return this.#looked && !this.#asked;
  }

  /**
   * Searches one list.
   *
   * @returns Whether anything in it is confirmed.
   */
  search(index: number, patches: Patches, options: Pick<PatchSearchOptions, 'negatives' | 'deep'>, look: PatchLook): boolean {
    const { list, rules } = this.lists[index] as SearchedPatches;
    const { patchMinTier } = rules;
    if (patchMinTier === 'off') return false;
    const { hits, truncated } = list.index.search(patches, { ...options, minTier: patchMinTier });
    this.#truncated[index] ||= truncated;
    const surest = this.#surest[index] as Map<string, PartialMatch>;
    for (const { id, match } of hits) {
      const entry = list.entry(id);
      const found: PartialMatch = { kind: 'partial', signal: 'patches', entry, action: rules.partial, ...evidenceOf(match), ...look };
      const known = surest.get(keyOf(entry));
      if (!known || bySureness(found, known) < 0) surest.set(keyOf(entry), found);
    }
    return hits.some(({ match }) => match.tier === 'confirmed');
  }

  /** The surest first, then in the order of the lists; of each list {@link MAX_MATCHES} at most. */
  sorted(): PartialMatch[] {
    return this.#surest.flatMap((matches) => [...matches.values()].sort(bySureness).slice(0, MAX_MATCHES)).sort(bySureness);
  }

  /** Names of the lists that may have more matches than {@link sorted} gives. */
  get truncatedLists(): string[] {
    return this.lists
      .filter((_, i) => this.#truncated[i] || (this.#surest[i] as Map<string, PartialMatch>).size > MAX_MATCHES)
      .map(({ list }) => list.name);
  }
}

/** What a verdict tells of a match: the places of single features are left out. */
function evidenceOf(match: PatchMatch): PatchEvidence {
  const { tier, score, log10FalseAlarms, inliers, distinctive, visible, share, description, label } = match;
  const { copy, toReference, regionInQuery, regionInReference } = match;
  const figures = { tier, score, log10FalseAlarms, inliers, distinctive, visible, share };
  return { ...figures, description, label, copy, toReference, regionInQuery, regionInReference };
}

/** Tier by tier, in each by distinctive inliers: the order of an index. */
function bySureness(a: PartialMatch, b: PartialMatch): number {
  return PATCH_TIERS.indexOf(a.tier) - PATCH_TIERS.indexOf(b.tier) || b.distinctive - a.distinctive;
}
