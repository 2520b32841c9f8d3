import { EgideError } from '../errors.js';
import { chunkType, pngChunk, pngChunks } from './png-node.js';

/**
 * A palette picture decodes to its indices once its palette is the grey ramp: index i has the colour (i, i, i). So the one decoder, with
 * its limits, reads indices too, and no second one is needed. Each function here copies a file with its palette replaced by the ramp.
 */

/** Bytes of a colour table with all 256 entries. */
const FULL_TABLE = 768;

const PLTE = chunkType('PLTE');

function ramp(entries: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: 3 * entries }, (_, i) => i / 3));
}

/**
 * A PNG of colour type 3 (PNG specification, 11.2.2) with the ramp for its `PLTE`.
 *
 * @throws {EgideError} `CORRUPT_IMAGE`.
 */
export function rampPng(png: Buffer): Buffer {
  for (const { type, start, end } of pngChunks(png))
    if (type === PLTE) return Buffer.concat([png.subarray(0, start), pngChunk('PLTE', ramp(1 << byteAt(png, 24))), png.subarray(end)]);
  throw damaged('PNG');
}

/** A GIF whose first frame decodes to indices, and the index that is meant where that frame shows nothing. */
export interface RampGif {
  readonly bytes: Buffer;
  readonly background: number;
}

/**
 * A GIF with the ramp for its global colour table, and none of the first frame's own. Pillow's canvas begins as the transparent index if
 * the frame has one, else as index 0 (GifImagePlugin.py, `load_prepare`), so whatever decodes as transparent is `background`.
 *
 * @throws {EgideError} `CORRUPT_IMAGE`.
 */
export function rampGif(gif: Buffer): RampGif {
  const screen = Buffer.from(gif.subarray(0, 13)); // GIF89a, 18: signature and logical screen descriptor
  const flags = byteAt(gif, 10);
  screen[10] = flags | 0x87; // a global table of 256 entries
  const start = 13 + tableSize(flags);
  let background = 0;
  let image = start;
  for (; byteAt(gif, image) === 0x21; image = afterSubBlocks(gif, image + 2)) {
    const transparent = byteAt(gif, image + 1) === 0xf9 && (byteAt(gif, image + 3) & 1) === 1; // 23: graphic control
    if (transparent) background = byteAt(gif, image + 6);
  }
  if (byteAt(gif, image) !== 0x2c) throw damaged('GIF');
  const imageFlags = byteAt(gif, image + 9);
  const descriptor = Buffer.from(gif.subarray(image, image + 10));
  descriptor[9] = imageFlags & 0x78; // 20: no local table; interlacing stays
  const rest = gif.subarray(image + 10 + tableSize(imageFlags));
  return { bytes: Buffer.concat([screen, ramp(256), gif.subarray(start, image), descriptor, rest]), background };
}

/** Bytes of the colour table that the flags of a screen or of an image announce. */
function tableSize(flags: number): number {
  return flags & 0x80 ? FULL_TABLE >> (7 - (flags & 7)) : 0;
}

function afterSubBlocks(gif: Buffer, start: number): number {
  let at = start;
  for (let size = byteAt(gif, at); size > 0; size = byteAt(gif, at)) at += size + 1;
  return at + 1;
}

/** What the first directory of a TIFF says of its colours. */
export interface TiffColours {
  /** TIFF 6.0, `PhotometricInterpretation`: 0 white is zero, 1 black is zero, 2 RGB, 3 palette, 5 inks, 6 YCbCr. */
  readonly photometric: number;
  readonly bigEndian: boolean;
  /** Where the entries of the colour map begin, and how many 16-bit numbers it has. */
  readonly map: { readonly offset: number; readonly count: number } | undefined;
}

/**
 * Reads the first directory of a classic TIFF (TIFF 6.0, section 2).
 *
 * @throws {EgideError} `CORRUPT_IMAGE`; `UNSUPPORTED_FORMAT` for BigTIFF.
 */
export function tiffColours(tiff: Buffer): TiffColours {
  const bigEndian = byteAt(tiff, 0) === 0x4d;
  const u16 = (at: number): number =>
    bigEndian ? byteAt(tiff, at) * 256 + byteAt(tiff, at + 1) : byteAt(tiff, at) + byteAt(tiff, at + 1) * 256;
  const u32 = (at: number): number => (bigEndian ? u16(at) * 65_536 + u16(at + 2) : u16(at) + u16(at + 2) * 65_536);
  if (u16(2) !== 42)
    throw new EgideError('UNSUPPORTED_FORMAT', "input: BigTIFF is not read in the 'pytx' profile: use the default profile");
  const directory = u32(4);
  let photometric = -1;
  let map: TiffColours['map'];
  for (let entry = directory + 2, left = u16(directory); left > 0; --left, entry += 12) {
    if (u16(entry) === 262) photometric = u16(entry + 8);
    if (u16(entry) === 320) map = { offset: u32(entry + 8), count: u32(entry + 4) };
  }
  return { photometric, bigEndian, map };
}

/**
 * A TIFF with the ramp for its `ColorMap` (TIFF 6.0, section 5: all reds, all greens, all blues, 16 bits each).
 *
 * @throws {EgideError} `CORRUPT_IMAGE`.
 */
export function rampTiff(tiff: Buffer, { map, bigEndian }: TiffColours): Buffer {
  if (!map || map.count % 3 !== 0 || map.count > FULL_TABLE || map.offset + 2 * map.count > tiff.length) throw damaged('TIFF');
  const copy = Buffer.from(tiff);
  for (let i = 0; i < map.count; ++i) {
    const index = (i % (map.count / 3)) * 257; // 255 becomes 65,535
    if (bigEndian) copy.writeUInt16BE(index, map.offset + 2 * i);
    else copy.writeUInt16LE(index, map.offset + 2 * i);
  }
  return copy;
}

function byteAt(bytes: Buffer, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw damaged('the file');
  return byte;
}

function damaged(what: string): EgideError {
  return new EgideError('CORRUPT_IMAGE', `input: ${what} ends before its picture begins: send the whole file`);
}
