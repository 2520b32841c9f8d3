import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readdir, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EgideError, invalid } from '../errors.js';
import { chunksOf } from '../input.js';
import type { SaveFileOptions } from './index-file.js';

/** Bytes of one write, and of a chunk that is copied at once: milliseconds on any disk (our own choice). */
const SLICE_BYTES = 1 << 22;
/** A living writer touches its file with every slice. */
const LEFTOVER_MS = 3_600_000;
const LEFTOVER_NAME = /^\d+-[0-9a-f]{16}\.part$/;

type Chunks = AsyncIterable<Uint8Array> | Iterable<Uint8Array>;

/**
 * Replaces the file at `path` by the chunks: written beside it under a temporary name, forced to the disk and renamed, so that whatever
 * happens a reader finds the old file or the new one, whole; those who have the old one open or mapped keep it. A link is followed and
 * permissions stay; the file belongs to who saved it.
 *
 * What a killed process left (`<name>.<process id>-<random>.part`) is removed by the next save to the same path, once it is an hour old.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, `WRITE_FAILED`; the signal's reason; or what `chunks` or `settle` throws.
 */
export async function saveFile(path: string, chunks: Chunks, { signal, mode, settle = atOnce }: SaveFileOptions = {}): Promise<void> {
  checkPath(path);
  signal?.throwIfAborted();
  const target = (await tried(path, ifThere(realpath(path)))) ?? path;
  const old = await tried(path, ifThere(stat(target)));
  if (old && !old.isFile())
    throw invalid('path', `the name of a new or a regular file (${path})`, old.isDirectory() ? 'a folder' : 'a device');

  const temporary = `${target}.${process.pid}-${randomBytes(8).toString('hex')}.part`;
  let savedAt: number;
  try {
    savedAt = await writeFile(path, temporary, { mode: old?.mode ?? mode, exact: old !== undefined }, chunks, signal);
    signal?.throwIfAborted();
    await settle(() => tried(path, rename(temporary, target)));
  } finally {
    await rm(temporary, { force: true }).catch(warnOfLeftover(temporary)); // what has its place has another name
  }
  await syncFolder(path, dirname(target));
  await removeLeftovers(target, savedAt - LEFTOVER_MS);
}

const atOnce = (replace: () => Promise<void>): Promise<void> => replace();

/** Writes a new file, down to the disk, and returns when that was by the clock of its file system. */
async function writeFile(
  path: string,
  name: string,
  { mode, exact }: { readonly mode: number | undefined; readonly exact: boolean },
  chunks: Chunks,
  signal: AbortSignal | undefined,
) {
  const file = await tried(path, open(name, 'wx', mode));
  try {
    if (exact && mode !== undefined) await tried(path, file.chmod(mode)); // the umask may have taken some away
    await writeChunks(path, file, chunks, signal);
    await tried(path, file.sync());
    return (await tried(path, file.stat())).mtimeMs;
  } finally {
    await tried(path, file.close());
  }
}

async function writeChunks(path: string, file: FileHandle, chunks: Chunks, signal: AbortSignal | undefined): Promise<void> {
  const gathered = new Uint8Array(2 * SLICE_BYTES);
  let filled = 0;
  for await (const chunk of chunksOf(oneByOne(chunks), undefined, signal)) {
    const { byteLength } = chunk;
    for (let taken = 0; taken < byteLength; taken += SLICE_BYTES) {
      if (chunk.byteLength !== byteLength)
        throw new EgideError('INVALID_ARGUMENT', 'chunks: a buffer was transferred or resized before the next one was asked for');
      const part = chunk.subarray(taken, taken + SLICE_BYTES);
      gathered.set(part, filled);
      filled += part.byteLength;
      if (filled < SLICE_BYTES) continue;
      await tried(path, write(file, gathered.subarray(0, filled)));
      signal?.throwIfAborted();
      filled = 0;
    }
  }
  await tried(path, write(file, gathered.subarray(0, filled)));
}

async function* oneByOne(chunks: Chunks): AsyncGenerator<Uint8Array, void, undefined> {
  yield* chunks;
}

/** The system may take fewer bytes than it was given, for example just before the disk is full. */
async function write(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let written = 0; written < bytes.byteLength; ) {
    const { bytesWritten } = await file.write(bytes, written);
    if (bytesWritten === 0) throw new Error('the system took no more bytes');
    written += bytesWritten;
  }
}

/** A renamed file is there for everyone at once, but survives a power cut only when its folder has reached the disk. */
async function syncFolder(path: string, name: string): Promise<void> {
  if (process.platform === 'win32') return; // has no such call
  try {
    const folder = await open(name);
    await folder.sync().finally(() => folder.close());
  } catch (cause) {
    if (['EINVAL', 'ENOTSUP'].includes(systemCode(cause))) return; // nor have some file systems
    throw new EgideError(
      'WRITE_FAILED',
      `${path} was saved, but its folder could not be forced to the disk (${systemCode(cause)}): a power cut may bring the old file back`,
      { cause },
    );
  }
}

async function removeLeftovers(target: string, before: number): Promise<void> {
  const [folder, prefix] = [dirname(target), `${basename(target)}.`];
  const names = await readdir(folder).catch(warnOfLeftover(folder));
  for (const name of names ?? []) {
    if (!name.startsWith(prefix) || !LEFTOVER_NAME.test(name.slice(prefix.length))) continue;
    const leftover = join(folder, name);
    const status = await ifThere(stat(leftover)).catch(warnOfLeftover(leftover));
    if (status && status.mtimeMs < before) await rm(leftover, { force: true }).catch(warnOfLeftover(leftover));
  }
}

/** No reason to fail: what was to be saved is. */
function warnOfLeftover(name: string): (cause: unknown) => undefined {
  return (cause) => {
    process.emitWarning(`egide: ${name}: what an interrupted save left could not be removed (${systemCode(cause)})`);
  };
}

/** Removes a file, if it is there. Throws `WRITE_FAILED`, `INVALID_ARGUMENT`. */
export async function removeFile(path: string): Promise<void> {
  checkPath(path);
  try {
    await rm(path, { force: true });
  } catch (cause) {
    throw new EgideError('WRITE_FAILED', `${path} could not be removed (${systemCode(cause)})`, { cause });
  }
}

/** Gives the system's failures their code and their message; the first of them wins. */
async function tried<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    const why = cause instanceof Error ? cause.message.split(',')[0] : String(cause);
    throw new EgideError('WRITE_FAILED', `${path} could not be saved (${why}); what was there is as it was`, { cause });
  }
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  }
}

/** The system's name for a failure, such as `ENOSPC`. */
export function systemCode(cause: unknown): string {
  return (cause as NodeJS.ErrnoException).code ?? String(cause);
}

/**
 * Throws unless `path` can be the name of a file. A zero byte would end it early for the system.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function checkPath(path: unknown): void {
  if (typeof path !== 'string' || path === '' || path.includes('\0')) throw invalid('path', 'the path of a file', path);
}
