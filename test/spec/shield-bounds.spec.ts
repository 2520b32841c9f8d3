import { describe, expect, test } from 'vitest';
import type { DecodeLimits } from '../../src/image/decoder.js';
import { animation, listOf, nodeEgide, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');
const alps = await photo('french-alpine-landscape');

describe.each(backends)('a scan on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = () => rowOf(egide, '42', boats).then((row) => listOf(egide, 'test', [row]));
  const scan = async (bytes: Uint8Array, limits: DecodeLimits) => egide.shield({ lists: [await listed()], limits }).scan(bytes);

  test('names at most 1,000 matches of one list and signal, says so, and acts as for all of them', async () => {
    const row = await rowOf(egide, '', boats, false);
    const crowd = await listOf(
      egide,
      'crowd',
      Array.from({ length: 1_500 }, (_, i) => ({ ...row, id: `e${i}` })),
    );
    const { action, matches, problems } = await egide.shield({ lists: [crowd, await listed()] }).scan(boats);
    const count = (list: string, signal: string) => matches.filter((match) => match.entry.list === list && match.signal === signal).length;
    expect(['md5', 'sha1', 'sha256', 'pdq'].map((signal) => count('crowd', signal))).toEqual([1_000, 1_000, 1_000, 1_000]);
    expect(count('test', 'pdq')).toBe(1);
    expect({ action, codes: problems.map(({ code }) => code) }).toEqual({ action: 'block', codes: Array(4).fill('MATCHES_LEFT_OUT') });
  });

  test('holds an animation whose frames have more pixels together than the limit, and looks at the first in any case', async () => {
    const film = await animation([cat, alps, boats, cat]); // 160 x 120 each
    const two = await scan(film, { maxTotalPixels: 3 * 160 * 120 - 1 });
    expect(two).toMatchObject({ action: 'hold', outcome: 'could-not-tell', input: { framesHashed: 2 } });
    expect(two.problems[0]?.message).toBe('2 of 4 frames were not looked at (maxTotalPixels is 57599)');
    expect(await scan(film, { maxTotalPixels: 1 })).toMatchObject({ input: { framesHashed: 1 } });
    const still = await scan(cat, { maxTotalPixels: 1 });
    expect(still).toMatchObject({ action: 'allow', outcome: 'no-match', problems: [] });
  });
});
