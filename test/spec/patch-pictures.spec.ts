import { describe, expect, test } from 'vitest';
import type { Patches, PatchRecord } from '../../src/entry/public.js';
import { type Image, imageOf } from '../../src/image/image.js';
import { picture } from '../../src/self-test/pictures.js';
import { code, engines } from './live-fixture.js';
import { records, shown } from './patch-fixture.js';
import { seededBytes } from './search-fixture.js';

type Channels = 1 | 2 | 3 | 4;

const noise = seededBytes(1 << 16, 9);

function noisy(width: number, height: number, channels: Channels, orientation = 1): Image {
  const data = new Uint8Array(width * height * channels);
  for (let at = 0; at < data.length; ++at) data[at] = noise[(at + (at >> 16)) & 0xffff] as number; // 8 million numbers take seconds
  return imageOf({ data, width, height, channels, orientation });
}

function flat(width: number, height: number, channels: Channels, value: number): Image {
  return imageOf({ data: new Uint8Array(width * height * channels).fill(value), width, height, channels });
}

/** The picture with so many channels: the grey ones of its first, if that is one, with this alpha. */
function withChannels({ data, width, height }: Image, channels: Channels, alpha = 255): Image {
  const pixels = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; ++i)
    for (let c = 0; c < channels; ++c)
      pixels[i * channels + c] = (c === channels - 1 && channels % 2 === 0 ? alpha : data[3 * i + (channels > 2 ? c : 0)]) as number;
  return imageOf({ data: pixels, width, height, channels });
}

// Pixels are bytes, so that none is no number or out of range: what can be strange is a picture's shape and what it shows.
describe.each(engines)('strange pictures on %s', (_name, makeEgide) => {
  const egide = makeEgide();

  test.each([
    [64, 64],
    [20_000, 100],
    [100, 20_000],
    [1, 1],
    [1, 65_535],
    [65_535, 1],
    [2, 3],
    [15, 17],
    [511, 1],
  ])('of %i x %i pixels are worked on within bounds, and match nothing that they are not', async (width, height) => {
    using index = await egide.buildPatchIndex(records.standard);
    for (const channels of [1, 2, 3, 4] as const) {
      for (const image of [noisy(width, height, channels, 1 + channels), flat(width, height, channels, 255)]) {
        const patches = egide.patches.extract(image);
        expect(patches.count).toBeLessThanOrEqual(500);
        expect(Math.max(patches.width, patches.height)).toBeLessThanOrEqual(800);
        expect(index.search(patches, { minTier: 'weak', negatives: true, deep: true }).hits).toEqual([]);
        const record = await egide.patches.enrol(image);
        expect(record.bytes.byteLength).toBeLessThanOrEqual(32 + 256 * 24 + 512);
        expect([record.width, record.height].sort()).toEqual([width, height].sort());
      }
    }
  });

  test('opaque alpha changes nothing, what is wholly transparent shows nothing, and grey is grey with one channel or three', async () => {
    const image = await shown(0);
    const bytes = (channels: Channels, of = image): Uint8Array => egide.patches.extract(withChannels(of, channels)).bytes;
    const same = (a: Uint8Array, b: Uint8Array): void => expect(Buffer.compare(a, b)).toBe(0); // toEqual takes long for so many
    same(bytes(4), bytes(3));
    same(bytes(2), bytes(1));
    same(bytes(3), egide.patches.extract(image).bytes);
    for (const channels of [2, 4] as const) expect(egide.patches.extract(withChannels(image, channels, 0)).count).toBe(0);
    const { data, width, height } = image;
    const grey = imageOf({ data: data.map((_, i) => data[i - (i % 3)] as number), width, height, channels: 3 });
    same(bytes(3, grey), bytes(1));
  });

  test.each(['flat', 'ramp', 'stripes', 'checks'] as const)(
    '%s has no features: its record says so, and nothing matches it',
    async (pattern) => {
      const image = imageOf({ data: picture(pattern, 1, 640, 480), width: 640, height: 480, channels: 3 });
      const record = await egide.patches.enrol(image);
      expect([record.features, record.protection]).toEqual([0, 'pdq-only']);
      using index = await egide.buildPatchIndex([record, ...records.standard.slice(0, 3)]);
      expect(index.search(egide.patches.extract(image), { minTier: 'weak' }).hits).toEqual([]);
      expect(egide.patches.match(egide.patches.extract(image), record, { minTier: 'weak' })).toBeUndefined();
    },
  );

  test('the synchronous call refuses more than it can do at once, and patches of nothing match nothing', async () => {
    const large = flat(12_501, 1000, 1, 0);
    expect(await code(() => egide.patches.extract(large))).toBe('INVALID_ARGUMENT');
    const none = await egide.patches.extractAsync(large);
    expect(none.count).toBe(0);
    expect(egide.patches.match(none as Patches, records.standard[0] as PatchRecord, { minTier: 'weak' })).toBeUndefined();
  });
});
