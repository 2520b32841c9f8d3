import sharp from 'sharp';
import { describe, expect, test } from 'vitest';
import { defaultPolicy } from '../../src/shield/policy.js';
import { listOf, nodeEgide, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');

/** In a border of so many pixels. */
const framed = async (bytes: Uint8Array, pixels: number, background: string) =>
  new Uint8Array(await sharp(bytes).extend({ top: pixels, bottom: pixels, left: pixels, right: pixels, background }).png().toBuffer());

describe.each(backends)('a picture in a frame, on %s,', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = (bytes = boats) => rowOf(egide, '42', bytes).then((row) => listOf(egide, 'test', [row]));
  const scan = async (bytes: Uint8Array, of = boats) => egide.shield({ lists: [await listed(of)] }).scan(bytes);

  test('is found, and it is said how', async () => {
    const { action, matches, summary } = await scan(await framed(boats, 120, 'white'));
    expect({ action, match: matches[0] }).toMatchObject({ action: 'hold', match: { view: 'trimmed', orientation: 'original' } });
    expect(summary).toContain('inside a frame');
  });

  test('is found mirrored in its frame', async () => {
    const mirrored = new Uint8Array(
      await sharp(await framed(boats, 120, 'black'))
        .flop()
        .png()
        .toBuffer(),
    );
    expect((await scan(mirrored)).matches[0]).toMatchObject({ view: 'trimmed', orientation: 'flipY' });
  });

  test('is found upright where EXIF turns it', async () => {
    const turned = await sharp(await framed(boats, 120, 'black'))
      .rotate(270)
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer();
    expect((await scan(new Uint8Array(turned))).matches[0]).toMatchObject({ view: 'trimmed', orientation: 'original' });
  });

  test('is found with its frame, if that is what is listed: the whole picture is looked at as before', async () => {
    const copy = await framed(boats, 120, 'white');
    expect((await scan(copy, copy)).matches[0]).toMatchObject({ view: 'stored', distance: 0 });
  });

  test('is found in a frame that is transparent, on a page', async () => {
    expect((await scan(await framed(boats, 120, '#00000000'))).matches[0]).toMatchObject({ view: 'trimmed' });
  });

  test('may be transferred after the call, as pixels', async () => {
    const image = await egide.decode(await framed(boats, 120, 'white'));
    const running = egide.shield({ lists: [await listed()], policy: defaultPolicy }).scan(image);
    structuredClone(image.data, { transfer: [image.data.buffer as ArrayBuffer] });
    expect((await running).matches[0]).toMatchObject({ view: 'trimmed' });
  });
});
