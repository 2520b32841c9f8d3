import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { ATTACKS } from '../../src/bench/attacks/attack-list.js';
import { attackPicture } from '../../src/bench/attacks/attack-picture.js';
import { regionError } from '../../src/bench/region-error.js';
import type { Image } from '../../src/image/image.js';
import { copyShape, describeCopy } from '../../src/patch/describe.js';
import type { Homography } from '../../src/patch/geometry.js';
import type { PatchMatch } from '../../src/patch/patch-match.js';
import type { PatchRecord } from '../../src/patch/record.js';
import { uprightSize } from '../../src/patch/working-picture.js';
import { nodeEgide, photo } from '../fixtures/shield.js';
import { backends } from './backends.js';

const frame = [
  [0, 0],
  [100, 0],
  [100, 100],
  [0, 100],
] as const;

function shapeOf(degrees: number, mirrored: boolean, [x, y] = [1, 1]) {
  const [c, s] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  const sign = mirrored ? -1 : 1;
  const toQuery: Homography = [c * sign * x, -s * y, 0, s * sign * x, c * y, 0, 0, 0, 1];
  return copyShape(toQuery, frame, mirrored, false);
}

describe('the words for a copy', () => {
  const say = (degrees: number, mirrored = false, stretch?: [number, number]) => describeCopy(shapeOf(degrees, mirrored, stretch), 1, 1, 0);

  test.each([
    [0, false, 'all of the original visible'],
    [1, false, 'all of the original visible'],
    [12, false, 'rotated 12° clockwise, all of the original visible'],
    [-90, false, 'rotated 90° counterclockwise, all of the original visible'],
    [180, false, 'upside down, all of the original visible'],
    [0, true, 'mirrored, all of the original visible'],
    [30, true, 'mirrored, rotated 30° clockwise, all of the original visible'],
    [180, true, 'mirrored top to bottom, all of the original visible'],
    [-179, true, 'mirrored top to bottom, all of the original visible'],
  ])('turned by %i degrees, mirrored %s: %s', (degrees, mirrored, words) => {
    expect(say(degrees, mirrored)).toBe(words);
  });

  test('proportions are those of the original, whichever way the copy is turned', () => {
    expect(say(0, false, [1.5, 1])).toBe('widened by 50 %, all of the original visible');
    expect(say(0, false, [0.75, 1])).toBe('narrowed by 25 %, all of the original visible');
    expect(say(90, true, [0.75, 1])).toBe('mirrored, rotated 90° clockwise, narrowed by 25 %, all of the original visible');
  });

  test('parts are told in percent, never as nothing', () => {
    const copy = shapeOf(0, false);
    expect(describeCopy(copy, 0.382, 1, 0)).toBe('38 % of the original visible');
    expect(describeCopy(copy, 0.001, 0.5, 0)).toBe('1 % of the original visible, taking 50 % of the picture');
    expect(describeCopy(copy, 1, 1, 0.2)).toBe('all of the original visible, partly covered or changed');
    expect(describeCopy(copy, 1, 1, 0.9)).toBe('all of the original visible, mostly covered or changed');
  });

  test('a slant is told in degrees, also of a mirrored copy', () => {
    const slanted: Homography = [1, Math.tan(Math.PI / 18), 0, 0, 1, 0, 0, 0, 1];
    expect(copyShape(slanted, frame, false, false).slant).toBeCloseTo(10, 9);
    expect(describeCopy(copyShape(slanted, frame, false, false), 1, 1, 0)).toBe('slanted by 10°, all of the original visible');
    const mirrored: Homography = [-1, Math.tan(Math.PI / 18), 0, 0, 1, 0, 0, 0, 1];
    expect(copyShape(mirrored, frame, true, false)).toMatchObject({ rotation: expect.closeTo(0, 9), slant: expect.closeTo(10, 9) });
  });

  test('a negative and an angle are told; an angle changes proportions, so these are not', () => {
    const angled: Homography = [1.4, 0, 0, 0, 1, -50, 0.002, 0, 1];
    expect(describeCopy(copyShape(angled, frame, false, true), 1, 1, 0)).toBe('negative, seen at an angle, all of the original visible');
  });
});

