import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UsageError } from './io.js';

/** A file to look at, or a folder that could not be read. */
export interface Found {
  readonly path: string;
  /** Why nothing below `path` is seen; absent for a file. */
  readonly unreadable?: string;
}

/**
 * The files named, and every regular file in the folders named, in order of their names. Inside a folder symbolic links
 * are not followed, so a link to a folder above makes no loop.
 *
 * @throws {UsageError} before the first file if a path does not exist.
 */
export async function* filesIn(paths: readonly string[]): AsyncGenerator<Found> {
  const kinds = new Map<string, boolean>();
  for (const path of paths) kinds.set(path, await isFolder(path));
  for (const path of paths) {
    if (kinds.get(path)) yield* filesBelow(path);
    else yield { path };
  }
}

async function isFolder(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory();
  } catch (error) {
    throw new UsageError(`cannot open ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function* filesBelow(folder: string): AsyncGenerator<Found> {
  let entries: Awaited<ReturnType<typeof listFolder>>;
  try {
    entries = await listFolder(folder);
  } catch (error) {
    yield { path: folder, unreadable: messageOf(error) };
    return;
  }
  for (const entry of entries) {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesBelow(path);
    else if (entry.isFile()) yield { path };
  }
}

/** In the order of code units, which is the same on every machine. */
async function listFolder(folder: string) {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
}

/**
 * Checks that a file may be written at `path` and take its name at the end: renaming would put a file in the place of a pipe or a
 * device, such as /dev/stdout.
 *
 * @throws {UsageError} if something other than a regular file has the name.
 */
export async function checkOutput(option: string, path: string): Promise<void> {
  const present = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (present && !present.isFile()) throw new UsageError(`${option}: expected the name of a new or a regular file, got ${path}`);
}

/** How many files {@link filesIn} will give. */
export async function countFiles(paths: readonly string[]): Promise<number> {
  let count = 0;
  for await (const _ of filesIn(paths)) count += 1;
  return count;
}
