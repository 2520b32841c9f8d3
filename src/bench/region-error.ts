import { quantile } from './statistics.js';

/** Width and height in pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Points along each side of the reference (our own choice: the ninth part of a side is finer than any patch is wide). */
const POINTS = 9;
/** The longer side, in pixels, that errors are told at: what references of patches are scaled to. */
const TOLD_AT = 640;

/**
 * How far off a matcher places the copy: the median of |found(true(p)) - p| over a grid of points p of the reference that the query still
 * shows, in pixels of a reference whose longer side is 640. `undefined` if the query shows none of them.
 *
 * @param truth Row-major 3 x 3 homography from a pixel of the reference to one of the query.
 * @param found The same from the query to the reference.
 */
export function regionError(truth: readonly number[], found: readonly number[], reference: Size, query: Size): number | undefined {
  const scale = TOLD_AT / Math.max(reference.width, reference.height);
  const errors: number[] = [];
  for (let i = 0; i < POINTS; ++i)
    for (let j = 0; j < POINTS; ++j) {
      const x = ((j + 0.5) / POINTS) * reference.width;
      const y = ((i + 0.5) / POINTS) * reference.height;
      const [u, v] = mapped(truth, x, y);
      if (!(u >= 0 && v >= 0 && u < query.width && v < query.height)) continue;
      const [foundX, foundY] = mapped(found, u, v);
      errors.push(scale * Math.hypot(foundX - x, foundY - y));
    }
  return quantile(errors, 0.5);
}

function mapped(h: readonly number[], x: number, y: number): readonly [number, number] {
  const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0, g = 0, i = 0, k = 0] = h;
  const w = g * x + i * y + k;
  return [(a * x + b * y + c) / w, (d * x + e * y + f) / w];
}
