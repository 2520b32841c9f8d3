import type { EntryRef } from '../list/hash-list.js';
import type { DigestIndex } from '../search/digest-index.js';
import type { UrlIndex } from '../search/url-index.js';

/** A list of URLs under a name that a policy knows, and what stands behind its ids. The caller keeps and disposes of the index. */
export interface UrlList {
  /** A hash list or a bank of patches may have the same name: they are then signals of one list, with one set of rules. */
  readonly name: string;
  readonly index: Pick<UrlIndex, 'size' | 'hashing' | 'search'>;
  /** MD5s that `urlMd5Compat` gives of URLs, if the list has such (docs/urls.md), with ids of the same numbering as `index`. */
  readonly md5?: Pick<DigestIndex, 'size' | 'find'>;
  /** The entry behind an id that `index.search` or `md5.find` gave. */
  entry(id: number): EntryRef;
}
