import type { Backend } from '../backend.js';
import type { Bank } from '../bank/bank.js';
import type { BankView } from '../bank/snapshot-source.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import { checkKey } from './cipher.js';
import { overlayPath, type SnapshotPlace, type Stamps, stampsOf } from './open-snapshot.js';
import { changedSince } from './overlay-changes.js';
import type { Snapshot } from './snapshot.js';
import { type KnownBase, NOTHING, openVerified } from './snapshot-file.js';
import { type OverlayOf, snapshotChunks, type WriteSnapshotOptions } from './write-snapshot.js';

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
 * there is of this bank and not too much has changed since, an overlay of it. Writers of the bank do not wait for it. Several may save to a path
 * at one time, also from several processes: what is there when this returns is as new as what it says, or newer.
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
  const save = (how: typeof others) =>
    untilFirst(place, (before) => bank.snapshots.view((view) => writeSnapshot(place, view, how, before)));
  const { isBehind, ...saved } = await save(others);
  if (isBehind) await save({ ...others, whole: false });
  return saved;
}

/**
 * Does again what somebody else was faster with: what they saved is the base of what is saved next.
 *
 * @param work Told what is there before it begins to look at the bank; gives `undefined` if it gave way.
 */
export async function untilFirst<T>(place: SnapshotPlace, work: (before: Stamps) => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const done = await work(await stampsThere(place));
    if (done !== undefined) return done;
  }
}

/**
 * Writes a snapshot of a view, or gives way: to a file that somebody else has made meanwhile, and with an overlay to another one. A whole
 * snapshot does not give way to an overlay, which come faster than it is made; it `isBehind` if there was one meanwhile.
 *
 * @param before What was there before the view began.
 * @param known A whole snapshot that is open; of use if it is still there.
 */
export async function writeSnapshot(
  place: SnapshotPlace,
  view: BankView,
  options: Omit<WriteSnapshotOptions, 'key'>,
  before: Stamps,
  known?: KnownBase,
): Promise<(SavedSnapshot & { readonly isBehind: boolean }) | undefined> {
  const { change } = view;
  const over = options.whole === true ? undefined : await writeOverlay(place, view, options, before, known);
  if (over) return over.isSaved ? { change, wrote: 'overlay', isBehind: false } : undefined;
  let isBehind = false;
  const isSaved = await put(place, { path: place.path, view, options }, ({ base, overlay }) => {
    isBehind = overlay !== before.overlay;
    return base === before.base;
  });
  return isSaved ? { change, wrote: 'whole', isBehind } : undefined;
}

/** Returns nothing where an overlay is not enough. */
async function writeOverlay(
  place: SnapshotPlace,
  view: BankView,
  options: Omit<WriteSnapshotOptions, 'key'>,
  before: Stamps,
  known: KnownBase | undefined,
): Promise<{ readonly isSaved: boolean } | undefined> {
  const found = known?.stamp === before.base ? { ...known, base: known.base.hold() } : await baseAt(place, options.signal);
  if (!found) return undefined;
  const { base, stamp } = found;
  try {
    const changed = base.encrypted === (place.key !== undefined) ? await changedSince(view, base.manifest) : undefined;
    if (!changed) return undefined;
    const isSaved = await put(
      place,
      { path: overlayPath(place), view, options, over: { base, changed } },
      (now) => now.base === stamp && now.overlay === before.overlay,
    );
    return { isSaved };
  } finally {
    base.release();
  }
}

/** What is written where. */
interface Written {
  readonly path: string;
  readonly view: BankView;
  readonly options: Omit<WriteSnapshotOptions, 'key'>;
  readonly over?: OverlayOf;
}

/** Saves a file if, at the moment in which it takes its place, what is there is as wanted. Returns whether it was. */
async function put(place: SnapshotPlace, { path, view, options, over }: Written, isWanted: (now: Stamps) => boolean): Promise<boolean> {
  const { backend, platform, files, key } = place;
  const chunks = snapshotChunks(backend, platform, view, { ...options, ...(key && { key }) }, over);
  let isPut = false;
  const settle = (replace: () => Promise<void>): Promise<void> =>
    files.alone(place.path, async () => {
      isPut = isWanted(await stampsThere(place));
      if (!isPut) return;
      await replace();
      if (!over) await files.remove(overlayPath(place)); // of the file before: nobody uses it with this one
    });
  await files.save(path, chunks, { mode: OWNER_ONLY, settle, ...(options.signal && { signal: options.signal }) });
  return isPut;
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

/** What is there now. */
async function stampsThere(place: SnapshotPlace): Promise<Stamps> {
  try {
    return await stampsOf(place);
  } catch (error) {
    if (error instanceof EgideError && error.code === 'NOT_FOUND') return NOTHING;
    throw error;
  }
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
