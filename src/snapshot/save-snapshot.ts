import type { Backend } from '../backend.js';
import type { Bank } from '../bank/bank.js';
import type { BankView } from '../bank/snapshot-source.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkKey } from './cipher.js';
import { overlayPath, type SnapshotPlace } from './open-snapshot.js';
import { changedSince } from './overlay-changes.js';
import type { Snapshot } from './snapshot.js';
import { type KnownBase, openVerified } from './snapshot-file.js';
import { snapshotChunks, type WriteSnapshotOptions } from './write-snapshot.js';

/** Permissions of a new file: its owner's alone. */
const OWNER_ONLY = 0o600;
/** A list without a source is as old as its snapshot, so a snapshot that is still right is made anew after an hour (our own choice). */
const MAX_AGE_MS = 3_600_000;

/** What was saved. */
export interface SavedSnapshot {
  /** How many changes the bank had seen: as long as `bank.status()` says the same, the snapshot is current. */
  readonly change: number;
  /** `overlay`: the file stays, and what has changed since it was made is beside it, in a file of the same name and `.overlay`. */
  readonly wrote: 'whole' | 'overlay';
}

/**
 * Writes what a bank lets be searched now to a file, which takes the place of the one before as a whole or not at all; or, if the file that is
 * there is of this bank and not too much has changed since, an overlay of it. Writers of the bank do not wait for it. Let one process at a time
 * save to a path.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, `NO_FILESYSTEM`, `INVALID_BANK`, `INVALID_PATCHES`, `OUT_OF_MEMORY`, `WRITE_FAILED`; the
 *   signal's reason; or what the bank throws.
 */
export async function saveSnapshot(
  backend: Backend,
  platform: Platform,
  bank: Bank,
  path: string,
  options: WriteSnapshotOptions = {},
): Promise<SavedSnapshot> {
  if (typeof bank?.snapshots?.view !== 'function') throw invalid('bank', 'a bank that openBank gave (await it)', bank);
  const { indexFiles: files } = platform;
  if (!files) throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: make snapshots in Node');
  const { key, ...others } = options;
  const place: SnapshotPlace = { backend, platform, files, path, ...(key !== undefined && { key: checkKey(key) }) };
  return bank.snapshots.view((view) => writeSnapshot(place, view, others));
}

/**
 * Writes a snapshot of a view.
 *
 * @param known The file that is there, if it is open.
 */
export async function writeSnapshot(
  place: SnapshotPlace,
  view: BankView,
  options: Omit<WriteSnapshotOptions, 'key'>,
  known?: KnownBase,
): Promise<SavedSnapshot> {
  const { change } = view;
  if (options.whole !== true && (await writeOverlay(place, view, options, known))) return { change, wrote: 'overlay' };
  const { backend, platform, files, path, key } = place;
  await files.save(path, snapshotChunks(backend, platform, view, { ...options, ...(key && { key }) }), savedFor(options));
  await files.remove(overlayPath(place)); // of the file before: nobody uses it with this one
  return { change, wrote: 'whole' };
}

/** Returns whether an overlay was enough, and is there. */
async function writeOverlay(
  place: SnapshotPlace,
  view: BankView,
  options: Omit<WriteSnapshotOptions, 'key'>,
  known: KnownBase | undefined,
): Promise<boolean> {
  const { backend, platform, files, key } = place;
  const found = known ? { ...known, base: known.base.hold() } : await baseAt(place, options.signal);
  if (!found) return false;
  const { base, stamp } = found;
  try {
    const changed = base.encrypted === (key !== undefined) ? await changedSince(view, base.manifest) : undefined;
    if (!changed) return false;
    const chunks = snapshotChunks(backend, platform, view, { ...options, ...(key && { key }) }, { base, changed });
    await files.save(overlayPath(place), chunks, savedFor(options));
    return (await stampOf(place)) === stamp; // else somebody has replaced the file meanwhile, and the overlay is of no use
  } finally {
    base.release();
  }
}

/** The whole snapshot that is there; `undefined` if there is none, or none that can be used. */
async function baseAt(place: SnapshotPlace, signal: AbortSignal | undefined): Promise<KnownBase | undefined> {
  try {
    const stamp = await place.files.stamp(place.path);
    return { base: await openVerified(place, signal), stamp };
  } catch (error) {
    if (error instanceof EgideError) return undefined;
    throw error;
  }
}

/** Empty if there is no file. */
async function stampOf({ files, path }: SnapshotPlace): Promise<string> {
  try {
    return await files.stamp(path);
  } catch (error) {
    if (error instanceof EgideError) return '';
    throw error;
  }
}

function savedFor({ signal }: Pick<WriteSnapshotOptions, 'signal'>) {
  return { mode: OWNER_ONLY, ...(signal && { signal }) };
}

/**
 * Whether a snapshot says what one that is made now of a bank would say.
 *
 * @internal
 */
export async function isCurrent(view: BankView, { change, mark, createdAt, lists }: Snapshot): Promise<boolean> {
  if (change !== view.change || mark !== view.mark || Date.now() - createdAt > MAX_AGE_MS) return false;
  const syncedAt = new Map((await view.lists()).map((list) => [list.name, list.syncedAt]));
  return lists.every((list) => list.syncedAt === syncedAt.get(list.name));
}
