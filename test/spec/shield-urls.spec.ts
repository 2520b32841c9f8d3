import { describe, expect, test } from 'vitest';
import { urlMd5Compat } from '../../src/hash/url-md5.js';
import { defaultPolicy, type Policy } from '../../src/shield/policy.js';
import type { ShieldOptions } from '../../src/shield/shield.js';
import type { UrlList } from '../../src/shield/url-list.js';
import { flat, nodeEgide } from '../fixtures/shield.js';
import { backends } from './backends.js';

describe.each(backends)('URLs in a shield, on %s,', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());

  async function listed(name: string, ...rules: string[]): Promise<UrlList> {
    return { name, index: await egide.buildUrlIndex(rules), entry: (id) => ({ id: `u${id}`, list: name, category: 'test' }) };
  }
  const shieldOf = (urls: UrlList[], policy: Partial<Policy> = {}) =>
    egide.shield({ lists: [], urls, policy: { ...defaultPolicy, ...policy } });

  test('block one that is listed as it is, and tell which entry but not what it says', async () => {
    const verdict = shieldOf([await listed('links', 'https://a.example/x', '*.a.example')]).scanUrl('http://A.example/./x#y');
    expect(verdict).toEqual({
      action: 'block',
      outcome: 'match',
      summary: 'URL match: the URL is that of entry u0 of list links (and 1 more match).',
      matches: [
        {
          kind: 'url',
          signal: 'url',
          entry: { id: 'u0', list: 'links', category: 'test' },
          rule: 'exact',
          action: 'block',
          canonicalUrlVersion: 1,
        },
        {
          kind: 'url',
          signal: 'url',
          entry: { id: 'u1', list: 'links', category: 'test' },
          rule: 'host',
          action: 'hold',
          canonicalUrlVersion: 1,
        },
      ],
      problems: [],
      policyVersion: defaultPolicy.version,
      lists: [{ name: 'links', rules: 2 }],
    });
    expect(JSON.stringify(verdict)).not.toContain('a.example');
  });

  test.each([
    ['a.example/b/*', 'prefix', 'is in the folder of entry u0'],
    ['a.example', 'host-exact', 'is on the host of entry u0'],
    ['*.a.example', 'host', 'is on the host, or below the host, of entry u0'],
  ])('hold one that is caught by %s', async (rule, kind, words) => {
    const { action, matches, summary } = shieldOf([await listed('links', rule)]).scanUrl('https://a.example/b/c');
    expect([action, matches.map((match) => match.rule)]).toEqual(['hold', [kind]]);
    expect(summary).toContain(words);
  });

  test('block one whose digest is listed as python-threatexchange makes it, also beside rules', async () => {
    const md5 = await egide.buildDigestIndex('md5', urlMd5Compat('https://A.example/Folder/X'), { ids: Uint32Array.of(7) });
    const urls = [{ ...(await listed('links', '*.b.example')), md5 }];
    const match = { kind: 'url', signal: 'url-md5', entry: { id: 'u7', list: 'links', category: 'test' }, rule: 'exact', action: 'block' };
    const verdict = shieldOf(urls).scanUrl('http://a.example/folder/x');
    expect(verdict).toMatchObject({ action: 'block', lists: [{ name: 'links', rules: 2 }] });
    expect(verdict.matches).toEqual([match]);
    expect(shieldOf(urls).scanUrl('https://a.example/folder/x/')).toMatchObject({ outcome: 'no-match' });
    expect(shieldOf(urls).scanUrl('https://c.b.example/')).toMatchObject({ matches: [{ signal: 'url', rule: 'host' }] });
    const none = shieldOf(urls).scanUrl('no url');
    expect(none).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'INVALID_URL' }] });
    expect(none.problems).toHaveLength(1);
  });

  test('allow one that no list has', async () => {
    const urls = [await listed('links', 'a.example/x', 'b.example'), await listed('hosts', 'c.example')];
    expect(shieldOf(urls).scanUrl('https://a.example/y')).toMatchObject({
      action: 'allow',
      outcome: 'no-match',
      summary: 'No match among 3 rules of 2 lists of URLs.',
      matches: [],
      problems: [],
    });
  });

  test.each([
    '',
    'hello',
    'javascript:fetch("//a.example/x")',
    'data:text/html,x',
    'blob:https://a.example/x',
    'http://a\0.example/',
    '\ud800',
    `https://a.example/${'x'.repeat(1 << 20)}`,
  ])('hold what is no URL, as nobody could tell', async (text) => {
    const verdict = shieldOf([await listed('links', 'a.example/x')]).scanUrl(text);
    expect(verdict).toMatchObject({ action: 'hold', outcome: 'could-not-tell', matches: [], problems: [{ code: 'INVALID_URL' }] });
    expect(verdict.summary).toMatch(/^Could not tell: expected /);
    expect(JSON.stringify(verdict)).not.toContain('a.example');
  });

  test('follow the policy, list by list, and the sternest match decides', async () => {
    const urls = [await listed('mild', 'a.example/x'), await listed('stern', '*.a.example')];
    const lists = { mild: { actions: { exact: 'allow' } }, stern: { actions: { near: 'block' } } } as const;
    const { action, matches } = shieldOf(urls, { lists }).scanUrl('https://a.example/x');
    expect([action, matches.map((match) => match.action)]).toEqual(['block', ['allow', 'block']]);
    const lenient = { ...defaultPolicy.actions, couldNotTell: 'block', noMatch: 'hold' } as const;
    expect(shieldOf(urls, { actions: lenient }).scanUrl('x').action).toBe('block');
    expect(shieldOf(urls, { actions: lenient }).scanUrl('https://b.example').action).toBe('hold');
  });

  test('name each entry once, by its narrowest rule, and a thousand entries at most', async () => {
    const rules = ['*.a.example', 'a.example', 'a.example/x'];
    const one: UrlList = { name: 'one', index: await egide.buildUrlIndex(rules), entry: () => ({ id: 'e', list: 'one' }) };
    expect(shieldOf([one]).scanUrl('https://a.example/x').matches).toMatchObject([{ rule: 'exact', action: 'block' }]);
    const many = await listed('many', ...Array.from({ length: 1_500 }, () => 'a.example'));
    const { matches, problems, action } = shieldOf([many]).scanUrl('https://a.example/');
    expect([matches.length, problems.map(({ code }) => code), action]).toEqual([1_000, ['MATCHES_LEFT_OUT'], 'hold']);
  });

  test('have no say about pictures, and pictures none about them', async () => {
    const urls = [await listed('links', 'a.example')];
    await expect(shieldOf(urls).scan(await flat())).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    const list = await egide.hashList(new TextEncoder().encode('id,md5\nx,900150983cd24fb0d6963f7d28e17f72\n'), { name: 'links' });
    const both = egide.shield({ lists: [list], urls });
    expect((await both.scan(await flat())).outcome).toBe('no-match');
    expect(both.scanUrl('https://a.example/').outcome).toBe('match');
    expect(() => egide.shield({ lists: [list] }).scanUrl('https://a.example/')).toThrow(/no lists of URLs/);
  });

  test('are refused as lists if they are none, or share a name', async () => {
    const links = await listed('links', 'a.example');
    const wrong: unknown[] = [
      'x',
      [undefined],
      [{ ...links, name: 1 }],
      [{ ...links, index: {} }],
      [{ ...links, entry: 1 }],
      [links, links],
    ];
    for (const urls of wrong) expect(() => egide.shield({ lists: [], urls } as ShieldOptions)).toThrow(/^urls/);
    expect(() => shieldOf([links], { lists: { other: {} } })).toThrow(/policy\.lists\.other/);
    expect(() => shieldOf([links]).scanUrl(1 as unknown as string)).toThrow(/^url: expected a string/);
    (links.index as unknown as Disposable)[Symbol.dispose]();
    expect(() => shieldOf([links]).scanUrl('https://a.example/')).toThrow(/disposed/);
  });
});
