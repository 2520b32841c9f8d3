import type { Image } from '../image/image.js';
import { nextTurn } from '../input.js';
import { type Homography, product, type Size, scaling } from './geometry.js';

/** A picture as two are compared in: upright, without alpha, reduced. */
export interface WorkingPicture extends Size {
  /** Red, green and blue of each pixel, row-major, 0 to 255. */
  readonly colours: Float32Array;
}

/** Pixels that are gone through between two turns of the event loop: some 15 ms (measured with Node 20 on x86-64). */
const PIXELS_PER_TURN = 500_000;
/** Grey that stands behind what is transparent, as for the patches. */
const BEHIND = 128;

/** Width and height as people see the picture. */
export function uprightSize({ width, height, orientation }: Image): Size {
  return orientation >= 5 ? { width: height, height: width } : { width, height };
}

/**
 * Reduces a picture to about `scale` of its size by the mean of what falls into each pixel, and turns it upright.
 *
 * @param scale Pixels of the answer to one of the picture; from 1 on, the picture is not reduced.
 */
export async function reduced(image: Image, scale: number, signal?: AbortSignal): Promise<WorkingPicture> {
  const side = (length: number): number => Math.max(1, Math.min(length, Math.round(length * scale)));
  const { width, height } = image;
  const [columns, rows] = [spread(width, side(width)), spread(height, side(height))];
  const sums = new Float64Array(3 * (columns.count + 1) * (rows.count + 1));
  const line = new Float64Array(3 * (columns.count + 1));
  const linesPerTurn = Math.max(1, Math.floor(PIXELS_PER_TURN / width));
  for (let y = 0; y < height; ++y) {
    if (y > 0 && y % linesPerTurn === 0) await nextTurn(signal);
    line.fill(0);
    addLine(image, y, columns, line);
    const share = rows.shares[y] as number;
    const at = (rows.bins[y] as number) * line.length;
    for (let i = 0; i < line.length; ++i) {
      const sum = line[i] as number;
      sums[at + i] = (sums[at + i] as number) + share * sum;
      sums[at + line.length + i] = (sums[at + line.length + i] as number) + (1 - share) * sum;
    }
  }
  return turned(sums, columns.count, rows.count, (width / columns.count) * (height / rows.count), image.orientation);
}

/** Which pixel of the answer each of a line falls into, and with what share; the rest falls into the next. */
interface Spread {
  readonly count: number;
  readonly bins: Int32Array;
  readonly shares: Float64Array;
}

function spread(length: number, count: number): Spread {
  const bins = new Int32Array(length);
  const shares = new Float64Array(length);
  for (let i = 0; i < length; ++i) {
    const bin = Math.floor((i * count) / length);
    bins[i] = bin;
    // In units of 1 / (length * count), where all borders are whole numbers.
    shares[i] = Math.min(1, ((bin + 1) * length - i * count) / count);
  }
  return { count, bins, shares };
}

function addLine({ data, width, channels }: Image, y: number, { bins, shares }: Spread, line: Float64Array): void {
  const colours = channels >= 3 ? 3 : 1;
  const transparent = channels % 2 === 0;
  for (let x = 0, from = y * width * channels; x < width; ++x, from += channels) {
    const share = shares[x] as number;
    const at = 3 * (bins[x] as number);
    const alpha = transparent ? (data[from + colours] as number) / 255 : 1;
    for (let c = 0; c < 3; ++c) {
      const shown = alpha * (data[from + (colours === 3 ? c : 0)] as number) + (1 - alpha) * BEHIND;
      line[at + c] = (line[at + c] as number) + share * shown;
      line[at + 3 + c] = (line[at + 3 + c] as number) + (1 - share) * shown;
    }
  }
}

/** The means of the sums, upright by the EXIF orientation. */
function turned(sums: Float64Array, columns: number, rows: number, area: number, orientation: number): WorkingPicture {
  const swapped = orientation >= 5;
  const fromEnd = MIRRORS_COLUMNS.includes(orientation);
  const fromBottom = MIRRORS_ROWS.includes(orientation);
  const [width, height] = swapped ? [rows, columns] : [columns, rows];
  const colours = new Float32Array(3 * width * height);
  for (let y = 0, to = 0; y < height; ++y)
    for (let x = 0; x < width; ++x, to += 3) {
      const right = swapped ? y : x;
      const down = swapped ? x : y;
      const column = fromEnd ? columns - 1 - right : right;
      const row = fromBottom ? rows - 1 - down : down;
      const from = 3 * (row * (columns + 1) + column);
      for (let c = 0; c < 3; ++c) colours[to + c] = (sums[from + c] as number) / area;
    }
  return { width, height, colours };
}

/** Orientations (EXIF 2.32, tag 0x0112) in which the upright picture's first pixel is stored at the end of a row, or in the last row. */
const MIRRORS_COLUMNS = [2, 3, 7, 8];
const MIRRORS_ROWS = [3, 4, 6, 7];

/** A picture as another one sees it, pixel by pixel. */
export interface Warped extends WorkingPicture {
  /** 1 where the picture reaches, 0 elsewhere. */
  readonly visible: Uint8Array;
}

/**
 * Lays a picture onto a frame, interpolating between its pixels.
 *
 * @param map From the frame's pixels to the picture's.
 * @param front Whether a pixel of the frame lies on this side of the horizon: `map` sees it with this sign of its third part.
 */
export function warped(picture: WorkingPicture, map: Homography, frame: Size, front: 1 | -1): Warped {
  const [a, b, c, d, e, f, g, h, i] = map;
  const { width, height } = frame;
  const colours = new Float32Array(3 * width * height);
  const visible = new Uint8Array(width * height);
  for (let row = 0, pixel = 0; row < height; ++row)
    for (let column = 0; column < width; ++column, ++pixel) {
      const u = column + 0.5;
      const v = row + 0.5;
      const w = g * u + h * v + i;
      if (w * front <= 0) continue;
      const x = (a * u + b * v + c) / w;
      const y = (d * u + e * v + f) / w;
      if (!(x >= 0 && y >= 0 && x <= picture.width && y <= picture.height)) continue;
      visible[pixel] = 1;
      interpolate(picture, x - 0.5, y - 0.5, colours, 3 * pixel);
    }
  return { width, height, colours, visible };
}

/** The picture at (`x`, `y`), whole numbers being the middles of pixels; its edge goes on outside. */
function interpolate({ width, height, colours }: WorkingPicture, x: number, y: number, to: Float32Array, at: number): void {
  const left = Math.max(0, Math.floor(x));
  const top = Math.max(0, Math.floor(y));
  const across = Math.max(0, x - left);
  const down = Math.max(0, y - top);
  const step = left < width - 1 ? 3 : 0;
  const upper = 3 * (top * width + left);
  const lower = upper + (top < height - 1 ? 3 * width : 0);
  for (let c = 0; c < 3; ++c) {
    const above = (colours[upper + c] as number) + across * ((colours[upper + step + c] as number) - (colours[upper + c] as number));
    const below = (colours[lower + c] as number) + across * ((colours[lower + step + c] as number) - (colours[lower + c] as number));
    to[at + c] = above + down * (below - above);
  }
}

/** From the pixels of one size of a picture to those of another. */
export function resizing(from: Size, to: Size): Homography {
  return scaling(to.width / from.width, to.height / from.height);
}

/** From the pixels of a frame to those of a picture, by way of the whole pictures that both are sizes of. */
export function throughWhole(frame: Size, wholeFrame: Size, map: Homography, whole: Size, picture: Size): Homography {
  return product(resizing(whole, picture), product(map, resizing(frame, wholeFrame)));
}
