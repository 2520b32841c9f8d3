import type { PdqMode } from '../backend.js';
import type { SearchableList } from '../list/hash-list.js';
import type { Snapshot } from '../snapshot/snapshot.js';
import type { SearchedList } from './near-matches.js';
import type { SearchedPatches } from './partial-matches.js';
import type { PatchList } from './patch-list.js';
import { type Policy, rulesFor } from './policy.js';
import type { RemoteList } from './remote/remote-service.js';
import type { SearchedService } from './remote-questions.js';
import type { SearchedUrls } from './scan-url.js';
import type { UrlList } from './url-list.js';
import type { Verdict } from './verdict.js';

/** The lists of a shield, as they were given. */
export interface GivenLists {
  readonly lists: readonly SearchableList[];
  readonly patches: readonly PatchList[];
  readonly urls: readonly UrlList[];
  readonly remote: readonly RemoteList[];
}

/** What a scan looks in, and what it needs to know of it; worked out once for each snapshot. */
export interface Searched {
  readonly lists: readonly SearchedList[];
  readonly patches: readonly SearchedPatches[];
  readonly urls: readonly SearchedUrls[];
  readonly remote: readonly SearchedService[];
  /** The PDQ families that the lists and services ask for; none if no list carries a PDQ hash and no service is sent one. */
  readonly pdqModes: readonly PdqMode[];
  /** Whether any list carries a digest. */
  readonly wantsDigests: boolean;
  /** What all or some of the lists are of. */
  readonly snapshot: Snapshot | undefined;
}

/** The lists that were given and those of a snapshot, each with its rules. */
export function searchedOf(policy: Policy, given: GivenLists, snapshot: Snapshot | undefined): Searched {
  const ofSnapshot = snapshot?.lists ?? [];
  const ruled = <List extends { readonly name: string }>(list: List) => ({ list, rules: rulesFor(policy, list.name) });
  const lists = [...given.lists, ...ofSnapshot].map(ruled);
  const banks = ofSnapshot.filter(({ patches }) => patches.size > 0);
  const patches = [...given.patches, ...banks.map((list) => bankOf(list, list.patches))].map(ruled);
  const withUrls = ofSnapshot.filter(({ urls, urlMd5 }) => urls.size + urlMd5.size > 0);
  const urls = [...given.urls, ...withUrls.map((list) => ({ ...bankOf(list, list.urls), md5: list.urlMd5 }))].map(ruled);
  const remote = given.remote.map((remote) => ({ remote, ...ruled({ name: remote.service.name }) }));
  const byPdq = [...lists.filter(({ list }) => list.pdq.size > 0), ...remote.filter(({ remote: { send } }) => send === 'pdq')];
  const pdqModes = [...new Set(byPdq.map(({ rules }) => rules.pdqMode))];
  return { lists, patches, urls, remote, pdqModes, wantsDigests: lists.some(({ list }) => carriesDigests(list)), snapshot };
}

/** What a verdict says of the snapshot that was searched, if one was. */
export function namedSnapshot({ snapshot }: Searched): Pick<Verdict, 'snapshot'> {
  return snapshot ? { snapshot: { id: snapshot.id, createdAt: snapshot.createdAt, change: snapshot.change } } : {};
}

function bankOf<Index>(list: Snapshot['lists'][number], index: Index) {
  return { name: list.name, index, entry: (id: number) => list.entry(id) };
}

/** Whether a list carries any MD5, SHA-1 or SHA-256. */
export function carriesDigests({ digests }: SearchableList): boolean {
  return Object.values(digests).some(({ size }) => size > 0);
}
