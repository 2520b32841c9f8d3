import type { Backend } from '../backend.js';
import type { Bank, OpenBankOptions } from '../bank/bank.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkKey } from './cipher.js';
import { checkInterval, every } from './every.js';
import { MemoryFiles } from './memory-files.js';
import type { SnapshotPlace } from './open-snapshot.js';
import { isCurrent, untilFirst, writeSnapshot } from './save-snapshot.js';
import type { CurrentSnapshot, Snapshot } from './snapshot.js';
import { openSnapshotFile, type SnapshotFile } from './snapshot-file.js';

/** How a bank keeps the snapshot of what it is now. */
export interface BankSnapshotOptions {
  /** The file that it is kept in. Default: `bank.snapshot` in the bank's folder; of a bank in PostgreSQL none: it is held in memory. */
  readonly path?: string;
  /** 32 random bytes: the file is encrypted with them, and is then read instead of mapped. */
  readonly key?: Uint8Array;
  /**
   * Milliseconds between two looks at what others have changed in the bank, once a snapshot was asked for; 10 or more. Default 5,000. What is
   * changed through this object is known at once.
   */
  readonly intervalMs?: number;
  /** Told why a newer snapshot could not be made when nobody was waiting for it; the one before stays in use. Default: a warning of the process. */
  readonly onError?: (error: EgideError) => void;
}

/** How to open a bank that is searched. */
export interface OpenSearchableBankOptions extends OpenBankOptions {
  readonly snapshot?: BankSnapshotOptions;
}

/** A bank, and the snapshot of what it is now (docs/snapshots.md). */
export interface SearchableBank extends Bank {
  /**
   * The snapshot of the bank as it is now: made anew if anything changed that is searched or said in a match, or a list was synchronised. Calls
   * at one time share the work. It belongs to the bank, and goes when a newer one has taken its place and nobody holds it any more
   * ({@link Snapshot.hold}).
   *
   * @throws {EgideError} As `egide.saveSnapshot` and `egide.openSnapshot`.
   */
  snapshot(): Promise<Snapshot>;
  /** Calls `listener` with each snapshot that takes the place of another, until what this gives is disposed of. */
  onSnapshot(listener: (snapshot: Snapshot) => void): Disposable;
  /**
   * What a shield asks.
   *
   * @internal
   */
  readonly newest: CurrentSnapshot;
}

/** Entries that a scan waits for while a snapshot is made of them: about a second's work (our own choice). */
const QUICK_ENTRIES = 100_000;
/** Under what name a snapshot in memory is kept there. */
const IN_MEMORY = 'snapshot';

/** What changes the search. Each of its methods is a reason to look whether there is a newer snapshot. */
type Writes = Exclude<
  keyof Bank,
  | keyof AsyncDisposable
  | (
      | 'kind'
      | 'lists'
      | 'entry'
      | 'entries'
      | 'find'
      | 'feedback'
      | 'quarantined'
      | 'status'
      | 'verify'
      | 'compact'
      | 'snapshots'
      | 'close'
      | 'uploads'
      | 'rematch'
    )
>;
const WRITES: Readonly<Record<Writes, true>> = {
  addList: true,
  setList: true,
  removeList: true,
  apply: true,
  sync: true,
  import: true,
  add: true,
  remove: true,
  opine: true,
  decide: true,
  quarantine: true,
  release: true,
  quarantineEntry: true,
  releaseEntry: true,
  addCanary: true,
};

/** {@link BankSnapshotOptions}, checked. */
export interface BankSnapshotPlan {
  readonly place: SnapshotPlace;
  readonly intervalMs: number;
  readonly onError: (error: EgideError) => void;
}

/** Checks how a bank is to keep its snapshot. Throws `INVALID_ARGUMENT`, `NO_FILESYSTEM`. */
export function bankSnapshotPlan(backend: Backend, platform: Platform, options: BankSnapshotOptions): BankSnapshotPlan {
  if (typeof options !== 'object' || options === null) throw invalid('snapshot', '{ path?, key?, intervalMs?, onError? }', options);
  const { path, key, onError = warn } = options;
  if (path !== undefined && (typeof path !== 'string' || path === '')) throw invalid('snapshot.path', 'the path of a file', path);
  if (typeof onError !== 'function') throw invalid('snapshot.onError', 'a function', onError);
  const files = path === undefined ? new MemoryFiles() : platform.indexFiles;
  if (!files) throw new EgideError('NO_FILESYSTEM', 'snapshot.path: this runtime has no files: leave it out');
  const place = { backend, platform, files, path: path ?? IN_MEMORY, ...(key !== undefined && { key: checkKey(key) }) };
  return { place, intervalMs: checkInterval(options.intervalMs), onError };
}

/** Gives a bank what {@link SearchableBank} has besides, and lets it note when its owner changes it. */
export function withSnapshots(bank: Bank, plan: BankSnapshotPlan): SearchableBank {
  const snapshots = new BankSnapshots(bank, plan);
  for (const name of Object.keys(WRITES) as Writes[]) {
    const method = bank[name].bind(bank) as (...given: unknown[]) => Promise<unknown>;
    Object.assign(bank, { [name]: (...given: unknown[]) => method(...given).finally(() => snapshots.noteChange()) });
  }
  const close = bank.close.bind(bank);
  return Object.assign(bank, {
    newest: snapshots,
    snapshot: () => snapshots.make(),
    onSnapshot: (listener: (snapshot: Snapshot) => void) => snapshots.listen(listener),
    close: async () => {
      await snapshots.close();
      await close();
    },
  });
}

