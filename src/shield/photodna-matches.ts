import { EgideError } from '../errors.js';
import { checkPhotoDna } from '../search/photodna-index.js';
import { keyOf, type SearchedList } from './near-matches.js';
import type { Policy } from './policy.js';
import { carriesDigests, type Searched } from './searched.js';
import { MAX_MATCHES, type PhotoDnaMatch, type Problem } from './verdict.js';

/** What a PhotoDNA hash is near on the lists. */
export interface PhotoDnaMatches {
  /** By distance, then in the order of the lists: the nearest of each entry, {@link MAX_MATCHES} of a list at most. */
  readonly matches: readonly PhotoDnaMatch[];
  /** The names of lists that have more. */
  readonly truncatedLists: readonly string[];
}

/**
 * A copy of the hash that a caller brought.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` unless it is 144 bytes and the policy says how near is near.
 */
export function ownPhotoDna(policy: Policy, hash: Uint8Array): Uint8Array {
  const all = [policy, ...Object.values(policy.lists ?? {})];
  if (all.every(({ thresholds }) => thresholds?.photoDnaMaxDistance === undefined))
    throw new EgideError(
      'INVALID_ARGUMENT',
      'photodna: the policy does not say how near is near: name thresholds.photoDnaMaxDistance (docs/policy.md)',
    );
  return new Uint8Array(checkPhotoDna('photodna', hash));
}

/** Whether a list has PhotoDNA hashes, and the policy says how near is near. */
export function asksPhotoDna({ list, rules }: SearchedList): boolean {
  return (list.photodna?.size ?? 0) > 0 && rules.photoDnaMaxDistance !== undefined;
}

/** Lists that nothing but a PhotoDNA hash could have been asked for, where none was given. */
export function photoDnaUnasked({ lists, patches }: Searched): Problem[] {
  const alone = ({ list }: SearchedList): boolean =>
    list.pdq.size === 0 && !carriesDigests(list) && !patches.some((bank) => bank.list.name === list.name);
  return lists
    .filter((one) => asksPhotoDna(one) && alone(one))
    .map(({ list: { name } }) => ({
      code: 'NOT_ASKED',
      message: `list ${name} holds PhotoDNA hashes alone, and none was given: pass photodna`,
    }));
}

/** Looks a PhotoDNA hash up in every list that can be asked for it. Throws the signal's reason. */
export async function photoDnaMatches(
  lists: readonly SearchedList[],
  hash: Uint8Array,
  signal: AbortSignal | undefined,
): Promise<PhotoDnaMatches> {
  const matches: PhotoDnaMatch[] = [];
  const truncatedLists: string[] = [];
  for (const { list, rules } of lists.filter(asksPhotoDna)) {
    const maxDistance = rules.photoDnaMaxDistance as number;
    const options = { maxDistance, limit: MAX_MATCHES, ...(signal && { signal }) };
    const { hits = [], truncated = false } = (await list.photodna?.search(hash, options)) ?? {};
    if (truncated) truncatedLists.push(list.name);
    const seen = new Set<string>(); // an entry may have several hashes, of which the nearest comes first
    for (const { id, distance } of hits) {
      const entry = list.entry(id, 'photodna');
      if (seen.has(keyOf(entry))) continue;
      seen.add(keyOf(entry));
      matches.push({ kind: 'near', signal: 'photodna', entry, action: rules.near, distance, maxDistance });
    }
  }
  return { matches: matches.sort((a, b) => a.distance - b.distance), truncatedLists };
}
