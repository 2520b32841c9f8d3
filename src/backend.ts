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

/** @internal All of {@link PdqMode}. */
export const PDQ_MODES: readonly PdqMode[] = ['full-res', 'reference-cpp'];

/** 8-bit pixels, interleaved, row-major, no padding: `data.length === width * height * channels`. */
export interface Pixels {
  readonly data: Uint8Array;
  /** Pixels. */
  readonly width: number;
  /** Pixels. */
  readonly height: number;
  /** 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA. Alpha: PDQ looks at colour only; patches lay the picture on mid-grey. */
  readonly channels: 1 | 2 | 3 | 4;
}

/** A part of a picture, pixels. */
export interface PictureBox {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
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

/** Some of the rows of a piece of memory. */
export interface Rows {
  readonly first: number;
  readonly count: number;
}

/** Numbers per hit in the output of a search: query, position or id, distance. */
export const HIT_FIELDS = 3;
/** Numbers per hit in the output of a look-up of digests: query, id. */
export const DIGEST_HIT_FIELDS = 2;

/** What an index says of itself. */
export interface IndexFacts {
  readonly kind: 'pdq' | 'digest' | 'patch';
  /** Bytes of a row. */
  readonly width: number;
  /** Rows. */
  readonly count: number;
  /** 0: a PDQ index without bands. */
  readonly directoryBits: number;
  /** Whether rows have ids of their own. */
  readonly ids: boolean;
  /** Whether the bands' entries have tags. */
  readonly tags: boolean;
  /** Patches: images; of them `count` counts the features. */
  readonly images: number;
}

/** What the index of a number of PDQ hashes is to have. */
export interface PdqIndexShape {
  /** Hashes, 0 to {@link MAX_INDEX_COUNT}. */
  readonly count: number;
  readonly ids: boolean;
  readonly tags: boolean;
}

/** What the index of a number of digests is to have. It always has ids. */
export interface DigestIndexShape {
  /** Bytes of a digest: 16, 20 or 32. */
  readonly width: number;
  /** Digests, 0 to {@link MAX_INDEX_COUNT}. */
  readonly count: number;
}

/** Bytes that an index takes, and those that building takes besides. */
export interface IndexSize {
  readonly indexBytes: number;
  readonly scratchBytes: number;
}

/** An index being built: its own bytes, and those that building takes besides. */
export interface IndexBuild {
  readonly index: Placed;
  readonly scratch: Placed;
}

/** Rows of an index at most: 32-bit ids, less one block of the widest kernel (native/core/index/index_format.hpp). */
export const MAX_INDEX_COUNT = 2 ** 32 - 64;
/** Bytes that tell how long an index is. */
export const INDEX_HEADER_BYTES = 128;
/** Bytes of the state of a check. */
export const INDEX_CHECK_BYTES = 128;

/** Indexes where the core can search them. Whatever is wrong with the bytes of an index throws `INVALID_INDEX`. */
export interface IndexCore {
  /** Bytes that `reserve` can give at most, all together. */
  readonly limitBytes: number;
  /** Memory for an index or its build, cache-line aligned. `shared`: a SharedArrayBuffer, where the core can work on one. */
  reserve(byteLength: number, shared?: boolean): Placed;
  /** Whether the core searches an index wherever it lies, or only in memory of its own. */
  readonly adopts: boolean;
  /** An index that lies in a file's memory, which is given up when it is disposed of. */
  adoptFile(file: HeldMemory): Placed;
  /** An index that another thread has built in memory that was reserved as shared. */
  adoptShared(memory: SharedArrayBuffer): Placed;
  /** The shared memory behind a piece that was reserved as shared or adopted. */
  sharedMemory(placed: Placed): SharedArrayBuffer | undefined;
  /** A part of a piece, from a multiple of 64 bytes on, which is gone when the piece is. */
  part(placed: Placed, offset: number, byteLength: number): Placed;
  write(placed: Placed, offset: number, bytes: Uint8Array): void;
  /** A copy. */
  read(placed: Placed, offset: number, byteLength: number): Uint8Array;

