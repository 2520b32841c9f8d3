import type { Pixels } from '../backend.js';
import { invalid, wholeNumber } from '../errors.js';
import { liveBytes } from '../input.js';

/** How a decoder turned a file into pixels (docs/images.md). `pixels`: the caller brought them. */
export type DecodeProfile = 'default' | 'pytx' | 'pixels';

/** One decoded picture: 8-bit pixels as they are stored in the file, before any EXIF rotation. */
export interface Image extends Pixels {
  /** EXIF orientation, 1 to 8; 1 means that stored and upright are the same. */
  readonly orientation: number;
  /** `jpeg`, `png`, `webp`, `gif`, `avif`, `tiff`…, or `pixels` when the caller brought them. */
  readonly format: string;
  /** Frames in the file (1 for a still). */
  readonly frameCount: number;
  /** Which of them this is, from 0. */
  readonly frame: number;
  readonly profile: DecodeProfile;
}

/** The largest side that the core takes: a JPEG's own limit (ITU-T T.81: 16-bit sizes). */
export const MAX_SIDE = 65_535;

/** Pixels of the caller's own, and what is known of them. */
export interface ImageInit {
  /** `width * height * channels` bytes, interleaved, row-major, no padding. Kept, not copied. */
  readonly data: Uint8Array | Uint8ClampedArray;
  /** Pixels, 1 to 65,535. */
  readonly width: number;
  /** Pixels, 1 to 65,535. */
  readonly height: number;
  /** 1 grey, 2 grey+alpha, 3 RGB, 4 RGBA. */
  readonly channels: 1 | 2 | 3 | 4;
  /** EXIF orientation, 1 (the default) to 8. */
  readonly orientation?: number;
}

/**
 * Makes an {@link Image} of the caller's own pixels: what a canvas, `ImageDecoder` or another library decoded.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` if a size is out of range, the byte count does not fit, or the buffer was transferred.
 */
export function imageOf(init: ImageInit): Image {
  if (typeof init !== 'object' || init === null) throw invalid('image', '{ data, width, height, channels }', init);
  const width = wholeNumber('width', init.width, 1, MAX_SIDE);
  const height = wholeNumber('height', init.height, 1, MAX_SIDE);
  const channels = wholeNumber('channels', init.channels, 1, 4) as 1 | 2 | 3 | 4;
  const orientation = wholeNumber('orientation', init.orientation ?? 1, 1, 8);
  const clamped = init.data instanceof Uint8ClampedArray;
  const view = clamped ? new Uint8Array(init.data.buffer, init.data.byteOffset, init.data.byteLength) : init.data;
  const data = liveBytes('data', view);
  if (data.byteLength !== width * height * channels)
    throw invalid('data', `${width} x ${height} x ${channels} = ${width * height * channels} bytes`, data);
  return { data, width, height, channels, orientation, format: 'pixels', frameCount: 1, frame: 0, profile: 'pixels' };
}

/** Checks an image that a caller hands in: it may be of our own making, and its buffer may be gone since. */
export function checkImage(image: Image): Image {
  const { data, width, height, channels, orientation } = imageOf(image);
  return { ...image, data, width, height, channels, orientation };
}

/** Whether pixels were given, not a file. */
export function isImage(input: unknown): input is Image {
  return typeof input === 'object' && input !== null && 'data' in input && 'width' in input;
}
