import type { Digests, DigestType } from '../hash/digests.js';
import { keyOf, type SearchedList } from './near-matches.js';
import { type ExactMatch, MAX_MATCHES } from './verdict.js';

/** The most trustworthy first: MD5 and SHA-1 collisions can be made. */
const DIGESTS: readonly DigestType[] = ['sha256', 'sha1', 'md5'];

/** What the digests of a file are on the lists. */
export interface ExactMatches {
  /** In the order of the lists; in each by type, one for each entry and type, {@link MAX_MATCHES} of a type at most. */
  readonly matches: readonly ExactMatch[];
  /** The name of a list for each type of which it has more. */
  readonly truncatedLists: readonly string[];
}

/** Looks digests of a file up in every list. */
export function exactMatches(lists: readonly SearchedList[], digests: Partial<Digests>): ExactMatches {
  const matches: ExactMatch[] = [];
  const truncatedLists: string[] = [];
  for (const { list, rules } of lists) {
    for (const signal of DIGESTS) {
      const seen = new Set<string>(); // an entry may give the same digest twice
      const digest = digests[signal];
      for (const id of digest ? list.digests[signal].find(digest) : []) {
        const entry = list.entry(id, signal);
        if (seen.has(keyOf(entry))) continue;
        if (seen.size === MAX_MATCHES) {
          truncatedLists.push(list.name);
          break;
        }
        seen.add(keyOf(entry));
        matches.push({ kind: 'exact', signal, entry, action: rules.exact });
      }
    }
  }
  return { matches, truncatedLists };
}
