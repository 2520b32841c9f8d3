import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import type { FileMapper, MappedPages } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import type { FileSlice, IndexFile, IndexFiles } from './index-file.js';
import { checkPath, saveFile, systemCode } from './save-file-node.js';

/** Bytes of one read: few calls, and little to hold (our own choice). */
const SLICE_BYTES = 1 << 22;

/**
 * Files of indexes in Node, Bun and Deno.
 *
 * @param mapper The addon. Without it, files are read.
 */
export function createIndexFiles(mapper: FileMapper | undefined): IndexFiles {
  return { open: (path) => openIndexFile(path, mapper), read: readSlices, save: saveFile };
}

async function openIndexFile(path: string, mapper: FileMapper | undefined): Promise<IndexFile> {
  checkPath(path);
  if (!mapper) return new ReadFile(await readWhole(path), 'only the addon can map a file');
  let mapped: ReturnType<FileMapper['mapFile']>;
  try {
    mapped = mapper.mapFile(path);
  } catch (cause) {
    // Whatever stands in the way of reading as well is told by what reads, with its code.
    const why = cause instanceof Error ? cause.message : String(cause);
    return new ReadFile(await readWhole(path), `the system would not map it: ${why}`);
  }
  return new MappedFile(mapper, mapped.pages, mapped.byteLength);
}

class MappedFile implements IndexFile {
  readonly storage = 'mapped';
  readonly reason = 'the system mapped it';
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

  *slices(): Generator<Uint8Array, void, undefined> {
    const slice = new Uint8Array(Math.min(SLICE_BYTES, this.byteLength));
    for (let offset = 0; offset < this.byteLength; offset += slice.byteLength) {
      const part = slice.subarray(0, this.byteLength - offset);
      this.#mapper.copyMapped(this.memory, offset, part);
      yield part;
    }
  }

  [Symbol.dispose](): void {
    if (this.#pages) this.#mapper.unmapFile(this.#pages);
    this.#pages = undefined;
  }
}

class ReadFile implements IndexFile {
  readonly storage = 'read';
  readonly reason: string;
  readonly byteLength: number;
  #memory: ArrayBuffer | undefined;

  constructor(memory: ArrayBuffer, reason: string) {
    this.#memory = memory;
    this.byteLength = memory.byteLength;
    this.reason = reason;
  }

  get memory(): ArrayBuffer {
    if (!this.#memory) throw disposed();
    return this.#memory;
  }

  *slices(): Generator<Uint8Array, void, undefined> {
    for (let offset = 0; offset < this.byteLength; offset += SLICE_BYTES)
      yield new Uint8Array(this.memory, offset, Math.min(SLICE_BYTES, this.byteLength - offset));
  }

  [Symbol.dispose](): void {
    this.#memory = undefined;
  }
}

function disposed(): EgideError {
  return new EgideError('DISPOSED', 'this index file has been disposed of: open it again');
}

async function readWhole(path: string): Promise<ArrayBuffer> {
  let memory: ArrayBuffer | undefined;
  for await (const { byteLength, offset, bytes } of readSlices(path)) {
    memory ??= allocated(byteLength);
    new Uint8Array(memory, offset, bytes.byteLength).set(bytes);
  }
  return memory as ArrayBuffer; // an empty file was refused
}

function allocated(byteLength: number): ArrayBuffer {
  try {
    return new ArrayBuffer(byteLength);
  } catch (cause) {
    throw new EgideError('OUT_OF_MEMORY', `there is no memory for a file of ${byteLength} bytes`, { cause });
  }
}

async function* readSlices(path: string): AsyncGenerator<FileSlice, void, undefined> {
  checkPath(path);
  const file = await opened(path);
  try {
    const byteLength = await sizeOf(file, path);
    const slice = new Uint8Array(Math.min(SLICE_BYTES, byteLength));
    for (let offset = 0; offset < byteLength; ) {
      const { bytesRead } = await file.read(slice, 0, Math.min(slice.byteLength, byteLength - offset), offset);
      if (bytesRead === 0) throw new EgideError('INVALID_ARGUMENT', `${path} became shorter while it was read: replace a file whole`);
      yield { byteLength, offset, bytes: slice.subarray(0, bytesRead) };
      offset += bytesRead;
    }
  } finally {
    await file.close();
  }
}

/** Never waits for the other end of a pipe. */
async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  } catch (cause) {
    throw new EgideError('NOT_FOUND', `${path} could not be opened (${systemCode(cause)})`, { cause });
  }
}

async function sizeOf(file: FileHandle, path: string): Promise<number> {
  const status = await file.stat();
  if (!status.isFile()) throw invalid('path', `a file (${path})`, status.isDirectory() ? 'a folder' : 'a device or a pipe');
  if (status.size === 0) throw invalid('path', `a saved index (${path})`, 'an empty file');
  return status.size;
}
