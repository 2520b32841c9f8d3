import { describe, expect, test } from 'vitest';
import { patchStages } from '../../src/self-test/patch-stages.js';
import { picture } from '../../src/self-test/pictures.js';
import { PATCH_VECTOR } from '../../src/self-test/vectors.js';
import { patchVectors } from '../vectors/patch-vectors.js';
import { backends } from './backends.js';

const kernels = backends.flatMap(([name, make]) => make().kernels.map((kernel) => [name, kernel, make] as const));

describe.each(kernels)('patches on %s, %s', (_name, kernel, make) => {
  const backend = make();

  test('of pictures by formula are the known ones, at every stage', () => {
    expect(patchVectors.length).toBeGreaterThan(20);
    for (const { pattern, seed, width, height, ...stages } of patchVectors) {
      const pixels = { data: picture(pattern, seed, width, height), width, height, channels: 3 } as const;
      expect({ pattern, width, height, ...patchStages(backend, pixels, kernel) }).toEqual({ pattern, width, height, ...stages });
    }
  });
});

test('some known pictures match their mirrored part, and some have no features', () => {
  expect(patchVectors.filter(({ matchNumbers }) => matchNumbers > 0).length).toBeGreaterThan(8);
  expect(patchVectors.filter(({ keypoints }) => keypoints === 0).length).toBeGreaterThan(5);
});

test('the self-test has one of them', () => {
  const { stages, ...made } = PATCH_VECTOR;
  expect(patchVectors).toContainEqual({ ...made, ...stages });
});
