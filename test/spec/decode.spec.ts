import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { bigEndian, encode, gif, PALETTE, picture, png, pngChunk } from '../fixtures/pictures.js';
import { decode } from './decoding.js';

describe('lossless formats give back the samples that went in', () => {
  test.each([1, 2, 3, 4] as const)('PNG with %i channels', async (channels) => {
    const original = picture(61, 47, channels);
    const image = await decode(await encode(original).png().toBuffer());
    expect(image).toEqual({ ...original, orientation: 1, format: 'png', frameCount: 1, frame: 0, profile: 'default' });
  });

  test.each([3, 4] as const)('WebP and AVIF with %i channels', async (channels) => {
    const original = picture(61, 47, channels);
    const webp = await decode(await encode(original).webp({ lossless: true, exact: true }).toBuffer());
    const avif = await decode(await encode(original).avif({ lossless: true, chromaSubsampling: '4:4:4' }).toBuffer());
    expect(webp).toEqual({ ...original, orientation: 1, format: 'webp', frameCount: 1, frame: 0, profile: 'default' });
    expect(avif).toMatchObject({ width: 61, height: 47, channels, format: 'avif' });
    expect(furthest(avif.data, original.data)).toBeLessThanOrEqual(2); // AVIF's own colour matrix rounds
  });

  test.each([1, 3, 4] as const)('TIFF with %i channels', async (channels) => {
    const original = picture(61, 47, channels);
    expect(await decode(await encode(original).tiff({ compression: 'lzw' }).toBuffer())).toMatchObject({ ...original, format: 'tiff' });
  });

  test('GIF, its palette expanded', async () => {
    const { data } = picture(30, 20, 1);
    const image = await decode(gif(30, 20, PALETTE, [{ indices: data, width: 30, height: 20 }]));
    expect(image).toMatchObject({ width: 30, height: 20, channels: 3, format: 'gif', frameCount: 1 });
    expect(image.data).toEqual(coloured(data));
  });

  test('a picture of one pixel, and one of four by four', async () => {
    for (const side of [1, 4]) {
      const original = picture(side, side, 3);
      expect(await decode(await encode(original).png().toBuffer())).toMatchObject({ ...original });
    }
  });
});

describe('what a person sees', () => {
  test('a palette PNG is expanded, with its transparency apart', async () => {
    const { data } = picture(30, 20, 1);
    const chunks = [
      pngChunk('PLTE', PALETTE),
      pngChunk(
        'tRNS',
        Uint8Array.from({ length: 256 }, (_, i) => i),
      ),
    ];
    const image = await decode(png({ width: 30, height: 20, depth: 8, type: 3, rows: data, chunks }));
    expect(image.channels).toBe(4);
    expect(planes(image.data, 4, [0, 1, 2])).toEqual(coloured(data));
    expect(planes(image.data, 4, [3])).toEqual(data);
  });

  test.each([
    ['grey', 0, 1],
    ['grey and alpha', 4, 2],
    ['RGB', 2, 3],
    ['RGBA', 6, 4],
  ] as const)('16-bit %s keeps the high byte', async (_name, type, channels) => {
    const samples = Uint16Array.from({ length: 256 * 256 * channels }, (_, i) => (i * 40_503) & 65_535);
    const image = await decode(png({ width: 256, height: 256, depth: 16, type, rows: bigEndian(samples) }));
    expect(image.channels).toBe(channels);
    expect(image.data).toEqual(Uint8Array.from(samples, (sample) => sample >> 8));
  });

  test('a bilevel PNG is black and white', async () => {
    const image = await decode(png({ width: 8, height: 1, depth: 1, type: 0, rows: Uint8Array.of(0b1010_0011) }));
    expect([...image.data]).toEqual([255, 0, 255, 0, 0, 0, 255, 255]);
  });

  test('fully transparent pixels keep their colour: alpha is never composited', async () => {
    const original = { ...picture(16, 16, 4), data: picture(16, 16, 4).data.map((v, i) => (i % 4 === 3 ? 0 : v)) };
    expect((await decode(await encode(original).png().toBuffer())).data).toEqual(original.data);
  });

  test('a greyscale JPEG has one channel', async () => {
    const jpeg = await encode(picture(64, 64, 1))
      .jpeg({ quality: 100 })
      .toBuffer();
    const image = await decode(jpeg);
    expect(image).toMatchObject({ width: 64, height: 64, channels: 1, format: 'jpeg' });
    expect(furthest(image.data, picture(64, 64, 1).data)).toBeLessThanOrEqual(3);
  });

  test('a CMYK JPEG comes out in the colours it was made of', async () => {
    const sand = Uint8Array.from({ length: 32 * 32 * 3 }, (_, i) => [200, 160, 120][i % 3] as number);
    const cmyk = await encode({ data: sand, width: 32, height: 32, channels: 3 }).toColourspace('cmyk').jpeg({ quality: 100 }).toBuffer();
    expect(await sharp(cmyk).metadata()).toMatchObject({ space: 'cmyk', channels: 4 });
    const image = await decode(cmyk);
    expect(image.channels).toBe(3);
    expect(furthest(image.data, sand)).toBeLessThanOrEqual(16); // out to ink and back again
  });

  test('an embedded colour profile is ignored: the samples are those in the file', async () => {
    const original = picture(64, 64, 3);
    const tagged = await encode(original).withIccProfile('p3').png().toBuffer();
    const plain = await sharp(tagged, { ignoreIcc: true }).raw().toBuffer();
    expect((await sharp(tagged).metadata()).hasProfile).toBe(true);
    expect((await decode(tagged)).data).toEqual(new Uint8Array(plain));
  });

  test('AVIF of 10 bits keeps the high byte', async () => {
    const image = await decode(
      await encode(picture(64, 64, 3))
        .avif({ bitdepth: 10, quality: 100, chromaSubsampling: '4:4:4' })
        .toBuffer(),
    );
    expect(image).toMatchObject({ channels: 3, format: 'avif' });
    expect(furthest(image.data, picture(64, 64, 3).data)).toBeLessThanOrEqual(8);
  });
});