  pdqBytes(shape: PdqIndexShape): IndexSize;
  pdqBegin(build: IndexBuild, shape: PdqIndexShape): void;
  digestBytes(shape: DigestIndexShape): IndexSize;
  digestBegin(build: IndexBuild, shape: DigestIndexShape): void;
  /** Adds rows, with an id each if the shape has ids; digests without get their positions. */
  add(build: IndexBuild, rows: Uint8Array, ids?: Uint32Array): void;
  /** Works for about 2 ns times `units`, once all rows are there; returns the units left. */
  step(build: IndexBuild, units: number): number;

  /** Length of the index that begins with these {@link INDEX_HEADER_BYTES}. */
  lengthOf(header: Uint8Array): number;
  /** Checks the header and the directory: what a mapped file of any size can be asked at once. */
  open(index: Placed): IndexFacts;
  /** Sums the next `bytes` up and returns how many are left. `state` begins as {@link INDEX_CHECK_BYTES} zeros. */
  check(index: Placed, state: Uint8Array, bytes: number): number;
  /** As {@link Backend.hammingScan}, with ids for positions. */
  pdqSearch(index: Placed, queries: Uint8Array, maxDistance: number, hits: Uint32Array, kernel?: string): number;
  /** Whether such a search compares every hash. */
  pdqScans(index: Placed, maxDistance: number, queryCount: number): boolean;
  /** Writes hashes from `first` on as they were given, and their ids. */
  pdqRead(index: Placed, first: number, hashes: Uint8Array, ids: Uint32Array): void;
  /**
   * Finds every stored digest that is one of `digests` and returns how many there are, by query, ids ascending; only those that fit
   * the `hits.length / DIGEST_HIT_FIELDS` are written.
   */
  digestFind(index: Placed, digests: Uint8Array, hits: Uint32Array): number;
}

/** What to extract of a picture. */
export interface PatchExtraction {
  /** Pixels of the long side that the picture is looked at in, 512 to 2,048. */
  readonly longSide: number;
  /** At most 4,096. */
  readonly maxFeatures: number;
  /** EXIF orientation, 1 to 8: patches are those of the upright picture. */
  readonly orientation: number;
  /** Factors by which the sides are changed before; 1 leaves them. */
  readonly stretchX: number;
  readonly stretchY: number;
}

/** What a record says of itself. */
export interface RecordFacts {
  /** Bytes of a code: 16 or 8. */
  readonly codeBytes: number;
  /** Features. */
  readonly count: number;
  /** Cells of the dense grid, 0 without one. */
  readonly columns: number;
  readonly rows: number;
  /** Pixels of the enrolled picture, upright. */
  readonly width: number;
  readonly height: number;
  /** Features that are seen everywhere and prove nothing. */
  readonly stops: number;
}

/** What to keep of a picture. */
export interface RecordShape {
  readonly maxFeatures: number;
  readonly codeBytes: 8 | 16;
  readonly grid: boolean;
}

/** Patches: local descriptors (docs/patches.md). Extracted ones and records are bytes (docs/formats.md). */
export interface PatchCore {
  /** At most {@link MAX_SYNC_PIXELS}. */
  extract(pixels: Pixels, extraction: PatchExtraction, kernel?: string): Uint8Array;
  /** The same without holding the event loop for long. The input is copied before this returns, or used up. */
  extractAsync(pixels: Pixels, extraction: PatchExtraction, signal?: AbortSignal): Promise<Uint8Array>;
  /** The record of extracted patches. */
  record(patches: Uint8Array, shape: RecordShape): Uint8Array;
  /** Checks a record as a whole; throws `INVALID_PATCHES`. */
  openRecord(record: Uint8Array): RecordFacts;
  /**
   * Compares extracted patches with a record that has been checked. `variants`: bit v for variant v (native/core/patch/feature.hpp);
   * `images`: how many pictures are compared with.
   *
   * @returns The numbers of an answer (native/core/patch/answer.hpp); none if nothing agrees.
   */
  match(patches: Uint8Array, record: Uint8Array, variants: number, images: number): Float64Array;
}

/** What an index of patches holds. */
export interface PatchTotals {
  readonly features: number;
  readonly images: number;
  /** Pieces of 16 bytes that the dense grids take. */
  readonly gridBlocks: number;
}

/** What the index of some records is to have. */
export interface PatchIndexShape extends PatchTotals {
  readonly codeBytes: number;
}

/** An index, and the images of it that are removed: bit i, lowest first. */
export interface PatchSegment {
  readonly index: Placed;
  readonly removed: Uint8Array;
}

/** Bytes of the state of marking, which begins as zeros. */
export const STOP_STATE_BYTES = 160;
/** Keys there are: where collecting stop features ends. */
export const STOP_KEYS = 2 ** 24;

/** Indexes of patches. Reserving, opening, adding records and stepping a build are {@link IndexCore}'s. */
export interface PatchIndexCore {
  /** Adds whole records up; `undefined` if one is none or has codes of another length. */
  totals(records: Uint8Array, codeBytes: number): PatchTotals | undefined;
  bytes(shape: PatchIndexShape): IndexSize;
  begin(build: IndexBuild, shape: PatchIndexShape): void;
  /**
   * Finds what of a bank a picture is an edited copy of. `images`: of the whole bank, or 0 for what the segments hold.
   *
   * @returns The numbers of the answers (native/core/patch/answer.hpp), the surest first.
   */
  search(segments: readonly PatchSegment[], patches: Uint8Array, request: PatchRequest): PatchSearchAnswer;
  /** The record of an image, as it was added. */
  record(index: Placed, image: number): Uint8Array;
  /** Writes the ids of the images from `first` on. */
  ids(index: Placed, first: number, ids: Uint32Array): void;
  /** Looks for stop features from a key on, for about 2 ns times `units`. */
  collectStops(segments: readonly PatchSegment[], firstKey: number, units: number): { nextKey: number; entries: Uint8Array };
  /** The table of what was collected. */
  writeStops(entries: Uint8Array, codeBytes: number): Uint8Array;
  /** Checks a table; throws `INVALID_PATCHES`. */
  openStops(table: Uint8Array): { codeBytes: number; count: number };
  /** Marks a finished index for about 2 ns times `units`; returns the units left. The table is where `place` put it. */
  markStops(index: Placed, table: Placed, state: Uint8Array, units: number): number;
}

/** How to search. */
export interface PatchRequest {
  /** Bit v: variant v is tried. */
  readonly variants: number;
  /** More buckets and candidates. */
  readonly deep: boolean;
  readonly images: number;
}

/** What a search found. */
export interface PatchSearchAnswer {
  readonly numbers: Float64Array;
  /** A bound on work cut something off. */
  readonly truncated: boolean;
}

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

