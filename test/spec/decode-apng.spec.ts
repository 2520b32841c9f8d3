import { deflateSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { PNG_SIGNATURE } from '../../src/image/png-node.js';
import { pngChunk, pngHead } from '../fixtures/pictures.js';
import { decode, frames } from './decoding.js';

/** One frame of an animated PNG of RGBA pixels. */
interface Frame {
  readonly pixels: readonly (readonly number[])[];
  readonly width: number;
  readonly left?: number;
  readonly dispose?: number;
  readonly blend?: number;
}

const RED = [255, 0, 0, 255] as const;
const GREEN = [0, 255, 0, 255] as const;
const HALF_BLUE = [0, 0, 255, 128] as const;
const CLEAR = [0, 0, 0, 0] as const;

const u32 = (...values: number[]): number[] => values.flatMap((v) => [v >>> 24, (v >> 16) & 255, (v >> 8) & 255, v & 255]);

/** Rows of one pixel's height, so that a canvas is a short line of pixels. */
const packed = (pixels: Frame['pixels']): Buffer => deflateSync(Uint8Array.of(0, ...pixels.flat()));

/** Writes an animated PNG one pixel high. `still` stands outside of the animation. */
function apng(
  width: number,
  list: readonly Frame[],
  { still, announce = true }: { still?: Frame['pixels']; announce?: boolean } = {},
): Buffer {
  let sequence = 0;
  const chunks = announce ? [pngChunk('acTL', Uint8Array.from(u32(list.length, 0)))] : [];
  if (still) chunks.push(pngChunk('IDAT', packed(still)));
  list.forEach(({ pixels, width: w, left = 0, dispose = 0, blend = 0 }, i) => {
    chunks.push(pngChunk('fcTL', Uint8Array.from([...u32(sequence++, w, 1, left, 0), 0, 1, 0, 10, dispose, blend])));
    if (i === 0 && !still) chunks.push(pngChunk('IDAT', packed(pixels)));
    else chunks.push(pngChunk('fdAT', Buffer.concat([Uint8Array.from(u32(sequence++)), packed(pixels)])));
  });
  return Buffer.concat([pngHead(width, 1, 8, 6), ...chunks, pngChunk('IEND')]);
}

const seen = async (file: Uint8Array): Promise<number[][]> => (await frames(file)).map((image) => [...image.data]);

test('frames replace, or are laid over, what is there', async () => {
  const file = apng(2, [
    { width: 2, pixels: [RED, RED] },
    { width: 1, pixels: [HALF_BLUE] },
    { width: 1, left: 1, pixels: [HALF_BLUE], blend: 1 },
    { width: 2, pixels: [GREEN, CLEAR], blend: 1 },
  ]);
  // 0,0,255 at alpha 128 over opaque red: 255 * 127 / 255 of the red stays.
  expect(await seen(file)).toEqual([
    [...RED, ...RED],
    [...HALF_BLUE, ...RED],
    [...HALF_BLUE, 127, 0, 128, 255],
    [...GREEN, 127, 0, 128, 255],
  ]);
});

test('half over half: alpha adds up, colours weigh by it', async () => {
  const file = apng(1, [
    { width: 1, pixels: [[200, 0, 0, 128]] },
    { width: 1, pixels: [[0, 100, 0, 128]], blend: 1 },
  ]);
  // u = 128 * 255 = 32640, v = 127 * 128 = 16256, sum 48896: 200 v / sum, 100 u / sum, sum / 255 (PNG specification, 13.16).
  expect((await seen(file))[1]).toEqual([66, 66, 0, 191]);
});

test('a frame is cleared, or what was there comes back, before the next one', async () => {
  const file = apng(2, [
    { width: 2, pixels: [RED, RED] },
    { width: 1, pixels: [GREEN], dispose: 2 },
    { width: 1, left: 1, pixels: [GREEN], dispose: 1 },
    { width: 1, pixels: [RED] },
  ]);
  expect(await seen(file)).toEqual([
    [...RED, ...RED],
    [...GREEN, ...RED],
    [...RED, ...GREEN],
    [...RED, ...CLEAR],
  ]);
});

test('a first frame that should be put back is cleared', async () => {
  const file = apng(1, [
    { width: 1, pixels: [RED], dispose: 2 },
    { width: 1, pixels: [HALF_BLUE], blend: 1 },
  ]);
  expect((await seen(file))[1]).toEqual([...HALF_BLUE]);
});

test('a picture that stands outside of the animation comes first, and is no ground for the rest', async () => {
  const file = apng(1, [{ width: 1, pixels: [HALF_BLUE], blend: 1 }], { still: [GREEN] });
  expect(await seen(file)).toEqual([[...GREEN], [...HALF_BLUE]]);
  expect(await decode(file)).toMatchObject({ frame: 0, frameCount: 2, data: Uint8Array.of(...GREEN) });
});

test('a PNG in a million chunks and more is refused, not walked through again and again', async () => {
  const tiny = pngChunk('juNk');
  const file = Buffer.concat([pngHead(8, 8), Buffer.alloc(1_000_001 * tiny.length, tiny), pngChunk('IDAT'), pngChunk('IEND')]);
  await expect(frames(file)).rejects.toMatchObject({ code: 'CORRUPT_IMAGE', message: expect.stringContaining('1000000 chunks') });
});

test('frames are counted, and decoded up to maxFrames', async () => {
  const file = apng(
    1,
    Array.from({ length: 300 }, (_, i) => ({ width: 1, pixels: [[i & 255, 0, 0, 255]] })),
  );
  const images = await frames(file, { maxFrames: 5 });
  expect(images.map(({ frame, frameCount, data }) => [frame, frameCount, data[0]])).toEqual([0, 1, 2, 3, 4].map((i) => [i, 300, i]));
  expect(images[0]).toEqual(await decode(file));
});

test('without the announcement it is a still, as browsers have it', async () => {
  const file = apng(
    1,
    [
      { width: 1, pixels: [RED] },
      { width: 1, pixels: [GREEN] },
    ],
    { announce: false },
  );
  expect(await frames(file)).toEqual([await decode(file)]);
  expect(await decode(file)).toMatchObject({ frameCount: 1 });
});

test.each([
  ['cut off within a frame', (file: Buffer) => file.subarray(0, file.length - 20)],
  ['a frame missing from the middle', (file: Buffer) => without(file, 'fdAT')],
  [
    'a frame beyond the canvas',
    () =>
      apng(2, [
        { width: 2, pixels: [RED, RED] },
        { width: 2, left: 1, pixels: [RED, RED] },
      ]),
  ],
  [
    'a frame without pixels',
    () =>
      apng(2, [
        { width: 2, pixels: [RED, RED] },
        { width: 2, pixels: [] },
      ]),
  ],
])('%s is CORRUPT_IMAGE', async (_name, damage) => {
  const whole = apng(2, [
    { width: 2, pixels: [RED, RED] },
    { width: 2, pixels: [GREEN, RED] },
    { width: 2, pixels: [RED, GREEN] },
  ]);
  expect(whole.subarray(0, 8)).toEqual(PNG_SIGNATURE);
  await expect(frames(damage(whole))).rejects.toMatchObject({ code: 'CORRUPT_IMAGE' });
});

function without(file: Buffer, type: string): Buffer {
  const at = file.indexOf(type) - 4;
  return Buffer.concat([file.subarray(0, at), file.subarray(at + 12 + file.readUInt32BE(at))]);
}
