import sharp from 'sharp';
import type { Box, Colour, StepParameters } from './attack.js';
import { extracted, pasted, SAMPLES } from './geometry.js';
import { blurred, pixelated } from './noise.js';
import { type Pixels, readPixels, type Work } from './picture.js';

/** A box in whole pixels. */
interface Place {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** Where a box given in shares of the picture lies. */
function placeOf({ width, height }: Pixels, [left, top, right, bottom]: Box): Place {
  const [x, y] = [Math.round(left * width), Math.round(top * height)];
  return { left: x, top: y, width: Math.round(right * width) - x, height: Math.round(bottom * height) - y };
}

function holds({ left, top, width, height }: Place, x: number, y: number): boolean {
  return x >= left && x < left + width && y >= top && y < top + height;
}

/** Boxes of one colour on the picture. */
export function withRectangles({ pixels, trace }: Work, { boxes, colour }: StepParameters['rectangles']): Work {
  const places = boxes.map((box) => placeOf(pixels, box));
  return coveredWhere({ pixels, trace }, colour, (x, y) => places.some((place) => holds(place, x, y)));
}

/** One colour everywhere but in a window. */
export function withWindow(work: Work, { box, colour }: StepParameters['window']): Work {
  const place = placeOf(work.pixels, box);
  return coveredWhere(work, colour, (x, y) => !holds(place, x, y));
}

/** A border that covers the picture's own edge. */
export function framed(work: Work, parameters: StepParameters['frame']): Work {
  const { width, height } = work.pixels;
  const thick = 'pixels' in parameters ? parameters.pixels : Math.round(parameters.share * width);
  const inner = { left: thick, top: thick, width: width - 2 * thick, height: height - 2 * thick };
  return coveredWhere(work, parameters.colour, (x, y) => !holds(inner, x, y));
}

function coveredWhere({ pixels, trace }: Work, colour: Colour, isCovered: (x: number, y: number) => boolean): Work {
  const data = pixels.data.slice();
  for (let y = 0, i = 0; y < pixels.height; ++y)
    for (let x = 0; x < pixels.width; ++x, i += 3) if (isCovered(x + 0.5, y + 0.5)) data.set(SAMPLES[colour], i);
  return { pixels: { ...pixels, data }, trace: trace.dimmed((x, y) => (isCovered(x, y) ? 0 : 1)) };
}

/** A box of the picture in coarse blocks. */
export function withMosaic(work: Work, { box, blocks }: StepParameters['mosaicBox']): Promise<Work> {
  return redrawn(work, box, async (part) => pixelated(part, Math.ceil(part.width * blocks), Math.ceil(part.height * blocks)));
}

/** A box of the picture blurred. */
export function withBlur(work: Work, { box, sigma }: StepParameters['blurBox']): Promise<Work> {
  return redrawn(work, box, (part) => blurred(part, sigma));
}

/** A box of the picture is replaced by what `redraw` makes of it; nothing of the original counts as seen there. */
export async function redrawn({ pixels, trace }: Work, box: Box, redraw: (part: Pixels) => Promise<Pixels>): Promise<Work> {
  const place = placeOf(pixels, box);
  const { left, top, width, height } = place;
  const part = await redraw(extracted(pixels, left, top, width, height));
  return { pixels: pasted(part, pixels, left, top), trace: trace.dimmed((x, y) => (holds(place, x, y) ? 0 : 1)) };
}

/** A drawing as large as the picture, over it. */
export async function drawnOver({ pixels, trace }: Work, drawing: string): Promise<Work> {
  const layer = await sharp(Buffer.from(drawing)).ensureAlpha().raw().toBuffer();
  const { width, data } = pixels;
  const out = data.slice();
  for (let i = 0, from = 0; i < out.length; i += 3, from += 4) {
    const alpha = (layer[from + 3] as number) / 255;
    if (alpha > 0)
      for (let c = 0; c < 3; ++c) out[i + c] = (data[i + c] as number) * (1 - alpha) + (layer[from + c] as number) * alpha + 0.5;
  }
  const hidden = (x: number, y: number): number => (layer[4 * (Math.floor(y) * width + Math.floor(x)) + 3] as number) / 255;
  return { pixels: { ...pixels, data: out }, trace: trace.dimmed((x, y) => 1 - hidden(x, y)) };
}

/** The pixels of a drawing that fills its canvas. */
export function drawn(drawing: string): Promise<Pixels> {
  return readPixels(sharp(Buffer.from(drawing)));
}
