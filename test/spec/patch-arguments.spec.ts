import { describe, expect, test } from 'vitest';
import type { Image, Patches } from '../../src/entry/public.js';
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

  test('a table of stop features may be transferred away as soon as the build has begun', async () => {
    using kept = await egide.buildPatchIndex(records.standard, { stops: 'keep' });
    const table = await patches.stopFeatures([kept]);
    const building = egide.buildPatchIndex(records.standard, { stops: table });
    structuredClone(table, { transfer: [table.buffer as ArrayBuffer] });
    using index = await building;
    expect(index.size).toBe(records.standard.length);
  });
});
