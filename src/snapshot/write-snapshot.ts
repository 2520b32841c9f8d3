import type { Backend } from '../backend.js';
import type { BankView, EntryName, SourceList } from '../bank/snapshot-source.js';
import { checkCallOptions, EgideError } from '../errors.js';
import { PatchIndex } from '../patch/patch-index.js';
import type { Platform } from '../platform.js';
import { parseUrlRule } from '../search/url-rule.js';
import { changedView } from './changed-view.js';
import { ChunkedDigest } from './chunked-digest.js';
import { checkKey, encrypted } from './cipher.js';
import { EntryTableWriter } from './entry-table.js';
import { HELD, heldSignals } from './held-signals.js';
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
import { Vetoes } from './vetoes.js';

/** How far the making of a snapshot has come. */
export interface SnapshotProgress {
  /** Entries read. */
  readonly entries: number;
  /** Which signals are being read and built, once all entries are there. */
  readonly building?: IndexSection;
  /** How many there are of them in the list that comes now. */
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

/** What an overlay is made of besides a view: the snapshot that it goes with, and the ids of the entries that have changed since, ascending. */
export interface OverlayOf {
  readonly base: SnapshotPart;
  readonly changed: readonly number[];
}

/**
 * The bytes of a snapshot of what a bank lets be searched, in order. In memory at a time: the keys and signals of all entries, and one index of one list. A value that a negative list carries is in no list of the snapshot, and neither are negative lists.
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
  /** What its indexes are made of. */
  readonly signals: Map<IndexSection, ListSignals>;
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
          signals: new Map(),
          sections: { entries: undefined },
        }),
      );
    const { entries, lastEntry } = await this.#readEntries(view, works);
    for (const work of works) {
      work.sections.entries = yield* this.#section(work.table.chunks());
      if (!this.#over) work.sections.ids = yield* this.#section(work.ids.chunks());
    }
    for (const kind of INDEX_SECTIONS) yield* this.#writeIndexes(kind, works, entries);
    const lastList = Math.max(0, ...known.map(({ id }) => id));
    yield* this.#writeEnd({ createdAt, change: view.change, mark: view.mark, lastEntry, lastList }, works);
  }

  async #readEntries(view: BankView, works: readonly ListWork[]): Promise<{ entries: number; lastEntry: number }> {
    const { signal, onProgress } = this.#options;
    const vetoes = await Vetoes.of(view, signal);
    const byList = new Map(works.map((work) => [work.list.id, work]));
    let [entries, lastEntry] = [0, 0];
    for await (const slice of view.scan(signal ? { signal } : {})) {
      const owners = slice.names.map(({ list }) => byList.get(list));
      const numbers = slice.names.map((entry, at) => (owners[at] ? addEntry(owners[at], entry) : Number.NaN));
      for (const kind of INDEX_SECTIONS)
        for (const { value, at } of heldSignals(kind, slice))
          if (owners[at] && !vetoes.has(kind, value)) addSignal(owners[at], kind, value, numbers[at] as number);
      lastEntry = slice.names.at(-1)?.id ?? lastEntry;
      entries += slice.names.length;
      onProgress?.({ entries });
    }
    return { entries, lastEntry };
  }

  async *#writeIndexes(kind: IndexSection, works: readonly ListWork[], entries: number): AsyncGenerator<Uint8Array> {
    const { signal, onProgress } = this.#options;
    for (const { list, under, signals, sections } of works) {
      const gathered = signals.get(kind);
      if (!gathered) continue;
      onProgress?.({ entries, building: kind, signals: gathered.count });
      using index = await buildSection(this.#backend, this.#platform, kind, gathered, signal);
      signals.delete(kind);
      if (under && index instanceof PatchIndex && hasOtherPatches(under.indexes.patches, index))
        throw new EgideError('INVALID_PATCHES', `list ${list.name} holds patches of both profiles: enrol all of its pictures with one`);
      sections[kind] = yield* this.#section(index.chunks());
    }
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

/** Keeps a signal of an entry until its index is built. */
function addSignal(work: ListWork, kind: IndexSection, value: Uint8Array, number: number): void {
  const { width } = HELD[kind];
  if (width !== null && value.byteLength !== width)
    throw new EgideError('INVALID_BANK', `the bank holds a ${kind} of ${value.byteLength} bytes: verify it`);
  if (kind === 'urls' && !isUrlRule(textOf(value))) {
    ++work.unreadableUrls;
    return;
  }
  const gathered = work.signals.get(kind) ?? new ListSignals(width);
  if (gathered.count === 0) work.signals.set(kind, gathered);
  gathered.add(value, number);
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
