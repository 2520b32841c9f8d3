import { type Backend, HASH_BYTES } from '../backend.js';
import type { BankSignal } from '../bank/signal.js';
import type { BankView, EntryName, SourceList } from '../bank/snapshot-source.js';
import { checkCallOptions, EgideError } from '../errors.js';
import { DIGEST_BYTES } from '../hash/digests.js';
import { PHOTODNA_BYTES } from '../hash/photodna.js';
import { PatchIndex } from '../patch/patch-index.js';
import type { Platform } from '../platform.js';
import { parseUrlRule } from '../search/url-rule.js';
import { changedView } from './changed-view.js';
import { ChunkedDigest } from './chunked-digest.js';
import { checkKey, encrypted } from './cipher.js';
import { EntryNumbers } from './entry-numbers.js';
import { EntryTableWriter } from './entry-table.js';
import { IdRunsWriter } from './id-runs.js';
import { hasOtherPatches } from './layered.js';
import { buildSection, ListSignals, textOf } from './list-signals.js';
import {
  INDEX_SECTIONS,
  type IndexSection,
  LINE_BYTES,
  type Manifest,
  type ManifestList,
  type Section,
  snapshotFooter,
  snapshotHeader,
} from './snapshot-format.js';
import type { PartList, SnapshotPart } from './snapshot-part.js';
import { type ValueGroup, ValueGroups } from './value-groups.js';

/** How far the making of a snapshot has come. */
export interface SnapshotProgress {
  /** Entries read. */
  readonly entries: number;
  /** Which signals are being read and built, once all entries are there. */
  readonly building?: IndexSection;
  /** Of those, how many were read. */
  readonly signals?: number;
}

/** How to make a snapshot. */
export interface WriteSnapshotOptions {
  /** 32 random bytes: the file is encrypted with them, and is then read instead of mapped. */
  readonly key?: Uint8Array;
  /** Whether to write it whole even where an overlay of the file that is there would do. Default false. */
  readonly whole?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: SnapshotProgress) => void;
}

/** Which signals each index holds, and bytes of each. A video's digest is a file's like any other; further types are kept by the bank alone. */
const HELD: Readonly<Record<IndexSection, { readonly types: readonly BankSignal[]; readonly width: number | null }>> = {
  pdq: { types: ['pdq'], width: HASH_BYTES },
  md5: { types: ['md5', 'video-md5'], width: DIGEST_BYTES.md5 },
  sha1: { types: ['sha1'], width: DIGEST_BYTES.sha1 },
  sha256: { types: ['sha256', 'video-sha256'], width: DIGEST_BYTES.sha256 },
  patches: { types: ['patches'], width: null },
  urls: { types: ['url'], width: null },
  photodna: { types: ['photodna'], width: PHOTODNA_BYTES },
  'url-md5': { types: ['url-md5'], width: DIGEST_BYTES.md5 },
};

/** What an overlay is made of besides a view: the snapshot that it goes with, and the ids of the entries that have changed since, ascending. */
export interface OverlayOf {
  readonly base: SnapshotPart;
  readonly changed: readonly number[];
}

/**
 * The bytes of a snapshot of what a bank lets be searched, in order. In memory at a time: the keys of all entries, the signals of one type,
 * and the index of one list's. A value that a negative list carries is in no list of the snapshot, and neither are negative lists.
 *
 * @param over For an overlay.
 * @throws {EgideError} `INVALID_ARGUMENT`, `INVALID_BANK`, `INVALID_PATCHES`, `OUT_OF_MEMORY`; the signal's reason; or what the bank throws.
 */
export function snapshotChunks(
  backend: Backend,
  platform: Platform,
  view: BankView,
  options: WriteSnapshotOptions = {},
  over?: OverlayOf,
): AsyncGenerator<Uint8Array> {
  checkCallOptions(options);
  const writer = new SnapshotWriter(backend, platform, options, over);
  return options.key === undefined ? writer.write(view) : encrypted(writer.write(view), checkKey(options.key));
}