  /**
   * Where the picture lies inside a border or on a blurred copy of itself: what the outermost frame leaves, then what a frame within
   * that leaves, three at most.
   */
  trim(pixels: Pixels): PictureBox[];

  /** Copies bytes to where the core can search them; the caller may do what it likes with its own. */
  place(bytes: Uint8Array): Placed;
  /**
   * Compares every query with every stored hash and writes (query, position, distance) for each pair within
   * `maxDistance` bits, in no promised order. Returns the number found; only the first
   * `hits.length / HIT_FIELDS` are written.
   *
   * @param hashes What `place` or `index.reserve` gave.
   * @param rows Only these hashes, with positions counted from the first of them. Default: all.
   */
  hammingScan(queries: Uint8Array, hashes: Placed, maxDistance: number, hits: Uint32Array, kernel?: string, rows?: Rows): number;

  readonly index: IndexCore;
  readonly patch: PatchCore;
  readonly patchIndex: PatchIndexCore;
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

/** Memory that somebody holds until it is disposed of. */
export interface HeldMemory extends Disposable {
  readonly memory: IndexMemory;
  readonly byteLength: number;
}

/** What the addon does with files. */
export interface FileMapper {
  /** Nothing where the system does not map the file, whatever the reason. */
  mapFile(path: string): { pages: MappedPages; byteLength: number } | undefined;
  /** The pages go at once. */
  unmapFile(pages: MappedPages): void;
}
