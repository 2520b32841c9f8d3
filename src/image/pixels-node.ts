import sharp, { type Metadata, type SharpOptions } from 'sharp';
import { EgideError } from '../errors.js';
import { type Apng, readApng } from './apng-node.js';
import type { ResolvedDecodeOptions } from './decoder.js';
import { checkSize } from './limits.js';
import { heicUnsupported, type SourceFormat } from './sniff.js';

/** A file at hand: our own copy of its bytes, and what they begin as. */
export interface Source {
  /** Nobody else can transfer or change these while a thread of the decoder reads them. */
  readonly bytes: Buffer;
  readonly format: SourceFormat;
}

/** What a file says of one page before any pixel of it is decoded. */
export interface Header {
  /** Pixels of one page, as stored. */
  readonly width: number;
  readonly height: number;
  /** Frames of the file. */
  readonly pages: number;
  /** The frames that libvips does not see. */
  readonly apng: Apng | undefined;
  /** 1 to 8. */
  readonly orientation: number;
  readonly colour: 'grey' | 'rgb' | 'cmyk';
  readonly alpha: boolean;
  /** Bits that a decoded sample takes. */
  readonly depth: 8 | 16;
  /** Bits that a sample takes in the file, where the format says so. */
  readonly bitsPerSample: number | undefined;
}

/** Which pages to decode, and into which samples. */
export interface Reading {
  /** From 0, the default. */
  readonly page?: number;
  /** Consecutive pages, stacked top to bottom. Default 1. */
  readonly pages?: number;
  /**
   * `srgb`, the default: RGB or RGBA, 16 bits cut to the high 8. `b-w`: 8-bit grey as stored. `cmyk`: four inks as stored, 255 minus
   * Adobe's inversion. `grey16`: 16-bit grey as stored, in the byte order of the machine.
   */
  readonly as?: 'srgb' | 'b-w' | 'cmyk' | 'grey16';
}

/** Interleaved samples of one or more pages. */
export interface Samples {
  readonly data: Uint8Array;
  readonly channels: number;
}

/**
 * Reads a page's header and holds its size against the limits.
 *
 * @throws {EgideError} `TOO_MANY_PIXELS`, `UNSUPPORTED_FORMAT`, `CORRUPT_IMAGE`, `DECODE_TIMEOUT`.
 */
export async function readHeader(source: Source, options: ResolvedDecodeOptions, page = 0): Promise<Header> {
  const reader = sharp(source.bytes, { ...settings(options), page });
  const metadata = await bounded(reader.metadata().catch(rethrow(source, options)), options.timeoutMs, options.signal);
  checkSize(metadata.width, metadata.height, options);
  if (source.format === 'avif' && metadata.compression !== 'av1') throw heicUnsupported();
  if (metadata.depth !== 'uchar' && metadata.depth !== 'ushort')
    throw new EgideError('UNSUPPORTED_FORMAT', `input: samples of type ${metadata.depth}; expected 8 or 16 bits: convert the picture`);
  const { orientation = 1 } = metadata;
  const apng = source.format === 'png' ? readApng(source.bytes, options.maxFrames) : undefined;
  return {
    width: metadata.width,
    height: metadata.height,
    pages: apng?.frameCount ?? metadata.pages ?? 1,
    apng,
    orientation: orientation >= 1 && orientation <= 8 ? orientation : 1,
    colour: colourOf(metadata),
    alpha: metadata.hasAlpha,
    depth: metadata.depth === 'uchar' ? 8 : 16,
    bitsPerSample: metadata.bitsPerSample,
  };
}

/**
 * Decodes pages whose sizes were checked.
 *
 * @throws {EgideError} `CORRUPT_IMAGE`, `DECODE_TIMEOUT`, `OUT_OF_MEMORY`.
 */
export async function readPixels(source: Source, reading: Reading, options: ResolvedDecodeOptions): Promise<Samples> {
  const { page = 0, pages = 1, as = 'srgb' } = reading;
  const timeoutMs = options.timeoutMs * pages;
  const reader = sharp(source.bytes, { ...settings(options), page, pages }).timeout({
    seconds: Math.min(Math.ceil(timeoutMs / 1000), 3600),
  });
  // Both spaces, or sharp would go from CMYK to sRGB and back.
  if (as === 'cmyk') reader.pipelineColourspace('cmyk').toColourspace('cmyk');
  else if (as !== 'srgb') reader.toColourspace(as);
  const work = reader.raw({ depth: as === 'grey16' ? 'ushort' : 'uchar' }).toBuffer({ resolveWithObject: true });
  const { data, info } = await bounded(work.catch(rethrow(source, options)), timeoutMs, options.signal);
  return { data: new Uint8Array(data.buffer, data.byteOffset, data.byteLength), channels: info.channels };
}

/**
 * `failOn: 'error'` stops at truncation and at errors of the format's library, but lets its warnings pass (a JPEG with stray bytes
 * between segments), as Pillow and browsers do. No option here shrinks on load or turns the picture.
 */
function settings({ maxPixels }: ResolvedDecodeOptions): SharpOptions {
  return { failOn: 'error', ignoreIcc: true, limitInputPixels: maxPixels, limitInputChannels: 5, sequentialRead: true };
}

function colourOf({ space }: Metadata): Header['colour'] {
  if (space === 'b-w' || space === 'grey16') return 'grey';
  return space === 'cmyk' ? 'cmyk' : 'rgb';
}

/**
 * Settles with the work, or before it when the time is up or the caller gives up. sharp cannot be called off, so a late result is
 * dropped; its own timer ends the work within the next second.
 */
function bounded<T>(work: Promise<T>, timeoutMs: number, signal: AbortSignal | undefined): Promise<T> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      finish();
    };
    const abort = (): void => settle(() => reject(signal?.reason));
    const timer = setTimeout(() => settle(() => reject(timedOut(timeoutMs))), Math.min(timeoutMs, MAX_TIMER_MS));
    signal?.addEventListener('abort', abort);
    if (signal?.aborted) abort();
    work.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}

/** The longest delay of `setTimeout` (Node's documentation): a longer one would fire at once. */
const MAX_TIMER_MS = 2_147_483_647;

function timedOut(timeoutMs: number, cause?: unknown): EgideError {
  const message = `image: decoding took longer than ${timeoutMs} ms (raise timeoutMs if this is expected)`;
  return new EgideError('DECODE_TIMEOUT', message, { cause });
}

/** sharp's errors carry no codes, so its texts (src/common.cc, src/pipeline.cc of sharp 0.35) are all there is to tell them apart. */
function rethrow({ format }: Source, { maxPixels, timeoutMs }: ResolvedDecodeOptions): (error: unknown) => never {
  return (error) => {
    const text = error instanceof Error ? error.message : '';
    if (text.includes('exceeds pixel limit'))
      throw new EgideError('TOO_MANY_PIXELS', `image: more than the limit of ${maxPixels} pixels (raise maxPixels if this is expected)`, {
        cause: error,
      });
    if (text.includes('exceeds channel limit'))
      throw new EgideError('UNSUPPORTED_FORMAT', 'input: more than 5 channels; expected grey, RGB or CMYK: convert the picture', {
        cause: error,
      });
    if (text.startsWith('timeout:')) throw timedOut(timeoutMs, error);
    if (/out of memory|unable to allocate|cannot allocate/i.test(text))
      throw new EgideError('OUT_OF_MEMORY', 'image: not enough memory to decode it', { cause: error });
    throw new EgideError('CORRUPT_IMAGE', `input: begins as ${format.toUpperCase()}, but is truncated or damaged: send the whole file`, {
      cause: error,
    });
  };
}
