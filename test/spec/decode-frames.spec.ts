import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { resolveDecodeOptions } from '../../src/image/limits.js';
import { sharpDecoder } from '../../src/image/sharp-node.js';
import { gif, PALETTE, picture } from '../fixtures/pictures.js';
import { decode, frames } from './decoding.js';

/** A GIF of `count` frames, each a single index over the whole canvas, so that a frame is known by its colour. */
function plainFrames(count: number, side: number): Buffer {
  const one = (frame: number) => ({ indices: new Uint8Array(side * side).fill(frame % 256), width: side, height: side });
  return gif(
    side,
    side,
    PALETTE,
    Array.from({ length: count }, (_, frame) => one(frame)),
  );
}

const colourOf = (index: number): number[] => [...PALETTE.subarray((index % 256) * 3, (index % 256) * 3 + 3)];

test('every frame of a GIF, in order', async () => {
  const images = await frames(plainFrames(20, 8));
  expect(images.map((image) => image.frame)).toEqual(Array.from({ length: 20 }, (_, i) => i));
  for (const image of images) {
    expect(image).toMatchObject({ width: 8, height: 8, format: 'gif', frameCount: 20 });
    expect([...image.data.subarray(0, 3)]).toEqual(colourOf(image.frame));
  }
});

test('frames that build on the ones before them come out the same, however many fit in memory at once', async () => {
  const patch = (i: number) => ({ indices: new Uint8Array(16).fill(10 * i), width: 4, height: 4, left: i, top: i });
  const file = gif(16, 16, PALETTE, [{ indices: picture(16, 16, 1).data, width: 16, height: 16 }, ...[1, 2, 3, 4, 5, 6, 7].map(patch)]);
  const together = await frames(file);
  expect(together).toHaveLength(8);
  for (const maxPixels of [256, 700, 1_024]) expect(await frames(file, { maxPixels })).toEqual(together);
});

test('each frame owns its bytes: one can be transferred without the others', async () => {
  const [first, second] = await frames(plainFrames(2, 8));
  structuredClone(first?.data.buffer, { transfer: [first?.data.buffer as ArrayBuffer] });
  expect([...(second?.data.subarray(0, 3) ?? [])]).toEqual(colourOf(1));
});

test('10,000 frames are counted, and 64 of them decoded', async () => {
  const file = plainFrames(10_000, 8);
  const images = await frames(file);
  expect(images).toHaveLength(64);
  expect(images.at(-1)).toMatchObject({ frame: 63, frameCount: 10_000 });
  expect([...(images.at(-1)?.data.subarray(0, 3) ?? [])]).toEqual(colourOf(63));
  expect(await decode(file)).toMatchObject({ frame: 0, frameCount: 10_000 });
});

test('all of 10,000 frames are to be had by asking for them', async () => {
  let seen = 0;
  for await (const image of sharpDecoder.frames(plainFrames(10_000, 8), resolveDecodeOptions({ maxFrames: 10_000 })))
    if (image.data[0] === colourOf(seen)[0] && image.frame === seen) ++seen;
  expect(seen).toBe(10_000);
});

describe.each(['gif', 'webp', 'tiff', 'png', 'jpeg', 'avif'] as const)('%s', (format) => {
  test('the first frame is what decode() gives', async () => {
    const stack = picture(24, 60, 3);
    const pages = format === 'gif' || format === 'webp' || format === 'tiff' ? 3 : 1;
    const raw = { width: 24, height: 60, channels: 3, pageHeight: 60 / pages } as const;
    const file = await sharp(stack.data, { raw }).toFormat(format).toBuffer();
    const images = await frames(file);
    expect(images).toHaveLength(pages);
    expect(images[0]).toEqual(await decode(file));
    expect(images.map((image) => image.height)).toEqual(new Array(pages).fill(60 / pages));
  });
});

test('pages of a TIFF that differ in size are each decoded in their own', async () => {
  const images = await frames(twoSizes());
  expect(images.map(({ width, height, frame, frameCount }) => [width, height, frame, frameCount])).toEqual([
    [2, 2, 0, 2],
    [3, 1, 1, 2],
  ]);
  expect([...(images[1]?.data ?? [])]).toEqual([50, 60, 70]);
});

test('a signal stops between frames', async () => {
  const controller = new AbortController();
  const seen: number[] = [];
  const reading = (async () => {
    for await (const image of sharpDecoder.frames(plainFrames(9, 8), resolveDecodeOptions({ signal: controller.signal }))) {
      seen.push(image.frame);
      if (seen.length === 3) controller.abort();
    }
  })();
  await expect(reading).rejects.toMatchObject({ name: 'AbortError' });
  expect(seen).toEqual([0, 1, 2]);
});

/** A little-endian TIFF of two uncompressed grey pages: 2 x 2 and 3 x 1. */
function twoSizes(): Buffer {
  const page = (at: number, width: number, height: number, samples: readonly number[], next: boolean): Buffer => {
    const size = 2 + 12 * 8 + 4;
    const entries: [number, number][] = [
      [256, width],
      [257, height],
      [258, 8],
      [259, 1],
      [262, 1],
      [273, at + size],
      [278, height],
      [279, samples.length],
    ];
    const directory = Buffer.alloc(size);
    directory.writeUInt16LE(entries.length, 0);
    entries.forEach(([tag, value], i) => {
      directory.writeUInt16LE(tag, 2 + 12 * i);
      directory.writeUInt16LE(4, 4 + 12 * i);
      directory.writeUInt32LE(1, 6 + 12 * i);
      directory.writeUInt32LE(value, 10 + 12 * i);
    });
    directory.writeUInt32LE(next ? at + size + samples.length : 0, size - 4);
    return Buffer.concat([directory, Buffer.from(samples)]);
  };
  const first = page(8, 2, 2, [1, 2, 3, 4], true);
  return Buffer.concat([Buffer.from('II*\0\x08\0\0\0', 'latin1'), first, page(8 + first.length, 3, 1, [50, 60, 70], false)]);
}
