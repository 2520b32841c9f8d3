import { describe, expect, test } from 'vitest';
import { bigEndian, encode, type GifFrame, gif, PALETTE, picture, png, pngChunk } from '../fixtures/pictures.js';
import { decode, frames } from './decoding.js';

// Each expectation is what `np.asarray(PIL.Image.open(file))` gave with Pillow 12.3 (docs/images.md).
const pytx = { profile: 'pytx' } as const;

describe('palette pictures give their indices', () => {
  test.each([1, 2, 4, 8])('PNG of %i bits', async (depth) => {
    const entries = 1 << depth;
    const perByte = 8 / depth;
    const rows = picture(32, 20, 1).data;
    const width = 32 * perByte;
    const chunks = [pngChunk('PLTE', PALETTE.subarray(0, 3 * entries)), pngChunk('tRNS', Uint8Array.of(0, 100))];
    const image = await decode(png({ width, height: 20, depth, type: 3, rows, chunks }), pytx);
    const unpacked = [...rows].flatMap((byte) =>
      Array.from({ length: perByte }, (_, i) => (byte >> (8 - depth * (i + 1))) & (entries - 1)),
    );
    expect(image).toEqual({
      data: Uint8Array.from(unpacked),
      ...{ width, height: 20, channels: 1, orientation: 1, format: 'png', frameCount: 1, frame: 0, profile: 'pytx' },
    });
  });

  test('GIF', async () => {
    const { data } = picture(30, 20, 1);
    const image = await decode(gif(30, 20, PALETTE, [{ indices: data, width: 30, height: 20 }]), pytx);
    expect(image).toMatchObject({ data, channels: 1, format: 'gif', profile: 'pytx' });
  });

  test.each([
    ['index 0', {}, 0],
    ['the transparent index', { transparent: 77 }, 77],
  ])('GIF whose first frame leaves a border: %s is there', async (_name, extra: Partial<GifFrame>, border) => {
    const inner = { indices: Uint8Array.of(5, 77, 250, 9), width: 2, height: 2, left: 1, top: 1, ...extra };
    const image = await decode(gif(4, 4, PALETTE, [inner]), pytx);
    const b = border;
    expect([...image.data]).toEqual([b, b, b, b, b, 5, 77, b, b, 250, 9, b, b, b, b, b]);
  });

  test('TIFF', async () => {
    const sides = [20, 10];
    const indices = picture(20, 10, 1).data;
    expect(await decode(paletteTiff(sides[0] as number, sides[1] as number, indices), pytx)).toMatchObject({ data: indices, channels: 1 });
  });
});

test('16-bit grey is cut to 255, not scaled', async () => {
  const samples = Uint16Array.from({ length: 400 }, (_, i) => i * 3);
  const image = await decode(png({ width: 20, height: 20, depth: 16, type: 0, rows: bigEndian(samples) }), pytx);
  expect([...image.data]).toEqual([...samples].map((v) => Math.min(v, 255)));
});

test.each([
  ['grey and alpha', 4, 2, 1],
  ['RGB', 2, 3, 3],
  ['RGBA', 6, 4, 4],
] as const)('16-bit %s keeps the high byte', async (_name, type, channels, kept) => {
  const samples = Uint16Array.from({ length: 400 * channels }, (_, i) => (i * 40_503) & 65_535);
  const image = await decode(png({ width: 20, height: 20, depth: 16, type, rows: bigEndian(samples) }), pytx);
  expect(image.channels).toBe(kept);
  expect(image.data).toEqual(
    Uint8Array.from(
      samples.filter((_, i) => kept > 1 || i % 2 === 0),
      (v) => v >> 8,
    ),
  );
});

test('a bilevel picture is 0 and 1', async () => {
  const image = await decode(png({ width: 8, height: 1, depth: 1, type: 0, rows: Uint8Array.of(0b1010_0011) }), pytx);
  expect([...image.data]).toEqual([1, 0, 1, 0, 0, 0, 1, 1]);
});

