import type { PatchSegment } from '../backend.js';
import type { PatchIndex } from './patch-index.js';

/** One of the indexes that a changing bank lies in, and which of its images are removed. */
export class LiveSegment implements Disposable {
  readonly index: PatchIndex;
  readonly #removed: Uint8Array; // bit i for image i, lowest first
  #ids: Uint32Array | undefined;
  #left: number;

  constructor(index: PatchIndex) {
    this.index = index;
    this.#removed = new Uint8Array(Math.ceil(index.size / 8));
    this.#left = index.size;
  }

  /** Images that are not removed. */
  get left(): number {
    return this.#left;
  }

  /** Ids of all images, the removed ones too. */
  get ids(): Uint32Array {
    this.#ids ??= this.index.ids();
    return this.#ids;
  }

  holds(image: number): boolean {
    return (((this.#removed[image >> 3] as number) >> (image & 7)) & 1) === 0;
  }

  /** The numbers of the images that are not removed. */
  images(): Uint32Array {
    const images = new Uint32Array(this.#left);
    for (let image = 0, at = 0; image < this.index.size; ++image) if (this.holds(image)) images[at++] = image;
    return images;
  }

  remove(image: number): void {
    if (!this.holds(image)) return;
    this.#removed[image >> 3] = (this.#removed[image >> 3] as number) | (1 << (image & 7));
    --this.#left;
  }

  /** What a search takes. */
  segment(): PatchSegment {
    return this.index.segment(this.#left < this.index.size ? this.#removed : undefined);
  }

  [Symbol.dispose](): void {
    this.index[Symbol.dispose]();
  }
}

/** The images that are left in some segments, in order, as they are when this is made. */
export class LiveRows {
  readonly count: number;
  readonly #parts: readonly { readonly segment: LiveSegment; readonly images: Uint32Array; readonly first: number }[];

  constructor(segments: readonly LiveSegment[]) {
    let count = 0;
    this.#parts = segments.map((segment) => {
      const part = { segment, images: segment.images(), first: count };
      count += part.images.length;
      return part;
    });
    this.count = count;
  }

  ids(): Uint32Array {
    const ids = new Uint32Array(this.count);
    for (const { segment, images, first } of this.#parts)
      ids.set(
        images.map((image) => segment.ids[image] as number),
        first,
      );
    return ids;
  }

  record(row: number): Uint8Array {
    const part = this.#parts.findLast(({ first }) => first <= row);
    if (!part) throw new RangeError('there is no such row');
    return part.segment.index.record(part.images[row - part.first] as number).bytes;
  }

  /** The rows whose images were removed since. */
  *gone(): Generator<number> {
    for (const { segment, images, first } of this.#parts)
      for (const [i, image] of images.entries()) if (!segment.holds(image)) yield first + i;
  }
}
