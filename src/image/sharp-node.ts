import { EgideError } from '../errors.js';
import { type Apng, ApngCanvas, framePng } from './apng-node.js';
import type { Decoder, ResolvedDecodeOptions } from './decoder.js';
import type { Image } from './image.js';
import { type Header, readHeader, readPixels, type Samples, type Source } from './pixels-node.js';
import { decodePytx } from './pytx-node.js';
import { sniffFormat } from './sniff.js';

/** Decoding in Node, by sharp (libvips): JPEG, PNG, GIF, WebP, AVIF, TIFF. What it does with each is in docs/images.md. */
export const sharpDecoder: Decoder = {
  name: 'sharp',
  async decode(bytes, options) {
    const source = sourceOf(bytes, options);
    const header = await readHeader(source, options);
    return options.profile === 'pytx' ? decodePytx(source, header, options) : decodeFrame(source, header, 0, header.pages, options);
  },
  frames(bytes, options) {
    // Copied here and not at the first step: the caller may transfer the buffer in between.
    return withinTotal(framesOf(sourceOf(bytes, options), options), options);
  },
};

/** Takes a copy: a buffer that is transferred away while a thread of libvips reads it would bring the process down. */
function sourceOf(bytes: Uint8Array, { maxBytes, signal }: ResolvedDecodeOptions): Source {
  signal?.throwIfAborted();
  if (bytes.byteLength > maxBytes)
    throw new EgideError(
      'TOO_MANY_BYTES',
      `input: ${bytes.byteLength} bytes, more than the limit of ${maxBytes} (raise maxBytes if this is expected)`,
    );
  return { format: sniffFormat(bytes), bytes: Buffer.from(bytes) };
}

/** Frames until their pixels are more than all together may be: small files can hold 64 frames of the largest size. */
async function* withinTotal(frames: AsyncIterable<Image>, { maxTotalPixels }: ResolvedDecodeOptions): AsyncGenerator<Image> {
  let pixels = 0;
  for await (const image of frames) {
    pixels += image.width * image.height;
    if (pixels > maxTotalPixels && image.frame > 0) return;
    yield image;
  }
}

async function* framesOf(source: Source, options: ResolvedDecodeOptions): AsyncGenerator<Image> {
  const first = await readHeader(source, options);
  if (options.profile === 'pytx') yield decodePytx(source, first, options);
  else if (source.format === 'gif' || source.format === 'webp') yield* animationFrames(source, first, options);
  else if (first.apng) yield* apngFrames(source, first, first.apng, options);
  else {
    const count = Math.min(first.pages, options.maxFrames);
    for (let page = 0; page < count; ++page) {
      const header = page === 0 ? first : await readHeader(source, options, page); // pages of a TIFF differ in size
      yield decodeFrame(source, header, page, first.pages, options);
    }
  }
}

/**
 * A frame of an animation builds on those before it, so asking for one at a time would decode n * n / 2 of them. As many at once as
 * fit in `maxPixels`: no more memory than a still is allowed.
 */
async function* animationFrames(source: Source, header: Header, options: ResolvedDecodeOptions): AsyncGenerator<Image> {
  const count = Math.min(header.pages, options.maxFrames);
  const fitting = Math.min(options.maxPixels / (header.width * header.height), MAX_STACK_HEIGHT / header.height);
  for (let page = 0; page < count; ) {
    const pages = Math.min(Math.max(1, Math.floor(fitting)), count - page);
    const { data, channels } = await readPixels(source, { page, pages }, options);
    const size = header.width * header.height * channels;
    for (let i = 0; i < pages; ++i, ++page) {
      options.signal?.throwIfAborted();
      // Each frame owns its bytes: one may be transferred, or kept, without the others.
      const own = pages === 1 ? data : data.slice(i * size, (i + 1) * size);
      yield imageOf(source, header, { data: own, channels }, page, header.pages);
    }
  }
}

/** libvips' largest side (VIPS_MAX_COORD, 10,000,000), in which it stacks the frames that it decodes together; the last row is left free. */
const MAX_STACK_HEIGHT = 9_999_999;

/** The picture that everything shows comes first, as decode() gives it; what the animation makes of the canvas follows, in RGBA. */
async function* apngFrames(source: Source, header: Header, apng: Apng, options: ResolvedDecodeOptions): AsyncGenerator<Image> {
  yield decodeFrame(source, header, 0, header.pages, options);
  const canvas = new ApngCanvas(header.width, header.height);
  const shift = apng.still ? 1 : 0;
  for (const [i, frame] of apng.frames.slice(0, options.maxFrames - shift).entries()) {
    options.signal?.throwIfAborted();
    const { data, channels } = await readPixels({ format: 'png', bytes: framePng(source.bytes, apng, frame) }, {}, options);
    const shown = await canvas.show(frame, data, channels, options.signal);
    if (i + shift > 0) yield imageOf(source, header, { data: shown, channels: 4 }, i + shift, header.pages);
  }
}

async function decodeFrame(
  source: Source,
  header: Header,
  page: number,
  frameCount: number,
  options: ResolvedDecodeOptions,
): Promise<Image> {
  const plainGrey = header.colour === 'grey' && !header.alpha && header.depth === 8;
  // 16-bit grey goes through sRGB, which takes the high byte; libvips' own way from 16 to 8 bits of grey rounds otherwise.
  const samples = await readPixels(source, { page, as: plainGrey ? 'b-w' : 'srgb' }, options);
  return imageOf(source, header, header.colour === 'grey' ? withoutCopies(samples) : samples, page, frameCount);
}

/** Grey that comes back as R = G = B, with or without alpha, in the one or two channels that it has. */
function withoutCopies({ data, channels }: Samples): Samples {
  if (channels < 3) return { data, channels };
  const kept = channels - 2;
  const grey = new Uint8Array((data.length / channels) * kept);
  for (let from = 0, to = 0; from < data.length; from += channels, to += kept) {
    grey[to] = data[from] as number;
    if (kept === 2) grey[to + 1] = data[from + 3] as number;
  }
  return { data: grey, channels: kept };
}

function imageOf(source: Source, { width, height, orientation }: Header, samples: Samples, frame: number, frameCount: number): Image {
  const { data, channels } = samples;
  if (channels !== 1 && channels !== 2 && channels !== 3 && channels !== 4)
    throw new EgideError(
      'UNSUPPORTED_FORMAT',
      `input: ${channels} channels; expected grey or colour, with or without alpha: convert the picture`,
    );
  if (data.length !== width * height * channels)
    throw new EgideError('CORRUPT_IMAGE', `input: the header promised ${width} x ${height} pixels and the file holds another picture`);
  return { data, width, height, channels, orientation, format: source.format, frameCount, frame, profile: 'default' };
}