describe('EXIF orientation', () => {
  test.each([1, 2, 3, 4, 5, 6, 7, 8])('%i is reported and the pixels stay as stored', async (orientation) => {
    const original = picture(40, 20, 3);
    for (const format of ['png', 'tiff'] as const) {
      const file = await encode(original).withMetadata({ orientation }).toFormat(format, { compression: 'lzw' }).toBuffer();
      expect(await decode(file)).toMatchObject({ ...original, orientation });
    }
    const jpeg = await decode(await encode(original).withMetadata({ orientation }).jpeg().toBuffer());
    const webp = await decode(await encode(original).withMetadata({ orientation }).webp().toBuffer());
    for (const image of [jpeg, webp]) expect(image).toMatchObject({ width: 40, height: 20, orientation });
  });

  test('AVIF turns by a property of its own, which decoding applies', async () => {
    const turned = await encode(picture(40, 20, 3))
      .withMetadata({ orientation: 6 })
      .avif()
      .toBuffer();
    expect(await decode(turned)).toMatchObject({ width: 20, height: 40, orientation: 1 });
  });
});

describe('bytes', () => {
  test('a view that does not start at byte 0 of its buffer', async () => {
    const original = picture(20, 20, 3);
    const file = await encode(original).png().toBuffer();
    const wide = new Uint8Array(file.length + 9);
    wide.set(file, 3);
    expect((await decode(wide.subarray(3, 3 + file.length))).data).toEqual(original.data);
  });

  test('a buffer that is transferred away while it is decoded', async () => {
    const original = picture(500, 500, 3);
    const file = new Uint8Array(await encode(original).png().toBuffer());
    const working = decode(file);
    structuredClone(file.buffer, { transfer: [file.buffer] });
    expect(file.byteLength).toBe(0);
    expect((await working).data).toEqual(original.data);
  });
});

function coloured(indices: Uint8Array): Uint8Array {
  return Uint8Array.from({ length: indices.length * 3 }, (_, i) => PALETTE[(indices[Math.floor(i / 3)] as number) * 3 + (i % 3)] as number);
}

function planes(data: Uint8Array, channels: number, wanted: readonly number[]): Uint8Array {
  return data.filter((_, i) => wanted.includes(i % channels));
}

function furthest(a: Uint8Array, b: Uint8Array): number {
  expect(a.length).toBe(b.length);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}
