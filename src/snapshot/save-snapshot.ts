import type { Backend } from '../backend.js';
import type { Bank } from '../bank/bank.js';
import { EgideError, invalid } from '../errors.js';
import type { Platform } from '../platform.js';
import { snapshotChunks, type WriteSnapshotOptions } from './write-snapshot.js';

/** Permissions of a new file: its owner's alone. */
const OWNER_ONLY = 0o600;

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
  const { indexFiles } = platform;
  if (!indexFiles) throw new EgideError('NO_FILESYSTEM', 'path: this runtime has no files: make snapshots in Node');
  return bank.snapshots.view(async (view) => {
    const { signal } = options;
    await indexFiles.save(path, snapshotChunks(backend, platform, view, options), { mode: OWNER_ONLY, ...(signal && { signal }) });
    return { change: view.change };
  });
}
