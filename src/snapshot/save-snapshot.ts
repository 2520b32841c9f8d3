import type { Backend } from '../backend.js';
import type { Bank } from '../bank/bank.js';
import type { BankView } from '../bank/snapshot-source.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import type { Snapshot } from './snapshot.js';
import type { SnapshotPlace } from './snapshot-file.js';
import { snapshotChunks, type WriteSnapshotOptions } from './write-snapshot.js';

/** Permissions of a new file: its owner's alone. */
const OWNER_ONLY = 0o600;
/** A list without a source is as old as its snapshot, so a snapshot that is still right is made anew after an hour (our own choice). */
const MAX_AGE_MS = 3_600_000;

/** What was saved. */
export interface SavedSnapshot {
  /** How many changes the bank had seen: as long as `bank.status()` says the same, the snapshot is current. */
  readonly change: number;
}

/**
 * Writes what a bank lets be searched now to a file, which takes the place of the one before as a whole or not at all. Writers of the bank do
 * not wait for it.
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
  return bank.snapshots.view((view) => writeSnapshot({ backend, platform, files, path, ...(key && { key }) }, view, others));
}

/** Writes a snapshot of a view. */
export async function writeSnapshot(
  { backend, platform, files, path, key }: SnapshotPlace,
  view: BankView,
  options: Omit<WriteSnapshotOptions, 'key'>,
): Promise<SavedSnapshot> {
  const { signal } = options;
  const chunks = snapshotChunks(backend, platform, view, { ...options, ...(key && { key }) });
  await files.save(path, chunks, { mode: OWNER_ONLY, ...(signal && { signal }) });
  return { change: view.change };
}

/** Whether a snapshot says what one that is made now of a bank would say. */
export async function isCurrent(view: BankView, { change, mark, createdAt, lists }: Snapshot): Promise<boolean> {
  if (change !== view.change || mark !== view.mark || Date.now() - createdAt > MAX_AGE_MS) return false;
  const syncedAt = new Map((await view.lists()).map((list) => [list.name, list.syncedAt]));
  return lists.every((list) => list.syncedAt === syncedAt.get(list.name));
}
