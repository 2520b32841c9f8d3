import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { listOf, nodeEgide, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');

describe.each(backends)('a picture with transparent parts, on %s,', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = () => rowOf(egide, '42', boats).then((row) => listOf(egide, 'test', [row]));
  const scan = async (bytes: Uint8Array) => egide.shield({ lists: [await listed()] }).scan(bytes);

  const [width, height] = [256, 192];
  const grey = async (bytes: Uint8Array) =>
    new Uint8Array(await sharp(bytes).greyscale().resize(width, height, { fit: 'fill' }).raw().toBuffer());
  /** A PNG of grey colours with an alpha for each. */
  const veiled = async (colour: (i: number) => number, alpha: (i: number) => number) => {
    const data = Uint8Array.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? alpha(i >> 2) : colour(i >> 2)));
    return new Uint8Array(
      await sharp(data, { raw: { width, height, channels: 4 } })
        .png()
        .toBuffer(),
    );
  };

  test('is found although it is all black, and drawn by its alpha on a white page', async () => {
    const boat = await grey(boats);
    const upload = await veiled(
      () => 0,
      (i) => 255 - (boat[i] as number),
    );
    const { action, summary, matches } = await scan(upload);
    expect({ action, match: matches[0] }).toMatchObject({ action: 'hold', match: { view: 'on-white', orientation: 'original' } });
    expect(summary).toContain('laid on white');
  });

  test('is found although its colours are those of another picture, which nobody sees on a black page', async () => {
    const [boat, decoy] = [await grey(boats), (await grey(cat)).map((value) => 128 + value / 2)];
    const upload = await veiled(
      (i) => decoy[i] as number,
      (i) => (255 * (boat[i] as number)) / 2 / (decoy[i] as number),
    );
    const { action, matches } = await scan(upload);
    expect({ action, match: matches[0] }).toMatchObject({ action: 'hold', match: { view: 'on-black', orientation: 'original' } });
  });

  test('is found by its colours alone, as lists are made', async () => {
    const boat = await grey(boats);
    const { matches } = await scan(
      await veiled(
        (i) => boat[i] as number,
        (i) => i % 256,
      ),
    );
    expect(matches[0]).toMatchObject({ view: 'stored' });
  });

  test('is laid on a page the way EXIF turns it', async () => {
    const boat = await grey(boats);
    const upload = await veiled(
      () => 0,
      (i) => 255 - (boat[i] as number),
    );
    const onItsSide = await sharp(upload).rotate(270).withMetadata({ orientation: 6 }).png().toBuffer(); // 6: to be turned clockwise
    const { matches } = await scan(new Uint8Array(onItsSide));
    expect(matches[0]).toMatchObject({ view: 'on-white', orientation: 'original' });
  });

  test('is held when there is too little in it in every view', async () => {
    expect(
      await scan(
        await veiled(
          () => 255,
          () => 0,
        ),
      ),
    ).toMatchObject({ action: 'hold', outcome: 'not-hashable' });
  });

  test('may be transferred after the call, as pixels', async () => {
    const boat = await grey(boats);
    const data = Uint8Array.from({ length: 2 * boat.length }, (_, i) => (i % 2 === 0 ? 0 : 255 - (boat[i >> 1] as number)));
    const verdict = egide.shield({ lists: [await listed()] }).scan(egide.image({ data, width, height, channels: 2 }));
    structuredClone(data, { transfer: [data.buffer] });
    expect((await verdict).matches[0]).toMatchObject({ view: 'on-white' });
  });
});
