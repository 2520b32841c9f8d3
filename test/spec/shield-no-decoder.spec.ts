import { describe, expect, test } from 'vitest';
import { createEgide, type Egide } from '../../src/egide.js';
import { listOf, nodeEgide, nodePlatform, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');

describe.each(backends)('a shield without a decoder, on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = () => rowOf(egide, '42', boats).then((row) => listOf(egide, 'test', [row]));
  const exactly = (bytes: Uint8Array) => rowOf(egide, '42', bytes, false).then((row) => listOf(egide, 'test', [row]));
  const { decoder: _, ...platform } = nodePlatform;
  const bare: Egide = createEgide(makeBackend(), { ...platform, runtime: 'edge' });

  test('bytes are looked up by digest, and held', async () => {
    const verdict = await bare.shield({ lists: [await listed()] }).scan(boats);
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'NO_DECODER' }] });
    expect(await bare.shield({ lists: [await exactly(boats)] }).scan(boats)).toMatchObject({ action: 'block', outcome: 'match' });
  });

  test('pixels are looked up by hash, and their lack of digests is no problem', async () => {
    const shield = bare.shield({ lists: [await exactly(boats)] });
    expect(await shield.scan(await egide.decode(boats))).toMatchObject({ action: 'hold', outcome: 'match', problems: [] });
    expect(await shield.scan(await egide.decode(cat))).toMatchObject({ action: 'allow', outcome: 'no-match', problems: [] });
  });

  test('pixels against a list of digests alone are held: nothing could be asked', async () => {
    const list = await listOf(egide, 'test', [{ id: '7', ...(await egide.digest(cat)) }]);
    const verdict = await bare.shield({ lists: [list] }).scan(await egide.decode(cat));
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'NO_BYTES' }] });
  });
});
