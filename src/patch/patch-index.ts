import type { Backend, PatchSegment } from '../backend.js';
import { invalid, wholeNumber } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkKind, type OpenedIndex, StoredIndex } from '../search/stored-index.js';
import { readAnswers } from './answer.js';
import { type MatchOptions, matchRequest } from './match.js';
import type { PatchMatch } from './patch-match.js';
import { openPatches, type Patches } from './patches.js';
import { openRecord, type PatchProfile, type PatchRecord } from './record.js';

/** How to search. `images`, by default what is searched, should be the whole bank's where the index is a part of one. */
export interface PatchSearchOptions extends MatchOptions {
  /** Look in more buckets and at more candidates; with patches extracted for `deep`. Default `false`. */
  readonly deep?: boolean;
}

/** One picture of the bank that shares something with the one that was asked about. */
export interface PatchHit {
  /** The id that the picture was enrolled with. */
  readonly id: number;
  readonly match: PatchMatch;
}

/** What a search found: tier by tier, in each by distinctive inliers. */
export interface PatchSearchResult {
  readonly hits: readonly PatchHit[];
  /** Whether the picture resembles the bank in more places than are compared, two million: where very many pictures share an element. */
  readonly truncated: boolean;
}

/**
 * An immutable bank of patches: which of its pictures is another one an edited copy of? Retrieval is approximate (it looks where the
 * features of a copy most likely are), what it finds is compared in full (docs/patches.md). One flat buffer, in memory or mapped.
 */
export class PatchIndex extends StoredIndex {
  readonly profile: PatchProfile;
  /** Features of all images. */
  readonly features: number;
  readonly #backend: Backend;

  /** @internal Use `egide.buildPatchIndex` or `egide.openPatchIndex`. */
  constructor(backend: Backend, platform: Platform, opened: OpenedIndex) {
    checkKind(opened.facts, 'patch');
    super(backend, platform, opened);
    this.#backend = backend;
    this.profile = opened.facts.width === 8 ? 'compact' : 'standard';
    this.features = opened.facts.count;
  }

  /**
   * Finds what a picture is an edited copy of, or an edited copy of what it contains. One synchronous call: some milliseconds in a bank
   * of 100,000.
   *
   * A bank may lie in several indexes, here or on several machines. Built with one table of stop features (`patches.stopFeatures`), and
   * searched with the `images` of the whole bank, they give together the hits that one index would, with the same numbers: sort them by
   * tier, then by `distinctive` from the most, by `log10FalseAlarms` from the least, and by id. Each index compares its own 20 best
   * candidates in full (50 in a bank of a million), so where more pictures than that look alike they may tell more than one index does.
   *
   * @param query What `egide.patches.extract` gave.
   * @throws {EgideError} `INVALID_PATCHES`, `INVALID_ARGUMENT`, `DISPOSED`; `INVALID_INDEX` if the index turns out to be damaged.
   */
  search(query: Patches, options: PatchSearchOptions = {}): PatchSearchResult {
    return searchSegments(this.#backend, [this.segment()], query, options);
  }

  /**
   * The ids of the images in their order in the index.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  ids(): Uint32Array {
    const ids = new Uint32Array(this.size);
    this.#backend.patchIndex.ids(this.live(), 0, ids);
    return ids;
  }

  /** @internal The same, as other indexes give them. */
  *idSlices(): Generator<Uint32Array> {
    yield this.ids();
  }

  /**
   * The record of an image as it was enrolled, with the stop features marked that the index marked.
   *
   * @param image Its number in the index, from 0.
   * @throws {EgideError} `INVALID_ARGUMENT`, `INVALID_INDEX`, `DISPOSED`.
   */
  record(image: number): PatchRecord {
    wholeNumber('image', image, 0, this.size - 1);
    return openRecord(this.#backend, this.#backend.patchIndex.record(this.live(), image));
  }

  /** @internal */
  segment(removed: Uint8Array = new Uint8Array(0)): PatchSegment {
    return { index: this.live(), removed };
  }
}

/** @internal Searches the parts of one bank. */
export function searchSegments(
  backend: Backend,
  segments: readonly PatchSegment[],
  query: Patches,
  options: PatchSearchOptions,
): PatchSearchResult {
  const { variants, minTier, images = 0 } = matchRequest(options);
  const { deep = false } = options;
  if (typeof deep !== 'boolean') throw invalid('deep', 'true or false', deep);
  const asked = openPatches(query?.bytes);
  const { numbers, truncated } = backend.patchIndex.search(segments, asked.bytes, { variants, deep, images });
  return { hits: readAnswers(numbers, asked, minTier).map(({ id, match }) => ({ id, match })), truncated };
}
