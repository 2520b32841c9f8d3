import type { Backend } from '../backend.js';
import { ByteBuffer, NumberBuffer } from '../list/byte-buffer.js';
import { buildPatchIndex } from '../patch/build-patch-index.js';
import type { Platform } from '../platform.js';
import { buildDigestIndex } from '../search/build-digest-index.js';
import { buildPdqIndex } from '../search/build-pdq-index.js';
import { buildUrlIndex } from '../search/build-url-index.js';
import { buildPhotoDnaIndex, type PhotoDnaIndex } from '../search/photodna-index.js';
import type { StoredIndex } from '../search/stored-index.js';
import type { UrlIndex } from '../search/url-index.js';
import type { IndexSection } from './snapshot-format.js';

/** The signals of one type that one list carries: values of one width one after the other, or pieces, and the entry of each. */
export class ListSignals {
  #values = new ByteBuffer(1 << 10);
  #pieces: Uint8Array[] = [];
  #entries = new NumberBuffer();
  readonly #width: number | null;

  /** @param width Bytes of a value; `null` where they differ. */
  constructor(width: number | null) {
    this.#width = width;
  }

  get count(): number {
    return this.#entries.length;
  }

  add(value: Uint8Array, entry: number): void {
    if (this.#width === null) this.#pieces.push(value.slice());
    else this.#values.push(value);
    this.#entries.push(entry);
  }

  get values(): Uint8Array {
    return this.#values.bytes();
  }

  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  entries(): Uint32Array {
    return this.#entries.toArray();
  }

  /** Gives the memory back. */
  clear(): void {
    this.#values = new ByteBuffer(0);
    this.#pieces = [];
    this.#entries = new NumberBuffer();
  }
}

/** The index of what a list carries of one type. */
export async function buildSection(
  backend: Backend,
  platform: Platform,
  kind: IndexSection,
  signals: ListSignals,
  signal: AbortSignal | undefined,
): Promise<StoredIndex | UrlIndex | PhotoDnaIndex> {
  const options = { ids: signals.entries(), ...(signal && { signal }) };
  if (kind === 'patches') return buildPatchIndex(backend, platform, signals.pieces, options);
  if (kind === 'urls') return buildUrlIndex(backend, platform, signals.pieces.map(textOf), options);
  if (kind === 'pdq') return buildPdqIndex(backend, platform, signals.values, options);
  if (kind === 'photodna') return buildPhotoDnaIndex(signals.values, options.ids);
  return buildDigestIndex(backend, platform, kind === 'url-md5' ? 'md5' : kind, signals.values, options);
}

const decoder = new TextDecoder();

/** The rule that a signal of type `url` is. */
export function textOf(value: Uint8Array): string {
  return decoder.decode(value);
}