/** What each edit does, by the words, and the places it puts things to. */
const EDITS: readonly (readonly [attack: string, words: RegExp])[] = [
  ['rotate-10-black', /^rotated 10° clockwise, 9\d % of the original visible, taking 9\d % of the picture$/],
  ['rotate-90', /^rotated 90° clockwise, all of the original visible$/],
  ['rotate-180', /^upside down, all of the original visible$/],
  ['rotate-270', /^rotated 90° counterclockwise, all/],
  ['hflip', /^mirrored, all of the original visible$/],
  ['vflip', /^mirrored top to bottom, all of the original visible$/],
  ['transpose', /^mirrored, rotated 90° counterclockwise, all/],
  ['transverse', /^mirrored, rotated 90° clockwise, all/],
  ['stretch-75x100', /^narrowed by 25 %, all of the original visible$/],
  ['stretch-100x75', /^widened by 33 %, all of the original visible$/],
  ['shear-10', /^slanted by 10°, all of the original visible, taking \d\d % of the picture$/],
  ['perspective-strong', /^seen at an angle, all of the original visible, taking 7\d % of the picture$/],
  ['copydays-crop50', /^50 % of the original visible$/],
  ['crop70-SouthEast', /^30 % of the original visible$/],
  ['exif-orient-6', /^rotated 90° clockwise, all/],
  ['pad20-black', /^all of the original visible, taking 51 % of the picture$/],
  ['invert', /^negative, all of the original visible$/],
  ['blackrect20-centre', /^all of the original visible, partly covered or changed$/],
  ['screenshot-mobile', /^all of the original visible, taking \d\d % of the picture$/],
  ['collage-2x2', /^all of the original visible, taking 25 % of the picture$/],
];

describe.each(backends)('matches of edited pictures on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  let bytes: Uint8Array;
  let original: Image;
  let record: PatchRecord;
  let others: Uint8Array[];

  beforeAll(async () => {
    bytes = await photo('nagasaki-boats');
    original = await egide.decode(bytes);
    record = await egide.patches.enrol(original);
    others = [await photo('allium-oreophilum'), await photo('airplane-from-above'), await photo('french-alpine-landscape')];
  });

  test.each(EDITS)('%s: %s, and in its place to the pixel', async (id, words) => {
    const attack = ATTACKS.find((candidate) => candidate.id === id);
    if (attack === undefined) throw new Error(`there is no attack ${id}`);
    const { bytes: copied, transform } = await attackPicture(attack, bytes, { seed: 7, others });
    const copy = await egide.decode(copied);
    const match = egide.patches.match(await egide.patches.extractAsync(copy), record, { negatives: true }) as PatchMatch;
    expect(match?.tier).toBe('confirmed');
    expect(match.description).toMatch(words);
    // Median over the places that are shown, in pixels of a reference of 640: what a reader of the outline would notice.
    expect(regionError(transform as readonly number[], match.toReference, original, uprightSize(copy))).toBeLessThanOrEqual(1);
  });
});

test('both backends give the same answer, number for number', async () => {
  const cropped = await readFile(new URL('../../examples/pictures/nagasaki-boats.jpg', import.meta.url));
  const attack = ATTACKS.find(({ id }) => id === 'mix-rotate10-crop-text-q40');
  const { bytes } = await attackPicture(attack as (typeof ATTACKS)[number], cropped, { seed: 7, others: [] });
  const answers = await Promise.all(
    backends.map(async ([, makeBackend]) => {
      const egide = nodeEgide(makeBackend());
      const record = await egide.patches.enrol(await egide.decode(cropped));
      return egide.patches.match(egide.patches.extract(await egide.decode(bytes)), record);
    }),
  );
  expect(answers[0]).toBeDefined();
  expect(answers[1]).toEqual(answers[0]);
});
