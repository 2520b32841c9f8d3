import type { Placed } from '../backend.js';
import { EgideError, wholeNumber } from '../errors.js';
import type { DigestType } from '../hash/digests.js';
import { nextTurn } from '../input.js';
import type { EntryRef, SearchableList } from '../list/hash-list.js';
import type { PatchIndex } from '../patch/patch-index.js';
import type { DigestIndex } from '../search/digest-index.js';
import type { CheckOptions, IndexStorage } from '../search/index-bytes.js';
import type { PdqIndex } from '../search/pdq-index.js';
import type { PhotoDnaIndex } from '../search/photodna-index.js';
import type { UrlIndex } from '../search/url-index.js';
import { ChunkedDigest } from './chunked-digest.js';
import type { EntryTable } from './entry-table.js';
import { damaged, type Manifest, type ManifestList, paddedLength, type ReadBytes } from './snapshot-format.js';

/** Bytes summed up at a time. */
const SLICE_BYTES = 1 << 20;

/** The hashes and digests of one list of a snapshot. Each match's entry is read from the snapshot when it is asked for. */
export class SnapshotList implements SearchableList {
  readonly name: string;
  readonly entryCount: number;
  /** When its source was last read to the end, in milliseconds since 1970. */
  readonly syncedAt: number | undefined;
  readonly pdq: PdqIndex;
  readonly digests: Readonly<Record<DigestType, DigestIndex>>;
  readonly patches: PatchIndex;
  readonly urls: UrlIndex;
  readonly photodna: PhotoDnaIndex;
  /** Digests of URLs in the form of python-threatexchange: `urlMd5Compat`. */
  readonly urlMd5: DigestIndex;
  /** Signals of type `url` that are no rule, and cannot be looked up. */
  readonly unreadableUrls: number;
  readonly #categories: readonly string[];
  readonly #table: EntryTable;

  /** @internal */
  constructor(list: ManifestList, indexes: SnapshotIndexes, table: EntryTable) {
    this.name = list.name;
    this.entryCount = list.entries;
    this.syncedAt = list.syncedAt;
    this.pdq = indexes.pdq;
    this.digests = { md5: indexes.md5, sha1: indexes.sha1, sha256: indexes.sha256 };
    this.patches = indexes.patches;
    this.urls = indexes.urls;
    this.photodna = indexes.photodna;
    this.urlMd5 = indexes['url-md5'];
    this.unreadableUrls = list.unreadableUrls ?? 0;
    this.#categories = list.categories;
    this.#table = table;
  }

  /** The entry behind an id that any of the indexes gave. Throws `INVALID_BANK` if the snapshot turns out to be damaged. */
  entry(id: number): EntryRef {
    wholeNumber('id', id, 0, this.entryCount - 1);
    const { key, category } = this.#table.entry(id);
    const text = this.#categories[category];
    if (category >= 0 && text === undefined) throw damaged('has a damaged table of entries');
    return { id: key, list: this.name, ...(text !== undefined && { category: text }) };
  }
}

/** The indexes of one list, empty ones for what it does not carry. */
export interface SnapshotIndexes extends Readonly<Record<DigestType | 'url-md5', DigestIndex>> {
  readonly pdq: PdqIndex;
  readonly patches: PatchIndex;
  readonly urls: UrlIndex;
  readonly photodna: PhotoDnaIndex;
}

/**
 * What a bank let be searched at one moment: all its lists, immutable, in one file. It is disposed of when its owner has said so and
 * nobody holds it any more, so a scan that has begun ends with what it began with.
 */
export class Snapshot implements Disposable {
  /** SHA-256 of its manifest, and so of all it holds, in hex: two snapshots of one id are the same. */
  readonly id: string;
  /** The moment at which the bank held what it holds, in milliseconds since 1970. */
  readonly createdAt: number;
  /** How many changes its bank had seen. */
  readonly change: number;
  /** @internal What tells that state of its bank from any other. */
  readonly mark: string;
  readonly lists: readonly SnapshotList[];
  readonly byteLength: number;
  readonly storage: IndexStorage;
  readonly #manifest: Manifest;
  readonly #placed: Placed;
  readonly #read: ReadBytes;
  #holders = 1;
  #disposed = false;

  /** @internal */
  constructor(id: string, manifest: Manifest, lists: readonly SnapshotList[], placed: Placed, read: ReadBytes, storage: IndexStorage) {
    this.id = id;
    this.createdAt = manifest.createdAt;
    this.change = manifest.change;
    this.mark = manifest.mark;
    this.lists = lists;
    this.byteLength = placed.byteLength;
    this.storage = storage;
    this.#manifest = manifest;
    this.#placed = placed;
    this.#read = read;
  }

  /**
   * Sums every section up and holds it against the manifest, in slices.
   *
   * @throws {EgideError} `INVALID_BANK` if one is damaged; `DISPOSED`; or the signal's reason.
   */
  async verify({ signal, onProgress }: CheckOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    using _held = this.hold();
    let done = 0;
    for (const { name, sections } of this.#manifest.lists)
      for (const [kind, { at, length, sha256 }] of Object.entries(sections)) {
        const digest = new ChunkedDigest();
        const end = paddedLength(length);
        for (let from = 0; from < end; from += SLICE_BYTES) {
          const part = Math.min(SLICE_BYTES, end - from);
          await digest.update(this.#read(at + from, part));
          done += part;
          onProgress?.(done / this.byteLength);
          await nextTurn(signal);
        }
        if ((await digest.finish()) !== sha256) throw damaged(`is damaged (section '${kind}' of list ${name})`);
      }
    onProgress?.(1);
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
    for (const { pdq, digests, patches, urls, photodna, urlMd5 } of this.lists)
      for (const one of [pdq, digests.md5, digests.sha1, digests.sha256, patches, urls, photodna, urlMd5]) one[Symbol.dispose]();
    this.#placed[Symbol.dispose]();
  }
}

/** Whatever holds the snapshot in use, and perhaps exchanges it for a newer one. */
export interface CurrentSnapshot {
  readonly current: Snapshot;
  /** What a scan waits for before it takes the current one, if it has to. */
  ready?(): Promise<void> | undefined;
}
