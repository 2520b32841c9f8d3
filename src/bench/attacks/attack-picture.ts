import type { AttackContext, AttackedPicture, Recipe, Step, StepParameters } from './attack.js';
import { letterboxed, onBlurredSelf, padded } from './border.js';
import { drawnOver, framed, withBlur, withMosaic, withRectangles, withWindow } from './cover.js';
import { emojiDrawing, scribbleDrawing, stripesDrawing, textDrawing, watermarkDrawing } from './drawings.js';
import { asGif, asJpeg, asWebp, readAgain } from './encode.js';
import {
  bent,
  covering,
  croppedAt,
  croppedToAspect,
  perspectiveMap,
  resized,
  rotated,
  SAMPLES,
  sheared,
  symmetric,
  warped,
} from './geometry.js';
import { blurred, dithered, medianOf, motionBlurred, noisy, pixelated, saltAndPepper, sharpened } from './noise.js';
import { openPicture, type Pixels, plain, type Work, withPixels } from './picture.js';
import { seededNumbers } from './random.js';
import { blended, captioned, collage, onBackground, onScreen, withInset } from './surroundings.js';
import { contrasted, equalized, greyed, mapped, modulated, posterized, sepia, vignetted } from './tone.js';

/** What a step may look at besides the picture. */
interface Situation extends AttackContext {
  /** 32-bit numbers that depend on the seed and the attack. */
  readonly next: () => number;
  /** The picture's size when the attack began. */
  readonly start: { readonly width: number; readonly height: number };
}

/**
 * Edits a picture. The original is turned upright and shrunk to at most 1280 pixels a side first. The same arguments give the same bytes.
 *
 * @param original A file that sharp reads, of which only the first frame counts; or what {@link openPicture} made of it, which saves
 *   decoding it for each of many attacks.
 * @throws {EgideError} `INVALID_ARGUMENT` where the attack needs more `others`. What sharp throws on a file that it cannot read.
 */
export async function attackPicture(attack: Recipe, original: Uint8Array | Work, context: AttackContext): Promise<AttackedPicture> {
  let work = original instanceof Uint8Array ? await openPicture(original) : original;
  const situation = { ...context, next: seededNumbers(context.seed, attack.id), start: work.pixels };
  for (const step of attack.steps) {
    context.signal?.throwIfAborted();
    work = await edited(work.bytes ? await readAgain(work, work.bytes) : work, step, situation);
  }
  if (!work.bytes) throw new TypeError(`attack ${attack.id}: its last step writes no file; end it with jpeg, webp or gif`);
  return { bytes: work.bytes, transform: work.trace.transform && scaledToOne(work.trace.transform), visible: work.trace.visible };
}

/** The same map, written so that its last number is 1. */
function scaledToOne(map: readonly number[]): readonly number[] {
  return map.map((value) => value / (map[8] as number));
}

function edited(work: Work, step: Step, situation: Situation): Work | Promise<Work> {
  const [name, parameters] = Object.entries(step)[0] as [keyof StepParameters, never];
  return EDITS[name](work, parameters, situation);
}

type Edit<Parameters> = (work: Work, parameters: Parameters, situation: Situation) => Work | Promise<Work>;

/** An edit that leaves everything in its place. */
function inPlace<Parameters>(
  edit: (pixels: Pixels, parameters: Parameters, next: () => number) => Pixels | Promise<Pixels>,
): Edit<Parameters> {
  return async (work, parameters, { next }) => withPixels(work, await edit(work.pixels, parameters, next));
}

/** An edit that lays a drawing over the picture. */
function over<Parameters>(drawing: (width: number, height: number, parameters: Parameters) => string): Edit<Parameters> {
  return (work, parameters) => drawnOver(work, drawing(work.pixels.width, work.pixels.height, parameters));
}

const EDITS: { readonly [Name in keyof StepParameters]: Edit<StepParameters[Name]> } = {
  jpeg: (work, quality) => asJpeg(work, quality),
  webp: asWebp,
  gif: asGif,
  jpegTurned: (work, { quality, orientation }) => asJpeg(work, quality, orientation),

  scale: (work, factor) => {
    const [x, y] = typeof factor === 'number' ? [factor, factor] : factor;
    return resized(work, work.pixels.width * x, work.pixels.height * y);
  },
  size: (work, [width, height]) => resized(work, width, height),
  fit: (work, { box, enlarge }) => {
    const { width, height } = work.pixels;
    const factor = Math.min(box[0] / width, box[1] / height, enlarge ? Number.POSITIVE_INFINITY : 1);
    return factor === 1 ? work : resized(work, width * factor, height * factor);
  },
  cover: (work, [width, height]) => covering(work, width, height),
  originalSize: (work, _, { start }) => resized(work, start.width, start.height),

  modulate: inPlace(modulated),
  contrast: inPlace(contrasted),
  gamma: inPlace((pixels, gamma) => mapped(pixels, (value) => value ** (1 / gamma))),
  posterize: inPlace(posterized),
  wash: inPlace((pixels, share) => mapped(pixels, (value) => value * (1 - share) + share)),
  invert: inPlace((pixels) => mapped(pixels, (value) => 1 - value)),
  equalize: inPlace(equalized),
  grey: inPlace(greyed),
  sepia: inPlace(sepia),
  vignette: inPlace(vignetted),

  blur: inPlace(blurred),
  motionBlur: inPlace(motionBlurred),
  sharpen: inPlace(sharpened),
  median: inPlace(medianOf),
  noise: inPlace(noisy),
  saltPepper: inPlace(saltAndPepper),
  pixelate: inPlace((pixels, factor) => {
    return pixelated(pixels, Math.max(1, Math.round(pixels.width * factor)), Math.max(1, Math.round(pixels.height * factor)));
  }),
  dither: inPlace(dithered),

  crop: (work, { keep, at }) => croppedAt(work, work.pixels.width * Math.sqrt(keep), work.pixels.height * Math.sqrt(keep), at),
  cropAspect: croppedToAspect,
  rotate: rotated,
  symmetry: symmetric,
  perspective: (work, shares) => {
    const { width, height } = work.pixels;
    return warped(work, perspectiveMap(width, height, shares), plain(width, height, SAMPLES.black));
  },
  shear: sheared,
  barrel: bent,

  pad: padded,
  letterbox: letterboxed,
  frame: framed,
  onBlurredSelf,

  rectangles: withRectangles,
  window: withWindow,
  mosaicBox: withMosaic,
  blurBox: withBlur,
  scribble: over(scribbleDrawing),
  emoji: over(emojiDrawing),
  text: over(textDrawing),
  watermark: over(watermarkDrawing),
  stripes: over(stripesDrawing),

  captionBand: captioned,
  screenshot: onScreen,
  onBackground,
  collage,
  inset: withInset,
  blend: blended,
};
