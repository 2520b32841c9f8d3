import { type Backend, HASH_BYTES } from '../backend.js';
import { EgideError, invalid, wholeNumber } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import { readDigest, readHash } from '../hash/encoding.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';
import type { Platform } from '../platform.js';
import { buildDigestIndex } from '../search/build-digest-index.js';
import { buildPdqIndex } from '../search/build-pdq-index.js';
import type { BuildOptions } from '../search/index-bytes.js';
import { EntryStore } from './entry-store.js';
import type { EntryRef, HashList, ImportReport, Refusal, SignalType } from './hash-list.js';
import { type Cells, type RecordSink, SIGNALS, signalTypeOf } from './record.js';
import { SignalStore } from './signal-store.js';

/** Refusals that a report carries with their lines; the rest are counted (our own choice). */
const MAX_REFUSALS = 1_000;

const WIDTHS: Readonly<Record<SignalType, number>> = { pdq: HASH_BYTES, ...DIGEST_BYTES };

/** Takes the records of one list, judges and counts each, and makes the list. */
export class ListBuilder implements RecordSink {
  kept = 0;
  duplicates = 0;
  refused = 0;
  #partial = 0;
  readonly #refusals: Refusal[] = [];
  readonly #name: string;
  readonly #category: string;
  readonly #store = new EntryStore();
  readonly #signals: Readonly<Record<SignalType, SignalStore>> = bySignal((type) => new SignalStore(WIDTHS[type], this.#store));
  readonly #read: Readonly<Record<SignalType, Uint8Array>> = bySignal((type) => new Uint8Array(WIDTHS[type])); // of the present record

  /** @param category For records that name none. */
  constructor(name: string, category: string) {
    this.#name = name;
    this.#category = category;
  }

  /** Records so far. */
  get read(): number {
    return this.kept + this.duplicates + this.refused;
  }

  /** Where and why the first record was refused, to stand in a sentence; empty if none was. */
  get firstRefusal(): string {
    const [first] = this.#refusals;
    return first ? ` (line ${first.line}: ${first.reason})` : '';
  }

