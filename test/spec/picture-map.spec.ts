import sharp, { type Sharp } from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Image } from '../../src/image/image.js';
import { imageOf } from '../../src/image/image.js';
import type { PatchMatch } from '../../src/patch/patch-match.js';
import type { PictureMap } from '../../src/patch/picture-map.js';
import { reduced, uprightSize } from '../../src/patch/working-picture.js';
import { flat, nodeEgide, photo } from '../fixtures/shield.js';
import { backends } from './backends.js';

/** The share of cells inside a box (shares of the picture) that are in a state. */
function shareOf({ columns, rows, cells }: PictureMap, state: string, [left, top, right, bottom]: readonly number[]): number {
  const inside = cells.filter((_, i) => {
    const [x, y] = [((i % columns) + 0.5) / columns, (Math.floor(i / columns) + 0.5) / rows];
    return x > (left as number) && x < (right as number) && y > (top as number) && y < (bottom as number);
  });
  return inside.filter((cell) => cell === state).length / inside.length;
}

const WHOLE = [0, 0, 1, 1];

describe.each(backends)('the map of two pictures on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  let bytes: Uint8Array;
  let original: Image;
  beforeAll(async () => {
    bytes = await photo('nagasaki-boats');
    original = await egide.decode(bytes);
  });

  async function mapOf(edit: (picture: Sharp) => Sharp, negatives = false): Promise<PictureMap> {
    const copy = await egide.decode(new Uint8Array(await edit(sharp(bytes)).jpeg({ quality: 85 }).toBuffer()));
    const map = await egide.patches.map(copy, original, { negatives });
    if (map === undefined) throw new Error('nothing matches');
    return map;
  }

  test('has cells of 16 pixels, the long side being 512', async () => {
    const map = await mapOf((picture) => picture);
    expect([map.columns, map.rows, map.cells.length, map.correlation.length]).toEqual([32, 26, 832, 832]);
    expect([map.aligned.width, map.aligned.height, map.aligned.channels]).toEqual([512, 410, 4]);
    expect([map.reference.width, map.reference.height, map.reference.channels]).toEqual([512, 410, 3]);
    expect(map.match.tier).toBe('confirmed');
    expect(map.agreement).toBeGreaterThan(0.99);
  });

  test('shows where a rectangle was laid over the copy', async () => {
    const black = { create: { width: 360, height: 288, channels: 3 as const, background: '#000' } };
    const map = await mapOf((picture) => picture.composite([{ input: black, left: 450, top: 360 }]));
    expect(shareOf(map, 'different', [0.52, 0.52, 0.88, 0.88])).toBe(1);
    expect(shareOf(map, 'same', [0, 0, 1, 0.48])).toBeGreaterThan(0.98);
    expect(shareOf(map, 'same', [0, 0, 0.48, 1])).toBeGreaterThan(0.98);
  });

  test('shows what a crop has left', async () => {
    const map = await mapOf((picture) => picture.extract({ left: 450, top: 0, width: 450, height: 720 }));
    expect(shareOf(map, 'not-visible', [0, 0, 0.48, 1])).toBe(1);
    expect(shareOf(map, 'same', [0.52, 0, 1, 1])).toBeGreaterThan(0.98);
    const hidden = map.aligned.data.filter((_, i) => i % 4 === 3).filter((alpha) => alpha === 0).length;
    expect(hidden / (512 * 410)).toBeCloseTo(0.5, 1);
  });

  test('is not moved by mirroring and turning', async () => {
    const turned = await sharp(bytes).flop().toBuffer();
    const map = await mapOf(() => sharp(turned).rotate(20, { background: '#fff' }));
    expect(map.match.description).toMatch(/^mirrored, rotated 20° clockwise, all of the original visible/);
    expect(shareOf(map, 'same', [0.03, 0.03, 0.97, 0.97])).toBeGreaterThan(0.98);
  });

  test('fits brightness and contrast of each colour', async () => {
    const map = await mapOf((picture) => picture.toColourspace('srgb').linear([0.5, 0.8, 1], [40, 10, 0]));
    expect(map.agreement).toBeGreaterThan(0.99);
    for (const [c, gain] of [2, 1.25, 1].entries()) expect(map.gain[c]).toBeCloseTo(gain, 1);
    for (const [c, offset] of [-80, -12.5, 0].entries()) expect(Math.abs((map.offset[c] as number) - offset)).toBeLessThan(5);
  });

  test('knows a negative', async () => {
    const map = await mapOf((picture) => picture.negate(), true);
    expect(map.agreement).toBeGreaterThan(0.98);
    for (const gain of map.gain) expect(gain).toBeCloseTo(-1, 1);
  });

  test('does not take what blur or compression has lost for a difference', async () => {
    expect((await mapOf((picture) => picture.blur(4))).agreement).toBeGreaterThan(0.95);
    expect((await mapOf((picture) => picture.resize(120))).agreement).toBeGreaterThan(0.95);
  });

  test('lays pictures upright by their orientation', async () => {
    const turned = new Uint8Array(await sharp(bytes).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 90 }).toBuffer());
    const copy = await egide.decode(turned);
    expect(copy.orientation).toBe(6);
    const map = (await egide.patches.map(copy, original)) as PictureMap;
    expect(map.match.description).toBe('all of the original visible');
    expect(map.agreement).toBeGreaterThan(0.98);
    const back = (await egide.patches.map(original, copy)) as PictureMap;
    expect([back.columns, back.rows]).toEqual([32, 26]);
    expect(back.agreement).toBeGreaterThan(0.98);
  });

  test('is undefined where nothing matches', async () => {
    expect(await egide.patches.map(await egide.decode(await photo('locomotion-house-cat')), original)).toBeUndefined();
    expect(await egide.patches.map(await egide.decode(await flat()), original)).toBeUndefined();
  });

  test('takes a match that is known already', async () => {
    const match = egide.patches.match(egide.patches.extract(original), await egide.patches.enrol(original));
    const map = await egide.patches.map(original, original, { match: match as NonNullable<typeof match> });
    expect(map?.match).toBe(match);
    expect(shareOf(map as PictureMap, 'same', WHOLE)).toBe(1);
  });

  test('says what is wrong with a match that neither match nor map gave', async () => {
    const match = egide.patches.match(egide.patches.extract(original), await egide.patches.enrol(original)) as PatchMatch;
    const { toQuery, copy, pairs } = match;
    const wrong: readonly [expected: string, match: unknown][] = [
      ['match', null],
      ['match.toQuery', { pairs: [] }],
      ['match.toQuery', { ...match, toQuery: toQuery.slice(1) }],
      ['match.toQuery', { ...match, toQuery: toQuery.with(4, Number.NaN) }],
      ['match.toQuery', { ...match, toQuery: toQuery.map(String) }],
      ['match.copy.scale', { ...match, copy: undefined }],
      ['match.copy.scale', { ...match, copy: { ...copy, scale: 0 } }],
      ['match.copy.scale', { ...match, copy: { ...copy, scale: Number.NaN } }],
      ['match.copy.negative', { ...match, copy: { ...copy, negative: undefined } }],
      ['match.pairs', { ...match, pairs: [] }],
      ['match.pairs', { ...match, pairs: 7 }],
      ['match.pairs[0].reference', { ...match, pairs: [undefined] }],
      ['match.pairs[1].reference', { ...match, pairs: [pairs[0], { reference: [1, Number.NaN] }] }],
    ];
    for (const [expected, given] of wrong)
      await expect(egide.patches.map(original, original, { match: given as PatchMatch })).rejects.toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(`${expected}: expected`) }),
      );
    // What has the right form and says what cannot be leads to no answer that fails.
    for (const strange of [1e300, 1e-300, 0]) {
      const given = {
        ...match,
        toQuery: toQuery.map(() => strange) as unknown as PatchMatch['toQuery'],
        copy: { ...copy, scale: strange || 1e308 },
      };
      const map = await egide.patches.map(original, original, { match: given });
      expect(map?.cells).toHaveLength(832);
    }
  });

  test('stops with the signal, and names what is wrong', async () => {
    await expect(egide.patches.map(original, original, { signal: AbortSignal.abort('enough') })).rejects.toBe('enough');
    await expect(egide.patches.map(original, { ...original, width: 1 })).rejects.toThrow(/data: expected/);
    await expect(egide.patches.map(original, original, { match: 1 as never })).rejects.toThrow(
      'match: expected what match or map gave, got 1',
    );
    await expect(egide.patches.map(original, original, { minTier: 'sure' as never })).rejects.toThrow(/minTier: expected/);
  });

  test('a picture that is next to flat is said to be weakly protected', async () => {
    const enrolled = async (image: Image) => (await egide.patches.enrol(image)).protection;
    expect(await enrolled(original)).toBe('full');
    expect(await enrolled(await egide.decode(await flat(640, 480)))).toBe('pdq-only');
    const gradient = Uint8Array.from({ length: 640 * 480 }, (_, i) => (255 * (i % 640)) / 640);
    expect(await enrolled(imageOf({ data: gradient, width: 640, height: 480, channels: 1 }))).toBe('pdq-only');
    const page = `<svg width="640" height="480"><rect width="640" height="480" fill="#eee"/>${Array.from(
      { length: 14 },
      (_, i) =>
        `<circle cx="${60 + 90 * (i % 7)}" cy="${140 + 180 * Math.floor(i / 7)}" r="${9 + i}" fill="#${(i * 7919 + 4096).toString(16).slice(0, 3)}"/>`,
    ).join('')}</svg>`;
    const drawn = await egide.decode(new Uint8Array(await sharp(Buffer.from(page)).png().toBuffer()));
    expect(await enrolled(drawn)).toBe('weak');
  });
});

