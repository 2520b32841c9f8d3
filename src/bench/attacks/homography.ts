/**
 * A plane projective map, row-major 3x3: (x, y) goes to ((m0 x + m1 y + m2) / w, (m3 x + m4 y + m5) / w) with w = m6 x + m7 y + m8.
 * Points are in pixels; the centre of the first pixel is at (0.5, 0.5).
 */
export type Homography = readonly [number, number, number, number, number, number, number, number, number];

/** A place in a picture, in pixels. */
export type Point = readonly [x: number, y: number];

/** Leaves every point where it is. */
export const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Moves by (`x`, `y`) pixels. */
export function translation(x: number, y: number): Homography {
  return [1, 0, x, 0, 1, y, 0, 0, 1];
}

/** Stretches by the factors `x` and `y` away from the upper left corner. */
export function scaling(x: number, y: number): Homography {
  return [x, 0, 0, 0, y, 0, 0, 0, 1];
}

/** Turns clockwise, as a picture is seen, about the upper left corner. */
export function rotation(degrees: number): Homography {
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return [cos, -sin, 0, sin, cos, 0, 0, 0, 1];
}

/** Leans to the right as y grows, by so many degrees. */
export function shearing(degrees: number): Homography {
  return [1, Math.tan((degrees * Math.PI) / 180), 0, 0, 1, 0, 0, 0, 1];
}

/** One after the other: the first argument is what happens first. */
export function chain(...maps: readonly Homography[]): Homography {
  return maps.reduce((done, next) => product(next, done), IDENTITY);
}

function product(a: Homography, b: Homography): Homography {
  const at = (row: number, column: number): number =>
    (a[3 * row] as number) * (b[column] as number) +
    (a[3 * row + 1] as number) * (b[3 + column] as number) +
    (a[3 * row + 2] as number) * (b[6 + column] as number);
  return [at(0, 0), at(0, 1), at(0, 2), at(1, 0), at(1, 1), at(1, 2), at(2, 0), at(2, 1), at(2, 2)];
}

/** Where a point goes. */
export function apply(m: Homography, [x, y]: Point): Point {
  const w = m[6] * x + m[7] * y + m[8];
  return [(m[0] * x + m[1] * y + m[2]) / w, (m[3] * x + m[4] * y + m[5]) / w];
}

/** The way back: the adjugate, which for a projective map is as good as the inverse. The map must have one. */
export function inverse([a, b, c, d, e, f, g, h, i]: Homography): Homography {
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

/**
 * The map that takes the corners of a rectangle (upper left, upper right, lower right, lower left) to four points, no three on a line.
 *
 * Source: Heckbert 1989, "Fundamentals of Texture Mapping and Image Warping", section 2.2.3 (square to quadrilateral).
 */
export function cornersTo(width: number, height: number, corners: readonly [Point, Point, Point, Point]): Homography {
  const [[x0, y0], [x1, y1], [x2, y2], [x3, y3]] = corners;
  const [sumX, sumY] = [x0 - x1 + x2 - x3, y0 - y1 + y2 - y3];
  const [dx1, dy1, dx2, dy2] = [x1 - x2, y1 - y2, x3 - x2, y3 - y2];
  const determinant = dx1 * dy2 - dx2 * dy1;
  const g = (sumX * dy2 - dx2 * sumY) / determinant;
  const h = (dx1 * sumY - sumX * dy1) / determinant;
  const square: Homography = [x1 - x0 + g * x1, x3 - x0 + h * x3, x0, y1 - y0 + g * y1, y3 - y0 + h * y3, y0, g, h, 1];
  return chain(scaling(1 / width, 1 / height), square);
}
