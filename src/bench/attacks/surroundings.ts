import sharp from 'sharp';
import { EgideError } from '../../errors.js';
import type { AttackContext, Box, StepParameters } from './attack.js';
import { centred } from './border.js';
import { drawn, redrawn } from './cover.js';
import { captionDrawing, screenDrawing } from './drawings.js';
import { covering, laidOn, pasted, perspectiveMap, resized, SAMPLES, warped } from './geometry.js';
import { chain, translation } from './homography.js';
import { blurred } from './noise.js';
import { type Pixels, perSample, plain, readPixels, type Work, withPixels } from './picture.js';

/** Another picture, upright, in so many pixels: stretched (`fill`) or cut to the shape (`cover`). */
function otherPicture({ others }: AttackContext, index: number, width: number, height: number, fit: 'fill' | 'cover'): Promise<Pixels> {
  const file = others[index];
  if (!file)
    throw new EgideError('INVALID_ARGUMENT', `others: ${others.length} pictures; this attack needs ${index + 1}: pass more of them`);
  return readPixels(sharp(file).autoOrient().resize(width, height, { fit }));
}

/** Below a white band with text. */
export async function captioned(work: Work, { share, lines }: StepParameters['captionBand']): Promise<Work> {
  const { width, height } = work.pixels;
  const band = Math.round(height * share);
  return laidOn(work, await drawn(captionDrawing(width, height + band, band, lines)), 0, band);
}

/** On an app's screen. */
export async function onScreen(work: Work, { above, below }: StepParameters['screenshot']): Promise<Work> {
  const { width, height } = work.pixels;
  const [top, bottom] = [Math.round(height * above), Math.round(height * below)];
  return laidOn(work, await drawn(screenDrawing(width, height + top + bottom, top, height + top)), 0, top);
}

/** Small on another picture, which is cut to the size that this one had. */
export async function onBackground(work: Work, parameters: StepParameters['onBackground'], context: AttackContext): Promise<Work> {
  const { scale, at, blur, perspective } = parameters;
  const { width, height } = work.pixels;
  const canvas = await otherPicture(context, 0, width, height, 'cover');
  const small = await resized(work, width * scale, height * scale);
  const soft = blur ? withPixels(small, await blurred(small.pixels, blur)) : small;
  const { width: w, height: h } = soft.pixels;
  const [left, top] = at ? [Math.round(width * at[0]), Math.round(height * at[1])] : [(width - w) / 2, (height - h) / 2];
  if (perspective) return warped(soft, chain(perspectiveMap(w, h, perspective), translation(left, top)), canvas);
  return at ? laidOn(soft, canvas, left, top) : centred(soft, canvas);
}

/** The first panel of a grid as large as the picture was; the other panels are other pictures. */
export async function collage(
  work: Work,
  { columns, rows, fit, gap = 0 }: StepParameters['collage'],
  context: AttackContext,
): Promise<Work> {
  const { width, height } = work.pixels;
  const space = Math.round(width * gap);
  const [w, h] = [Math.floor((width - space * (columns - 1)) / columns), Math.floor((height - space * (rows - 1)) / rows)];
  const panel = fit === 'cover' ? await covering(work, w, h) : await resized(work, w, h);
  const canvas = plain(columns * w + (columns - 1) * space, rows * h + (rows - 1) * space, SAMPLES.white);
  let grid = laidOn(panel, canvas, 0, 0);
  for (let i = 1; i < columns * rows; ++i) {
    const other = await otherPicture(context, i - 1, w, h, fit);
    grid = withPixels(grid, pasted(other, grid.pixels, (i % columns) * (w + space), Math.floor(i / columns) * (h + space)));
  }
  return grid;
}

/** Another picture over a box of this one. */
export function withInset(work: Work, box: Box, context: AttackContext): Promise<Work> {
  return redrawn(work, box, ({ width, height }) => otherPicture(context, 0, width, height, 'fill'));
}

/** Another picture shines through. */
export async function blended({ pixels, trace }: Work, strength: StepParameters['blend'], context: AttackContext): Promise<Work> {
  const { width, height } = pixels;
  const other = await otherPicture(context, 0, width, height, 'fill');
  const opacity = (x: number): number => (strength === 'left-to-right' ? x / width : strength);
  const mixed = perSample(pixels, (value, i) => {
    const share = opacity((Math.floor(i / 3) % width) + 0.5);
    return value * (1 - share) + (other.data[i] as number) * share;
  });
  return { pixels: mixed, trace: trace.dimmed((x) => 1 - opacity(x)) };
}