/** One list on its way into the file. */
interface ListWork {
  readonly list: SourceList;
  readonly table: EntryTableWriter;
  readonly ids: IdRunsWriter;
  /** What the list is in the base of an overlay. */
  readonly under: PartList | undefined;
  readonly categories: Map<string, number>;
  unreadableUrls: number;
  readonly sections: { -readonly [Kind in keyof ManifestList['sections']]: ManifestList['sections'][Kind] | undefined };
}

class SnapshotWriter {
  readonly #backend: Backend;
  readonly #platform: Platform;
  readonly #options: WriteSnapshotOptions;
  readonly #over: OverlayOf | undefined;
  /** Bytes so far. */
  #length = 0;

  constructor(backend: Backend, platform: Platform, options: WriteSnapshotOptions, over: OverlayOf | undefined) {
    this.#backend = backend;
    this.#platform = platform;
    this.#options = options;
    this.#over = over;
  }

  async *write(whole: BankView): AsyncGenerator<Uint8Array> {
    const view = this.#over ? changedView(whole, this.#over.changed) : whole;
    const createdAt = Date.now(); // of what the view sees; making it may take minutes
    yield this.#counted(snapshotHeader());
    const known = await view.lists();
    const works = known
      .filter(({ enabled, negative }) => enabled && !negative)
      .map(
        (list): ListWork => ({
          list,
          table: new EntryTableWriter(),
          ids: new IdRunsWriter(),
          under: this.#over?.base.list(list.name),
          categories: new Map(),
          unreadableUrls: 0,
          sections: { entries: undefined },
        }),
      );
    const negative = new Set(known.filter((list) => list.negative && list.enabled).map(({ id }) => id));
    const { numbers, lastEntry } = await this.#readEntries(view, works, negative);
    for (const work of works) {
      work.sections.entries = yield* this.#section(work.table.chunks());
      if (!this.#over) work.sections.ids = yield* this.#section(work.ids.chunks());
    }
    for (const kind of INDEX_SECTIONS) yield* this.#writeIndexes(kind, view, works, numbers);
    const lastList = Math.max(0, ...known.map(({ id }) => id));
    yield* this.#writeEnd({ createdAt, change: view.change, mark: view.mark, lastEntry, lastList }, works);
  }

  async #readEntries(view: BankView, works: readonly ListWork[], negative: ReadonlySet<number>) {
    const { signal, onProgress } = this.#options;
    const numbers = new EntryNumbers();
    const places = new Map(works.map((work, i) => [work.list.id, { work, place: i }]));
    let [entries, lastEntry] = [0, 0];
    for await (const slice of view.names(signal ? { signal } : {})) {
      for (const entry of slice) {
        const { id, list } = entry;
        const found = places.get(list);
        if (found) numbers.add(id, found.place, addEntry(found.work, entry));
        else if (negative.has(list)) numbers.addNegative(id);
        lastEntry = id;
      }
      entries += slice.length;
      onProgress?.({ entries });
    }
    return { numbers, lastEntry };
  }

  async *#writeIndexes(kind: IndexSection, view: BankView, works: readonly ListWork[], numbers: EntryNumbers): AsyncGenerator<Uint8Array> {
    const { signal } = this.#options;
    const lists = await this.#gather(kind, view, works, numbers);
    for (const [i, work] of works.entries()) {
      const gathered = lists[i] as ListSignals;
      if (gathered.count === 0) continue;
      using index = await buildSection(this.#backend, this.#platform, kind, gathered, signal);
      gathered.clear();
      if (work.under && index instanceof PatchIndex && hasOtherPatches(work.under.indexes.patches, index))
        throw new EgideError(
          'INVALID_PATCHES',
          `list ${work.list.name} holds patches of both profiles: enrol all of its pictures with one`,
        );
      work.sections[kind] = yield* this.#section(index.chunks());
    }
  }

