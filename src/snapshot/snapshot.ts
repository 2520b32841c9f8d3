import { EgideError } from '../errors.js';
import type { DigestType } from '../hash/digests.js';
import type { EntryRef, SearchableList } from '../list/hash-list.js';
import type { PatchIndex } from '../patch/patch-index.js';
import type { DigestIndex } from '../search/digest-index.js';
import type { CheckOptions, IndexStorage } from '../search/index-bytes.js';
import type { PdqIndex } from '../search/pdq-index.js';
import type { PhotoDnaIndex } from '../search/photodna-index.js';
import type { UrlIndex } from '../search/url-index.js';
import type { SnapshotPart } from './snapshot-part.js';

/** What a list of a snapshot is searched by. */
export interface ListSearch extends Readonly<Record<DigestType | 'url-md5', Pick<DigestIndex, 'size' | 'find'>>> {
  readonly pdq: Pick<PdqIndex, 'size' | 'search' | 'searchMany'>;
  readonly patches: Pick<PatchIndex, 'size' | 'search'>;
  readonly urls: Pick<UrlIndex, 'size' | 'hashing' | 'search'>;
  readonly photodna: Pick<PhotoDnaIndex, 'size' | 'search'>;
}

/** The hashes and digests of one list of a snapshot. Each match's entry is read from the snapshot when it is asked for. */
export class SnapshotList implements SearchableList {
  readonly name: string;
  readonly entryCount: number;
  /** When its source was last read to the end, in milliseconds since 1970. */
  readonly syncedAt: number | undefined;
  readonly pdq: ListSearch['pdq'];
  readonly digests: Pick<ListSearch, DigestType>;
  readonly patches: ListSearch['patches'];
  readonly urls: ListSearch['urls'];
  readonly photodna: ListSearch['photodna'];
  /** Digests of URLs in the form of python-threatexchange: `urlMd5Compat`. */
  readonly urlMd5: ListSearch['url-md5'];
  /** Signals of type `url` that are no rule, and cannot be looked up; with those that entries had before they changed, if there is an overlay. */
  readonly unreadableUrls: number;
  readonly #entry: (id: number) => EntryRef;

  /** @internal */
  constructor(
    { name, entryCount, syncedAt, unreadableUrls }: Pick<SnapshotList, 'name' | 'entryCount' | 'syncedAt' | 'unreadableUrls'>,
    search: ListSearch,
    entry: (id: number) => EntryRef,
  ) {
    this.name = name;
    this.entryCount = entryCount;
    this.syncedAt = syncedAt;
    this.unreadableUrls = unreadableUrls;
    this.pdq = search.pdq;
    this.digests = { md5: search.md5, sha1: search.sha1, sha256: search.sha256 };
    this.patches = search.patches;
    this.urls = search.urls;
    this.photodna = search.photodna;
    this.urlMd5 = search['url-md5'];
    this.#entry = entry;
  }

  /** The entry behind an id that any of the indexes gave. Throws `INVALID_BANK` if the snapshot turns out to be damaged. */
  entry(id: number): EntryRef {
    return this.#entry(id);
  }
}

/**
 * What a bank let be searched at one moment: all its lists, immutable, in one file, or in that and an overlay of what has changed since. It is
 * disposed of when its owner has said so and nobody holds it any more, so a scan that has begun ends with what it began with.
 */
export class Snapshot implements Disposable {
  /** SHA-256 of its manifest, and so of all it holds, in hex: two snapshots of one id are the same. With an overlay, of that one's, which names the other. */
  readonly id: string;
  /** The moment at which the bank held what it holds, in milliseconds since 1970. */
  readonly createdAt: number;
  /** How many changes its bank had seen. */
  readonly change: number;
  readonly lists: readonly SnapshotList[];
  readonly byteLength: number;
  readonly storage: IndexStorage;
  /** @internal What tells that state of its bank from any other. */
  readonly mark: string;
  /** @internal The whole snapshot that it is, or is an overlay of. */
  readonly base: SnapshotPart;
  readonly #overlay: SnapshotPart | undefined;
  #holders = 1;
  #disposed = false;

  /** @internal Takes the parts over. */
  constructor(lists: readonly SnapshotList[], base: SnapshotPart, overlay: SnapshotPart | undefined) {
    const { id, manifest } = overlay ?? base;
    this.id = id;
    this.createdAt = manifest.createdAt;
    this.change = manifest.change;
    this.mark = manifest.mark;
    this.lists = lists;
    this.byteLength = base.byteLength + (overlay?.byteLength ?? 0);
    this.storage = base.storage;
    this.base = base;
    this.#overlay = overlay;
  }

  /**
   * Sums every section up and holds it against the manifest, in slices.
   *
   * @throws {EgideError} `INVALID_BANK` if one is damaged; `DISPOSED`; or the signal's reason.
   */
  async verify(options: CheckOptions = {}): Promise<void> {
    options.signal?.throwIfAborted();
    using _held = this.hold();
    await this.base.verify(options); // an overlay lies in memory, and was verified when it was opened
  }

  /**
   * Keeps the snapshot until what this gives is disposed of.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  hold(): Disposable {
    if (this.#holders === 0) throw new EgideError('DISPOSED', 'this snapshot has been disposed of: open it anew');
    ++this.#holders;
    let held = true;
    return {
      [Symbol.dispose]: () => {
        if (held) this.#leave();
        held = false;
      },
    };
  }

  [Symbol.dispose](): void {
    if (!this.#disposed) this.#leave();
    this.#disposed = true;
  }

  #leave(): void {
    if (--this.#holders > 0) return;
    this.base.release();
    this.#overlay?.release();
  }
}

/** Whatever holds the snapshot in use, and perhaps exchanges it for a newer one. */
export interface CurrentSnapshot {
  readonly current: Snapshot;
  /** What a scan waits for before it takes the current one, if it has to. */
  ready?(): Promise<void> | undefined;
}
