import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import type { DecodeOptions } from '../../src/image/decoder.js';
import { resolveDecodeOptions } from '../../src/image/limits.js';
import { sharpDecoder } from '../../src/image/sharp-node.js';
import { encode, picture, png, pngChunk, pngHead } from '../fixtures/pictures.js';
import { decode, frames } from './decoding.js';

const text = (content: string): Uint8Array => new TextEncoder().encode(content);

/** A file that starts with an `ftyp` box of these brands. */
function isoFile(...brands: string[]): Uint8Array {
  const box = `\0\0\0${String.fromCharCode(12 + 4 * brands.length)}ftyp${brands[0]}\0\0\0\0${brands.slice(1).join('')}`;
  return Buffer.concat([Buffer.from(box, 'latin1'), Buffer.alloc(64)]);
}

test('an empty file is EMPTY_INPUT', async () => {
  await expect(decode(new Uint8Array(0))).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
});

test.each([
  ['text named .jpg', text('This is only text, whatever its name says.'), 'not a picture'],
  ['SVG', text('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), 'SVG'],
  ['SVG behind a byte order mark and blanks', text('\uFEFF \n<?xml version="1.0"?><svg/>'), 'SVG'],
  ['PDF', text('%PDF-1.7'), 'PDF'],
  ['HEIC', isoFile('heic', 'mif1', 'heic'), 'HEIC'],
  ['HEIC under its structural brand', isoFile('mif1', 'mif1', 'heic'), 'HEIC'],
  ['an AVIF sequence', isoFile('avis', 'avif', 'avis'), 'AVIF sequence'],
  ['video', isoFile('isom', 'isom', 'avc1'), 'video'],
  ['JPEG XL', Uint8Array.of(0xff, 0x0a, 0, 0), 'JPEG XL'],
  ['JPEG 2000', Uint8Array.of(0xff, 0x4f, 0xff, 0x51), 'JPEG 2000'],
  ['BMP', text('BM      '), 'BMP'],
  ['one byte', Uint8Array.of(0xff), 'not a picture'],
])('%s is UNSUPPORTED_FORMAT', async (_name, bytes, what) => {
  await expect(decode(bytes)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT', message: expect.stringContaining(what) });
});

test('TIFF with floating point samples is UNSUPPORTED_FORMAT: nothing says which value is white', async () => {
  const tiff = await encode(picture(8, 8, 3))
    .toColourspace('scrgb')
    .tiff({ compression: 'none' })
    .toBuffer();
  await expect(decode(tiff)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT', message: expect.stringContaining('float') });
});

test.each(['jpeg', 'png', 'webp', 'gif', 'avif', 'tiff'] as const)(
  '%s cut off anywhere is CORRUPT_IMAGE, never half a picture',
  async (format) => {
    const file = await encode(picture(80, 60, 3))
      .toFormat(format)
      .toBuffer();
    for (const kept of [0.95, 0.7, 0.5, 0.2]) {
      const cut = file.subarray(0, Math.floor(file.length * kept));
      await expect(decode(cut), `${format}, ${kept} of it`).rejects.toMatchObject({ code: 'CORRUPT_IMAGE' });
    }
  },
);

test('a progressive JPEG cut off between two scans is CORRUPT_IMAGE', async () => {
  const file = await encode(picture(80, 60, 3))
    .jpeg({ progressive: true })
    .toBuffer();
  const lastScan = file.lastIndexOf(Buffer.of(0xff, 0xda));
  expect(lastScan).toBeGreaterThan(file.indexOf(Buffer.of(0xff, 0xda)));
  await expect(decode(file.subarray(0, lastScan))).rejects.toMatchObject({ code: 'CORRUPT_IMAGE' });
});

test('a JPEG with stray bytes between segments decodes as other programs decode it', async () => {
  const file = await encode(picture(80, 60, 3))
    .jpeg()
    .toBuffer();
  const scan = file.indexOf(Buffer.of(0xff, 0xda));
  const padded = Buffer.concat([file.subarray(0, scan), Buffer.alloc(5), file.subarray(scan)]);
  expect((await decode(padded)).data).toEqual((await decode(file)).data);
});

test('a damaged PNG is CORRUPT_IMAGE', async () => {
  const file = await encode(picture(80, 60, 3))
    .png()
    .toBuffer();
  file[file.length - 40] = (file[file.length - 40] as number) ^ 0xff;
  await expect(decode(file)).rejects.toMatchObject({ code: 'CORRUPT_IMAGE' });
});

test('a PNG header of 60,000 x 60,000 is TOO_MANY_PIXELS, with no memory taken', async () => {
  const file = Buffer.concat([pngHead(60_000, 60_000), pngChunk('IDAT'), pngChunk('IEND')]);
  const before = process.memoryUsage.rss();
  await expect(decode(file)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
  await expect(decode(file, { profile: 'pytx' })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
  expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
});

test('a decompression bomb is TOO_MANY_PIXELS before it is inflated', async () => {
  // Valid to the last byte: 400 million pixels in about 50 kB.
  const bomb = png({ width: 20_000, height: 20_000, depth: 1, type: 0, rows: new Uint8Array(20_000 * 2_500) });
  expect(bomb.length).toBeLessThan(100_000);
  await expect(decode(bomb)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS', message: expect.stringContaining('89478485') });
});

test('more compressed rows than the header promised are left alone', async () => {
  const small = png({
    width: 2,
    height: 2,
    depth: 8,
    type: 3,
    rows: new Uint8Array(4),
    chunks: [pngChunk('PLTE', Uint8Array.of(9, 9, 9))],
  });
  const flood = pngChunk('IDAT', deflateSync(Buffer.alloc(64_000_000)));
  const file = Buffer.concat([small.subarray(0, small.indexOf('IDAT') - 4), flood, pngChunk('IEND')]);
  const before = process.memoryUsage.rss();
  for (const profile of ['default', 'pytx'] as const) expect((await decode(file, { profile })).data.length).toBeLessThanOrEqual(12);
  expect(process.memoryUsage.rss() - before).toBeLessThan(50_000_000);
});

test('a side longer than 65,535 is TOO_MANY_PIXELS, however few pixels there are', async () => {
  const file = png({ width: 70_000, height: 1, depth: 1, type: 0, rows: new Uint8Array(8_750) });
  await expect(decode(file)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS', message: expect.stringContaining('65535') });
});

test('limits of the caller hold', async () => {
  const file = await encode(picture(100, 100, 3))
    .png()
    .toBuffer();
  await expect(decode(file, { maxPixels: 9_999 })).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
  await expect(decode(file, { maxBytes: file.length - 1 })).rejects.toMatchObject({ code: 'TOO_MANY_BYTES' });
  expect(await decode(file, { maxPixels: 10_000, maxBytes: file.length })).toMatchObject({ width: 100 });
});

test('time that runs out is DECODE_TIMEOUT', async () => {
  const large = await encode(picture(4_000, 4_000, 3))
    .png({ compressionLevel: 1 })
    .toBuffer();
  await expect(decode(large, { timeoutMs: 1 })).rejects.toMatchObject({ code: 'DECODE_TIMEOUT' });
});

test('a signal stops before and during the work, with the reason that it gives', async () => {
  const file = await encode(picture(2_000, 2_000, 3))
    .png({ compressionLevel: 1 })
    .toBuffer();
  const reason = new Error('the upload was withdrawn');
  await expect(decode(file, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const controller = new AbortController();
  const working = decode(file, { signal: controller.signal });
  setTimeout(() => controller.abort(reason), 2);
  await expect(working).rejects.toBe(reason);
});

test.each(['maxBytes', 'maxPixels', 'maxFrames', 'maxTotalPixels', 'timeoutMs'])(
  '%s that is no sensible number is INVALID_ARGUMENT',
  (name) => {
    for (const value of [Number.NaN, -1, 0, 1.5, Number.POSITIVE_INFINITY, 1e15, '100', null])
      expect(() => resolveDecodeOptions({ [name]: value } as DecodeOptions), String(value)).toThrow(
        value === null
          ? expect.objectContaining({ code: 'INVALID_ARGUMENT' })
          : expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(name) }),
      );
  },
);

test('options of other kinds are INVALID_ARGUMENT', () => {
  for (const options of [null, 7, { profile: 'PYTX' }, { signal: {} }])
    expect(() => resolveDecodeOptions(options as DecodeOptions)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
});

test('what the library under the decoder said is kept as the cause', async () => {
  const file = (
    await encode(picture(80, 60, 3))
      .jpeg()
      .toBuffer()
  ).subarray(0, 600);
  await expect(decode(file)).rejects.toMatchObject({ code: 'CORRUPT_IMAGE', cause: expect.any(Error) });
});

test('messages hold no path', async () => {
  const file = (
    await encode(picture(80, 60, 3))
      .jpeg()
      .toBuffer()
  ).subarray(0, 600);
  const error = await decode(file).catch((e: unknown) => e);
  expect(String(error)).not.toMatch(/[\\/]\w+[\\/]/);
});

test('frames() refuses as decode() does', async () => {
  await expect(frames(new Uint8Array(0)).then((list) => list.length)).rejects.toMatchObject({ code: 'EMPTY_INPUT' });
  const file = Buffer.concat([pngHead(60_000, 60_000), pngChunk('IDAT'), pngChunk('IEND')]);
  await expect(frames(file)).rejects.toMatchObject({ code: 'TOO_MANY_PIXELS' });
  expect(() => sharpDecoder.frames(text('text'), resolveDecodeOptions())).toThrow(expect.objectContaining({ code: 'UNSUPPORTED_FORMAT' }));
});
