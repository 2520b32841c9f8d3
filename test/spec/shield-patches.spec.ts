import sharp, { type Sharp } from 'sharp';
import { describe, expect, test } from 'vitest';
import type { PatchSearchOptions } from '../../src/patch/patch-index.js';
import type { PatchList } from '../../src/shield/patch-list.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import type { ScanOptions } from '../../src/shield/scan.js';
import type { ShieldOptions } from '../../src/shield/shield.js';
import type { PartialMatch, Verdict } from '../../src/shield/verdict.js';
import { flat, listOf, nodeEgide, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');
const alps = await photo('french-alpine-landscape');

const bytesOf = async (picture: Sharp) => new Uint8Array(await picture.png({ compressionLevel: 1 }).toBuffer());

/** Most of one corner of the boats, which PDQ does not find. */
const cropped = () => sharp(boats).extract({ left: 80, top: 200, width: 560, height: 440 });
const crop = await bytesOf(cropped());

/** Stops the program for so long. */
function busy(ms: number): void {
  const end = performance.now() + ms;
  while (performance.now() < end);
}

describe.each(backends)('patches in a shield, on %s,', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const enrolled = Promise.all([boats, alps].map(async (bytes) => egide.patches.enrol(await egide.decode(bytes), { profile: 'standard' })));

  /** A bank of the boats and the alps. `asked` takes what each search was asked for. */
  async function bank(name = 'bank', asked: PatchSearchOptions[] = [], during: () => void = () => {}): Promise<PatchList> {
    const index = await egide.buildPatchIndex(await enrolled, { ids: Uint32Array.of(70, 71), stops: 'keep' });
    return {
      name,
      index: {
        size: index.size,
        search(query, options = {}) {
          asked.push(options);
          during();
          return index.search(query, options);
        },
      },
      entry: (id) => ({ id: `e${id}`, list: name, category: 'test' }),
    };
  }
  const listed = (bytes: Uint8Array, name = 'test') => rowOf(egide, '42', bytes).then((row) => listOf(egide, name, [row]));
  const scan = async (bytes: Uint8Array, more: Partial<ShieldOptions> = {}, options: ScanOptions = {}) =>
    egide.shield({ lists: [], patches: [await bank()], ...more }).scan(bytes, options);
  const policyWith = (changes: Partial<Policy>): Policy => ({ ...defaultPolicy, ...changes });

  test('hold a part of a listed picture, with the evidence', async () => {
    const mirrored = await bytesOf(cropped().flop());
    const verdict = await scan(mirrored, { lists: [await listed(boats)] });
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'match', problems: [], patches: [{ name: 'bank', pictures: 2 }] });
    expect(verdict.matches).toHaveLength(1);
    const [match] = verdict.matches as [PartialMatch];
    expect(match).toMatchObject({ kind: 'partial', signal: 'patches', action: 'hold', tier: 'confirmed', step: 'patches', frame: 0 });
    expect(match).toMatchObject({
      entry: { id: 'e70', list: 'bank', category: 'test' },
      view: 'stored',
      copy: { mirrored: true },
      label: null,
    });
    expect(Math.abs(match.visible - (560 * 440) / (900 * 720))).toBeLessThan(0.05);
    expect(match.share).toBeGreaterThan(0.95);
    expect(match.log10FalseAlarms).toBeLessThan(-8);
    expect(match.regionInReference.length).toBeGreaterThanOrEqual(4);
    expect(verdict.summary).toMatch(/^Partial match, confirmed: mirrored, .* of the original visible, .*with entry e70 of list bank\.$/);
    expect(verdict.timings.patchMs).toBeGreaterThan(0);
  });

  test('the same bytes give the same verdict, which is JSON', async () => {
    const evidence = ({ timings: _, ...rest }: Verdict) => JSON.stringify(rest);
    const first = await scan(crop);
    expect(evidence(await scan(crop))).toBe(evidence(first));
    expect(evidence(JSON.parse(JSON.stringify(first)))).toBe(evidence(first));
  });

  test('allow a picture that no bank has', async () => {
    const verdict = await scan(cat, { lists: [await listed(boats)] });
    expect(verdict).toMatchObject({ action: 'allow', outcome: 'no-match', matches: [], problems: [] });
    expect(verdict.summary).toBe('No match among 1 entry of 1 list and the patches of 2 pictures.');
    expect((await scan(cat)).summary).toBe('No match among the patches of 2 pictures.');
  });

  test('lie in the upright picture, and say what was seen', async () => {
    const turned = await sharp(crop).rotate(270).withMetadata({ orientation: 6 }).jpeg({ quality: 95 }).toBuffer();
    const [match] = (await scan(new Uint8Array(turned))).matches as [PartialMatch];
    expect(match).toMatchObject({ view: 'upright', tier: 'confirmed' });
    expect(Math.abs(match.copy.rotation)).toBeLessThan(2);
    for (const [x, y] of match.regionInQuery) {
      expect(x).toBeLessThanOrEqual(560.001);
      expect(y).toBeLessThanOrEqual(440.001);
    }
  });

  test('are those that a person sees of a transparent picture', async () => {
    const grey = await sharp(crop).greyscale().raw().toBuffer();
    const veil = Uint8Array.from({ length: 2 * grey.length }, (_, i) => (i % 2 === 0 ? 0 : 255 - (grey[i >> 1] as number)));
    const image = egide.image({ data: veil, width: 560, height: 440, channels: 2 });
    const verdict = await egide.shield({ lists: [], patches: [await bank()] }).scan(image);
    expect(verdict.matches[0]).toMatchObject({ view: 'on-white', tier: 'confirmed' });
  });

  test('are looked for in every frame, and one entry is named once', async () => {
    const frames = await Promise.all([cat, crop, boats].map((bytes) => sharp(bytes).resize(480, 384, { fit: 'fill' }).raw().toBuffer()));
    const film = sharp(Buffer.concat(frames), { raw: { width: 480, height: 3 * 384, channels: 3, pageHeight: 384 } });
    const verdict = await scan(new Uint8Array(await film.webp({ lossless: true, effort: 0 }).toBuffer()));
    expect(verdict.input.framesHashed).toBe(3);
    expect(verdict.matches).toHaveLength(1);
    expect(verdict.matches[0]).toMatchObject({ frame: 2, entry: { id: 'e70' } });
    expect(verdict.summary).toContain('in frame 3 of 3');
  });

  test('of pixels are looked up though the caller takes the buffer away', async () => {
    const image = await egide.decode(crop);
    const running = egide.shield({ lists: [], patches: [await bank()] }).scan(image);
    structuredClone(image.data, { transfer: [image.data.buffer as ArrayBuffer] });
    expect(await running).toMatchObject({ outcome: 'match', matches: [{ kind: 'partial', tier: 'confirmed' }] });
  });

  describe('by the policy', () => {
    test('each bank has its own tier and action, and the sternest match decides', async () => {
      const policy = policyWith({ lists: { second: { actions: { partial: 'block' } }, third: { thresholds: { patchMinTier: 'off' } } } });
      const { action, matches, patches } = await scan(crop, { policy, patches: [await bank(), await bank('second'), await bank('third')] });
      expect(action).toBe('block');
      expect(matches.map(({ entry, action: own }) => `${entry.list} ${own}`)).toEqual(['bank hold', 'second block']);
      expect(patches.map(({ name }) => name)).toEqual(['bank', 'second']);
    });

    test('off looks for none', async () => {
      const asked: PatchSearchOptions[] = [];
      const policy = policyWith({ thresholds: { ...defaultPolicy.thresholds, patchMinTier: 'off' } });
      const verdict = await scan(crop, { policy, lists: [await listed(cat)], patches: [await bank('bank', asked)] });
      expect(verdict).toMatchObject({ action: 'allow', outcome: 'no-match', patches: [] });
      expect(asked).toEqual([]);
    });

    test('the tier is what a search is asked for', async () => {
      const asked: PatchSearchOptions[] = [];
      await scan(crop, {
        policy: policyWith({ lists: { bank: { thresholds: { patchMinTier: 'weak' } } } }),
        patches: [await bank('bank', asked)],
      });
      expect(asked).toEqual([{ minTier: 'weak' }]);
    });

    test('patches follow a near match, unless it says to stop and nothing sterner can come', async () => {
      const copy = await bytesOf(sharp(boats).resize(450));
      const kinds = async (policy: Policy) => {
        const { matches } = await scan(copy, { policy, lists: [await listed(boats)] });
        return matches.map(({ kind }) => kind);
      };
      expect(await kinds(defaultPolicy)).toEqual(['near', 'partial']);
      expect(await kinds(policyWith({ stopAtNear: true }))).toEqual(['near']);
      expect(await kinds(policyWith({ stopAtNear: true, lists: { bank: { actions: { partial: 'block' } } } }))).toEqual([
        'near',
        'partial',
      ]);
      expect(await kinds(policyWith({ stopAtNear: true, lists: { test: { actions: { near: 'allow' } } } }))).toEqual(['near', 'partial']);
    });

    test('nothing is decoded for patches after an exact match that blocks, if it says so', async () => {
      const exact = await listOf(egide, 'test', [await rowOf(egide, '42', boats, false)]);
      const verdict = await scan(boats, { policy: policyWith({ stopAtExact: true }), lists: [exact] });
      expect(verdict).toMatchObject({ action: 'block', input: { framesHashed: 0 } });
      expect(verdict.matches.every(({ kind }) => kind === 'exact')).toBe(true);
    });
  });

  describe('not hashable', () => {
    test('is a picture with no features, where there is nothing but patches', async () => {
      const verdict = await scan(await flat());
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'not-hashable', problems: [{ code: 'FEW_FEATURES', frame: 0 }] });
      expect(verdict.summary).toMatch(/^Not hashable: 0 features/);
    });

    test('is a picture that a list could be asked about by neither of its signals', async () => {
      const looked = async (bytes: Uint8Array, pdqMinQuality: number, name: string) => {
        const policy = policyWith({ thresholds: { ...defaultPolicy.thresholds, pdqMinQuality } });
        const { outcome, problems } = await scan(bytes, { policy, lists: [await listed(boats, name)] });
        return [outcome, ...problems.map(({ code }) => code)];
      };
      const dull = await bytesOf(sharp(cat).linear(0.2, 90));
      const { quality } = await egide.pdq.hashAsync(await egide.decode(dull));
      // Of one list its patches were looked up, so it was asked; of two, the one that has hashes alone was not.
      expect(await looked(dull, quality + 1, 'bank')).toEqual(['no-match', 'LOW_QUALITY']);
      expect(await looked(dull, quality + 1, 'other')).toEqual(['not-hashable', 'LOW_QUALITY']);
      // And the other way round.
      expect(await looked(await flat(), 0, 'bank')).toEqual(['no-match', 'FEW_FEATURES']);
      expect(await looked(await flat(), 0, 'other')).toEqual(['not-hashable', 'FEW_FEATURES']);
      expect(await looked(await flat(), 50, 'bank')).toEqual(['not-hashable', 'LOW_QUALITY', 'FEW_FEATURES']);
    });
  });

  describe('step by step', () => {
    test('only what is asked for, and only until something is confirmed', async () => {
      const searches = async (bytes: Uint8Array, options: ScanOptions, policy = defaultPolicy) => {
        const asked: PatchSearchOptions[] = [];
        await scan(bytes, { policy, patches: [await bank('bank', asked)] }, options);
        return asked.map(({ negatives = false, deep = false }) => `${negatives ? 'negatives ' : ''}${deep ? 'deep' : ''}`.trim());
      };
      expect(await searches(cat, {})).toEqual(['']);
      expect(await searches(crop, { deep: true })).toEqual(['']);
      expect(await searches(cat, { deep: true })).toEqual(['', 'negatives', 'negatives deep', '', '']);
      expect(await searches(cat, {}, policyWith({ deep: true }))).toHaveLength(5);
      expect(await searches(cat, { deep: false }, policyWith({ deep: true }))).toEqual(['']);
    });

    test('a negative is found by the second', async () => {
      const negative = await bytesOf(cropped().negate());
      expect(await scan(negative)).toMatchObject({ action: 'allow', matches: [] });
      const verdict = await scan(negative, {}, { deep: true });
      expect(verdict.matches[0]).toMatchObject({ step: 'negatives', tier: 'confirmed', copy: { negative: true } });
    });

    test('a copy of twice the width is found by the last', async () => {
      const wide = await bytesOf(cropped().resize(1400, 440, { fit: 'fill' }));
      expect((await scan(wide, {}, { deep: true })).matches[0]).toMatchObject({ step: 'stretched' });
    });
  });

  describe('a time budget', () => {
    test('that is over before the file is decoded leaves everything open', async () => {
      const verdict = await scan(crop, {}, { budgetMs: 0.001 });
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', matches: [], problems: [{ code: 'OUT_OF_TIME' }] });
      expect(verdict.problems[0]?.message).toBe('the 0.001 ms that it may take were over, so this was not done: decoding');
    });

    test('leaves patches out, never the verdict', async () => {
      const shield = egide.shield({ lists: [await listed(cat)], patches: [await bank()], policy: policyWith({ budgetMs: 0.001 }) });
      const verdict = await shield.scan(await egide.decode(crop), { deep: true });
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', input: { framesHashed: 1 } });
      expect(verdict.problems).toMatchObject([
        { code: 'OUT_OF_TIME', message: expect.stringContaining('patches of 1 frame, negatives by patches of 1 frame, small parts') },
      ]);
      expect(verdict.summary).toMatch(/^Could not tell: the 0.001 ms/);
    });

    test('is looked at before each step', async () => {
      const slow = await bank('bank', [], () => busy(2_000));
      const verdict = await egide.shield({ lists: [], patches: [slow] }).scan(cat, { deep: true, budgetMs: 2_000 });
      expect(verdict.problems.map(({ message }) => message)).toEqual([
        'the 2000 ms that it may take were over, so this was not done: ' +
          'negatives by patches of 1 frame, small parts by patches of 1 frame, stretched copies by patches of 1 frame',
      ]);
    });

    test('does not take a match away, and a match does not excuse it', async () => {
      const policy = policyWith({ budgetMs: 0.001, actions: { ...defaultPolicy.actions, near: 'allow' } });
      const shield = egide.shield({ lists: [await listed(boats)], patches: [await bank()], policy });
      const verdict = await shield.scan(await egide.decode(boats));
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'match', problems: [{ code: 'OUT_OF_TIME' }] });
      expect(await shield.scan(await egide.decode(boats), { budgetMs: 60_000 })).toMatchObject({ action: 'hold', problems: [] });
    });

    test('leaves out the frames that it does not reach', async () => {
      const frames = await Promise.all([cat, alps, crop].map((bytes) => sharp(bytes).resize(160, 120, { fit: 'fill' }).raw().toBuffer()));
      const film = sharp(Buffer.concat(frames), { raw: { width: 160, height: 360, channels: 3, pageHeight: 120 } });
      const bytes = new Uint8Array(await film.webp({ lossless: true, effort: 0 }).toBuffer());
      const verdict = await scan(bytes, { patches: [], lists: [await listed(boats)] }, { budgetMs: 3_000, onProgress: () => busy(3_000) });
      expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', input: { framesHashed: 1, frameCount: 3 } });
      expect(verdict.problems.map(({ message }) => message)).toEqual([
        'the 3000 ms that it may take were over, so this was not done: everything of 2 frames',
      ]);
    });
  });

  test('a signal ends the work between two steps', async () => {
    const stop = new AbortController();
    const asked: PatchSearchOptions[] = [];
    const raising = await bank('bank', asked, () => stop.abort(new Error('enough')));
    const running = egide.shield({ lists: [], patches: [raising] }).scan(cat, { deep: true, signal: stop.signal });
    await expect(running).rejects.toThrow('enough');
    expect(asked).toHaveLength(1);
  });

  test('a search that was cut short, and more matches than a verdict names, are told', async () => {
    const one = await bank();
    const many: PatchList = {
      name: 'bank',
      index: {
        size: 2_000,
        search(query, options) {
          const hits = one.index.search(query, options).hits.flatMap((hit) => Array.from({ length: 1_500 }, (_, id) => ({ ...hit, id })));
          return { hits, truncated: hits.length === 0 };
        },
      },
      entry: one.entry,
    };
    const crowd = await scan(crop, { patches: [many] });
    expect(crowd).toMatchObject({ action: 'hold', outcome: 'match', problems: [{ code: 'MATCHES_LEFT_OUT' }] });
    expect(crowd.matches).toHaveLength(1_000);
    expect(await scan(cat, { patches: [many] })).toMatchObject({ outcome: 'no-match', problems: [{ code: 'MATCHES_LEFT_OUT' }] });
  });

  test('an empty bank has nothing to be asked', async () => {
    const empty = { ...(await bank()), index: await egide.buildPatchIndex([]) };
    expect(await scan(await flat(), { patches: [empty] })).toMatchObject({ action: 'allow', outcome: 'no-match', patches: [] });
  });

  describe('throw', () => {
    test.each([
      ['banks that are none', { patches: 'bank' }, /^patches:/],
      ['a bank without an index', { patches: [{ name: 'bank', entry: () => ({}) }] }, /^patches\[0\]:/],
      ['a promise of a bank', { patches: [Promise.resolve()] }, /^patches\[0\]:.*await/],
      ['neither lists nor banks', { patches: [] }, /^lists:/],
    ])('for %s', (_what, more, message) => {
      expect(() => egide.shield({ lists: [], ...more } as unknown as ShieldOptions)).toThrow(message);
    });

    test('for two banks of one name, and a policy for one that is not there', async () => {
      const patches = [await bank(), await bank()];
      expect(() => egide.shield({ lists: [], patches })).toThrow(/^patches\[1\]\.name:/);
      expect(() => egide.shield({ lists: [], patches: patches.slice(1), policy: policyWith({ lists: { tset: {} } }) })).toThrow(/tset/);
    });

    test.each([
      ['deep', { deep: 'yes' }],
      ['budgetMs', { budgetMs: 0 }],
      ['budgetMs', { budgetMs: Number.NaN }],
    ])('for %s of %o', async (name, options) => {
      await expect(scan(cat, {}, options as ScanOptions)).rejects.toThrow(new RegExp(`^${name}:`));
    });
  });
});
