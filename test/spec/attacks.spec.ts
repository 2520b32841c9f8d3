import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Attack, AttackContext } from '../../src/bench/attacks/attack.js';
import { ATTACKS } from '../../src/bench/attacks/attack-list.js';
import { attackPicture } from '../../src/bench/attacks/attack-picture.js';
import { openPicture } from '../../src/bench/attacks/picture.js';
import { springTrap, TRAPS } from '../../src/bench/attacks/traps.js';
import { type Homography, type Point, project } from '../../src/patch/geometry.js';

const WIDTH = 320;
const HEIGHT = 240;
const RADIUS = 6;

/** In the middle, for what cuts or covers the outside, and near the edges, for what covers the middle. */
const DOTS: readonly Point[] = [
  [135, 103],
  [188, 110],
  [150, 143],
  [196, 137],
  [18, 16],
  [160, 12],
  [299, 20],
  [302, 133],
  [303, 224],
  [120, 229],
  [16, 226],
  [14, 90],
  [62, 58],
  [258, 62],
  [249, 184],
  [72, 178],
  [205, 45],
  [110, 40],
  [40, 140],
];

let photograph: Buffer;
let plain: Buffer;
let dotted: Buffer;
let context: AttackContext;
beforeAll(async () => {
  const names = ['locomotion-house-cat', 'nagasaki-boats', 'french-alpine-landscape', 'allium-oreophilum', 'airplane-from-above'];
  const small = await Promise.all(
    names.map(async (name) =>
      sharp(await readFile(`examples/pictures/${name}.jpg`))
        .resize(300, 300, { fit: 'inside' })
        .jpeg()
        .toBuffer(),
    ),
  );
  photograph = small[0] as Buffer;
  [plain, dotted] = await Promise.all([synthetic([]), synthetic(DOTS)]);
  context = { seed: 1, others: [...small.slice(1), small[1] as Buffer, small[2] as Buffer] };
});

