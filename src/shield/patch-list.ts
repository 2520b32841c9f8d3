import type { EntryRef } from '../list/hash-list.js';
import type { PatchIndex } from '../patch/patch-index.js';

/** A bank of patches under a name that a policy knows, and what stands behind its ids. The caller keeps and disposes of the index. */
export interface PatchList {
  /** A hash list may have the same name: the two are then two signals of one list, with one set of rules. */
  readonly name: string;
  /** A `PatchIndex` or a `LivePatchIndex`. */
  readonly index: Pick<PatchIndex, 'size' | 'search'>;
  /** The entry behind an id that `index.search` gave. */
  entry(id: number): EntryRef;
}
