import type { Pair, StepParameters } from './attack.js';
import { laidOn, resized, SAMPLES } from './geometry.js';
import { blurred } from './noise.js';
import { plain, type Work } from './picture.js';

/** More canvas on every side, as shares of the width and the height. */
export function padded(work: Work, { share, colour }: StepParameters['pad']): Work {
  const { width, height } = work.pixels;
  const [x, y] = [Math.round(width * share), Math.round(height * share)];
  return laidOn(work, plain(width + 2 * x, height + 2 * y, SAMPLES[colour]), x, y);
}

/** In the middle of the smallest canvas of a shape that holds it. */
export function letterboxed(work: Work, { aspect, colour }: StepParameters['letterbox']): Work {
  const [width, height] = holding(work, aspect);
  return centred(work, plain(width, height, SAMPLES[colour]));
}

function holding({ pixels: { width, height } }: Work, [across, down]: Pair): Pair {
  return [Math.max(width, Math.round((height * across) / down)), Math.max(height, Math.round((width * down) / across))];
}

/** In the middle of a canvas. */
export function centred(work: Work, canvas: Work['pixels']): Work {
  const [left, top] = [(canvas.width - work.pixels.width) / 2, (canvas.height - work.pixels.height) / 2];
  return laidOn(work, canvas, Math.floor(left), Math.floor(top));
}

/** A square with a stretched and blurred copy behind. */
export async function onBlurredSelf(work: Work, sigma: number): Promise<Work> {
  const side = Math.max(work.pixels.width, work.pixels.height);
  const stretched = await resized(work, side, side);
  return centred(work, await blurred(stretched.pixels, sigma));
}
