import type { Backend } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import type { IndexFiles } from '../search/index-file.js';
import { type OpenSnapshotOptions, openSnapshot } from './open-snapshot.js';
import type { CurrentSnapshot, Snapshot } from './snapshot.js';

/** How to watch. */
export interface WatchSnapshotOptions extends Pick<OpenSnapshotOptions, 'key' | 'signal'> {
  /** Milliseconds between two looks at the file, 10 or more. Default 5,000 (our own choice: a look takes microseconds). */
  readonly intervalMs?: number;
  /** Called when a newer snapshot has taken the place of the one before, which goes when the last scan that uses it has ended. */
  readonly onChange?: (snapshot: Snapshot) => void;
  /** Called once for each file that could not take the place; the snapshot before stays in use. Default: a warning of the process. */
  readonly onError?: (error: EgideError) => void;
}

const LEAST_INTERVAL_MS = 10;

/** The newest snapshot of a file, until it is disposed of. */
export class SnapshotWatch implements CurrentSnapshot, Disposable {
  readonly #backend: Backend;
  readonly #platform: Platform;
  readonly #files: IndexFiles;
  readonly #path: string;
  readonly #options: WatchSnapshotOptions;
  /** The file that was looked at last, good or bad. */
  #stamp: string;
  #current: Snapshot;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #disposed = false;

  /** @internal Use `egide.watchSnapshot`. */
  constructor(
    { backend, platform, files, path }: Watched,
    { snapshot, stamp }: { snapshot: Snapshot; stamp: string },
    options: WatchSnapshotOptions,
  ) {
    this.#backend = backend;
    this.#platform = platform;
    this.#files = files;
    this.#path = path;
    this.#options = options;
    this.#stamp = stamp;
    this.#current = snapshot;
    options.signal?.addEventListener('abort', () => this[Symbol.dispose](), { once: true });
    this.#wait();
  }

  /**
   * The snapshot in use.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  get current(): Snapshot {
    if (this.#disposed) throw new EgideError('DISPOSED', 'this watch has been disposed of');
    return this.#current;
  }

  /** Looks at the file now. Settles when the newest snapshot is in use, or was found to be of no use. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #look(): Promise<void> {
    let stamp = '';
    try {
      stamp = await this.#files.stamp(this.#path);
      if (stamp === this.#stamp || this.#disposed) return;
      const { key } = this.#options;
      const next = await openVerified(this.#backend, this.#platform, this.#path, key ? { key } : {});
      if (this.#disposed) next[Symbol.dispose]();
      else this.#swap(next);
    } catch (error) {
      if (!(error instanceof EgideError)) throw error;
      if (stamp !== this.#stamp) this.#tell(error);
    } finally {
      this.#stamp = stamp; // '' for a file that is not there: its return is a change
    }
  }

  #swap(next: Snapshot): void {
    const before = this.#current;
    this.#current = next;
    before[Symbol.dispose]();
    this.#options.onChange?.(next);
  }

  #tell(error: EgideError): void {
    if (this.#options.onError) this.#options.onError(error);
    else console.warn(`egide: ${this.#path} could not take the place of the snapshot in use, which stays: ${error.message}`);
  }

  #wait(): void {
    const timer = setTimeout(() => void this.look().finally(() => this.#disposed || this.#wait()), this.#options.intervalMs ?? 5_000);
    (timer as { unref?: () => void }).unref?.(); // a watch keeps no process alive
    this.#timer = timer;
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    clearTimeout(this.#timer);
    this.#current[Symbol.dispose]();
  }
}

interface Watched {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly files: IndexFiles;
  readonly path: string;
}

/**
 * Opens the snapshot in a file, and looks now and then whether another one has taken its place, as `bank.snapshot()` does: it is read whole
 * and verified before it is used.
 *
 * @throws {EgideError} `NO_FILESYSTEM`; or as `openSnapshot` does.
 */
export async function watchSnapshot(
  backend: Backend,
  platform: Platform,
  path: string,
  options: WatchSnapshotOptions = {},
): Promise<SnapshotWatch> {
  const { intervalMs = LEAST_INTERVAL_MS, key, signal } = options;
  if (!Number.isFinite(intervalMs) || intervalMs < LEAST_INTERVAL_MS)
    throw invalid('intervalMs', `milliseconds, ${LEAST_INTERVAL_MS} or more`, intervalMs);
  const { indexFiles: files } = platform;
  if (!files) throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: open snapshots from bytes');
  const stamp = await files.stamp(path); // before the file is read: a newer one is then found by the next look
  const snapshot = await openVerified(backend, platform, path, { ...(key && { key }), ...(signal && { signal }) });
  return new SnapshotWatch({ backend, platform, files, path }, { snapshot, stamp }, options);
}

async function openVerified(backend: Backend, platform: Platform, path: string, options: OpenSnapshotOptions): Promise<Snapshot> {
  const snapshot = await openSnapshot(backend, platform, path, options);
  try {
    if (snapshot.storage === 'mapped') await snapshot.verify(options.signal ? { signal: options.signal } : {});
    return snapshot;
  } catch (error) {
    snapshot[Symbol.dispose]();
    throw error;
  }
}
