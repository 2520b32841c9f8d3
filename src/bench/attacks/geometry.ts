import { adjugate, type Homography, type Point, project, scaling } from '../../patch/geometry.js';
import type { Colour, Gravity, Pair, StepParameters } from './attack.js';
import { chain, cornersTo, rotation, shearing, translation } from './homography.js';
import { type Pixels, plain, readPixels, toSharp, type Work } from './picture.js';

/** Samples of the two colours that fill empty places. */
export const SAMPLES: { readonly [colour in Colour]: readonly [number, number, number] } = { black: [0, 0, 0], white: [255, 255, 255] };

/**
 * Stretches to so many pixels, at least one each way. Sharp shrinks; what enlarges is our own, because sharp moves what it enlarges by
 * half a pixel (measured here).
 */
export async function resized(work: Work, width: number, height: number): Promise<Work> {
  const [w, h] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  const smaller = await shrunk(work, Math.min(w, work.pixels.width), Math.min(h, work.pixels.height));
  const { pixels } = smaller;
  if (pixels.width === w && pixels.height === h) return smaller;
  return warped(smaller, scaling(w / pixels.width, h / pixels.height), plain(w, h, SAMPLES.black));
}

async function shrunk({ pixels, trace }: Work, width: number, height: number): Promise<Work> {
  const map = scaling(width / pixels.width, height / pixels.height);
  return { pixels: await readPixels(toSharp(pixels).resize(width, height, { fit: 'fill' })), trace: trace.moved(map, width, height) };
}

/** Keeps a rectangle; whole pixels. */
export function cropped({ pixels, trace }: Work, left: number, top: number, width: number, height: number): Work {
  const map = translation(-left, -top);
  return { pixels: extracted(pixels, left, top, width, height), trace: trace.moved(map, width, height) };
}

/** A copy of the pixels in a rectangle that lies inside the picture. */
export function extracted(pixels: Pixels, left: number, top: number, width: number, height: number): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let y = 0; y < height; ++y) {
    const from = 3 * ((top + y) * pixels.width + left);
    data.set(pixels.data.subarray(from, from + 3 * width), 3 * y * width);
  }
  return { data, width, height };
}

/** Where a part lies in what is left over, as shares of it. */
const GRAVITY: { readonly [at in Gravity]: Pair } = {
  centre: [0.5, 0.5],
  north: [0.5, 0],
  west: [0, 0.5],
  'north-west': [0, 0],
  'south-east': [1, 1],
};

/** Keeps so many pixels at a side, in a corner or in the middle. */
export function croppedAt(work: Work, width: number, height: number, at: Gravity): Work {
  const [w, h] = [Math.max(1, Math.round(width)), Math.max(1, Math.round(height))];
  const [x, y] = GRAVITY[at];
  return cropped(work, Math.floor((work.pixels.width - w) * x), Math.floor((work.pixels.height - h) * y), w, h);
}

/** The largest part of a shape (width to height), in the middle. */
export function croppedToAspect(work: Work, [across, down]: Pair): Work {
  const { width, height } = work.pixels;
  return croppedAt(work, Math.min(width, (height * across) / down), Math.min(height, (width * down) / across), 'centre');
}

/** Fills so many pixels without stretching: what juts out is cut off on both sides. */
export async function covering(work: Work, width: number, height: number): Promise<Work> {
  const factor = Math.max(width / work.pixels.width, height / work.pixels.height);
  const larger = await resized(work, Math.max(width, work.pixels.width * factor), Math.max(height, work.pixels.height * factor));
  return croppedAt(larger, width, height, 'centre');
}

/** Lies on a canvas with its upper left corner at whole pixels; what juts out is cut off. */
export function laidOn({ pixels, trace }: Work, canvas: Pixels, left: number, top: number): Work {
  const map = translation(left, top);
  return { pixels: pasted(pixels, canvas, left, top), trace: trace.moved(map, canvas.width, canvas.height) };
}

/** A copy of a canvas with a picture on it. */
export function pasted(pixels: Pixels, canvas: Pixels, left: number, top: number): Pixels {
  const data = canvas.data.slice();
  const [from, to] = [Math.max(0, -left), Math.min(pixels.width, canvas.width - left)];
  for (let y = Math.max(0, -top); y < Math.min(pixels.height, canvas.height - top); ++y) {
    const row = 3 * (y * pixels.width);
    data.set(pixels.data.subarray(row + 3 * from, row + 3 * to), 3 * ((top + y) * canvas.width + left + from));
  }
  return { ...canvas, data };
}

/** One of the eight symmetries, numbered as EXIF numbers orientations, of a picture of `width` x `height` pixels. */
export function symmetryMap(orientation: number, width: number, height: number): Homography {
  const maps: { readonly [orientation: number]: Homography } = {
    2: [-1, 0, width, 0, 1, 0, 0, 0, 1],
    3: [-1, 0, width, 0, -1, height, 0, 0, 1],
    4: [1, 0, 0, 0, -1, height, 0, 0, 1],
    5: [0, 1, 0, 1, 0, 0, 0, 0, 1],
    6: [0, -1, height, 1, 0, 0, 0, 0, 1],
    7: [0, -1, height, -1, 0, width, 0, 0, 1],
    8: [0, 1, 0, -1, 0, width, 0, 0, 1],
  };
  const map = maps[orientation];
  if (!map) throw new RangeError(`orientation: ${orientation}; expected 2 to 8`);
  return map;
}

