import { HASH_BYTES } from '../backend.js';
import { ORIENTATIONS, type Orientation, PDQ_MIN_SIDE, type PdqOrientations } from '../hash/pdq.js';
import type { Image } from '../image/image.js';
import type { EntryRef, SearchableList } from '../list/hash-list.js';
import { type ListRules, sternest } from './policy.js';
import { type Action, MAX_MATCHES, type NearMatch, type Problem, type View } from './verdict.js';

/** A list, and the policy's rules for it. */
export interface SearchedList {
  readonly list: SearchableList;
  readonly rules: ListRules;
}

/** The eight hashes of one frame, from one kind of pixels. */
export interface HashedView {
  readonly view: View;
  /** From 0. */
  readonly frame: number;
  readonly hashed: PdqOrientations;
}

/** Hashes that a list is asked for each view: every orientation, and every orientation of the negative. */
const QUERIES = 2 * ORIENTATIONS.length;

/** Gathers near matches over the frames of one upload: the nearest of each entry; of equals the one changed least, then the first. */
export class NearMatches {
  readonly #lists: readonly SearchedList[];
  /** For each list, by {@link keyOf} its entry. */
  readonly #nearest: readonly Map<string, NearMatch>[];
  readonly #asked: boolean[];
  readonly #truncated: boolean[];

  constructor(lists: readonly SearchedList[]) {
    this.#lists = lists;
    this.#nearest = lists.map(() => new Map());
    this.#asked = lists.map(() => false);
    this.#truncated = lists.map(() => false);
  }

  /**
   * Looks one frame up in every list that its quality is good enough for.
   *
   * @returns The least quality asked for by a list that could use none of the views; `undefined` if every list was asked.
   */
  look(views: readonly HashedView[]): number | undefined {
    let wanted: number | undefined;
    for (const [i, { list, rules }] of this.#lists.entries()) {
      if (list.pdq.size === 0) continue;
      const usable = views.filter(({ hashed }) => hashed.mode === rules.pdqMode && isUsable(hashed, rules.pdqMinQuality));
      if (usable.length === 0) wanted = Math.min(wanted ?? 100, rules.pdqMinQuality);
      else this.#search(i, usable);
    }
    return wanted;
  }

  /** Names of the lists that were asked about at least one frame. */
  get asked(): string[] {
    return this.#lists.filter((_, i) => this.#asked[i]).map(({ list }) => list.name);
  }

  /** Names of the lists with PDQ hashes that were asked about none. */
  get unasked(): string[] {
    return this.#lists.filter(({ list }, i) => !this.#asked[i] && list.pdq.size > 0).map(({ list }) => list.name);
  }

  /** What those found so far bring; `undefined` if there are none. */
  action(actionOf: (match: NearMatch) => Action): Action | undefined {
    const actions = this.#nearest.flatMap((matches) => [...matches.values()].map(actionOf));
    return actions.length === 0 ? undefined : sternest(actions);
  }

  /** By distance, then in the order of the lists, then as found; of each list the nearest {@link MAX_MATCHES}. */
  sorted(): NearMatch[] {
    const byDistance = (a: NearMatch, b: NearMatch): number => a.distance - b.distance;
    return this.#nearest.flatMap((matches) => [...matches.values()].sort(byDistance).slice(0, MAX_MATCHES)).sort(byDistance);
  }

  /** Names of the lists that have more matches than {@link sorted} gives. */
  get truncatedLists(): string[] {
    return this.#lists
      .filter((_, i) => this.#truncated[i] || (this.#nearest[i] as Map<string, NearMatch>).size > MAX_MATCHES)
      .map(({ list }) => list.name);
  }

  #search(index: number, usable: readonly HashedView[]): void {
    const { list, rules } = this.#lists[index] as SearchedList;
    const nearest = this.#nearest[index] as Map<string, NearMatch>;
    this.#asked[index] = true;
    const { hits, truncated } = list.pdq.searchMany(queriesOf(usable), { maxDistance: rules.pdqMaxDistance, limit: MAX_MATCHES });
    this.#truncated[index] ||= truncated;
    for (const { query, id, distance } of hits) {
      const entry = list.entry(id, 'pdq');
      const key = keyOf(entry);
      const known = nearest.get(key);
      const change = query % QUERIES;
      if (known && (known.distance - distance || changeOf(known) - change) <= 0) continue;
      const { view, frame, hashed } = usable[Math.floor(query / QUERIES)] as HashedView;
      nearest.set(key, {
        kind: 'near',
        signal: 'pdq',
        entry,
        action: rules.near,
        distance,
        maxDistance: rules.pdqMaxDistance,
        orientation: ORIENTATIONS[change % ORIENTATIONS.length] as Orientation,
        negative: change >= ORIENTATIONS.length,
        view,
        frame,
        quality: hashed.quality,
        mode: hashed.mode,
      });
    }
  }
}

/** What tells the entries of one file apart: a record may name a list of its own, and one id may stand in two categories. */
export function keyOf({ list, id, category }: EntryRef): string {
  return JSON.stringify([list, id, category]);
}

/** A hash of a picture that is too small is no hash, whatever quality a policy asks for. */
export function isUsable({ unhashable, quality }: PdqOrientations, minQuality: number): boolean {
  return unhashable !== 'too-small' && quality >= minQuality;
}

/** What a verdict says of a frame that somebody could not be asked about. */
export function unhashable(image: Image, quality: number, wanted: number): Problem {
  const small = Math.min(image.width, image.height) < PDQ_MIN_SIDE;
  return small
    ? {
        code: 'TOO_SMALL',
        message: `${image.width} x ${image.height} pixels: a side under ${PDQ_MIN_SIDE} has no perceptual hash`,
        frame: image.frame,
      }
    : { code: 'LOW_QUALITY', message: `quality ${quality} of 100 is below the ${wanted} that the policy asks for`, frame: image.frame };
}

/** The place of a match among the {@link QUERIES} of its view: the least change first. */
function changeOf({ orientation, negative }: NearMatch): number {
  return ORIENTATIONS.indexOf(orientation) + (negative ? ORIENTATIONS.length : 0);
}

/**
 * All hashes to ask for, view by view. A negative has the opposite of every DCT coefficient and of their median, so that its PDQ hash is
 * the complement: nothing has to be hashed for it.
 */
function queriesOf(views: readonly HashedView[]): Uint8Array {
  const queries = new Uint8Array(views.length * QUERIES * HASH_BYTES);
  const hashes = views.flatMap(({ hashed: { turned } }) => [...turned, ...turned.map((hash) => hash.map((byte) => ~byte))]);
  for (const [i, hash] of hashes.entries()) queries.set(hash, i * HASH_BYTES);
  return queries;
}
