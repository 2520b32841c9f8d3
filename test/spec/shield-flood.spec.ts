import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Flood, FloodGuard } from '../../src/shield/flood-guard.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import { listOf, nodeEgide, photo, rowOf } from '../fixtures/shield.js';
import { backends } from './backends.js';
import { seededBytes } from './search-fixture.js';

const flood = { maxMatches: 3, windowMs: 60_000 };
const policy: Policy = { ...defaultPolicy, flood };
const md5Of = (i: number) => seededBytes(16, i);

beforeEach(() => void vi.useFakeTimers({ toFake: ['performance'] }));
afterEach(() => void vi.useRealTimers());

describe.each(backends)('an entry that matches far too much, on %s,', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const listed = (...rows: { id: string; md5: Uint8Array }[]) => listOf(egide, 'known', rows);

  test('brings no more than hold past the bound, is told once a window, and counts anew after it', async () => {
    using list = await listed({ id: 'blank', md5: md5Of(1) }, { id: 'other', md5: md5Of(2) });
    const floods: Flood[] = [];
    const shield = egide.shield({ lists: [list], policy, onFlood: (one) => floods.push(one) });
    const answers = async (count: number, md5 = md5Of(1)) => {
      const all = [];
      for (let i = 0; i < count; ++i) all.push(await shield.lookUp({ md5 }));
      return all.map(({ action, matches }) => `${action}${matches[0]?.flood ? ' flood' : ''}`);
    };
    expect(await answers(6)).toEqual(['block', 'block', 'block', 'hold flood', 'hold flood', 'hold flood']);
    const told = { entry: { id: 'blank', list: 'known' }, signal: 'md5', count: 4, windowMs: 60_000 };
    expect(floods).toEqual([told]);
    expect(await answers(2, md5Of(2))).toEqual(['block', 'block']);
    vi.advanceTimersByTime(59_999);
    expect(await answers(1)).toEqual(['hold flood']);
    vi.advanceTimersByTime(1);
    expect(await answers(4)).toEqual(['block', 'block', 'block', 'hold flood']);
    expect(floods).toEqual([told, told]);
    const held = await shield.lookUp({ md5: md5Of(1) });
    expect(held.summary).toBe('Exact match: the MD5 is that of entry blank of list known; the entry matches so much that it may be wrong.');
    expect(held).toMatchObject({ outcome: 'match', matches: [{ kind: 'exact', action: 'hold', flood: true }] });
  });

  test('is counted by signal, once for each upload, in scans too, and lets nothing pass', async () => {
    const cat = await photo('locomotion-house-cat');
    using list = await listOf(egide, 'known', [await rowOf(egide, 'cat', cat, false)]);
    const onFlood = vi.fn();
    const shield = egide.shield({ lists: [list], policy: { ...policy, flood: { ...flood, maxMatches: 1 } }, onFlood });
    const { md5 } = await egide.digest(cat);
    await shield.lookUp({ md5 });
    const first = await shield.scan(cat);
    expect(first.matches.map(({ signal, action, flood: marked = false }) => [signal, action, marked])).toEqual([
      ['sha256', 'block', false],
      ['sha1', 'block', false],
      ['md5', 'hold', true],
      ['pdq', 'hold', false],
    ]);
    expect(first.action).toBe('block');
    const second = await shield.scan(cat);
    expect(second).toMatchObject({ action: 'hold', outcome: 'match' });
    expect(second.matches.every((match) => match.flood && match.action === 'hold')).toBe(true);
    expect(onFlood.mock.calls.map(([{ signal, count }]) => [signal, count])).toEqual(
      ['md5', 'sha256', 'sha1', 'pdq'].map((signal) => [signal, 2]),
    );
  });

  test('does not end the work of a scan that stops at a match that blocks', async () => {
    const cat = await photo('locomotion-house-cat');
    const { md5, pdq } = { ...(await egide.digest(cat)), ...(await rowOf(egide, 'cat', cat)) };
    using wrong = await listOf(egide, 'wrong', [{ id: 'w', md5 }]);
    using right = await listOf(egide, 'right', [{ id: 'r', ...(pdq && { pdq }) }]);
    const strict = {
      ...policy,
      stopAtExact: true,
      flood: { ...flood, maxMatches: 1 },
      lists: { right: { actions: { near: 'block' } } },
    } as const;
    const shield = egide.shield({ lists: [wrong, right], policy: strict });
    expect((await shield.scan(cat)).matches.map(({ entry }) => entry.id)).toEqual(['w']);
    const { action, matches } = await shield.scan(cat);
    expect([action, matches.map(({ entry, action }) => `${entry.id} ${action}`)]).toEqual(['block', ['w hold', 'r block']]);
  });

  test('is held as a URL, too', async () => {
    const urls = [{ name: 'links', index: await egide.buildUrlIndex(['https://a.example/']), entry: () => ({ id: 'u', list: 'links' }) }];
    const shield = egide.shield({ lists: [], urls, policy: { ...policy, flood: { maxMatches: 2, windowMs: 1_000 } } });
    const actions = Array.from({ length: 3 }, () => shield.scanUrl('https://a.example/').action);
    expect(actions).toEqual(['block', 'block', 'hold']);
  });

  test('is counted in bounded memory: of very many entries those that matched last', () => {
    const guard = new FloodGuard({ maxMatches: 1, windowMs: 60_000 });
    const match = (id: string) => ({ entry: { id, list: 'a' }, signal: 'md5', action: 'block' }) as const;
    const marked = (id: string) => guard.mark([match(id)])[0]?.action;
    expect([marked('bad'), marked('bad')]).toEqual(['block', 'hold']);
    for (let i = 0; i < 12_000; ++i) {
      marked(`${i}`);
      if (i % 4_000 === 0) expect(marked('bad')).toBe('hold');
    }
    for (let i = 0; i < 10_000; ++i) marked(`again ${i}`);
    expect(marked('bad')).toBe('block');
  });

  test('needs a bound to be told of', async () => {
    using list = await listed({ id: 'blank', md5: md5Of(1) });
    expect(() => egide.shield({ lists: [list], onFlood: () => undefined })).toThrow('onFlood: the policy does not say what a flood is');
    expect(() => egide.shield({ lists: [list], policy, onFlood: 1 as never })).toThrow('onFlood: expected a function');
  });
});
