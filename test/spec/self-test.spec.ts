import { describe, expect, test } from 'vitest';
import { createEgide } from '../../src/egide.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { backends } from './backends.js';

describe.each(backends)('selfTest on %s', (_name, makeBackend) => {
  test.each([
    ['node:crypto', createNodeDigester],
    ['the portable digests', createPortableDigester],
  ])('passes with %s', (_digests, createDigester) => {
    const report = createEgide(makeBackend(), { runtime: 'test', createDigester }).selfTest();
    expect(report.details.filter((detail) => !detail.ok)).toEqual([]);
    expect(report.ok).toBe(true);
    expect(report.passed).toBeGreaterThan(30);
  });

  test('tells a backend that is one bit off', () => {
    const backend = makeBackend();
    const wrong = Object.create(backend, {
      kernels: { value: backend.kernels },
      place: { value: backend.place.bind(backend) },
      hammingScan: { value: backend.hammingScan.bind(backend) },
      index: { value: backend.index },
      pdq: {
        value: (...args: Parameters<typeof backend.pdq>) => {
          const answer = backend.pdq(...args);
          answer.hashes[0] = (answer.hashes[0] as number) ^ 1;
          return answer;
        },
      },
    }) as typeof backend;
    const report = createEgide(wrong, { runtime: 'test', createDigester: createPortableDigester }).selfTest();
    expect(report.ok).toBe(false);
    expect(report.details.find((detail) => !detail.ok)?.message).toMatch(/^expected [0-9a-f]{10,}.*, got /);
  });
});
