import { readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import { checkPolicy, defaultPolicy, type Policy, rulesFor, sternest } from '../../src/shield/policy.js';

/** The default policy with one value, at a path like `thresholds.pdqMaxDistance`, put in the place of another. */
function changed(path: string, value: unknown): unknown {
  const policy = structuredClone(defaultPolicy) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() as string;
  let part = policy;
  for (const name of names) part = (part[name] ??= {}) as Record<string, unknown>;
  if (value === undefined) delete part[last];
  else part[last] = value;
  return policy;
}

function refusal(policy: unknown): EgideError {
  try {
    checkPolicy(policy);
  } catch (error) {
    if (error instanceof EgideError) return error;
    throw error;
  }
  throw new Error('the policy was accepted');
}

describe('the default policy', () => {
  test("has Meta's published thresholds and cites them", () => {
    expect(defaultPolicy.thresholds).toEqual({ pdqMaxDistance: 31, pdqMinQuality: 50, patchMinTier: 'probable' });
    for (const name of ['pdqMaxDistance', 'pdqMinQuality']) expect(defaultPolicy.sources?.[name]).toContain('python-threatexchange');
    expect(defaultPolicy.sources?.patchMinTier).toContain('docs/patches.md');
  });

  test('blocks exact copies, holds what is near or uncertain, allows what matches nothing', () => {
    expect(defaultPolicy.actions).toEqual({
      exact: 'block',
      near: 'hold',
      partial: 'hold',
      noMatch: 'allow',
      notHashable: 'hold',
      couldNotTell: 'hold',
    });
  });

  test('is printed in the documents as it is', async () => {
    const text = await readFile(new URL('../../docs/policy.md', import.meta.url), 'utf8');
    expect(JSON.parse(/```json\n(.*?)```/s.exec(text)?.[1] ?? 'null')).toEqual(defaultPolicy);
  });

  test('is valid, is JSON, and comes back frozen and unchanged', () => {
    const checked = checkPolicy(JSON.parse(JSON.stringify(defaultPolicy)));
    expect(checked).toEqual(defaultPolicy);
    expect(Object.isFrozen(checked) && Object.isFrozen(checked.actions)).toBe(true);
  });
});

test.each([
  ['windowMs', { maxMatches: 1 }],
  ['maxMatches', { maxMatches: 0, windowMs: 1 }],
  ['windowMs', { maxMatches: 1, windowMs: 0 }],
  ['per', { maxMatches: 1, windowMs: 1, per: 'list' }],
])('what is wrong about floods is named: %s', (name, flood) => {
  expect(() => checkPolicy({ ...defaultPolicy, flood })).toThrow(`policy.flood.${name}: expected`);
  expect(checkPolicy({ ...defaultPolicy, flood: { maxMatches: 1, windowMs: 0.5 } }).flood).toEqual({ maxMatches: 1, windowMs: 0.5 });
});

describe('a policy is refused, by the path of what is wrong', () => {
  const bad: [string, unknown][] = [
    ['version', ''],
    ['version', 7],
    ['version', undefined],
    ['thresholds', undefined],
    ['thresholds.pdqMaxDistance', Number.NaN],
    ['thresholds.pdqMaxDistance', -1],
    ['thresholds.pdqMaxDistance', 257],
    ['thresholds.pdqMaxDistance', 1e300],
    ['thresholds.pdqMaxDistance', 30.5],
    ['thresholds.pdqMaxDistance', '31'],
    ['thresholds.pdqMaxDistance', undefined],
    ['thresholds.pdqMinQuality', 101],
    ['thresholds.pdqMinQuality', Number.POSITIVE_INFINITY],
    ['thresholds.patchMinTier', undefined],
    ['thresholds.patchMinTier', 'sure'],
    ['thresholds.patchMinTier', 2],
    ['thresholds.photoDnaMaxDistance', 9_363_601],
    ['thresholds.photoDnaMaxDistance', null],
    ['flood', 10],
    ['thresholds.pdqMaxDistanse', 31],
    ['actions.exact', 'delete'],
    ['actions.near', undefined],
    ['actions.partial', undefined],
    ['actions.partial', 'ignore'],
    ['actions.noMatch', undefined],
    ['actions.notHashable', undefined],
    ['actions.couldNotTell', undefined],
    ['actions.couldNotTell', null],
    ['actions.other', 'hold'],
    ['pdqMode', 'fast'],
    ['stopAtExact', 'yes'],
    ['stopAtNear', 1],
    ['deep', 'yes'],
    ['budgetMs', 0],
    ['budgetMs', Number.NaN],
    ['budgetMs', Number.POSITIVE_INFINITY],
    ['budgetMs', '50'],
    ['sources.pdqMaxDistance', 31],
    ['lists', []],
    ['lists.ncmec', 'block'],
    ['lists.ncmec.thresholds.pdqMaxDistance', 300],
    ['lists.ncmec.thresholds.patchMinTier', 'none'],
    ['lists.ncmec.thresholds.photoDnaMaxDistance', -1],
    ['lists.ncmec.actions.near', 'ignore'],
    ['lists.ncmec.actions.couldNotTell', 'allow'],
    ['lists.ncmec.pdqMode', 'fast'],
    ['lists.ncmec.treshold', 3],
    ['action', { exact: 'block' }],
  ];
  test.each(bad)('%s = %s', (path, value) => {
    const error = refusal(changed(path, value));
    expect(error.code).toBe('INVALID_ARGUMENT');
    expect(error.message).toContain(`policy.${path}:`);
  });

  test.each([undefined, null, 'default', [], new Map()])('%s in place of a policy', (policy) => {
    expect(refusal(policy).message).toMatch(/^policy: expected a plain object/);
  });
});

test('letting through what could not be told is accepted when it is written down', () => {
  const lax = { ...defaultPolicy, actions: { ...defaultPolicy.actions, notHashable: 'allow', couldNotTell: 'allow' } };
  expect(checkPolicy(lax).actions.couldNotTell).toBe('allow');
});

test('a list takes what it does not override from the policy', () => {
  const policy: Policy = {
    ...defaultPolicy,
    lists: {
      strict: { thresholds: { pdqMaxDistance: 40 }, actions: { near: 'block' } },
      old: { pdqMode: 'reference-cpp' },
      sure: { thresholds: { patchMinTier: 'confirmed' }, actions: { partial: 'block' } },
      asked: { classifications: { test: 'allow' } },
    },
  };
  const usual = {
    ...{ pdqMaxDistance: 31, pdqMinQuality: 50, patchMinTier: 'probable' },
    ...{ exact: 'block', near: 'hold', partial: 'hold', pdqMode: 'full-res', classifications: {} },
  };
  expect(rulesFor(policy, 'strict')).toEqual({ ...usual, pdqMaxDistance: 40, near: 'block' });
  expect(rulesFor(policy, 'old')).toEqual({ ...usual, pdqMode: 'reference-cpp' });
  expect(rulesFor(policy, 'sure')).toEqual({ ...usual, patchMinTier: 'confirmed', partial: 'block' });
  expect(rulesFor(policy, 'asked')).toEqual({ ...usual, classifications: { test: 'allow' } });
  expect(rulesFor(policy, 'toString')).toEqual(usual);
});

test('a later change to the object that was passed changes nothing', () => {
  const mine = { ...defaultPolicy, thresholds: { ...defaultPolicy.thresholds, pdqMaxDistance: 10 } };
  const checked = checkPolicy(mine);
  mine.thresholds.pdqMaxDistance = 200;
  expect(checked.thresholds.pdqMaxDistance).toBe(10);
});

test('block is sterner than hold, hold than allow', () => {
  expect(sternest([])).toBe('allow');
  expect(sternest(['allow', 'hold', 'allow'])).toBe('hold');
  expect(sternest(['hold', 'block', 'allow'])).toBe('block');
});