  take(line: number, record: Cells | string): void {
    if (typeof record === 'string') {
      this.refuse(line, record);
      return;
    }
    const { usable, reasons } = this.#judgeAll(record);
    if (usable.length === 0) {
      this.refuse(line, reasons.join('; '));
      return;
    }
    if (!this.#keep(line, record, usable)) ++this.duplicates;
    else {
      ++this.kept;
      if (reasons.length > 0) ++this.#partial;
    }
    if (reasons.length > 0) this.#note(line, reasons.join('; '));
  }

  refuse(line: number, reason: string): void {
    ++this.refused;
    this.#note(line, reason);
  }

  /** Puts the list together; nothing may be added afterwards. */
  async finish(backend: Backend, platform: Platform, format: ImportReport['format'], signal: AbortSignal | undefined): Promise<HashList> {
    const byType = bySignal((type) => this.#signals[type].count);
    const { read, kept, duplicates, refused } = this;
    const report = { format, read, kept, duplicates, refused, partial: this.#partial, refusals: this.#refusals, byType };
    this.#store.freeze();
    const signals = bySignal((type) => this.#signals[type].freeze());
    const indexes = await buildIndexes(backend, platform, signals, signal ? { signal } : {});
    return new StoredHashList(this.#name, report, this.#store, signals, indexes);
  }

  #note(line: number, reason: string): void {
    if (this.#refusals.length < MAX_REFUSALS) this.#refusals.push({ line, reason });
  }

  /** Reads the signals of a record into `#read`: those that can be used, and why the others cannot. */
  #judgeAll(cells: Cells): { usable: SignalType[]; reasons: string[] } {
    const usable: SignalType[] = [];
    const reasons: string[] = [];
    const judge = (type: string, value: string | undefined): void => {
      if (!value) return;
      const judged = this.#judge(type, value, cells.quality ?? '', usable);
      if ('reason' in judged) reasons.push(judged.reason);
      else usable.push(judged.type);
    };
    judge(cells.type ?? '', cells.value);
    for (const type of SIGNALS) judge(type, cells[type]);
    if (usable.length === 0 && reasons.length === 0) reasons.push('no signal');
    return { usable, reasons };
  }

  /** Reads one signal into `#read`, or says why it cannot be used. */
  #judge(typeName: string, value: string, quality: string, usable: readonly SignalType[]): { type: SignalType } | { reason: string } {
    const known = signalTypeOf(typeName);
    if (known === null) return { reason: typeName === '' ? 'no signal type' : 'a signal type that is not known' };
    if ('foreign' in known) return { reason: `signals of type ${known.foreign} are not supported` };
    const { type } = known;
    if (usable.includes(type)) return { reason: `${type}: a second one in one record` };
    const bytes = this.#read[type];
    if (type !== 'pdq') return readDigest(type, value, bytes) ? known : { reason: `${type}: not ${2 * bytes.length} hex digits` };
    if (!readHash(value, bytes)) return { reason: 'pdq: neither 64 hex digits nor base64 of 32 bytes' };
    if (bytes.every((byte) => byte === 0)) return { reason: 'pdq: the zero hash, which any featureless picture has' };
    if (quality === '') return known;
    if (!/^\d{1,3}(\.\d+)?$/.test(quality) || Number(quality) > 100) return { reason: 'pdq: a quality that is not a number from 0 to 100' };
    return Number(quality) < PDQ_MIN_QUALITY ? { reason: `pdq: quality below ${PDQ_MIN_QUALITY}` } : known;
  }

  /** Stores what is new of a record; false if nothing was. */
  #keep(line: number, { id = '', list, category }: Cells, usable: readonly SignalType[]): boolean {
    const label = this.#store.label(list || this.#name, category || this.#category);
    let entry = this.#store.find(id, label);
    const known = id !== '' && entry < 0 ? [] : usable.filter((type) => this.#signals[type].has(this.#read[type], entry, label));
    if (known.length === usable.length) return false;
    if (entry < 0) entry = this.#store.add(id, label, line);
    for (const type of usable) if (id === '' || !known.includes(type)) this.#signals[type].add(this.#read[type], entry);
    return true;
  }
}

/** What a list holds of one type: the signals one after the other, and the entry of each. */
interface Signals {
  readonly bytes: Uint8Array;
  readonly entries: Uint32Array;
}

type Indexes = Pick<HashList, 'pdq' | 'digests'>;

async function buildIndexes(
  backend: Backend,
  platform: Platform,
  signals: Readonly<Record<SignalType, Signals>>,
  options: BuildOptions,
): Promise<Indexes> {
  const built: Disposable[] = [];
  const kept = async <Index extends Disposable>(building: Promise<Index>): Promise<Index> => {
    const index = await building;
    built.push(index);
    return index;
  };
  const digests = (type: DigestType) => kept(buildDigestIndex(backend, platform, type, signals[type].bytes, options));
  try {
    return {
      pdq: await kept(buildPdqIndex(backend, platform, signals.pdq.bytes, options)),
      digests: { md5: await digests('md5'), sha1: await digests('sha1'), sha256: await digests('sha256') },
    };
  } catch (error) {
    for (const index of built) index[Symbol.dispose]();
    throw error;
  }
}

class StoredHashList implements HashList {
  readonly name: string;
  readonly report: ImportReport;
  readonly entryCount: number;
  readonly pdq: Indexes['pdq'];
  readonly digests: Indexes['digests'];
  #store: EntryStore | undefined;
  readonly #entries: Readonly<Record<SignalType, Uint32Array>>;

  constructor(
    name: string,
    report: ImportReport,
    store: EntryStore,
    signals: Readonly<Record<SignalType, Signals>>,
    { pdq, digests }: Indexes,
  ) {
    this.name = name;
    this.report = report;
    this.entryCount = store.count;
    this.#store = store;
    this.#entries = bySignal((type) => signals[type].entries);
    this.pdq = pdq;
    this.digests = digests;
  }

  entry(id: number, signal: SignalType): EntryRef {
    if (!SIGNALS.includes(signal)) throw invalid('signal', "'pdq', 'md5', 'sha1' or 'sha256'", signal);
    const entries = this.#entries[signal];
    wholeNumber('id', id, 0, entries.length - 1);
    if (!this.#store) throw new EgideError('DISPOSED', 'this list has been disposed of: read it again');
    return this.#store.ref(entries[id] as number);
  }

  [Symbol.dispose](): void {
    this.#store = undefined;
    for (const index of [this.pdq, ...Object.values(this.digests)]) index[Symbol.dispose]();
  }
}

function bySignal<Value>(make: (type: SignalType) => Value): Record<SignalType, Value> {
  return { pdq: make('pdq'), md5: make('md5'), sha1: make('sha1'), sha256: make('sha256') };
}
