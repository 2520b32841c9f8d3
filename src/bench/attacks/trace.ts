import { type Homography, type Point, project } from '../../patch/geometry.js';
import { chain, IDENTITY } from './homography.js';

/** Points along each side of the grid: an edge that runs between two of them is missed by at most half of 1/128 of the side (chosen here). */
const GRID = 128;

/** Where the parts of the original have gone, and how much of each can still be seen. */
export class Trace {
  /** From the pixels of the original to those of the picture; undefined once a bent map was among the steps. */
  readonly transform: Homography | undefined;
  readonly #xs: Float64Array;
  readonly #ys: Float64Array;
  readonly #seen: Float64Array;

  private constructor(transform: Homography | undefined, xs: Float64Array, ys: Float64Array, seen: Float64Array) {
    this.transform = transform;
    this.#xs = xs;
    this.#ys = ys;
    this.#seen = seen;
  }

  /** Everything in its place, in a picture of `width` x `height` pixels. */
  static of(width: number, height: number): Trace {
    const count = GRID * GRID;
    const xs = Float64Array.from({ length: count }, (_, i) => (((i % GRID) + 0.5) / GRID) * width);
    const ys = Float64Array.from({ length: count }, (_, i) => ((Math.floor(i / GRID) + 0.5) / GRID) * height);
    return new Trace(IDENTITY, xs, ys, new Float64Array(count).fill(1));
  }

  /** The mean share of the original that is seen, 0 to 1. */
  get visible(): number {
    return this.#seen.reduce((sum, share) => sum + share, 0) / this.#seen.length;
  }

  /** Everything moves by a homography into a picture of `width` x `height` pixels; what falls outside it is lost. */
  moved(map: Homography, width: number, height: number): Trace {
    const transform = this.transform && chain(this.transform, map);
    return this.#movedBy((point) => project(map, point), transform).inside(width, height);
  }

  /** As {@link moved}, by a map that is no homography. */
  bent(map: (point: Point) => Point, width: number, height: number): Trace {
    return this.#movedBy(map, undefined).inside(width, height);
  }

  /** What lies outside of `width` x `height` pixels is lost. */
  inside(width: number, height: number): Trace {
    return this.dimmed((x, y) => (x >= 0 && x < width && y >= 0 && y < height ? 1 : 0));
  }

  /** Only a share of what lies at a place is seen through what was put over it: 0 nothing, 1 all. */
  dimmed(share: (x: number, y: number) => number): Trace {
    const seen = this.#seen.map((before, i) => (before === 0 ? 0 : before * share(this.#xs[i] as number, this.#ys[i] as number)));
    return new Trace(this.transform, this.#xs, this.#ys, seen);
  }

  #movedBy(map: (point: Point) => Point, transform: Homography | undefined): Trace {
    const [xs, ys] = [new Float64Array(this.#xs.length), new Float64Array(this.#xs.length)];
    for (let i = 0; i < xs.length; ++i) {
      const [x, y] = map([this.#xs[i] as number, this.#ys[i] as number]);
      xs[i] = x;
      ys[i] = y;
    }
    return new Trace(transform, xs, ys, this.#seen);
  }
}
