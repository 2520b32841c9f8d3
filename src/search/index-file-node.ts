import { constants } from 'node:fs';
import { type FileHandle, open, stat } from 'node:fs/promises';
import type { FileMapper, MappedPages } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import type { IndexFile, IndexFiles } from './index-file.js';
import { alone } from './lock-file-node.js';
import { checkPath, removeFile, saveFile, systemCode } from './save-file-node.js';

/** Bytes of one read: few calls, and little to hold (our own choice). */
const SLICE_BYTES = 1 << 22;

/**
 * Files of indexes in Node, Bun and Deno.
 *
 * @param mapper The addon. Without it, files are read.
 */
export function createIndexFiles(mapper: FileMapper | undefined): IndexFiles {
  return {
    open: (path) => openIndexFile(path, mapper),
    read: readSlices,
    stamp: stampOf,
    save: saveFile,
    remove: removeFile,
    alone: (path, work) => alone(path, work),
  };
}

async function openIndexFile(path: string, mapper: FileMapper | undefined): Promise<IndexFile> {
  checkPath(path);
  const mapped = mapper?.mapFile(path);
  if (mapper && mapped) return new MappedFile(mapper, mapped.pages, mapped.byteLength);
  return new ReadFile(await readWhole(path)); // or say with its code what stood in the way of either
}

class MappedFile implements IndexFile {
  readonly storage = 'mapped';
  readonly byteLength: number;
  readonly #mapper: FileMapper;
  #pages: MappedPages | undefined;

  constructor(mapper: FileMapper, pages: MappedPages, byteLength: number) {
    this.#mapper = mapper;
    this.#pages = pages;
    this.byteLength = byteLength;
  }

  get memory(): MappedPages {
    if (!this.#pages) throw disposed();
    return this.#pages;
  }

  [Symbol.dispose](): void {
    if (this.#pages) this.#mapper.unmapFile(this.#pages);
    this.#pages = undefined;
  }
}

class ReadFile implements IndexFile {
  readonly storage = 'read';
  readonly byteLength: number;
  #memory: ArrayBuffer | undefined;

  constructor(memory: ArrayBuffer) {
    this.#memory = memory;
    this.byteLength = memory.byteLength;
  }

  get memory(): ArrayBuffer {
    if (!this.#memory) throw disposed();
    return this.#memory;
  }

  [Symbol.dispose](): void {
    this.#memory = undefined;
  }
}

function disposed(): EgideError {
  return new EgideError('DISPOSED', 'this index file has been disposed of: open it again');
}

async function* readSlices(path: string): AsyncGenerator<Uint8Array, void, undefined> {
  checkPath(path);
  const file = await opened(path);
  try {
    const byteLength = await sizeOf(file, path);
    const slice = new Uint8Array(Math.min(SLICE_BYTES, byteLength));
    for (let offset = 0; offset < byteLength; offset += SLICE_BYTES) {
      const part = slice.subarray(0, byteLength - offset);
      await fill(part, file, offset, path);
      yield part;
    }
  } finally {
    await file.close();
  }
}

async function stampOf(path: string): Promise<string> {
  checkPath(path);
  const { ino, size, mtimeNs } = await tried(path, stat(path, { bigint: true }));
  return `${ino} ${size} ${mtimeNs}`;
}

async function readWhole(path: string): Promise<ArrayBuffer> {
  const file = await opened(path);
  try {
    const memory = allocated(await sizeOf(file, path));
    for (let offset = 0; offset < memory.byteLength; offset += SLICE_BYTES)
      await fill(new Uint8Array(memory, offset, Math.min(SLICE_BYTES, memory.byteLength - offset)), file, offset, path);
    return memory;
  } finally {
    await file.close();
  }
}

/** The system may give fewer bytes than were asked for. */
async function fill(bytes: Uint8Array, file: FileHandle, offset: number, path: string): Promise<void> {
  for (let filled = 0; filled < bytes.byteLength; ) {
    const { bytesRead } = await tried(path, file.read(bytes, filled, bytes.byteLength - filled, offset + filled));
    if (bytesRead === 0) throw new EgideError('INVALID_ARGUMENT', `${path} became shorter while it was read: replace a file whole`);
    filled += bytesRead;
  }
}

/** Never waits for the other end of a pipe. */
function opened(path: string): Promise<FileHandle> {
  return tried(path, open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0)));
}

async function tried<T>(path: string, work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    throw new EgideError('NOT_FOUND', `${path} could not be read (${systemCode(cause)})`, { cause });
  }
}

async function sizeOf(file: FileHandle, path: string): Promise<number> {
  const status = await tried(path, file.stat());
  if (!status.isFile()) throw invalid('path', `a file (${path})`, status.isDirectory() ? 'a folder' : 'a device or a pipe');
  if (status.size === 0) throw invalid('path', `a saved index (${path})`, 'an empty file');
  return status.size;
}

function allocated(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (cause) {
    throw new EgideError('OUT_OF_MEMORY', `there is no memory for a file of ${byteLength} bytes`, { cause });
  }
}