/** Mirrored, turned or both. */
export function symmetric({ pixels, trace }: Work, orientation: number): Work {
  const map = symmetryMap(orientation, pixels.width, pixels.height);
  const [width, height] = orientation >= 5 ? [pixels.height, pixels.width] : [pixels.width, pixels.height];
  const data = new Uint8Array(pixels.data.length);
  for (let y = 0, from = 0; y < pixels.height; ++y)
    for (let x = 0; x < pixels.width; ++x, from += 3) {
      const [toX, toY] = project(map, [x + 0.5, y + 0.5]);
      const to = 3 * ((toY - 0.5) * width + toX - 0.5);
      for (let c = 0; c < 3; ++c) data[to + c] = pixels.data[from + c] as number;
    }
  return { pixels: { data, width, height }, trace: trace.moved(map, width, height) };
}

/** Turned about the middle: on a canvas as large as before, or on one that holds all of it. */
export function rotated(work: Work, { degrees, canvas, colour }: StepParameters['rotate']): Work {
  const { width, height } = work.pixels;
  const [cos, sin] = [Math.abs(Math.cos((degrees * Math.PI) / 180)), Math.abs(Math.sin((degrees * Math.PI) / 180))];
  const [w, h] = canvas === 'same' ? [width, height] : [Math.ceil(width * cos + height * sin), Math.ceil(width * sin + height * cos)];
  return warped(
    work,
    chain(translation(-width / 2, -height / 2), rotation(degrees), translation(w / 2, h / 2)),
    plain(w, h, SAMPLES[colour]),
  );
}

/** Leaning, on a black canvas that holds all of it. */
export function sheared(work: Work, degrees: number): Work {
  const { width, height } = work.pixels;
  return warped(work, shearing(degrees), plain(Math.ceil(width + height * Math.tan((degrees * Math.PI) / 180)), height, SAMPLES.black));
}

/** Three corners move in by shares of the sides. */
export function perspectiveMap(width: number, height: number, [x, y]: Pair): Homography {
  const [dx, dy] = [width * x, height * y];
  const corners: [Point, Point, Point, Point] = [
    [dx, dy],
    [width, 0],
    [width - dx, height],
    [0, height - dy],
  ];
  return cornersTo(width, height, corners);
}

/** Drawn onto a canvas through a homography, bilinear. */
export function warped({ pixels, trace }: Work, map: Homography, canvas: Pixels): Work {
  const back = adjugate(map);
  const data = sampled(pixels, canvas, (x, y, point) => {
    const w = back[6] * x + back[7] * y + back[8];
    point[0] = (back[0] * x + back[1] * y + back[2]) / w;
    point[1] = (back[3] * x + back[4] * y + back[5]) / w;
  });
  return { pixels: { ...canvas, data }, trace: trace.moved(map, canvas.width, canvas.height) };
}

/** Bent as a lens bends: a source radius is r (C r + D), r = 1 at half the shorter side. Black where there is no source. */
export function bent({ pixels, trace }: Work, [c, d]: Pair): Work {
  const { width, height } = pixels;
  const [middleX, middleY, unit] = [width / 2, height / 2, Math.min(width, height) / 2];
  const data = sampled(pixels, plain(width, height, SAMPLES.black), (x, y, point) => {
    const factor = (c * Math.sqrt((x - middleX) ** 2 + (y - middleY) ** 2)) / unit + d;
    point[0] = middleX + (x - middleX) * factor;
    point[1] = middleY + (y - middleY) * factor;
  });
  const shown = ([x, y]: Point): Point => {
    const source = Math.hypot(x - middleX, y - middleY) / unit;
    // The nearer root of c r^2 + d r = source; NaN, which is in no picture, beyond the widest circle that is shown.
    const factor = source === 0 ? 1 / d : (Math.sqrt(d * d + 4 * c * source) - d) / (2 * c * source);
    return [middleX + (x - middleX) * factor, middleY + (y - middleY) * factor];
  };
  return { pixels: { data, width, height }, trace: trace.bent(shown, width, height) };
}

/** A canvas with every pixel replaced whose source, which `locate` writes into `point`, lies in the picture. */
function sampled(pixels: Pixels, canvas: Pixels, locate: (x: number, y: number, point: Float64Array) => void): Uint8Array {
  const out = canvas.data.slice();
  const point = new Float64Array(2);
  for (let y = 0, to = 0; y < canvas.height; ++y)
    for (let x = 0; x < canvas.width; ++x, to += 3) {
      locate(x + 0.5, y + 0.5, point);
      const [u, v] = [point[0] as number, point[1] as number];
      if (u >= 0 && u < pixels.width && v >= 0 && v < pixels.height) bilinear(pixels, u, v, out, to);
    }
  return out;
}

/** Writes the mean of the four pixels around a point, weighted by nearness; at the edges the outermost pixels stand for those beyond. */
function bilinear({ data, width, height }: Pixels, u: number, v: number, out: Uint8Array, to: number): void {
  const [x, y] = [Math.floor(u - 0.5), Math.floor(v - 0.5)];
  const [right, down] = [u - 0.5 - x, v - 0.5 - y];
  const [x0, x1] = [3 * Math.max(0, x), 3 * Math.min(width - 1, x + 1)];
  const [row0, row1] = [3 * width * Math.max(0, y), 3 * width * Math.min(height - 1, y + 1)];
  for (let c = 0; c < 3; ++c) {
    const above = (data[row0 + x0 + c] as number) * (1 - right) + (data[row0 + x1 + c] as number) * right;
    const below = (data[row1 + x0 + c] as number) * (1 - right) + (data[row1 + x1 + c] as number) * right;
    out[to + c] = above * (1 - down) + below * down + 0.5;
  }
}
