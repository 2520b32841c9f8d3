import { type Backend, INDEX_HEADER_BYTES, type IndexCore, type IndexFacts, type Placed } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import { liveBytes } from '../input.js';
import type { Platform } from '../platform.js';
import { type CheckOptions, checkIndex, chunksOfIndex, type IndexStorage, type SaveOptions, saveIndex } from './index-bytes.js';

/** Hits of one answer: as objects some 250 MB, which every heap has room for; more could end the process (our own choice). */
export const MAX_HITS = 1 << 22;

/** An index where the core can search it, and what it says of itself. */
export interface OpenedIndex {
  readonly placed: Placed;
  readonly facts: IndexFacts;
  readonly storage: IndexStorage;
  /** The file that it was opened from. */
  readonly path?: string;
}

/** What immutable indexes of every kind have in common: one flat buffer, in memory or in a mapped file. */
export abstract class StoredIndex implements Disposable {
  /** Hashes, digests, or (of patches) images in the index. */
  readonly size: number;
  /** Bytes of the index, all included. */
  readonly byteLength: number;
  /** Where they lie. */
  readonly storage: IndexStorage;
  /** The file that it was opened from. */
  readonly path: string | undefined;
  readonly #core: IndexCore;
  readonly #platform: Platform;
  #placed: Placed | undefined;

  /** @internal */
  constructor(backend: Backend, platform: Platform, { placed, facts, storage, path }: OpenedIndex) {
    this.size = facts.kind === 'patch' ? facts.images : facts.count;
    this.byteLength = placed.byteLength;
    this.storage = storage;
    this.path = path;
    this.#core = backend.index;
    this.#platform = platform;
    this.#placed = placed;
  }

  /** The shared memory of an index built as `shared`: it opens in another worker, without a copy. */
  get shared(): SharedArrayBuffer | undefined {
    return this.#core.sharedMemory(this.live());
  }

  /**
   * Sums the whole index up and holds it against its checksum. Opening a file looks at its header and directory alone, so that it
   * takes no time; this reads everything, in slices.
   *
   * @throws {EgideError} `INVALID_INDEX` if it is damaged; `DISPOSED`; or the signal's reason.
   */
  async verify(options: CheckOptions = {}): Promise<void> {
    await checkIndex(this.#core, () => this.live(), options);
  }

  /**
   * Writes the index to a file, which opens mapped: to a temporary file first, which takes the other's place when it is whole and on
   * the disk. Whatever happens meanwhile, the path names either the old file or the new one.
   *
   * @throws {EgideError} `NO_FILESYSTEM` where there are no files; `DISPOSED`; or what the file system says.
   */
  async save(path: string, options: SaveOptions = {}): Promise<void> {
    await saveIndex(this.#core, this.#platform, () => this.live(), path, options);
  }

  /**
   * The bytes of the index in order, in slices of at most 4 MiB: for storage that is not a file. The index opens from a stream of them.
   *
   * @throws {EgideError} `DISPOSED`.
   */
  chunks(): Generator<Uint8Array> {
    return chunksOfIndex(this.#core, () => this.live());
  }

  /** @internal What tells it from any other index: its shape and its checksums. */
  header(): Uint8Array {
    return this.#core.read(this.live(), 0, INDEX_HEADER_BYTES);
  }

  /** @internal */
  protected live(): Placed {
    if (!this.#placed) throw new EgideError('DISPOSED', 'this index has been disposed of: build or open it anew');
    return this.#placed;
  }

  [Symbol.dispose](): void {
    this.#placed?.[Symbol.dispose]();
    this.#placed = undefined;
  }
}

/** The index, if it has this header. Otherwise disposes of it and throws `SUPERSEDED`. */
export function withHeader<Kind extends StoredIndex>(index: Kind, header: Uint8Array): Kind {
  const found = index.header();
  if (found.length === header.length && found.every((byte, i) => byte === header[i])) return index;
  index[Symbol.dispose]();
  throw new EgideError(
    'SUPERSEDED',
    'the file of the base has been replaced since by another: ask for the state again, and let one index alone merge into a path',
  );
}

/** Checks that `bytes` are whole rows and returns how many. */
export function wholeRows(parameter: string, bytes: Uint8Array, rowBytes: number): number {
  if (liveBytes(parameter, bytes).byteLength % rowBytes !== 0) throw invalid(parameter, `a multiple of ${rowBytes} bytes`, bytes);
  return bytes.byteLength / rowBytes;
}

const OPENED_BY = {
  pdq: 'PDQ hashes: open it with openPdqIndex',
  digest: 'digests: open it with openDigestIndex',
  patch: 'patches: open it with openPatchIndex',
};

/** Checks that an index is of the kind it was opened as. Throws `INVALID_INDEX`. */
export function checkKind({ kind }: IndexFacts, wanted: IndexFacts['kind']): void {
  if (kind !== wanted) throw new EgideError('INVALID_INDEX', `this is an index of ${OPENED_BY[kind]}`);
}
