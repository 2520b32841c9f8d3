import { describe, expect, test } from 'vitest';
import { flatten, isTransparent } from '../../src/image/flatten.js';
import { imageOf } from '../../src/image/image.js';

/** Every colour with every alpha. */
const pairs = Uint8Array.from({ length: 2 * 65_536 }, (_, i) => (i % 2 === 0 ? i >> 9 : (i >> 1) & 255));

describe('laying a picture on a background', () => {
  test.each([0, 128, 255])('of grey %i mixes every colour and alpha to the nearest value', async (shade) => {
    const { data, channels } = await flatten(imageOf({ data: pairs, width: 256, height: 256, channels: 2 }), shade);
    const expected = Array.from({ length: 65_536 }, (_, i) => Math.round(((i >> 8) * (i & 255) + shade * (255 - (i & 255))) / 255));
    expect(channels).toBe(1);
    expect([...data]).toEqual(expected);
  });

  test('keeps the three colours apart', async () => {
    const image = imageOf({ data: Uint8Array.of(200, 100, 0, 255, 200, 100, 0, 0, 200, 100, 0, 51), width: 3, height: 1, channels: 4 });
    expect([...(await flatten(image, 255)).data]).toEqual([200, 100, 0, 255, 255, 255, 244, 224, 204]);
  });

  test('leaves a picture without alpha as it is', async () => {
    const image = imageOf({ data: new Uint8Array(12), width: 2, height: 2, channels: 3 });
    expect(await flatten(image, 255)).toBe(image);
    expect(await isTransparent(image)).toBe(false);
  });

  test('an alpha channel of 255 hides nothing; one pixel of 254, the last of millions, does', async () => {
    const data = new Uint8Array(4 * 3_000_000).fill(255);
    const image = imageOf({ data, width: 3_000, height: 1_000, channels: 4 });
    expect(await isTransparent(image)).toBe(false);
    data[data.length - 1] = 254;
    expect(await isTransparent(image)).toBe(true);
  });

  test('stops with the signal', async () => {
    const image = imageOf({ data: new Uint8Array(4 * 3_000_000), width: 3_000, height: 1_000, channels: 4 });
    await expect(flatten(image, 0, AbortSignal.abort('enough'))).rejects.toBe('enough');
  });
});
