/** A place in a picture, pixels; the first pixel's centre is at (0.5, 0.5). */
export type Point = readonly [x: number, y: number];

/** A plane projective map, row-major: (x, y) goes to ((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w), w = m6 x + m7 y + m8. */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** Width and height, pixels. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Points whose third part is below this share of that of a place that is seen lie beyond the horizon, or too near to it. */
const HORIZON = 1e-6;

/** `b` first, then `a`. */
export function product(a: Homography, b: Homography): Homography {
  const at = (row: number, column: number): number =>
    [0, 1, 2].reduce((sum, k) => sum + (a[3 * row + k] as number) * (b[3 * k + column] as number), 0);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** Stretches by `x` and `y` away from the upper left corner. */
export const scaling = (x: number, y: number): Homography => [x, 0, 0, 0, y, 0, 0, 0, 1];

/** Turns a picture of that width over, left to right. */
export const mirroring = (width: number): Homography => [-1, 0, width, 0, 1, 0, 0, 0, 1];

/** The way back, in whatever scale comes: for a projective map the adjugate is as good as the inverse. The map must have one. */
export function adjugate([a, b, c, d, e, f, g, h, i]: Homography): Homography {
  return [
    e * i - f * h,
    c * h - b * i,
    b * f - c * e,
    f * g - d * i,
    a * i - c * g,
    c * d - a * f,
    d * h - e * g,
    b * g - a * h,
    a * e - b * d,
  ];
}

/** The way back, written so that its last number is 1 where it can be. */
export function inverse(m: Homography): Homography {
  return normalised(adjugate(m));
}

/** The same map with 1 as its last number. */
export function normalised(m: Homography): Homography {
  return m[8] === 0 ? m : (m.map((value) => value / m[8]) as unknown as Homography);
}

/** Where a point goes; beyond the horizon, nowhere that means anything. */
export function project(m: Homography, [x, y]: Point): Point {
  const w = m[6] * x + m[7] * y + m[8];
  return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
}

/** What the map does to a small neighbourhood of a point: the derivatives of x and y, row-major. */
export function localMap(m: Homography, [x, y]: Point): readonly [number, number, number, number] {
  const w = m[6] * x + m[7] * y + m[8];
  const [px, py] = project(m, [x, y]);
  return [(m[0] - m[6] * px) / w, (m[1] - m[7] * px) / w, (m[3] - m[6] * py) / w, (m[4] - m[7] * py) / w];
}

/**
 * The part of the picture `to` that the picture `from` shows: its frame, mapped and cut to size; empty if nothing.
 *
 * @param seen A place in `from` that is known to be shown, and so to lie on this side of the horizon.
 */
export function region(from: Size, map: Homography, to: Size, seen: Point): Point[] {
  const depth = ([x, y]: Point): number => map[6] * x + map[7] * y + map[8];
  const front = depth(seen) < 0 ? -1 : 1;
  const least = HORIZON * Math.abs(depth(seen));
  const frame: Point[] = [
    [0, 0],
    [from.width, 0],
    [from.width, from.height],
    [0, from.height],
  ];
  const visible = clipped(frame, (point) => front * depth(point) - least);
  let polygon = visible.map((point) => project(map, point));
  for (const side of [([x]: Point) => x, ([x]: Point) => to.width - x, ([, y]: Point) => y, ([, y]: Point) => to.height - y])
    polygon = clipped(polygon, side);
  return polygon;
}

/** The part of a convex polygon where a linear function is not negative (Sutherland & Hodgman 1974). */
function clipped(polygon: readonly Point[], inside: (point: Point) => number): Point[] {
  const kept: Point[] = [];
  for (const [i, point] of polygon.entries()) {
    const next = polygon[(i + 1) % polygon.length] as Point;
    const [here, there] = [inside(point), inside(next)];
    if (here >= 0) kept.push(point);
    if (here >= 0 === there >= 0) continue;
    const t = here / (here - there);
    kept.push([point[0] + t * (next[0] - point[0]), point[1] + t * (next[1] - point[1])]);
  }
  return kept;
}

/** Square pixels of a polygon, whichever way round. */
export function area(polygon: readonly Point[]): number {
  const twice = polygon.reduce((sum, [x, y], i) => {
    const [nextX, nextY] = polygon[(i + 1) % polygon.length] as Point;
    return sum + x * nextY - y * nextX;
  }, 0);
  return Math.abs(twice) / 2;
}

/** The middle of a polygon's corners. */
export function middle(polygon: readonly Point[]): Point {
  const sum = polygon.reduce(([sx, sy], [x, y]) => [sx + x, sy + y] as Point, [0, 0] as Point);
  return [sum[0] / polygon.length, sum[1] / polygon.length];
}
