import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { captionDrawing, screenDrawing } from '../../src/bench/attacks/drawings.js';
import type { Egide, PatchIndex, PatchProfile, PatchRecord } from '../../src/entry/public.js';
import { type Image, imageOf } from '../../src/image/image.js';
import { STOP_BANK } from '../../src/patch/stop-bank.js';
import { engines } from './live-fixture.js';
import { bytesOf, PHOTOS, shown } from './patch-fixture.js';

async function drawn(svg: string): Promise<Image> {
  const { data, info } = await sharp(Buffer.from(svg)).removeAlpha().raw().toBuffer({ resolveWithObject: true });
  return imageOf({ data, width: info.width, height: info.height, channels: info.channels as 3 });
}

const screen = await drawn(screenDrawing(640, 800, 90, 570));
const caption = await drawn(captionDrawing(640, 480, 300, ['what you think', 'when it is monday', 'and nobody knows']));

/** The share of its features that are marked with what comes with the library alone. */
async function markedShare(egide: Egide, image: Image, profile: PatchProfile): Promise<number> {
  const record = await egide.patches.enrol(image, { profile });
  using none = await egide.buildPatchIndex([], { profile });
  const stops = await egide.patches.stopFeatures([none]);
  using index = await egide.buildPatchIndex([record], { stops });
  return 1 - index.record(0).features / record.features;
}

describe.each(engines)('the stop features that come with the library on %s', (_name, makeEgide) => {
  const egide = makeEgide();

  test('are at most 100 KB of text, and 24 bytes each in a table', async () => {
    expect(STOP_BANK.length).toBeLessThanOrEqual(100_000);
    const entries = (STOP_BANK.length * 3) / 4 / 22;
    expect(entries).toBeGreaterThan(1000);
    const table = await egide.patches.stopFeatures([]);
    expect(Math.abs(table.byteLength - 32 - 24 * entries)).toBeLessThan(24);
  });

  test.each(['standard', 'compact'] as const)(
    'mark what a screen and a caption show, and next to nothing of photographs: %s',
    async (profile) => {
      expect(await markedShare(egide, screen, profile)).toBeGreaterThan(0.05);
      expect(await markedShare(egide, caption, profile)).toBeGreaterThan(0.05);
      for (const photo of PHOTOS.keys()) expect(await markedShare(egide, await shown(photo), profile)).toBeLessThan(0.02);
    },
  );

  test('mark an index unless they are to be kept, and no record', async () => {
    const record = await egide.patches.enrol(screen);
    const build = (stops?: 'keep'): Promise<PatchIndex> => egide.buildPatchIndex([record], stops ? { stops } : {});
    using kept = await build('keep');
    using marked = await build();
    expect(kept.record(0).features).toBe(record.features);
    expect(marked.record(0).features).toBeLessThan(record.features);
  });
});

test('every backend marks the same', async () => {
  const made: [PatchRecord, Buffer][] = [];
  for (const [, makeEgide] of engines) {
    const egide = makeEgide();
    const record = await egide.patches.enrol(screen);
    using index = await egide.buildPatchIndex([record]);
    made.push([record, bytesOf(index)]);
  }
  for (const [record, bytes] of made) {
    expect(record).toEqual(made[0]?.[0]);
    expect(bytes.equals(made[0]?.[1] as Buffer)).toBe(true);
  }
});