/** A grey picture with some texture, with or without white dots. */
function synthetic(dots: readonly Point[]): Promise<Buffer> {
  const data = Buffer.alloc(3 * WIDTH * HEIGHT);
  for (let y = 0, i = 0; y < HEIGHT; ++y)
    for (let x = 0; x < WIDTH; ++x, i += 3) {
      const isDot = dots.some(([dotX, dotY]) => Math.hypot(x + 0.5 - dotX, y + 0.5 - dotY) < RADIUS);
      data.fill(isDot ? 250 : 90 + ((x * 7 + y * 3 + ((x * y) >> 4)) & 31), i, i + 3);
    }
  return sharp(data, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toBuffer();
}

interface Grey {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function greyOf(bytes: Uint8Array): Promise<Grey> {
  const { data, info } = await sharp(bytes).autoOrient().greyscale().raw().toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height };
}

/** Where the dots are in an attacked picture by its transform, and where they are by looking for what they changed in it. */
async function dotsAfter(attack: Attack): Promise<{ seen: { predicted: Point; found: Point }[]; elsewhere: number; slack: number }> {
  const [without, attacked] = await Promise.all([attackPicture(attack, plain, context), attackPicture(attack, dotted, context)]);
  const [before, after] = await Promise.all([greyOf(without.bytes), greyOf(attacked.bytes)]);
  expect(attacked.transform).toEqual(without.transform);
  const changes = after.data.map((value, i) => Math.abs(value - (before.data[i] as number)));
  const threshold = changes.reduce((max, change) => Math.max(max, change), 0) / 3;
  const strong = changes.reduce((sum, change) => sum + (change > threshold ? 1 : 0), 0);

  const map = attacked.transform as Homography;
  const stretch = (Math.hypot(map[0], map[3]) + Math.hypot(map[1], map[4])) / 2;
  const dots = DOTS.map((dot) =>
    changesAround(project(map, dot), Math.max(3, 2 * RADIUS * stretch), { ...after, data: changes }, threshold),
  );
  // A dot that is cut or covered in part has its middle elsewhere. In small pictures a dot is a pixel or two.
  const counts = dots.flatMap(({ count }) => (count > 0 ? [count] : [])).sort((a, b) => a - b);
  const usual = counts[counts.length >> 1] as number;
  const seen = dots.filter(({ count }) => count > 0 && Math.abs(count - usual) <= 0.25 * usual + 1.5);
  return {
    seen,
    elsewhere: 1 - dots.reduce((sum, { count }) => sum + count, 0) / strong,
    slack: Math.max(1.6, (attack.family === 'blurnoise' ? 0.8 : 0.3) * RADIUS * stretch),
  };
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** The pixels around a point that changed by more than the threshold: how many, and their middle. */
function changesAround(
  predicted: Point,
  reach: number,
  { data, width, height }: Grey,
  threshold: number,
): { predicted: Point; found: Point; count: number } {
  let [count, sumX, sumY] = [0, 0, 0];
  const [left, top] = predicted.map((at) => Math.max(0, Math.floor(at - reach))) as [number, number];
  for (let y = top; y < Math.min(height, predicted[1] + reach); ++y)
    for (let x = left; x < Math.min(width, predicted[0] + reach); ++x) {
      if ((data[y * width + x] as number) <= threshold) continue;
      count += 1;
      sumX += x + 0.5;
      sumY += y + 0.5;
    }
  return { predicted, found: [sumX / count, sumY / count], count };
}

describe('the list of attacks', () => {
  test('has 215 of them, each with its own id', () => {
    expect(ATTACKS).toHaveLength(215);
    expect(new Set(ATTACKS.map(({ id }) => id)).size).toBe(215);
    const counts: { [family: string]: number } = {};
    for (const { family } of ATTACKS) counts[family] = (counts[family] ?? 0) + 1;
    expect(counts).toEqual({
      encode: 31,
      resize: 16,
      photometric: 23,
      blurnoise: 14,
      crop: 33,
      geometry: 20,
      border: 13,
      mask: 28,
      emoji: 9,
      text: 6,
      composite: 15,
      mix: 7,
    });
    expect(ATTACKS.filter(({ cropOrMaskRelevant }) => cropOrMaskRelevant)).toHaveLength(109);
    expect([1, 2, 3].map((severity) => ATTACKS.filter((attack) => attack.severity === severity).length)).toEqual([48, 116, 51]);
  });
});

const named = (attacks: readonly Attack[]): (readonly [string, Attack])[] => attacks.map((attack) => [attack.id, attack]);

describe('gives a picture, and the same for the same seed:', () => {
  test.each(named(ATTACKS))('%s', async (_, attack) => {
    const { bytes, transform, visible } = await attackPicture(attack, photograph, context);
    const { width, height } = await sharp(bytes)
      .stats()
      .then(() => sharp(bytes).metadata());
    expect(Math.min(width, height)).toBeGreaterThan(8);
    expect(visible).toBeGreaterThan(0.05);
    expect(visible).toBeLessThanOrEqual(1);
    expect(transform?.length ?? 9).toBe(9);
    expect(Buffer.compare(bytes, (await attackPicture(attack, photograph, context)).bytes)).toBe(0);
  });
});

describe('says where each part of the original is:', () => {
  test.each(named(ATTACKS.filter(({ id }) => id !== 'barrel')))('%s', async (_, attack) => {
    const { seen, elsewhere, slack } = await dotsAfter(attack);
    expect(seen.length).toBeGreaterThanOrEqual(3);
    for (const { predicted, found } of seen)
      expect(Math.hypot(found[0] - predicted[0], found[1] - predicted[1]), `${predicted} ${found}`).toBeLessThan(slack);
    const drift = [0, 1].map((axis) => mean(seen.map(({ predicted, found }) => (found[axis] as number) - (predicted[axis] as number))));
    expect(Math.hypot(...drift), `${drift}`).toBeLessThan(attack.family === 'blurnoise' ? 2 : 0.35);
    expect(elsewhere).toBeLessThan(0.1);
  });
});

describe('how much is visible', () => {
  test.each(named(ATTACKS.filter(({ family, keep }) => (family === 'crop' || family === 'mask') && keep > 0)))(
    'after %s is what its recipe keeps',
    async (_, attack) => {
      const { visible } = await attackPicture(attack, plain, context);
      expect(Math.abs(visible - attack.keep)).toBeLessThan(0.015);
    },
  );

  test('is less than all under text, so a font was there to draw it', async () => {
    for (const attack of ATTACKS.filter(({ family, id }) => family === 'text' && id !== 'meme-caption-band'))
      expect((await attackPicture(attack, photograph, context)).visible, attack.id).toBeLessThan(0.995);
  });

  test('is known without a transform', async () => {
    const barrel = ATTACKS.find(({ id }) => id === 'barrel') as Attack;
    const { transform, visible } = await attackPicture(barrel, photograph, context);
    expect(transform).toBeUndefined();
    expect(visible).toBeGreaterThan(0.7);
  });
});

test('noise differs from seed to seed', async () => {
  const noise = ATTACKS.find(({ id }) => id === 'noise-gauss-weak') as Attack;
  const [one, two] = await Promise.all([1, 2].map((seed) => attackPicture(noise, photograph, { ...context, seed })));
  expect(Buffer.compare(one?.bytes as Uint8Array, two?.bytes as Uint8Array)).not.toBe(0);
});

test('an original from a camera is turned upright and shrunk, and the transform says so', async () => {
  const large = await sharp(photograph).resize(2000, 1500, { fit: 'fill' }).withMetadata({ orientation: 6 }).jpeg().toBuffer();
  const { bytes, transform } = await attackPicture(ATTACKS[0] as Attack, large, context);
  expect(await sharp(bytes).metadata()).toMatchObject({ width: 960, height: 1280 });
  expect(transform).toEqual([0.64, 0, 0, 0, 0.64, 0, 0, 0, 1]);
});

test('an original that was opened before gives the same', async () => {
  const opened = await openPicture(photograph);
  for (const attack of ATTACKS.filter(({ id }) => /^(jpeg-q95|hflip|blackrect5-centre|emoji10-centre|blend-alpha30)$/.test(id)))
    expect(await attackPicture(attack, opened, context)).toEqual(await attackPicture(attack, photograph, context));
});

test('an attack that needs more other pictures says how many', async () => {
  const collage = ATTACKS.find(({ id }) => id === 'collage-2x2') as Attack;
  const few = { ...context, others: context.others.slice(0, 1) };
  await expect(attackPicture(collage, photograph, few)).rejects.toMatchObject({
    code: 'INVALID_ARGUMENT',
    message: /1 pictures; .* needs 2/,
  });
});

test('stops when it is told to', async () => {
  const stopped = { ...context, signal: AbortSignal.abort() };
  await expect(attackPicture(ATTACKS[0] as Attack, photograph, stopped)).rejects.toThrow(/abort/i);
});

describe.each(TRAPS.map((trap) => [trap.id, trap] as const))('%s', (_, trap) => {
  test('gives two pictures of one size that show as much as it says', async () => {
    const pair = await springTrap(trap, [photograph, context.others[0] as Uint8Array], context);
    const [one, two] = await Promise.all(pair.map(({ bytes }) => greyOf(bytes)));
    expect([two?.width, two?.height]).toEqual([one?.width, one?.height]);
    const [four] = await springTrap(trap, [plain, dotted], context);
    expect(Math.abs(four.visible - trap.keep)).toBeLessThan(0.02);
  });
});
