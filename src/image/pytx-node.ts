import { EgideError } from '../errors.js';
import type { ResolvedDecodeOptions } from './decoder.js';
import type { Image } from './image.js';
import { rampGif, rampPng, rampTiff, tiffColours } from './palette-node.js';
import { type Header, readPixels, type Samples, type Source } from './pixels-node.js';

/**
 * Decodes the first frame into what python-threatexchange hands its hasher: `np.asarray(PIL.Image.open(file))`, with only the modes `LA`
 * and `I;16` converted to RGB before. Grey stays one channel, which hashes as its copy in three would. docs/images.md has the table.
 *
 * @throws {EgideError} `CORRUPT_IMAGE`, `DECODE_TIMEOUT`, `OUT_OF_MEMORY`; `UNSUPPORTED_FORMAT` for what it cannot reproduce.
 */
export async function decodePytx(source: Source, header: Header, options: ResolvedDecodeOptions): Promise<Image> {
  const { data, channels } = await samplesOf(source, header, options);
  const { width, height, pages } = header;
  if (channels !== 1 && channels !== 3 && channels !== 4) throw irreproducible(`${channels} channels`);
  if (data.length !== width * height * channels)
    throw new EgideError('CORRUPT_IMAGE', `input: the header promised ${width} x ${height} pixels and the file holds another picture`);
  // The tag is ignored there, so a picture counts as upright as it is stored.
  return { data, width, height, channels, orientation: 1, format: source.format, frameCount: pages, frame: 0, profile: 'pytx' };
}

function samplesOf(source: Source, header: Header, options: ResolvedDecodeOptions): Promise<Samples> {
  if (source.format === 'png') return pngSamples(source, header, options);
  if (source.format === 'gif') return gifIndices(source, options);
  if (source.format === 'tiff') return tiffSamples(source, header, options);
  return stored(source, header, options);
}

/** Pillow's modes `L`, `LA`, `RGB`, `RGBA` and `CMYK`: samples as they are stored. The hasher takes the first three, or the grey. */
async function stored(source: Source, header: Header, options: ResolvedDecodeOptions): Promise<Samples> {
  if (header.colour === 'cmyk') return readPixels(source, { as: 'cmyk' }, options);
  if (header.colour === 'rgb') return readPixels(source, {}, options);
  if (header.depth === 8) return readPixels(source, { as: 'b-w' }, options);
  return firstChannel(await readPixels(source, {}, options)); // 16-bit grey with alpha: the high byte
}

/** PNG specification, 11.2.1: the bit depth is byte 24 of the file, the colour type byte 25. */
function pngSamples(source: Source, header: Header, options: ResolvedDecodeOptions): Promise<Samples> {
  const [bits, type] = [source.bytes[24], source.bytes[25]];
  if (type === 3) return indices({ ...source, bytes: rampPng(source.bytes) }, options);
  if (type === 0 && bits === 1) return bilevel(source, options);
  if (type === 0 && bits === 16) return clipped(source, options);
  return stored(source, header, options);
}

async function gifIndices(source: Source, options: ResolvedDecodeOptions): Promise<Samples> {
  const { bytes, background } = rampGif(source.bytes);
  const { data, channels } = await readPixels({ ...source, bytes }, {}, options);
  if (channels === 4) for (let i = 3; i < data.length; i += 4) if (data[i] === 0) data[i - 3] = background;
  return firstChannel({ data, channels });
}

function tiffSamples(source: Source, header: Header, options: ResolvedDecodeOptions): Promise<Samples> {
  const colours = tiffColours(source.bytes);
  if (colours.photometric === 3) return indices({ ...source, bytes: rampTiff(source.bytes, colours) }, options);
  if (header.colour === 'grey' && header.bitsPerSample === 1) return bilevel(source, options);
  if (header.colour === 'grey' && header.depth === 16) {
    if (colours.photometric !== 1 || colours.bigEndian || header.alpha) throw irreproducible('a TIFF of 16-bit grey in this layout');
    return clipped(source, options);
  }
  if (header.bitsPerSample !== 8 && header.bitsPerSample !== 16) throw irreproducible(`a TIFF of ${header.bitsPerSample} bits per sample`);
  return stored(source, header, options);
}

/** Mode `P`: indices where colours were. */
async function indices(source: Source, options: ResolvedDecodeOptions): Promise<Samples> {
  return firstChannel(await readPixels(source, {}, options));
}

/** Mode `1`: numpy makes booleans of it, so white is 1. */
async function bilevel(source: Source, options: ResolvedDecodeOptions): Promise<Samples> {
  const { data, channels } = await readPixels(source, { as: 'b-w' }, options);
  return { data: data.map((white) => white & 1), channels };
}

/** Mode `I;16` to RGB: Pillow cuts what is above 255 to 255 instead of scaling. */
async function clipped(source: Source, options: ResolvedDecodeOptions): Promise<Samples> {
  const { data, channels } = await readPixels(source, { as: 'grey16' }, options);
  const wide = new Uint16Array(data.buffer, data.byteOffset, data.length / 2);
  const grey = new Uint8Array(wide.length);
  for (let i = 0; i < wide.length; ++i) grey[i] = Math.min(wide[i] as number, 255);
  return firstChannel({ data: grey, channels });
}

function firstChannel({ data, channels }: Samples): Samples {
  if (channels === 1) return { data, channels };
  const first = new Uint8Array(data.length / channels);
  for (let i = 0; i < first.length; ++i) first[i] = data[i * channels] as number;
  return { data: first, channels: 1 };
}

function irreproducible(what: string): EgideError {
  return new EgideError('UNSUPPORTED_FORMAT', `input: the 'pytx' profile does not reproduce ${what}: use the default profile`);
}
