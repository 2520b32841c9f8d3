import type { Backend } from '../backend.js';
import { EgideError } from '../errors.js';
import type { Platform } from '../platform.js';
import type { IndexFiles } from '../search/index-file.js';
import { type OpenSnapshotOptions, openSnapshot } from './open-snapshot.js';
import type { CurrentSnapshot, Snapshot } from './snapshot.js';

/** Who is told what becomes of a file. */
export interface SnapshotListeners {
  /** Called when a newer snapshot has taken the place of the one before, which goes when the last scan that uses it has ended. */
  readonly onChange?: (snapshot: Snapshot) => void;
  /** Called once for each file that could not take the place; the snapshot before stays in use. Default: a warning of the process. */
  readonly onError?: (error: EgideError) => void;
}

/** Where a file is, and how it is read. */
export interface SnapshotPlace {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly files: IndexFiles;
  readonly path: string;
  readonly key?: Uint8Array;
}

/** The snapshot in a file, and each newer one that has taken its place when somebody looks. */
export class SnapshotFile implements CurrentSnapshot, Disposable {
  readonly #place: SnapshotPlace;
  readonly #listeners: SnapshotListeners;
  /** The file that was looked at last, good or bad. */
  #stamp: string;
  #current: Snapshot;
  #looking: Promise<void> | undefined;
  #disposed = false;

  constructor(place: SnapshotPlace, { snapshot, stamp }: { snapshot: Snapshot; stamp: string }, listeners: SnapshotListeners) {
    this.#place = place;
    this.#listeners = listeners;
    this.#stamp = stamp;
    this.#current = snapshot;
  }

  /** The snapshot in use. Throws `DISPOSED`. */
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
      stamp = await this.#place.files.stamp(this.#place.path);
      if (stamp === this.#stamp || this.#disposed) return;
      const next = await openVerified(this.#place);
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
    this.#listeners.onChange?.(next);
  }

  #tell(error: EgideError): void {
    if (this.#listeners.onError) this.#listeners.onError(error);
    else console.warn(`egide: ${this.#place.path} could not take the place of the snapshot in use, which stays: ${error.message}`);
  }

  [Symbol.dispose](): void {
    if (this.#disposed) return;
    this.#disposed = true;
    this.#current[Symbol.dispose]();
  }
}

/** Opens the snapshot in a file, to be looked at again. Throws as `openSnapshot` does. */
export async function openSnapshotFile(place: SnapshotPlace, listeners: SnapshotListeners, signal?: AbortSignal): Promise<SnapshotFile> {
  const stamp = await place.files.stamp(place.path); // before the file is read: a newer one is then found by the next look
  return new SnapshotFile(place, { snapshot: await openVerified(place, signal), stamp }, listeners);
}

async function openVerified({ backend, platform, files, path, key }: SnapshotPlace, signal?: AbortSignal): Promise<Snapshot> {
  const options: OpenSnapshotOptions = { ...(key && { key }), ...(signal && { signal }) };
  const snapshot = await openSnapshot(backend, { ...platform, indexFiles: files }, path, options);
  try {
    if (snapshot.storage === 'mapped') await snapshot.verify(signal ? { signal } : {});
    return snapshot;
  } catch (error) {
    snapshot[Symbol.dispose]();
    throw error;
  }
}
