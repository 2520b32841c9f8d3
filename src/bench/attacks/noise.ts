import type { StepParameters } from './attack.js';
import { type Pixels, perSample, readPixels, toSharp } from './picture.js';
import { seededNoise } from './random.js';

/** A Gaussian blur; sigma in pixels. */
export function blurred(pixels: Pixels, sigma: number): Promise<Pixels> {
  return readPixels(toSharp(pixels).blur(sigma));
}

/** Adds what a Gaussian blur would take away. */
export async function sharpened(pixels: Pixels, sigma: number): Promise<Pixels> {
  const { data: soft } = await blurred(pixels, sigma);
  return perSample(pixels, (value, i) => 2 * value - (soft[i] as number));
}

/** The median of windows of `side` x `side` pixels. */
export function medianOf(pixels: Pixels, side: number): Promise<Pixels> {
  return readPixels(toSharp(pixels).median(side));
}

/** Half a Gaussian drawn out along a line, its centre of gravity in the middle so that the picture stays where it is. */
export function motionBlurred(pixels: Pixels, { sigma, degrees }: StepParameters['motionBlur']): Pixels {
  const { width, height } = pixels;
  const weights = Float64Array.from({ length: Math.ceil(3 * sigma) }, (_, i) => Math.exp(-(i * i) / (2 * sigma * sigma)));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  const middle = weights.reduce((sum, weight, i) => sum + weight * i, 0) / total;
  const sums = new Float32Array(pixels.data.length);
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  for (const [i, weight] of weights.entries()) {
    const [dx, dy] = [Math.round((i - middle) * cos), Math.round((i - middle) * sin)];
    for (let y = 0; y < height; ++y) {
      const row = 3 * width * Math.max(0, Math.min(height - 1, y + dy));
      addRow(pixels.data.subarray(row, row + 3 * width), 3 * dx, weight / total, sums.subarray(3 * width * y, 3 * width * (y + 1)));
    }
  }
  return perSample(pixels, (_, i) => sums[i] as number);
}

/** Adds a row, moved sideways by `shift` samples (three a pixel) and with its end pixels drawn out, to sums. */
function addRow(row: Uint8Array, shift: number, weight: number, sums: Float32Array): void {
  const { length } = row;
  const begin = Math.min(length, Math.max(0, -shift));
  const end = Math.max(begin, Math.min(length, length - shift));
  for (let i = 0; i < begin; ++i) sums[i] = (sums[i] as number) + weight * (row[i % 3] as number);
  for (let i = begin; i < end; ++i) sums[i] = (sums[i] as number) + weight * (row[i + shift] as number);
  for (let i = end; i < length; ++i) sums[i] = (sums[i] as number) + weight * (row[length - 3 + (i % 3)] as number);
}

/** Gaussian noise in each channel by itself; the deviation is in levels of 255. */
export function noisy(pixels: Pixels, deviation: number, next: () => number): Pixels {
  const noise = seededNoise(next);
  return perSample(pixels, (value) => value + deviation * noise());
}

/** A share of the samples becomes 0 or 255, by halves. */
export function saltAndPepper(pixels: Pixels, share: number, next: () => number): Pixels {
  return perSample(pixels, (value) => {
    const chance = next() / 2 ** 32;
    if (chance < share / 2) return 0;
    return chance < share ? 255 : value;
  });
}

/** Blocks of one colour, `columns` x `rows` of them. */
export function pixelated({ data, width, height }: Pixels, columns: number, rows: number): Pixels {
  const out = new Uint8Array(data.length);
  for (let row = 0; row < rows; ++row)
    for (let column = 0; column < columns; ++column) {
      const [left, right] = [Math.floor((column * width) / columns), Math.floor(((column + 1) * width) / columns)];
      const [top, bottom] = [Math.floor((row * height) / rows), Math.floor(((row + 1) * height) / rows)];
      for (let c = 0; c < 3; ++c) {
        let sum = 0;
        for (let y = top; y < bottom; ++y) for (let x = left; x < right; ++x) sum += data[3 * (y * width + x) + c] as number;
        const mean = Math.round(sum / ((right - left) * (bottom - top)));
        for (let y = top; y < bottom; ++y) for (let x = left; x < right; ++x) out[3 * (y * width + x) + c] = mean;
      }
    }
  return { data: out, width, height };
}

/** Bayer's matrix of 8 x 8 thresholds (1973), each from 0 to 63: the bits of x ^ y and y, interlaced from the lowest to the highest. */
const BAYER = Uint8Array.from({ length: 64 }, (_, i) => {
  const [x, y] = [i & 7, i >> 3];
  let threshold = 0;
  for (let bit = 0; bit < 3; ++bit) threshold = (threshold << 2) | ((((x ^ y) >> bit) & 1) << 1) | ((y >> bit) & 1);
  return threshold;
});

/** So many levels of each channel, which an ordered dither mixes. */
export function dithered({ data, width, height }: Pixels, levels: number): Pixels {
  const out = new Uint8Array(data.length);
  for (let i = 0; i < data.length; ++i) {
    const [x, y] = [Math.floor(i / 3) % width, Math.floor(i / 3 / width)];
    const threshold = ((BAYER[8 * (y & 7) + (x & 7)] as number) + 0.5) / 64;
    const level = Math.min(levels - 1, Math.floor(((data[i] as number) / 255) * (levels - 1) + threshold));
    out[i] = Math.round((255 * level) / (levels - 1));
  }
  return { data: out, width, height };
}
