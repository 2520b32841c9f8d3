// Maps that attacks are put together of.
import { type Homography, type Point, product, scaling } from '../../patch/geometry.js';

/** Leaves every point where it is. */
export const IDENTITY: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];

/** Moves by (`x`, `y`) pixels. */
export function translation(x: number, y: number): Homography {
  return [1, 0, x, 0, 1, y, 0, 0, 1];
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
