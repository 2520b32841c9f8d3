import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError } from '../errors.js';
import type { Input } from '../input.js';
import type { Platform } from '../platform.js';
import type { IndexFiles } from '../search/index-file.js';
import { snapshotOf } from './layered.js';
import { type OpenPartOptions, openPart } from './open-part.js';
import type { Snapshot } from './snapshot.js';
import { damaged } from './snapshot-format.js';
import type { SnapshotPart } from './snapshot-part.js';

/** How to open a snapshot. */
export interface OpenSnapshotOptions extends OpenPartOptions {
  /** The overlay that goes with it, if there is one. That of a file is found by itself: it has the same path and `.overlay`. */
  readonly overlay?: Input;
}

/** Where a snapshot is, and how it is read. */
export interface SnapshotPlace {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly files: IndexFiles;
  readonly path: string;
  readonly key?: Uint8Array;
}

/** What tells a file and its overlay from those that take their places; empty for an overlay that is not there. */
export interface Stamps {
  readonly base: string;
  readonly overlay: string;
}

/**
 * Opens a snapshot. The path of a file (Node) is mapped where it can be, and looked at by its manifest and by the headers of its indexes
 * alone: `verify()` reads it all; its overlay is read with it. Anything else, and what is encrypted, is held in memory and verified.
 *
 * @throws {EgideError} `INVALID_BANK`, `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function openSnapshot(
  backend: Backend,
  platform: Platform,
  source: Input,
  options: OpenSnapshotOptions = {},
): Promise<Snapshot> {
  checkCallOptions(options);
  const { overlay, ...opening } = options;
  const { indexFiles: files } = platform;
  if (typeof source !== 'string' || overlay !== undefined || !files) {
    const base = await openBase(backend, platform, source, opening);
    return joined(backend, base, overlay === undefined ? undefined : givenOverlay({ backend, platform, ...opening }, overlay, base));
  }
  const place: SnapshotPlace = { backend, platform, files, path: source, ...(options.key && { key: options.key }) };
  for (;;) {
    const { base: stamp } = await stampsOf(place);
    const base = await openBase(backend, platform, source, opening);
    const snapshot = await joined(backend, base, overlayOf(place, base, options.signal));
    if ((await files.stamp(source)) === stamp) return snapshot;
    snapshot[Symbol.dispose](); // another file has come meanwhile, and its overlay may have been looked at
  }
}

/** A base, which it takes over, and its overlay. */
export async function joined(
  backend: Backend,
  base: SnapshotPart,
  opening: Promise<SnapshotPart | undefined> | undefined,
): Promise<Snapshot> {
  let overlay: SnapshotPart | undefined;
  try {
    overlay = await opening;
    return snapshotOf(backend, base, overlay);
  } catch (error) {
    base.release();
    overlay?.release();
    throw error;
  }
}

async function givenOverlay(opening: OpenPartOptions & Pick<SnapshotPlace, 'backend' | 'platform'>, source: Input, base: SnapshotPart) {
  const overlay = await openOverlay(opening, source, base, opening.signal);
  if (!overlay) throw damaged('has an overlay of another one');
  return overlay;
}

/** Opens a file that is no overlay. */
export async function openBase(backend: Backend, platform: Platform, source: Input, options: OpenPartOptions): Promise<SnapshotPart> {
  const part = await openPart(backend, platform, source, options);
  if (part.manifest.base === undefined) return part;
  part.release();
  throw damaged('is an overlay, which is of use with the snapshot that it was made of alone');
}

/** Opens an overlay, in memory: files that come so often are not mapped. `undefined` if it is one of another base. */
async function openOverlay(
  { backend, platform, key }: Omit<SnapshotPlace, 'files' | 'path'>,
  source: Input,
  base: SnapshotPart,
  signal: AbortSignal | undefined,
): Promise<SnapshotPart | undefined> {
  const overlay = await openPart(backend, platform, source, { ...(key && { key }), ...(signal && { signal }) });
  const fits = overlay.manifest.base === base.id;
  if (fits && overlay.encrypted === base.encrypted) return overlay;
  overlay.release();
  if (fits) throw damaged('and its overlay are not encrypted alike');
  return undefined;
}

/** The path of the overlay of a file. */
export function overlayPath({ path }: SnapshotPlace): string {
  return `${path}.overlay`;
}

/** The overlay beside a file; `undefined` if there is none, or one of another file that was here before or comes just now. */
export async function overlayOf(place: SnapshotPlace, base: SnapshotPart, signal?: AbortSignal): Promise<SnapshotPart | undefined> {
  return ifThere(openOverlay(place, place.files.read(overlayPath(place)), base, signal));
}

/** Throws `NOT_FOUND` if there is no file. */
export async function stampsOf(place: SnapshotPlace): Promise<Stamps> {
  const base = await place.files.stamp(place.path);
  return { base, overlay: (await ifThere(place.files.stamp(overlayPath(place)))) ?? '' };
}

async function ifThere<Found>(work: Promise<Found>): Promise<Found | undefined> {
  try {
    return await work;
  } catch (error) {
    if (error instanceof EgideError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}
