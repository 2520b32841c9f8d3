import fc from 'fast-check';
import sharp from 'sharp';
import { beforeAll, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import type { DecodeOptions } from '../../src/image/decoder.js';
import { encode, gif, PALETTE, picture, png } from '../fixtures/pictures.js';
import { frames } from './decoding.js';

// Damaged files of every format that egide reads parts of by itself: whatever the bytes, the answer is frames or an EgideError.
const samples: Record<string, Uint8Array> = {};
beforeAll(async () => {
  const small = picture(24, 17, 3);
  samples.jpeg = await encode(small).jpeg({ progressive: true }).toBuffer();
  samples.png = await encode(picture(24, 17, 4))
    .png()
    .toBuffer();
  samples.palette = await encode(small).png({ palette: true, colours: 16 }).toBuffer();
  samples.deep = png({ width: 3, height: 2, depth: 16, type: 0, rows: new Uint8Array(12).fill(7) });
  samples.webp = await encode(small).webp({ lossless: true }).toBuffer();
  samples.tiff = await encode(small).tiff({ compression: 'lzw' }).toBuffer();
  const frame = (value: number) => ({ indices: new Uint8Array(24 * 17).fill(value), width: 24, height: 17 });
  samples.gif = gif(24, 17, PALETTE, [frame(1), frame(2), frame(3)]);
  samples.animatedWebp = await sharp(samples.gif, { animated: true }).webp().toBuffer();
});

/** A place in a file, as a share of its length. Not `fc.double`: nearly all of those lie beside 0. */
const place = fc.integer({ min: 0, max: 999_999 }).map((millionths) => millionths / 1e6);

/** A few bytes replaced, and perhaps the end cut off. */
const damage = fc.record({
  changes: fc.array(fc.tuple(place, fc.nat(255)), { maxLength: 6 }),
  keep: fc.oneof({ weight: 3, arbitrary: fc.constant(1) }, { weight: 1, arbitrary: place }),
});

function damaged(bytes: Uint8Array, { changes, keep }: { changes: [number, number][]; keep: number }): Uint8Array {
  const copy = new Uint8Array(bytes.subarray(0, Math.ceil(bytes.length * keep))); // not slice(): a Buffer's does not copy
  for (const [where, value] of changes) if (copy.length > 0) copy[Math.floor(where * copy.length)] = value;
  return copy;
}

/** Small limits: a damaged size must not make the test slow. */
const LIMITS: DecodeOptions = { maxPixels: 1_000_000, maxFrames: 4 };

/** The code of the refusal, or `decoded`. */
async function decodesOrRefuses(bytes: Uint8Array, options: DecodeOptions): Promise<string> {
  try {
    for (const { data, width, height, channels } of await frames(bytes, options)) expect(data.length).toBe(width * height * channels);
    return 'decoded';
  } catch (error) {
    expect(error).toBeInstanceOf(EgideError);
    return (error as EgideError).code;
  }
}

test.each(['jpeg', 'png', 'palette', 'deep', 'webp', 'tiff', 'gif', 'animatedWebp'])(
  'damaged %s files are decoded or refused',
  async (name) => {
    const sample = samples[name] as Uint8Array;
    expect((await frames(sample, LIMITS)).length).toBe(name === 'gif' || name === 'animatedWebp' ? 3 : 1);
    const outcomes = new Set<string>();
    const profiles = fc.constantFrom('default' as const, 'pytx' as const);
    const property = fc.asyncProperty(damage, profiles, async (how, profile) => {
      outcomes.add(await decodesOrRefuses(damaged(sample, how), { ...LIMITS, profile }));
    });
    await fc.assert(property, { numRuns: 400, seed: 20261122 });
    expect([...outcomes]).toEqual(expect.arrayContaining(['decoded', 'CORRUPT_IMAGE', 'UNSUPPORTED_FORMAT']));
  },
);
