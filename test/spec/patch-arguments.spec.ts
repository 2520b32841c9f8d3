import { describe, expect, test } from 'vitest';
import { NativePatchCore } from '../../src/backend/native-patch.js';
import { NativePatchIndexCore } from '../../src/backend/native-patch-index.js';
import type { Image, Patches, PatchRecord } from '../../src/entry/public.js';
import { imageOf } from '../../src/image/image.js';
import { picture } from '../../src/self-test/pictures.js';
import { code, engines } from './live-fixture.js';
import { queries, records } from './patch-fixture.js';

const grey = { data: new Uint8Array(64 * 64), width: 64, height: 64, channels: 1, orientation: 1 } as Image;
const query = queries[0] as Patches;
const forged = { ...query, bytes: new Uint8Array(40), count: 100 };

describe.each(engines)('Patches on %s, given what they cannot take', (name, makeEgide) => {
  const egide = makeEgide();
  const { patches } = egide;
  const calls: Record<string, () => unknown> = {
    'extract, options': () => patches.extract(grey, null as never),
    'extract, one factor': () => patches.extract(grey, { stretch: 2 as never }),
    'extract, factors that are no numbers': () => patches.extract(grey, { stretch: [1n, '1'] as never }),
    'features of nothing': () => patches.features(null as never),
    'enrol, options': () => patches.enrol(grey, null as never),
    'enrol, a name that objects inherit': () => patches.enrol(grey, { profile: 'constructor' as never }),
    'match, query': () => patches.match(null as never, records.standard[0] as never),
    'match, reference': () => patches.match(query, null as never),
    'match, options': () => patches.match(query, records.standard[0] as never, null as never),
    'stopFeatures, no array': () => patches.stopFeatures(null as never),
    'stopFeatures, no indexes': () => patches.stopFeatures([1] as never),
    'stopFeatures, signal': () => patches.stopFeatures([], { signal: 5 as never }),
  };
  test.each(Object.keys(calls))('%s: says so', async (call) => {
    expect(await code(async () => calls[call]?.())).toBe('INVALID_ARGUMENT');
  });

  test('features of bytes that are no patches: says so', async () => {
    expect(await code(async () => patches.features(forged))).toBe('INVALID_PATCHES');
  });

  test('a search for nothing, and with no options: says so', async () => {
    using index = await egide.buildPatchIndex(records.standard.slice(0, 1));
    expect(await code(async () => index.search(null as never))).toBe('INVALID_ARGUMENT');
    expect(await code(async () => index.search(query, null as never))).toBe('INVALID_ARGUMENT');
  });

  test('an index of another backend: says so', async () => {
    const other = engines.find(([other]) => other !== name)?.[1]() as typeof egide;
    using index = await other.buildPatchIndex(records.standard.slice(0, 1));
    expect(await code(async () => egide.livePatchIndex(index).search(query))).toBe('DISPOSED');
  });

  test('records that are not what they were when the build began: says so', async () => {
    const [first, second] = records.standard as [PatchRecord, PatchRecord];
    for (const later of [new Uint8Array(0), first.bytes.subarray(0, 40), second.bytes, new Uint8Array([...first.bytes, ...second.bytes])]) {
      let asked = 0;
      const changing = {
        ...first,
        get bytes(): Uint8Array {
          return asked++ < 2 ? first.bytes : later;
        },
      };
      expect(await code(() => egide.buildPatchIndex([changing, second]))).toBe('INVALID_ARGUMENT');
    }
    const given = new Uint8Array(first.bytes);
    const building = egide.buildPatchIndex([...Array.from({ length: 300 }, () => first), given], { stops: 'keep' });
    structuredClone(given, { transfer: [given.buffer] });
    expect(await code(() => building)).toBe('INVALID_ARGUMENT');
  });

  test.each([3, 6, 8] as const)('a picture that is stored turned (%i) is extracted in turns as at once', async (orientation) => {
    const [width, height] = [1600, 1200];
    const stored = { ...imageOf({ data: picture('noise', 3, width, height), width, height, channels: 3 }), orientation };
    const [atOnce, inTurns] = [patches.extract(stored), await patches.extractAsync(stored)];
    expect(atOnce.count).toBeGreaterThan(100);
    expect(inTurns).toEqual(atOnce);
    expect(await code(() => patches.extractAsync(stored, { signal: AbortSignal.timeout(0) }))).not.toBe('nothing');
  });

  test('a table of stop features may be transferred away as soon as the build has begun', async () => {
    using kept = await egide.buildPatchIndex(records.standard, { stops: 'keep' });
    const table = await patches.stopFeatures([kept]);
    const building = egide.buildPatchIndex(records.standard, { stops: table });
    structuredClone(table, { transfer: [table.buffer as ArrayBuffer] });
    using index = await building;
    expect(index.size).toBe(records.standard.length);
  });
});

describe('the addon', () => {
  const addon = (answer: () => unknown): never => new Proxy({}, { get: () => answer }) as never;
  const asked: Record<string, (answer: () => unknown) => unknown> = {
    record: (answer) => new NativePatchCore(addon(answer)).record(query.bytes, { maxFeatures: 10, codeBytes: 16, grid: true }),
    match: (answer) => new NativePatchCore(addon(answer)).match(query.bytes, new Uint8Array(3), 1, 1),
    search: (answer) => new NativePatchIndexCore(addon(answer)).search([], query.bytes, { variants: 1, deep: false, images: 1 }),
    collectStops: (answer) => new NativePatchIndexCore(addon(answer)).collectStops([], 0, 1),
    writeStops: (answer) => new NativePatchIndexCore(addon(answer)).writeStops(new Uint8Array(0), 16),
  };
  test.each(Object.keys(asked))('%s: tells want of memory from what are no patches', async (call) => {
    const fails = (cause: Error) =>
      code(async () =>
        asked[call]?.(() => {
          throw cause;
        }),
      );
    expect(await fails(new Error('out of memory'))).toBe('OUT_OF_MEMORY');
    expect(await fails(new RangeError('Array buffer allocation failed'))).toBe('OUT_OF_MEMORY');
    if (['record', 'match', 'search'].includes(call))
      expect(await code(async () => asked[call]?.(() => undefined))).toBe('INVALID_PATCHES');
  });
});
