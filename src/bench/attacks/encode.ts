import sharp from 'sharp';
import type { StepParameters } from './attack.js';
import { symmetryMap } from './geometry.js';
import { readPixels, toSharp, type Work } from './picture.js';

/**
 * Writes a JPEG; below a quality of 90 with colour at half resolution, as ImageMagick does.
 *
 * @param orientation What the EXIF says, 1 to 8; the trace follows the picture as it is then shown.
 */
export async function asJpeg({ pixels, trace }: Work, quality: number, orientation = 1): Promise<Work> {
  const pipeline = toSharp(pixels).jpeg({ quality, chromaSubsampling: quality < 90 ? '4:2:0' : '4:4:4' });
  if (orientation === 1) return { pixels, trace, bytes: await pipeline.toBuffer() };
  const { width, height } = pixels;
  const [w, h] = orientation >= 5 ? [height, width] : [width, height];
  const turned = trace.moved(symmetryMap(orientation, width, height), w, h);
  return { pixels, trace: turned, bytes: await pipeline.withMetadata({ orientation }).toBuffer() };
}

/** Writes a WebP. */
export async function asWebp(work: Work, quality: number): Promise<Work> {
  return { ...work, bytes: await toSharp(work.pixels).webp({ quality }).toBuffer() };
}

/** Writes a GIF; `dither` is from 0 to 1. */
export async function asGif(work: Work, { colours, dither }: StepParameters['gif']): Promise<Work> {
  return { ...work, bytes: await toSharp(work.pixels).gif({ colours, dither, effort: 1 }).toBuffer() };
}

/** Reads the file that the step before wrote, as it is shown. */
export async function readAgain({ trace }: Work, bytes: Uint8Array): Promise<Work> {
  return { pixels: await readPixels(sharp(bytes).autoOrient()), trace };
}