test('alpha is neither composited nor removed, and grey with alpha is grey', async () => {
  const rgba = picture(20, 20, 4);
  expect(await decode(await encode(rgba).png().toBuffer(), pytx)).toMatchObject({ ...rgba, profile: 'pytx' });
  const la = picture(20, 20, 2);
  expect((await decode(await encode(la).png().toBuffer(), pytx)).data).toEqual(la.data.filter((_, i) => i % 2 === 0));
});

test('CMYK stands as it is stored, Adobe inversion undone: white paper is 0 ink', async () => {
  const white = { data: new Uint8Array(16 * 16 * 3).fill(255), width: 16, height: 16, channels: 3 } as const;
  const image = await decode(await encode(white).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer(), pytx);
  expect(image.channels).toBe(4);
  expect(Math.max(...image.data)).toBeLessThan(8);
});

test('the orientation tag is not there for it', async () => {
  const original = picture(40, 20, 3);
  const file = await encode(original).withMetadata({ orientation: 6 }).png().toBuffer();
  expect(await decode(file, pytx)).toMatchObject({ ...original, orientation: 1 });
});

test('an animation is its first frame', async () => {
  const one = (index: number) => ({ indices: new Uint8Array(16).fill(index), width: 4, height: 4 });
  const file = gif(4, 4, PALETTE, [one(3), one(4), one(5)]);
  const images = await frames(file, pytx);
  expect(images).toHaveLength(1);
  expect(images[0]).toEqual(await decode(file, pytx));
  expect(images[0]).toMatchObject({ data: new Uint8Array(16).fill(3), frameCount: 3 });
});

test('what it cannot reproduce is refused, not guessed', async () => {
  const wide = paletteTiff(4, 2, new Uint8Array(8));
  wide[2] = 43; // BigTIFF
  await expect(decode(wide, pytx)).rejects.toMatchObject({ code: expect.stringMatching(/UNSUPPORTED_FORMAT|CORRUPT_IMAGE/) });
  const deep = await encode(picture(8, 8, 1))
    .toColourspace('grey16')
    .tiff({ compression: 'none' })
    .toBuffer();
  if (deep[0] === 0x4d) await expect(decode(deep, pytx)).rejects.toMatchObject({ code: 'UNSUPPORTED_FORMAT' });
});

test.each(['png', 'gif', 'tiff'] as const)('a %s with a damaged head never gets past it', async (format) => {
  const whole =
    format === 'tiff'
      ? paletteTiff(8, 8, picture(8, 8, 1).data)
      : await encode(picture(40, 30, 3))
          .toFormat(format, { palette: true })
          .toBuffer();
  for (let kept = 1; kept < Math.min(whole.length - 12, 200); ++kept)
    await expect(decode(whole.subarray(0, kept), pytx)).rejects.toMatchObject({
      code: expect.stringMatching(/CORRUPT_IMAGE|UNSUPPORTED_FORMAT/),
    });
});

/** An uncompressed big-endian TIFF with 256 colours, none of them the grey of its index. */
function paletteTiff(width: number, height: number, indices: Uint8Array): Buffer {
  const size = 2 + 12 * 9 + 4;
  const map = Buffer.alloc(256 * 6);
  for (let i = 0; i < 768; ++i) map.writeUInt16BE((PALETTE[(i % 256) * 3 + Math.floor(i / 256)] as number) * 257, 2 * i);
  const entries = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 8 << 16],
    [259, 3, 1, 1 << 16],
    [262, 3, 1, 3 << 16],
    [273, 4, 1, 8 + size + map.length],
    [278, 4, 1, height],
    [279, 4, 1, indices.length],
    [320, 3, 768, 8 + size],
  ] as const;
  const directory = Buffer.alloc(size);
  directory.writeUInt16BE(entries.length, 0);
  entries.forEach(([tag, type, count, value], i) => {
    directory.writeUInt16BE(tag, 2 + 12 * i);
    directory.writeUInt16BE(type, 4 + 12 * i);
    directory.writeUInt32BE(count, 6 + 12 * i);
    directory.writeUInt32BE(value, 10 + 12 * i);
  });
  return Buffer.concat([Buffer.from('MM\0*\0\0\0\x08', 'latin1'), directory, map, indices]);
}
