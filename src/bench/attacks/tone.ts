import type { StepParameters } from './attack.js';
import { type Pixels, perSample } from './picture.js';

/** Each sample goes through a curve on 0 to 1. */
export function mapped(pixels: Pixels, curve: (value: number) => number): Pixels {
  const table = Uint8ClampedArray.from({ length: 256 }, (_, value) => 255 * curve(value / 255));
  return perSample(pixels, (value) => table[value] as number);
}

/** A straight line through the middle grey, as steep as ImageMagick's `-brightness-contrast` makes it. */
export function contrasted(pixels: Pixels, { contrast, brightness = 0 }: StepParameters['contrast']): Pixels {
  const slope = Math.tan((Math.PI / 4) * (contrast / 100 + 1));
  const lift = brightness / 100 + ((100 - brightness) / 200) * (1 - slope);
  return mapped(pixels, (value) => slope * value + lift);
}

/** Evenly spaced levels. */
export function posterized(pixels: Pixels, levels: number): Pixels {
  return mapped(pixels, (value) => Math.round(value * (levels - 1)) / (levels - 1));
}

/** Luma by the weights of ITU-R BT.709, rounded to a whole level. */
function lumaAt(data: Uint8Array, i: number): number {
  return Math.round(0.2126 * (data[i] as number) + 0.7152 * (data[i + 1] as number) + 0.0722 * (data[i + 2] as number));
}

/** Three curves of the luma, one for each channel. */
function tinted(pixels: Pixels, curves: readonly [Curve, Curve, Curve]): Pixels {
  const tables = curves.map((curve) => Uint8ClampedArray.from({ length: 256 }, (_, value) => 255 * curve(value / 255)));
  const data = new Uint8Array(pixels.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const luma = lumaAt(pixels.data, i);
    for (let c = 0; c < 3; ++c) data[i + c] = tables[c]?.[luma] as number;
  }
  return { ...pixels, data };
}

type Curve = (value: number) => number;

/** Luma alone. */
export function greyed(pixels: Pixels): Pixels {
  const same: Curve = (value) => value;
  return tinted(pixels, [same, same, same]);
}

/** Tones of a darkroom, as ImageMagick's `-sepia-tone` lays them around its threshold. */
export function sepia(pixels: Pixels, threshold: number): Pixels {
  const floor = threshold / 7;
  return tinted(pixels, [
    (value) => value + 1 - threshold,
    (value) => Math.max(floor, value + 1 - (7 * threshold) / 6),
    (value) => Math.max(floor, value - threshold / 6),
  ]);
}

/** One curve for all channels that makes every luma as frequent as any other. */
export function equalized(pixels: Pixels): Pixels {
  const counts = new Float64Array(256);
  for (let i = 0; i < pixels.data.length; i += 3) {
    const luma = lumaAt(pixels.data, i);
    counts[luma] = (counts[luma] as number) + 1;
  }
  let below = 0;
  const ranks = counts.map((count) => (below += count));
  const [first, last] = [ranks[0] as number, ranks[255] as number];
  return mapped(pixels, (value) => ((ranks[Math.round(255 * value)] as number) - first) / Math.max(1, last - first));
}

/** Darker towards an ellipse's edge, which is blurred by a share of the width. */
export function vignetted(pixels: Pixels, blur: number): Pixels {
  const { width, height } = pixels;
  const data = new Uint8Array(pixels.data.length);
  const spread = blur / ELLIPSE;
  for (let y = 0, i = 0; y < height; ++y)
    for (let x = 0; x < width; ++x, i += 3) {
      const radius = Math.sqrt(((x + 0.5) / width - 0.5) ** 2 + ((y + 0.5) / height - 0.5) ** 2) / ELLIPSE;
      // The logistic curve stands for the blurred edge.
      const light = 1 / (1 + Math.exp((1.7 * (radius - 1)) / spread));
      for (let c = 0; c < 3; ++c) data[i + c] = (pixels.data[i + c] as number) * light;
    }
  return { ...pixels, data };
}

/** The radii of a vignette's ellipse as shares of the sides: half a side less the tenth that ImageMagick leaves. */
const ELLIPSE = 0.4;

/** Brightness and saturation times a factor and hue turned, in HSL, as ImageMagick's `-modulate` does. */
export function modulated(pixels: Pixels, { brightness = 1, saturation = 1, hue = 0 }: StepParameters['modulate']): Pixels {
  const data = new Uint8ClampedArray(pixels.data.length);
  for (let i = 0; i < data.length; i += 3) {
    const red = pixels.data[i] as number;
    const green = pixels.data[i + 1] as number;
    const blue = pixels.data[i + 2] as number;
    const max = Math.max(red, green, blue);
    const min = Math.min(red, green, blue);
    const lightness = (max + min) / 510;
    const chroma = (max - min) / 255;
    const turn = sector(red, green, blue, max, max - min) + hue / 60;
    const newLightness = Math.min(1, lightness * brightness);
    const oldSaturation = chroma === 0 ? 0 : chroma / (1 - Math.abs(2 * lightness - 1));
    const newChroma = Math.min(1, oldSaturation * saturation) * (1 - Math.abs(2 * newLightness - 1));
    for (let c = 0; c < 3; ++c) data[i + c] = 255 * (newLightness + newChroma * (ramp(turn + 2 - 2 * c) - 0.5));
  }
  return { ...pixels, data: new Uint8Array(data.buffer) };
}

/** The hue as a number of sixths of the circle. */
function sector(red: number, green: number, blue: number, max: number, range: number): number {
  if (range === 0) return 0;
  if (max === red) return (green - blue) / range;
  return max === green ? 2 + (blue - red) / range : 4 + (red - green) / range;
}

/** How much of green a hue has, 0 to 1: up in the first sixth of the circle, all for two, down in one, none for two. */
function ramp(sixths: number): number {
  const at = ((sixths % 6) + 6) % 6;
  return Math.max(0, Math.min(1, at, 4 - at));
}
