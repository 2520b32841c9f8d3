import type { Placed } from '../backend.js';
import { EgideError, wholeNumber } from '../errors.js';
import type { DigestType } from '../hash/digests.js';
import { nextTurn } from '../input.js';
import type { EntryRef } from '../list/hash-list.js';
import type { PatchIndex } from '../patch/patch-index.js';
import type { DigestIndex } from '../search/digest-index.js';
import type { CheckOptions, IndexStorage } from '../search/index-bytes.js';
import type { PdqIndex } from '../search/pdq-index.js';
import type { PhotoDnaIndex } from '../search/photodna-index.js';
import type { UrlIndex } from '../search/url-index.js';
import { ChunkedDigest } from './chunked-digest.js';
import type { EntryTable } from './entry-table.js';
import type { IdRuns } from './id-runs.js';
import {
  damaged,
  INDEX_SECTIONS,
  type IndexSection,
  type Manifest,
  type ManifestList,
  paddedLength,
  type ReadBytes,
} from './snapshot-format.js';

/** Bytes summed up at a time. */
const SLICE_BYTES = 1 << 20;

/** The indexes of one list, empty ones for what it does not carry. */
export interface SnapshotIndexes extends Readonly<Record<DigestType | 'url-md5', DigestIndex>> {
  readonly pdq: PdqIndex;
  readonly patches: PatchIndex;
  readonly urls: UrlIndex;
  readonly photodna: PhotoDnaIndex;
}

/** One list of one file. */
export class PartList {
  readonly manifest: ManifestList;
  readonly indexes: SnapshotIndexes;
  readonly #table: EntryTable;
  /** Absent in an overlay. */
  readonly #ids: IdRuns | undefined;

  constructor(manifest: ManifestList, indexes: SnapshotIndexes, table: EntryTable, ids: IdRuns | undefined) {
    this.manifest = manifest;
    this.indexes = indexes;
    this.#table = table;
    this.#ids = ids;
  }

  /** The entry behind an id that any of the indexes gave. */
  entry(id: number): EntryRef {
    const { name, categories, entries, first = 0 } = this.manifest;
    const { key, category } = this.#table.entry(wholeNumber('id', id, first, first + entries - 1) - first);
    const text = categories[category];
    if (category >= 0 && text === undefined) throw damaged('has a damaged table of entries');
    return { id: key, list: name, ...(text !== undefined && { category: text }) };
  }

  /** The number of the entry that has this id in the bank. */
  numberOf(id: number): number | undefined {
    return this.#ids?.numberOf(id);
  }

  /** How many signals of each kind are left without those of some entries. */
  left(gone: ReadonlySet<number>): NonNullable<ManifestList['left']> {
    const left: { -readonly [Kind in IndexSection]?: number } = {};
    for (const kind of INDEX_SECTIONS) {
      let count = this.indexes[kind].size;
      if (gone.size > 0) for (const ids of this.indexes[kind].idSlices()) for (const id of ids) if (gone.has(id)) --count;
      left[kind] = count;
    }
    return left;
  }
}

/** One file: a whole snapshot, or an overlay of one. It goes when nobody holds it any more. */
export class SnapshotPart {
  /** SHA-256 of its manifest, in hex. */
  readonly id: string;
  readonly manifest: Manifest;
  readonly lists: readonly PartList[];
  readonly storage: IndexStorage;
  readonly encrypted: boolean;
  readonly #placed: Placed;
  readonly #read: ReadBytes;
  #holders = 1;

  constructor({ id, manifest, lists, storage, encrypted, placed, read }: PartContent) {
    this.id = id;
    this.manifest = manifest;
    this.lists = lists;
    this.storage = storage;
    this.encrypted = encrypted;
    this.#placed = placed;
    this.#read = read;
  }

  get byteLength(): number {
    return this.#placed.byteLength;
  }

  list(name: string): PartList | undefined {
    return this.lists.find(({ manifest }) => manifest.name === name);
  }

  /** Sums every section up and holds it against the manifest, in slices. Throws `INVALID_BANK` if one is damaged. */
  async verify({ signal, onProgress }: CheckOptions = {}): Promise<void> {
    signal?.throwIfAborted();
    let done = 0;
    for (const { name, sections } of this.manifest.lists)
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

  /** Keeps it until it is released once more. */
  hold(): this {
    if (this.#holders === 0) throw new EgideError('DISPOSED', 'this snapshot has been disposed of: open it anew');
    ++this.#holders;
    return this;
  }

  release(): void {
    if (--this.#holders > 0) return;
    for (const { indexes } of this.lists) for (const kind of INDEX_SECTIONS) indexes[kind][Symbol.dispose]();
    this.#placed[Symbol.dispose]();
  }
}

/** What a part is made of. */
export interface PartContent extends Pick<SnapshotPart, 'id' | 'manifest' | 'lists' | 'storage' | 'encrypted'> {
  readonly placed: Placed;
  readonly read: ReadBytes;
}
