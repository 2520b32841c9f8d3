import { EgideError } from '../errors.js';
import { ByteBuffer } from '../list/byte-buffer.js';
import type { IndexFile, IndexFiles, SaveFileOptions } from '../search/index-file.js';

/** Bytes that a file has room for at first. */
const FIRST_CAPACITY = 1 << 16;

/** Files that lie in memory, for snapshots that are to lie nowhere else. */
export class MemoryFiles implements IndexFiles {
  readonly #files = new Map<string, { readonly memory: ArrayBuffer; readonly stamp: string }>();
  #saved = 0;

  async open(path: string): Promise<IndexFile> {
    const { memory } = this.#file(path);
    return { storage: 'read', memory, byteLength: memory.byteLength, [Symbol.dispose]: () => undefined };
  }

  async *read(path: string): AsyncGenerator<Uint8Array, void, undefined> {
    yield new Uint8Array(this.#file(path).memory);
  }

  async stamp(path: string): Promise<string> {
    return this.#file(path).stamp;
  }

  /** There is nobody else. */
  alone<T>(_path: string, work: () => Promise<T>): Promise<T> {
    return work();
  }

  async save(
    path: string,
    chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
    { settle = (replace) => replace() }: SaveFileOptions = {},
  ): Promise<void> {
    const bytes = new ByteBuffer(FIRST_CAPACITY);
    for await (const chunk of chunks) bytes.push(chunk);
    await settle(async () => {
      this.#files.set(path, { memory: bytes.bytes().slice().buffer as ArrayBuffer, stamp: String(++this.#saved) });
    });
  }

  async remove(path: string): Promise<void> {
    this.#files.delete(path);
  }

  #file(path: string): { readonly memory: ArrayBuffer; readonly stamp: string } {
    const file = this.#files.get(path);
    if (!file) throw new EgideError('NOT_FOUND', 'no snapshot has been made yet');
    return file;
  }
}
