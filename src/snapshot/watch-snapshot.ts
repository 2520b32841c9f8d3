import type { Backend } from '../backend.js';
import { EgideError } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkInterval, every } from './every.js';
import type { OpenSnapshotOptions } from './open-snapshot.js';
import type { CurrentSnapshot, Snapshot } from './snapshot.js';
import { openSnapshotFile, type SnapshotFile, type SnapshotListeners } from './snapshot-file.js';

/** How to watch. */
export interface WatchSnapshotOptions extends Pick<OpenSnapshotOptions, 'key' | 'signal'>, SnapshotListeners {
  /** Milliseconds between two looks at the file, 10 or more. Default 5,000. */
  readonly intervalMs?: number;
}

/** The newest snapshot of a file, until it is disposed of. */
export class SnapshotWatch implements CurrentSnapshot, Disposable {
  readonly #file: SnapshotFile;
  readonly #timer: Disposable;

  /** @internal Use `egide.watchSnapshot`. */
  constructor(file: SnapshotFile, intervalMs: number) {
    this.#file = file;
    this.#timer = every(intervalMs, () => file.look());
  }

  /**
   * The snapshot in use.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  get current(): Snapshot {
    return this.#file.current;
  }

  /** Looks at the file now. Settles when the newest snapshot is in use, or was found to be of no use. */
  look(): Promise<void> {
    return this.#file.look();
  }

  [Symbol.dispose](): void {
    this.#timer[Symbol.dispose]();
    this.#file[Symbol.dispose]();
  }
}

/**
 * Opens the snapshot in a file, and looks now and then whether another one has taken its place: it is read whole and verified before it is
 * used.
 *
 * @throws {EgideError} `NO_FILESYSTEM`; or as `openSnapshot` does.
 */
export async function watchSnapshot(
  backend: Backend,
  platform: Platform,
  path: string,
  options: WatchSnapshotOptions = {},
): Promise<SnapshotWatch> {
  const { key, signal } = options;
  const intervalMs = checkInterval(options.intervalMs);
  const { indexFiles: files } = platform;
  if (!files) throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: open snapshots from bytes');
  const file = await openSnapshotFile({ backend, platform, files, path, ...(key && { key }) }, options, signal);
  const watch = new SnapshotWatch(file, intervalMs);
  signal?.addEventListener('abort', () => watch[Symbol.dispose](), { once: true });
  return watch;
}