  /** The signals of each list. Only what a negative list may carry has to come by value. */
  async #gather(kind: IndexSection, view: BankView, works: readonly ListWork[], numbers: EntryNumbers): Promise<ListSignals[]> {
    const { signal, onProgress } = this.#options;
    const { types, width } = HELD[kind];
    const lists = works.map(() => new ListSignals(width));
    const take = ({ value, owners }: ValueGroup): void => {
      if (width !== null && value.byteLength !== width)
        throw new EgideError('INVALID_BANK', `the bank holds a ${kind} of ${value.byteLength} bytes: verify it`);
      const usable = kind !== 'urls' || isUrlRule(textOf(value));
      for (const { place, number } of owners)
        if (usable) lists[place]?.add(value, number);
        else ++(works[place] as ListWork).unreadableUrls;
    };
    const options = signal ? { signal } : {};
    const groups = new ValueGroups(numbers);
    let signals = 0;
    for await (const slice of numbers.hasNegative ? view.signals(types, options) : view.signalsByEntry(types, options)) {
      for (const group of groups.push(slice)) take(group);
      signals += slice.entries.length;
      onProgress?.({ entries: numbers.count, building: kind, signals });
    }
    for (const group of groups.end()) take(group);
    return lists;
  }

  async *#writeEnd(moment: Omit<Manifest, 'version' | 'base' | 'lists'>, works: readonly ListWork[]): AsyncGenerator<Uint8Array> {
    const lists = works.map(
      ({ list: { name, syncedAt }, table, categories, unreadableUrls, sections, under }): ManifestList => ({
        name,
        entries: table.count,
        categories: [...categories.keys()],
        sections: sections as ManifestList['sections'],
        ...(syncedAt !== undefined && { syncedAt }),
        ...(unreadableUrls > 0 && { unreadableUrls }),
        ...(this.#over && overlaid(under, this.#over.changed)),
      }),
    );
    const manifest: Manifest = { version: 1, ...moment, ...(this.#over && { base: this.#over.base.id }), lists };
    const bytes = new TextEncoder().encode(JSON.stringify(manifest));
    const at = this.#length;
    yield this.#counted(bytes);
    yield* this.#padding();
    yield snapshotFooter(at, bytes.byteLength, new Uint8Array(await crypto.subtle.digest('SHA-256', bytes)));
  }

  async *#section(chunks: Iterable<Uint8Array>): AsyncGenerator<Uint8Array, Section> {
    const at = this.#length;
    const digest = new ChunkedDigest();
    for (const chunk of chunks) {
      await digest.update(chunk);
      yield this.#counted(chunk);
      this.#options.signal?.throwIfAborted();
    }
    const length = this.#length - at;
    for (const zeros of this.#padding()) {
      await digest.update(zeros);
      yield zeros;
    }
    return { at, length, sha256: await digest.finish() };
  }

  *#padding(): Generator<Uint8Array> {
    const over = this.#length % LINE_BYTES;
    if (over > 0) yield this.#counted(new Uint8Array(LINE_BYTES - over));
  }

  #counted(chunk: Uint8Array): Uint8Array {
    this.#length += chunk.byteLength;
    return chunk;
  }
}

/** Returns the number of the entry in its list: in an overlay they go on from those of the base. */
function addEntry({ table, ids, categories, under }: ListWork, { id, key, category }: EntryName): number {
  if (category !== undefined && !categories.has(category)) categories.set(category, categories.size);
  table.add(key, category === undefined ? -1 : (categories.get(category) as number));
  ids.add(id);
  return (under?.manifest.entries ?? 0) + table.count - 1;
}

/** What an overlay says of a list in its base. */
function overlaid(under: PartList | undefined, changed: readonly number[]): Pick<ManifestList, 'first' | 'gone' | 'left'> {
  if (!under) return { first: 0 };
  const gone = changed.flatMap((id) => under.numberOf(id) ?? []);
  return { first: under.manifest.entries, gone, left: under.left(new Set(gone)) };
}

function isUrlRule(text: string): boolean {
  try {
    parseUrlRule(text);
    return true;
  } catch (error) {
    if (error instanceof EgideError) return false;
    throw error;
  }
}
