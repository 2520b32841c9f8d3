import { EgideError } from '../errors.js';
import { snapshotOf } from './layered.js';
import { joined, openBase, overlayOf, type SnapshotPlace, type Stamps, stampsOf } from './open-snapshot.js';
import type { CurrentSnapshot, Snapshot } from './snapshot.js';
import type { SnapshotPart } from './snapshot-part.js';

/** Who is told what becomes of a file. */
export interface SnapshotListeners {
  /** Called when a newer snapshot has taken the place of the one before, which goes when the last scan that uses it has ended. */
  readonly onChange?: (snapshot: Snapshot) => void;
  /** Called once for each file that could not take the place; the snapshot before stays in use. Default: a warning of the process. */
  readonly onError?: (error: EgideError) => void;
}

/** A whole snapshot that is open, and what tells its file from any other. */
export interface KnownBase {
  readonly base: SnapshotPart;
  readonly stamp: string;
}

/** There is no file. */
export const NOTHING: Stamps = { base: '', overlay: '' };

/** The snapshot in a file and its overlay, and each newer one that has taken its place when somebody looks. */
export class SnapshotFile implements CurrentSnapshot, Disposable {
  readonly #place: SnapshotPlace;
  readonly #listeners: SnapshotListeners;
  /** The files that were looked at last, good or bad. */
  #seen: Stamps;
  #current: Snapshot;
  /** Of the base in use. */
  #stamp: string;
  #looking: Promise<void> | undefined;
  #disposed = false;

  constructor(place: SnapshotPlace, { snapshot, seen }: { snapshot: Snapshot; seen: Stamps }, listeners: SnapshotListeners) {
    this.#place = place;
    this.#listeners = listeners;
    this.#seen = seen;
    this.#current = snapshot;
    this.#stamp = seen.base;
  }

  /** The whole snapshot in use, and what its file is told by. */
  get base(): KnownBase {
    return { base: this.current.base, stamp: this.#stamp };
  }

  /** The snapshot in use. Throws `DISPOSED`. */
  get current(): Snapshot {
    if (this.#disposed) throw new EgideError('DISPOSED', 'this watch has been disposed of');
    return this.#current;
  }

  /** Looks at the files now. Settles when the newest snapshot is in use, or was found to be of no use. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async #look(): Promise<void> {
    for (let settled = false; !settled && !this.#disposed; ) {
      let now = NOTHING; // its return is a change
      try {
        now = await stampsOf(this.#place);
        if (now.base === this.#seen.base && now.overlay === this.#seen.overlay) return;
        settled = await this.#take(now);
      } catch (error) {
        if (!(error instanceof EgideError)) throw error;
        if (now.base !== this.#seen.base || now.overlay !== this.#seen.overlay) this.#tell(error);
        settled = true;
      } finally {
        if (settled) this.#seen = now;
      }
    }
  }

  /** Puts what is there now in the place of what is in use. Returns whether it was there to the end. */
  async #take(now: Stamps): Promise<boolean> {
    const fresh = now.base !== this.#seen.base;
    const base = fresh ? await openVerified(this.#place) : this.#current.base.hold();
    let overlay: SnapshotPart | undefined;
    let next: Snapshot | undefined;
    try {
      overlay = await this.#overlayOf(base, fresh);
      const there = (await this.#place.files.stamp(this.#place.path)) === now.base;
      // Of one base an overlay that is gone, or of an earlier moment than the one in use, is no news. A bank that was restored counts from an earlier change.
      const newer = fresh || (overlay !== undefined && overlay.manifest.createdAt >= this.#current.createdAt);
      if (there && newer && !this.#disposed) next = snapshotOf(this.#place.backend, base, overlay);
      return there;
    } finally {
      if (next) {
        this.#stamp = now.base;
        this.#swap(next);
      } else {
        base.release();
        overlay?.release();
      }
    }
  }

  /** One that cannot be used costs a base that is new nothing: it is of use without. */
  async #overlayOf(base: SnapshotPart, fresh: boolean): Promise<SnapshotPart | undefined> {
    try {
      return await overlayOf(this.#place, base);
    } catch (error) {
      if (!fresh || !(error instanceof EgideError)) throw error;
      this.#tell(error);
      return undefined;
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
  for (;;) {
    const seen = await stampsOf(place); // before the files are read: newer ones are then found by the next look
    const base = await openVerified(place, signal);
    const snapshot = await joined(place.backend, base, overlayOf(place, base, signal));
    if ((await place.files.stamp(place.path)) === seen.base) return new SnapshotFile(place, { snapshot, seen }, listeners);
    snapshot[Symbol.dispose]();
  }
}

/** The base in a file, read whole. */
export async function openVerified({ backend, platform, files, path, key }: SnapshotPlace, signal?: AbortSignal): Promise<SnapshotPart> {
  const part = await openBase(backend, { ...platform, indexFiles: files }, path, { ...(key && { key }), ...(signal && { signal }) });
  try {
    if (part.storage === 'mapped') await part.verify(signal ? { signal } : {});
    return part;
  } catch (error) {
    part.release();
    throw error;
  }
}
