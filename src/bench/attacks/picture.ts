import sharp, { type Sharp } from 'sharp';
import { scaling } from '../../patch/geometry.js';
import { Trace } from './trace.js';

/** Interleaved RGB, 8 bits a sample. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A picture between two steps of an attack, and what has become of the original in it. */
export interface Work {
  readonly pixels: Pixels;
  readonly trace: Trace;
  /** The file, after a step that wrote one. */
  readonly bytes?: Uint8Array;
}

/** The longest side that an original keeps, so that attacks on photographs from cameras stay affordable (chosen here). */
export const MAX_SIDE = 1280;

/** Decodes a file, turns it upright, lays it on white and shrinks it to at most {@link MAX_SIDE}. Throws what sharp throws. */
export async function openPicture(file: Uint8Array): Promise<Work> {
  const { autoOrient } = await sharp(file).metadata();
  const upright = sharp(file).autoOrient().resize(MAX_SIDE, MAX_SIDE, { fit: 'inside', withoutEnlargement: true });
  const pixels = await readPixels(upright);
  const map = scaling(pixels.width / autoOrient.width, pixels.height / autoOrient.height);
  return { pixels, trace: Trace.of(autoOrient.width, autoOrient.height).moved(map, pixels.width, pixels.height) };
}

/** The RGB pixels that a pipeline of sharp ends in, on white where they are transparent. */
export async function readPixels(pipeline: Sharp): Promise<Pixels> {
  const { data, info } = await pipeline.flatten({ background: 'white' }).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  // No Buffer: its slice() shares memory where that of a Uint8Array copies.
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), width: info.width, height: info.height };
}

/** The beginning of a pipeline of sharp. */
export function toSharp({ data, width, height }: Pixels): Sharp {
  return sharp(data, { raw: { width, height, channels: 3 } });
}

/** A picture of one colour (three samples). */
export function plain(width: number, height: number, [red, green, blue]: readonly [number, number, number]): Pixels {
  const data = new Uint8Array(3 * width * height);
  for (let i = 0; i < data.length; i += 3) {
    data[i] = red;
    data[i + 1] = green;
    data[i + 2] = blue;
  }
  return { data, width, height };
}

/** A picture whose samples are made one by one, rounded and held between 0 and 255. */
export function perSample({ data, width, height }: Pixels, sample: (value: number, index: number) => number): Pixels {
  const out = new Uint8ClampedArray(data.length);
  for (let i = 0; i < out.length; ++i) out[i] = sample(data[i] as number, i);
  return { data: new Uint8Array(out.buffer), width, height };
}

/** The same work with other samples. */
export function withPixels({ trace }: Work, pixels: Pixels): Work {
  return { pixels, trace };
}
