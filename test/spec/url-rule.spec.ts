import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EgideError } from '../../src/errors.js';
import { canonicalUrl } from '../../src/hash/url.js';
import { expressionsOf, MAX_PREFIX_FOLDERS, parseUrlRule, type UrlRuleKind, type UrlRuleOptions } from '../../src/search/url-rule.js';

const codeOf = (run: () => unknown): unknown => {
  try {
    return run();
  } catch (error) {
    return (error as EgideError).code;
  }
};
const said = (url: string) => expressionsOf(canonicalUrl(url)).map(({ kind, expression }) => `${kind} ${expression}`);
/** Whether a rule catches a URL. */
const catches = (rule: string, url: string, options?: UrlRuleOptions) => {
  const { kind, expression } = parseUrlRule(rule, options);
  return said(url).includes(`${kind} ${expression}`);
};

describe('a rule', () => {
  test.each<[string, UrlRuleKind, string]>([
    ['https://a.example/x', 'exact', 'a.example/x'],
    ['HTTP://A.Example:443/./x?B=1#c', 'exact', 'a.example/x?B=1'],
    ['a.example/x', 'exact', 'a.example/x'],
    ['a.example/', 'exact', 'a.example/'],
    ['https://a.example', 'exact', 'a.example/'],
    ['http://localhost:8080/x', 'exact', 'localhost:8080/x'],
    ['a.example?q', 'exact', 'a.example/?q'],
    ['a.example/folder/*', 'prefix', 'a.example/folder'],
    ['https://a.example:8080/b/c/*', 'prefix', 'a.example:8080/b/c'],
    ['a.example/%7eb/*', 'prefix', 'a.example/~b'],
    ['a.example/b//*', 'prefix', 'a.example/b/'],
    ['a.example/*', 'host-exact', 'a.example'],
    ['https://a.example:8080/*', 'host-exact', 'a.example:8080'],
    ['a.example', 'host-exact', 'a.example'],
    [' A.Example. ', 'host-exact', 'a.example'],
    ['a.example:8080', 'host-exact', 'a.example:8080'],
    ['127.0.0.1', 'host-exact', '127.0.0.1'],
    ['[::1]', 'host-exact', '[::1]'],
    ['*.a.example', 'host', 'a.example'],
    ['*.a.example/*', 'host', 'a.example'],
    ['*.bücher.example/', 'host', 'xn--bcher-kva.example'],
  ])('written as %s is of kind %s, about %s', (text, kind, expression) => {
    expect(parseUrlRule(text)).toEqual({ kind, expression });
    const again = `http://${expression}${kind === 'prefix' ? '/*' : ''}`;
    expect(parseUrlRule(again, { kind })).toEqual({ kind, expression });
  });

  test.each<[string, UrlRuleKind, string]>([
    ['a.example', 'host', 'a.example'],
    ['https://a.example/', 'host', 'a.example'],
    ['https://a.example/', 'host-exact', 'a.example'],
    ['a.example', 'exact', 'a.example/'],
    ['a.example/b', 'prefix', 'a.example/b'],
    ['a.example/x*', 'prefix', 'a.example/x*'],
    ['a.example/x*y', 'exact', 'a.example/x*y'],
  ])('written as %s may be said to be of kind %s: about %s', (text, kind, expression) => {
    expect(parseUrlRule(text, { kind })).toEqual({ kind, expression });
  });

  test('has the canonical form that is asked for', () => {
    expect(parseUrlRule('a.example/?fbclid=1#!x', { trackingParameters: 'drop', fragment: 'hashbang' }).expression).toBe('a.example/#!x');
  });

  test.each<[string, UrlRuleOptions]>([
    ['', {}],
    ['com', {}],
    ['*.com', {}],
    ['*.', {}],
    ['*', {}],
    ['*.127.0.0.1', {}],
    ['*.a.example:8080', {}],
    ['*.a.example/x', {}],
    ['*.a.example/x/*', {}],
    ['*.*.a.example', {}],
    ['https://*.a.example/x', {}],
    ['*://a.example/*', {}],
    ['a.example/x*', {}],
    ['a.example/*/x', {}],
    ['a.example/*?x', {}],
    [`a.example/${'x/'.repeat(MAX_PREFIX_FOLDERS + 1)}*`, {}],
    ['a.example/x?y', { kind: 'prefix' }],
    ['a.example/x', { kind: 'host-exact' }],
    ['https://*.a.example/', { kind: 'host' }],
    ['https://*.a.example/', { kind: 'exact' }],
    ['javascript:alert(1)', {}],
    ['||a.example^', {}],
    ['a[.]example/x', {}],
  ])('is refused as %j, %j', (text, options) => {
    expect(codeOf(() => parseUrlRule(text, options))).toBe('INVALID_URL');
  });

  test('wants a text, and a kind that there is', () => {
    expect(codeOf(() => parseUrlRule(1 as unknown as string))).toBe('INVALID_ARGUMENT');
    expect(codeOf(() => parseUrlRule('a.example', { kind: 'domain' as UrlRuleKind }))).toBe('INVALID_ARGUMENT');
  });

  test.each([
    ['a.example/x', 'https://a.example/x', true],
    ['a.example/x', 'http://a.example:443/x#y', true],
    ['a.example/x', 'http://a.example/x/', false],
    ['a.example/x', 'http://a.example/x?y', false],
    ['a.example/x', 'http://a.example:8080/x', false],
    ['a.example/x', 'http://www.a.example/x', false],
    ['a.example/b/*', 'https://a.example/b', true],
    ['a.example/b/*', 'https://a.example/b/?c', true],
    ['a.example/b/*', 'https://a.example/b/c/d/e', true],
    ['a.example/b/*', 'https://a.example/bc', false],
    ['a.example/b/*', 'https://a.example/x/../b/c', true],
    ['a.example/b/*', 'https://x.a.example/b/c', false],
    ['a.example/b/*', 'https://a.example:8080/b/c', false],
    ['a.example', 'https://a.example/b?c', true],
    ['a.example', 'https://a.example:8080/', true],
    ['a.example', 'https://x.a.example/', false],
    ['a.example:8080', 'https://a.example:8080/x', true],
    ['a.example:8080', 'https://a.example/x', false],
    ['*.a.example', 'https://a.example:8080/', true],
    ['*.a.example', 'https://x.y.a.example/z', true],
    ['*.a.example', 'https://xa.example/', false],
    ['*.a.example', `https://${'x.'.repeat(100)}a.example/`, true],
    [`a.example/${'x/'.repeat(MAX_PREFIX_FOLDERS)}*`, `a.example/${'x/'.repeat(MAX_PREFIX_FOLDERS + 50)}`, true],
  ])('%s on %s: %s', (rule, url, caught) => {
    expect(catches(rule, url)).toBe(caught);
  });
});