class BankSnapshots implements CurrentSnapshot {
  readonly #bank: Bank;
  readonly #place: SnapshotPlace;
  readonly #intervalMs: number;
  readonly #onError: (error: EgideError) => void;
  readonly #listeners = new Set<(snapshot: Snapshot) => void>();
  readonly #stop = new AbortController();
  #file: SnapshotFile | undefined;
  #timer: Disposable | undefined;
  #making: Promise<Snapshot> | undefined;
  #next: Promise<Snapshot> | undefined;
  /** Changes through this object so far, and how many of them the last attempt to make a snapshot knew of. */
  #changes = 0;
  #known = 0;
  /** Whether what is being made takes longer than a scan waits. */
  #slow = false;
  readonly #waiting = new Set<() => void>();

  constructor(bank: Bank, { place, intervalMs, onError }: BankSnapshotPlan) {
    this.#bank = bank;
    this.#place = place;
    this.#intervalMs = intervalMs;
    this.#onError = onError;
  }

  get current(): Snapshot {
    if (!this.#file) throw new EgideError('INVALID_ARGUMENT', 'bank: it has no snapshot yet: await bank.snapshot() first');
    return this.#file.current;
  }

  /**
   * Waits for the first snapshot, and for the one that has what this process has changed; but not for one that has to be made of more than
   * {@link QUICK_ENTRIES}: then the one before is used until it is there.
   */
  ready(): Promise<void> | undefined {
    if (!this.#file) return this.make().then(() => undefined);
    if (this.#known === this.#changes || this.#slow) return undefined;
    return new Promise((resolve) => {
      this.#waiting.add(resolve);
      void this.#tryToMake().finally(() => {
        this.#waiting.delete(resolve);
        resolve();
      });
    });
  }

  noteChange(): void {
    ++this.#changes;
  }

  listen(listener: (snapshot: Snapshot) => void): Disposable {
    if (typeof listener !== 'function') throw invalid('listener', 'a function', listener);
    this.#listeners.add(listener);
    this.#watch();
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  /** What is being made may have begun before the last change, so who asks meanwhile shares the next. */
  make(): Promise<Snapshot> {
    if (!this.#making) {
      this.#making = this.#make().finally(() => {
        this.#making = undefined;
      });
      return this.#making;
    }
    const again = (): Promise<Snapshot> => {
      this.#next = undefined;
      return this.make();
    };
    this.#next ??= this.#making.then(again, again);
    return this.#next;
  }

  async #make(): Promise<Snapshot> {
    const { signal } = this.#stop;
    signal.throwIfAborted();
    const changes = this.#changes;
    try {
      const onProgress = ({ entries }: { readonly entries: number }): void => this.#hurry(entries);
      const made = await untilFirst(this.#place, async (before) => {
        await this.#open();
        return this.#bank.snapshots.view(async (view) => {
          if (this.#file && (await isCurrent(view, this.#file.current))) return 'current';
          return writeSnapshot(this.#place, view, { signal, onProgress }, before, this.#file?.base);
        });
      });
      if (made !== 'current') await this.#open();
      this.#watch();
      return this.current;
    } finally {
      this.#known = changes; // also if it failed: whoever looks next tries again
      this.#slow = false;
    }
  }

  /** Takes up the newest file; one that cannot be used is made anew. */
  async #open(): Promise<void> {
    if (this.#file) return this.#file.look();
    const onChange = (snapshot: Snapshot): void => {
      for (const listener of this.#listeners) listener(snapshot);
    };
    try {
      this.#file = await openSnapshotFile(this.#place, { onChange, onError: this.#onError }, this.#stop.signal);
    } catch (error) {
      if (!(error instanceof EgideError)) throw error;
      if (error.code !== 'NOT_FOUND') this.#onError(error);
    }
  }

  async #tryToMake(): Promise<void> {
    try {
      await this.make();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      if (!(error instanceof EgideError)) throw error;
      this.#onError(error);
    }
  }

  #hurry(entries: number): void {
    if (entries <= QUICK_ENTRIES || !this.#file) return;
    this.#slow = true;
    for (const resolve of this.#waiting) resolve();
  }

  #watch(): void {
    this.#timer ??= every(this.#intervalMs, () => this.#tryToMake());
  }

  /** Ends what is under way. */
  async close(): Promise<void> {
    this.#timer?.[Symbol.dispose]();
    this.#stop.abort(new EgideError('DISPOSED', 'this bank has been closed: open it again'));
    await Promise.allSettled([this.#making, this.#next]);
    this.#file?.[Symbol.dispose]();
  }
}

function warn(error: EgideError): void {
  console.warn(`egide: no newer snapshot of the bank could be made, the one before stays in use: ${error.message}`);
}