test('the map is the same on both backends', async () => {
  const bytes = await photo('french-alpine-landscape');
  const copied = new Uint8Array(
    await sharp(bytes).extract({ left: 100, top: 60, width: 600, height: 300 }).jpeg({ quality: 60 }).toBuffer(),
  );
  const maps = await Promise.all(
    backends.map(async ([, makeBackend]) => {
      const egide = nodeEgide(makeBackend());
      return egide.patches.map(await egide.decode(copied), await egide.decode(bytes));
    }),
  );
  expect(maps[0]).toBeDefined();
  expect(maps[1]).toEqual(maps[0]);
});

describe('a picture reduced', () => {
  test('has the mean of what falls into each pixel', async () => {
    const data = Uint8Array.of(0, 30, 60, 90, 120, 150);
    const { width, height, colours } = await reduced(imageOf({ data, width: 3, height: 2, channels: 1 }), 0.5);
    expect([width, height]).toEqual([2, 1]);
    // A pixel of the answer is one and a half wide and two high.
    expect([colours[0], colours[3]]).toEqual([(0 + 30 / 2 + 90 + 120 / 2) / 3, (30 / 2 + 60 + 120 / 2 + 150) / 3]);
  });

  test('keeps every pixel at full size, and lays what is transparent on grey', async () => {
    const data = Uint8Array.of(10, 20, 30, 255, 10, 20, 30, 0);
    expect([...(await reduced(imageOf({ data, width: 2, height: 1, channels: 4 }), 1)).colours]).toEqual([10, 20, 30, 128, 128, 128]);
  });

  test.each([1, 2, 3, 4, 5, 6, 7, 8])('is upright by EXIF orientation %i, as sharp turns it', async (orientation) => {
    const data = Uint8Array.from({ length: 6 * 4 * 3 }, (_, i) => (i * 37) % 251);
    const image = imageOf({ data, width: 6, height: 4, channels: 3, orientation });
    const tagged = await sharp(data, { raw: { width: 6, height: 4, channels: 3 } })
      .withMetadata({ orientation })
      .png()
      .toBuffer();
    const upright = await sharp(tagged).autoOrient().raw().toBuffer({ resolveWithObject: true });
    const { width, height, colours } = await reduced(image, 1);
    expect([width, height]).toEqual([upright.info.width, upright.info.height]);
    expect([width, height]).toEqual(Object.values(uprightSize(image)));
    expect([...colours]).toEqual([...upright.data]);
  });
});
