import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sayFalseAlarms } from '../../src/cli/compare-figures.js';
import { flat, nodeEgide, photo } from '../fixtures/shield.js';
import { backends } from '../spec/backends.js';
import { documents, type } from './command-line.js';
import { colourfulness, jpegsOf, sharpness } from './jpegs.js';

describe.each(backends)('egide compare on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  let root: string;
  let cropped: string;
  let original: string;
  let other: string;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'egide-compare-'));
    const boats = await photo('nagasaki-boats');
    [cropped, original, other] = [join(root, '<b>cropped.jpg'), join(root, 'original.jpg'), join(root, 'other.jpg')];
    await writeFile(original, boats);
    await writeFile(other, await photo('locomotion-house-cat'));
    await writeFile(cropped, await sharp(boats).extract({ left: 90, top: 0, width: 500, height: 500 }).flop().toBuffer());
  });
  afterAll(() => rm(root, { recursive: true }));

  test('says what patches find where PDQ finds nothing', async () => {
    const { code, out } = await type(egide, ['compare', cropped, original]);
    expect(code).toBe(0);
    expect(out).toMatch(/^Not near: \d+ of 256 bits differ/m);
    expect(out).toMatch(/^Patches: confirmed\. A shows B: mirrored, 39 % of the original visible\.$/m);
    expect(out).toMatch(/^\d+ features agree, \d+ of them distinctive; A frames 39 % of B \(at 800 pixels\)\.$/m);
  });

  test('says when patches find nothing, and when they hardly could', async () => {
    expect((await type(egide, ['compare', other, original])).out).toMatch(
      /^Patches: no match \(500 features of A, \d+ of B, at 800 pixels\)\.$/m,
    );
    const plain = join(root, 'plain.png');
    await writeFile(plain, await flat(300, 300));
    expect((await type(egide, ['compare', original, plain])).out).toContain('B has next to no features');
  });

  test('--json carries the whole match', async () => {
    const [answer] = documents((await type(egide, ['compare', '--json', cropped, original])).out) as [{ patches: Record<string, unknown> }];
    expect(answer.patches).toMatchObject({
      lookedAt: 'at 800 pixels',
      protection: 'full',
      match: { tier: 'confirmed', copy: { mirrored: true }, model: 'similarity', map: { columns: 32 } },
    });
  });

  test('--deep finds a negative and a stretched copy', async () => {
    const [negative, narrow] = [join(root, 'negative.jpg'), join(root, 'narrow.jpg')];
    await writeFile(negative, await sharp(original).negate().toBuffer());
    await writeFile(narrow, await sharp(original).resize(340, 720, { fit: 'fill' }).toBuffer());
    for (const [file, words] of [
      [negative, 'negative'],
      [narrow, 'narrowed by 62 %'],
    ] as const) {
      expect((await type(egide, ['compare', file, original])).out).not.toContain('confirmed');
      expect((await type(egide, ['compare', file, original, '--deep'])).out).toContain(`Patches: confirmed. A shows B: ${words}`);
    }
  });

  test.each([
    [['compare', 'a.jpg', 'b.jpg', '--clear'], 'compare: --clear goes with --report'],
    [['compare', 'a.jpg', 'b.jpg', '--report', '/dev/stdout'], '--report: expected the name of a new or a regular file'],
  ])('refuses %j', async (words, message) => {
    const { code, err } = await type(egide, words);
    expect([code, err]).toEqual([1, expect.stringContaining(message)]);
  });

  describe('--report', () => {
    let folder: string;
    beforeAll(async () => {
      folder = await mkdtemp(join(root, 'out-'));
    });

    async function pageOf(name: string, ...words: string[]): Promise<string> {
      const path = join(folder, name);
      const { code, err } = await type(egide, ['compare', ...words, '--report', path]);
      expect([code, err]).toEqual([0, `report: ${path}\n`]);
      return readFile(path, 'utf8');
    }

    test('writes one page that fetches and runs nothing, for its owner alone', async () => {
      const page = await pageOf('match.html', cropped, original);
      expect(await readdir(folder)).toEqual(['match.html']);
      expect((await stat(join(folder, 'match.html'))).mode & 0o077).toBe(0);
      expect(page).not.toMatch(/https?:|<script|<link|<iframe|@import|\son\w+=|\sstyle="/i);
      expect([...page.matchAll(/url\((.)/g)].every(([, first]) => first === '#')).toBe(true);
      expect(page).toContain(`content="default-src 'none'; img-src data:; style-src 'sha256-`);
      expect(
        [...page.matchAll(/\s(?:src|href)="([^"]{0,23})/g)].every(([, start]) => /^(#|data:image\/jpeg;base64,)/.test(start ?? '')),
      ).toBe(true);
      expect(page).toContain('&#60;b&#62;cropped.jpg');
      expect(page).not.toContain('<b>cropped');
    });

    test('shows the sentence, both regions, the lines, the cells and the figures', async () => {
      const page = await pageOf('figures.html', cropped, original);
      expect(page).toContain('A shows B: mirrored, 39 % of the original visible.');
      expect(page.match(/class="region"/g)).toHaveLength(4); // in A and B, for wide and for narrow screens
      const lines = page.match(/<line /g)?.length ?? 0;
      expect(lines).toBeGreaterThan(40);
      expect(lines).toBeLessThanOrEqual(160);
      for (const words of [
        'the same: 3',
        'outside A: 6',
        'What a bank tells',
        'Distinctive features',
        'fewer than one in a million million',
      ])
        expect(page).toContain(words);
      expect(page).toMatch(/prefers-reduced-motion: reduce/);
      expect(page).toContain('id="pause"');
    });

    test('has no maps where nothing matches', async () => {
      const page = await pageOf('none.html', other, original);
      expect(page).toContain('Patches find nothing of B in A.');
      expect(page).not.toMatch(/class="(region|map|blink)"/);
    });

    test('has blurred, grey pictures unless they are asked for as they are, with a warning', async () => {
      const colourful = join(root, 'colourful.png');
      await writeFile(colourful, await sharp(original).tint('#ff6000').png().toBuffer());
      const [blurred, clear] = [
        await pageOf('blurred.html', colourful, original),
        await pageOf('clear.html', colourful, original, '--clear'),
      ];
      for (const jpeg of jpegsOf(blurred)) expect(Math.max(await colourfulness(jpeg), await sharpness(jpeg))).toBeLessThan(2);
      const pictures = jpegsOf(clear);
      expect(Math.max(...(await Promise.all(pictures.map(colourfulness))))).toBeGreaterThan(10);
      expect(Math.max(...(await Promise.all(pictures.map(sharpness))))).toBeGreaterThan(3);
      for (const jpeg of pictures) {
        const { width, height } = await sharp(jpeg).metadata();
        expect(Math.max(width, height)).toBeLessThanOrEqual(640);
      }
      expect([blurred, clear].map((page) => page.includes('The pictures are shown as they are'))).toEqual([false, true]);
    });
  });
});

test.each([
  [-327, 'fewer than one in a million million (10^-327)'],
  [-9.2, 'fewer than one in a thousand million (10^-9)'],
  [-6, 'fewer than one in a million (10^-6)'],
  [-3.4, 'fewer than one in a thousand (10^-3)'],
  [-1, 'one in 10'],
  [1, '10: chance may be all it is'],
])('10 to the power of %d is said as %s', (log10, words) => {
  expect(sayFalseAlarms(log10)).toBe(words);
});
