/**
 * What a backend must do. `backend/native.ts` and `backend/wasm.ts` both implement it: a method that one of them
 * lacks is a type error. Everything here is already validated by the facade; a backend checks again only what
 * memory safety needs.
 */

/** Bytes of one PDQ hash. */
export const HASH_BYTES = 32;

/** Orientations of one picture under the symmetries of the square. */
export const ORIENTATION_COUNT = 8;

/**
 * The two PDQ families (docs/pdq.md): `full-res` filters the picture as it is (python-threatexchange, HMA, Java);
 * `reference-cpp` first takes a nearest-neighbour 512x512 copy if a side is longer (Meta's C++ `pdq-photo-hasher`).
 */
export type PdqMode = 'full-res' | 'reference-cpp';

/** 8-bit pixels, interleaved, row-major, no padding: `data.length === width * height * channels`. */
export interface Pixels {
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA. Alpha is never composited here: hashing looks at colour only. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** What the core answers for one picture: eight hashes of 32 bytes in the order of `ORIENTATIONS`, and the quality. */
export interface PdqAnswer {
  /** 256 bytes: eight hashes, the picture's own first; from one transform, as Meta's reference makes them. */
  readonly hashes: Uint8Array;
  /** 256 bytes: the same eight of the picture turned and sampled anew. */
  readonly turned: Uint8Array;
  /** 0 to 100. */
  readonly quality: number;
}

/** A copy of bytes where the core can search them. */
export interface Placed extends Disposable {
  readonly byteLength: number;
}

/** Numbers per hit in the output of {@link Backend.hammingScan}: query, position, distance. */
export const HIT_FIELDS = 3;

/** How to hash asynchronously. */
export interface PdqAsyncOptions {
  readonly orientation?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The operations of the core, the same through both doors. */
export interface Backend {
  readonly name: 'native' | 'wasm';
  /** Kernel sets that this machine can run, fastest first; the last is always `scalar`. */
  readonly kernels: readonly string[];

  /** Hashes pixels; at most `MAX_SYNC_PIXELS`. `kernel` is one of `kernels`, by default the first. */
  pdq(pixels: Pixels, mode: PdqMode, kernel?: string): PdqAnswer;
  /**
   * The same without holding the event loop for long, of the picture as its EXIF `orientation` (1 to 8, default 1) shows it. The
   * input is copied before this returns, or used up.
   */
  pdqAsync(pixels: Pixels, mode: PdqMode, options?: PdqAsyncOptions): Promise<PdqAnswer>;

  /** Copies bytes to where the core can search them; the caller may do what it likes with its own. */
  place(bytes: Uint8Array): Placed;
  /**
   * Compares every query with every stored hash and writes (query, position, distance) for each pair within
   * `maxDistance` bits, in no promised order. Returns the number found; only the first
   * `hits.length / HIT_FIELDS` are written.
   */
  hammingScan(queries: Uint8Array, hashes: Placed, maxDistance: number, hits: Uint32Array, kernel?: string): number;
}

/** Pixels that a synchronous call takes: 12.5 million (a 12-megapixel photograph), under 50 ms on either backend (bench/RESULTS.md). */
export const MAX_SYNC_PIXELS = 12_500_000;

declare const mappedPages: unique symbol;

/** The pages of a mapped file. Only the addon can read them, so nothing in JavaScript can write to them (native/node/files.cpp). */
export interface MappedPages {
  readonly [mappedPages]: true;
}

/** Where the bytes of an index can stand for the native core, which reads them in place. */
export type IndexMemory = ArrayBuffer | ArrayBufferView | MappedPages;

/** What the addon does with files. It throws plain errors: what opens the file tells what was wrong. */
export interface FileMapper {
  mapFile(path: string): { pages: MappedPages; byteLength: number };
  /** The pages go at once, or when the last thread that searches them is done. */
  unmapFile(pages: MappedPages): void;
  copyMapped(pages: MappedPages, offset: number, target: Uint8Array): void;
}
