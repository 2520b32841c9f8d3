import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.js';
import { nodeEgide, photo } from '../fixtures/shield.js';
import { backends } from './backends.js';

const size = ({ width, height }: Image): string => `${width} x ${height}`;

describe.each(backends)('trim on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());

  const read = async (pipeline: Sharp, quality = 90): Promise<Image> =>
    egide.decode(new Uint8Array(await pipeline.jpeg({ quality }).toBuffer()));

  const framed = async (picture: Uint8Array, colour: string, pixels: number) =>
    sharp(picture).extend({ top: pixels, bottom: pixels, left: pixels, right: pixels, background: colour });

  const distanceOf = (a: Image, b: Image): number => egide.pdq.distance(egide.pdq.hash(a).hash, egide.pdq.hash(b).hash);

  test.each(['black', 'white', '#3a7bd5'])('a photograph without its %s border hashes as the photograph', async (colour) => {
    const original = await photo('nagasaki-boats');
    const picture = await egide.decode(original);
    const copy = await read(await framed(original, colour, 60), 60);
    const [inner, ...more] = egide.trim(copy);
    expect(more).toEqual([]);
    expect(inner && distanceOf(inner, picture)).toBeLessThanOrEqual(10);
    expect(distanceOf(copy, picture)).toBeGreaterThan(31);
  });

  test('a frame in a frame is taken off one after the other', async () => {
    const { width, height } = await egide.decode(await photo('nagasaki-boats'));
    const once = new Uint8Array(await (await framed(await photo('nagasaki-boats'), 'white', 40)).png().toBuffer());
    const parts = egide.trim(await read(await framed(once, 'black', 30)));
    expect(parts).toHaveLength(2);
    const sides = parts.flatMap((part) => [part.width, part.height]);
    for (const [i, side] of [width + 80, height + 80, width, height].entries())
      expect(Math.abs((sides[i] as number) - side)).toBeLessThanOrEqual(4);
  });

  test('a photograph on a blurred copy of itself is found', async () => {
    const original = await photo('french-alpine-landscape');
    const { width = 0, height = 0 } = await sharp(original).metadata();
    const tall = Math.round((width * 16) / 9);
    const background = await sharp(original).resize(width, tall, { fit: 'cover' }).blur(25).toBuffer();
    const copy = await read(sharp(background).composite([{ input: Buffer.from(original), left: 0, top: Math.floor((tall - height) / 2) }]));
    const [inner] = egide.trim(copy);
    expect(inner && distanceOf(inner, await egide.decode(original))).toBeLessThanOrEqual(31);
  });

  test('photographs with detail at their edges stay as they are', async () => {
    for (const name of ['airplane-from-above', 'french-alpine-landscape', 'nagasaki-boats'] as const)
      expect(egide.trim(await egide.decode(await photo(name))).map(size), name).toEqual([]);
  });

  test('what is left keeps what else is known of the picture', () => {
    const data = new Uint8Array(60 * 50 * 2).map((_, i) => {
      const [x, y] = [Math.floor(i / 2) % 60, Math.floor(i / 120)];
      return i % 2 === 1 ? 200 : x < 7 || y >= 40 ? 0 : 60 + ((x * 37 + y * 91) % 160);
    });
    const [inner] = egide.trim(egide.image({ data, width: 60, height: 50, channels: 2, orientation: 6 }));
    expect(inner).toMatchObject({ width: 53, height: 40, channels: 2, orientation: 6, format: 'pixels' });
    expect(inner?.data.byteLength).toBe(53 * 40 * 2);
    expect(inner?.data.subarray(0, 4)).toEqual(data.subarray(14, 18));
  });

  test('a view that does not start at byte 0 of its buffer, and one row or column', () => {
    const buffer = new Uint8Array(3 + 40 * 3);
    expect(egide.trim(egide.image({ data: buffer.subarray(3), width: 40, height: 1, channels: 3 }))).toEqual([]);
    expect(egide.trim(egide.image({ data: buffer.subarray(3), width: 1, height: 40, channels: 3 }))).toEqual([]);
    expect(egide.trim(egide.image({ data: buffer.subarray(0, 1), width: 1, height: 1, channels: 1 }))).toEqual([]);
  });

  test('a malformed image is an error', () => {
    expect(() => egide.trim({ ...egide.image({ data: new Uint8Array(4), width: 2, height: 2, channels: 1 }), width: 3 })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

test('both backends find the same in pictures of any bytes and any size', () => {
  const [native, wasm] = backends.map(([, make]) => make());
  let seed = 12345;
  const next = (below: number): number => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * below);
  };
  let frames = 0;
  for (let i = 0; i < 200; ++i) {
    const [width, height, channels] = [1 + next(i < 180 ? 90 : 1500), 1 + next(90), (1 + next(4)) as 1 | 2 | 3 | 4];
    const [ring, colour, rough] = [next(24), next(256), next(2) * 200];
    const data = new Uint8Array(width * height * channels).map((_, at) => {
      const [x, y] = [Math.floor(at / channels) % width, Math.floor(at / channels / width)];
      return Math.min(x, y, width - 1 - x, height - 1 - y) < ring ? colour + next(5) : x + y + next(1 + rough);
    });
    const pixels = { data, width, height, channels };
    const found = native?.trim(pixels);
    frames += found?.length ?? 0;
    expect(wasm?.trim(pixels), `${width} x ${height} x ${channels}`).toEqual(found);
  }
  expect(frames).toBeGreaterThan(20);
});
