import { createRequire } from 'node:module';
import {
  type Backend,
  type FileMapper,
  HASH_BYTES,
  type PdqAnswer,
  type PdqAsyncOptions,
  type PdqMode,
  type PictureBox,
  type Pixels,
  type Placed,
  type Rows,
} from '../backend.js';
import { liveBytes } from '../input.js';
import { type IndexAddon, NativeIndexCore } from './native-index.js';
import { NativePatchCore, outOfMemory, type PatchAddon } from './native-patch.js';
import { NativePatchIndexCore, type PatchIndexAddon } from './native-patch-index.js';

/** What native/node exports. */
interface Addon extends FileMapper, IndexAddon, PatchAddon, PatchIndexAddon {
  kernels(): string[];
  pdq(data: Uint8Array, width: number, height: number, channels: number, mode: number, kernel?: string): PdqAnswer;
  pdqAsync(data: Uint8Array, width: number, height: number, channels: number, mode: number, orientation: number): Promise<PdqAnswer>;
  trim(data: Uint8Array, width: number, height: number, channels: number): PictureBox[];
  hammingScan(queries: Uint8Array, hashes: Uint8Array, maxDistance: number, hits: Uint32Array, kernel?: string): number;
}

/** Throws what the loader throws: the caller falls back and tells why. */
export function createNativeBackend(): Backend {
  return new NativeBackend(loadAddon());
}

/** How the native backend takes its indexes from files. Throws as {@link createNativeBackend} does. */
export function createFileMapper(): FileMapper {
  return loadAddon();
}

/** The addon that was built for this platform. */
function loadAddon(): Addon {
  const musl = process.platform === 'linux' && !isGlibc() ? '-musl' : '';
  const path = `../../prebuilds/${process.platform}-${process.arch}${musl}.node`;
  return createRequire(import.meta.url)(path) as Addon;
}

function isGlibc(): boolean {
  const report = process.report?.getReport() as { header?: { glibcVersionRuntime?: string } } | undefined;
  return report?.header?.glibcVersionRuntime !== undefined;
}

const modeNumber = (mode: PdqMode): number => (mode === 'full-res' ? 0 : 1);

class NativeBackend implements Backend {
  readonly name = 'native';
  readonly kernels: readonly string[];
  readonly index: NativeIndexCore;
  readonly patch: NativePatchCore;
  readonly patchIndex: NativePatchIndexCore;
  readonly #addon: Addon;

  constructor(addon: Addon) {
    this.#addon = addon;
    this.index = new NativeIndexCore(addon);
    this.patch = new NativePatchCore(addon);
    this.patchIndex = new NativePatchIndexCore(addon);
    this.kernels = addon.kernels();
  }

  pdq({ data, width, height, channels }: Pixels, mode: PdqMode, kernel?: string): PdqAnswer {
    try {
      return this.#addon.pdq(data, width, height, channels, modeNumber(mode), kernel);
    } catch (cause) {
      throw outOfMemory(cause);
    }
  }

  async pdqAsync(
    { data, width, height, channels }: Pixels,
    mode: PdqMode,
    { orientation = 1, signal }: PdqAsyncOptions = {},
  ): Promise<PdqAnswer> {
    let answer: PdqAnswer;
    try {
      answer = await this.#addon.pdqAsync(data, width, height, channels, modeNumber(mode), orientation);
    } catch (cause) {
      throw outOfMemory(cause);
    }
    signal?.throwIfAborted();
    return answer;
  }

  trim({ data, width, height, channels }: Pixels): PictureBox[] {
    try {
      return this.#addon.trim(data, width, height, channels);
    } catch (cause) {
      throw outOfMemory(cause);
    }
  }

  place(bytes: Uint8Array): Placed {
    const placed = this.index.reserve(liveBytes('bytes', bytes).byteLength);
    this.index.write(placed, 0, bytes);
    return placed;
  }

  hammingScan(queries: Uint8Array, hashes: Placed, maxDistance: number, hits: Uint32Array, kernel?: string, rows?: Rows): number {
    const { first, count } = rows ?? { first: 0, count: hashes.byteLength / HASH_BYTES };
    const searched = this.index.view(hashes, HASH_BYTES * first, HASH_BYTES * count);
    return this.#addon.hammingScan(queries, searched, maxDistance, hits, kernel);
  }
}