describe('the rules that would catch a URL', () => {
  test('are told from the narrowest', () => {
    expect(said('https://x.a.example:8080/b//c/?d')).toEqual([
      'exact x.a.example:8080/b//c/?d',
      'prefix x.a.example:8080/b//c',
      'prefix x.a.example:8080/b/',
      'prefix x.a.example:8080/b',
      'host-exact x.a.example:8080',
      'host-exact x.a.example',
      'host x.a.example',
      'host a.example',
    ]);
    expect(said('http://127.0.0.1/')).toEqual(['exact 127.0.0.1/', 'host-exact 127.0.0.1']);
    expect(said('http://[::1]/')).toEqual(['exact [::1]/', 'host-exact [::1]']);
    expect(said('http://localhost/')).toEqual(['exact localhost/', 'host-exact localhost']);
  });

  test('are few, each told once, however long the URL is', () => {
    const worst = said(`http://${'a.'.repeat(126)}b:81/${'x/'.repeat(20_000)}`);
    expect(worst).toHaveLength(1 + MAX_PREFIX_FOLDERS + 2 + 126);
    expect(new Set(worst).size).toBe(worst.length);
  });

  test('are caught by themselves as rules, whatever the URL', () => {
    const host = fc.constantFrom('a.example', 'x.y.a.example', 'b.example:81', '[::1]:82', '10.0.0.1', 'bücher.example');
    const path = fc
      .array(fc.constantFrom('/', 'x', '%2F', '?', '*', '..', '&', '='), { maxLength: 10 })
      .map((parts) => `/${parts.join('')}`);
    fc.assert(
      fc.property(host, path, (place, rest) => {
        for (const { kind, expression } of expressionsOf(canonicalUrl(`http://${place}${rest}`))) {
          // A folder that ends in a slash has an empty one in it: '/b//*' is about '/b/'.
          const text = kind === 'prefix' ? `${expression}/*` : expression;
          expect(parseUrlRule(text, { kind })).toEqual({ kind, expression });
        }
      }),
      { numRuns: 500, seed: 3 },
    );
  });
});
