import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EgideError } from '../../src/errors.js';
import { digestToHex } from '../../src/hash/encoding.js';
import { type CanonicalUrlOptions, canonicalUrl, MAX_URL_LENGTH } from '../../src/hash/url.js';
import { urlMd5Compat } from '../../src/hash/url-md5.js';
import { canonicalUrls } from '../vectors/canonical-urls.js';

/** The error of a call, or what it gave. */
function refused(run: () => unknown): EgideError {
  try {
    return expect.fail(`not refused: ${JSON.stringify(run())}`);
  } catch (error) {
    return error as EgideError;
  }
}

const MESSY = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        'http://',
        'https:',
        '//',
        '/',
        '\\',
        '..',
        '/./',
        '%2e',
        '%',
        '%7e',
        '%2F',
        '?',
        '#',
        '#!',
        '&',
        '=',
        ';',
        ':80',
        '@',
        '.',
      ),
      fc.constantFrom(
        'a.example',
        'xn--',
        'ß',
        '。',
        '[::1]',
        '0x7f.1',
        '127.1',
        '\t',
        '\n',
        ' ',
        '\0',
        '|',
        '^',
        '`',
        "'",
        '"',
        '\ud800',
        '*',
      ),
      fc.constantFrom('utm_source=x', 'fbclid', 'utm%5Fmedium', 'b', 'Ä', 'é', '💡'),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 12 },
  )
  .map((parts) => parts.join(''));
const OPTIONS = fc.record<Required<CanonicalUrlOptions>>({
  trackingParameters: fc.constantFrom('keep', 'drop'),
  fragment: fc.constantFrom('drop', 'hashbang'),
});

describe('the canonical form of a URL', () => {
  test.each(canonicalUrls)('has %s', (_what, text, url) => {
    expect(canonicalUrl(text).url).toBe(url);
  });

  test('tells its parts', () => {
    expect(canonicalUrl('https://A.example:8080/b?c#!d', { fragment: 'hashbang' })).toEqual({
      version: 1,
      url: 'https://a.example:8080/b?c#!d',
      scheme: 'https',
      host: 'a.example',
      port: '8080',
      path: '/b',
      query: 'c',
      fragment: '!d',
    });
  });

  test.each([
    ['?utm_source=x', ''],
    ['?utm_source=x&a=1&FBCLID=2&fbclid=3&gclid&b=utm_id', '?a=1&FBCLID=2&b=utm_id'],
    ['?utm%5Fsource=x&a', '?a'],
    ['?a&&utm_id=&', '?a&&'],
    ['?xutm_source=1', '?xutm_source=1'],
  ])('without tracking parameters, %s is %s', (query, left) => {
    expect(canonicalUrl(`http://a.example/${query}`, { trackingParameters: 'drop' }).url).toBe(`http://a.example/${left}`);
  });

  test.each([
    ['#!file!key', '#!file!key'],
    ['#!', ''],
    ['#top', ''],
    ['#%21x', ''],
    ['#!%7e%2f|', '#!~%2F%7C'],
  ])('with hashbangs kept, %s is %s', (fragment, left) => {
    expect(canonicalUrl(`http://a.example/${fragment}`, { fragment: 'hashbang' }).url).toBe(`http://a.example/${left}`);
  });

  test('is its own canonical form, in ASCII that a URL may be written in, and for all the ways to write it', () => {
    const property = fc.property(MESSY, OPTIONS, (text, options) => {
      let once: string;
      try {
        once = canonicalUrl(text, options).url;
      } catch (error) {
        expect((error as EgideError).code).toBe('INVALID_URL');
        return;
      }
      expect(once).toMatch(/^https?:\/\/[!-~]+$/);
      expect(canonicalUrl(once, options).url).toBe(once);
      expect(new URL(once).href).toBe(once);
      if (/^https?:/i.test(text)) expect(canonicalUrl(new URL(text).href, options).url).toBe(once); // what a browser would show
      expect(canonicalUrl(` ${once.replace(/^http:/, 'HTTP:').replaceAll('~', '%7E')}\n`, options).url).toBe(once);
    });
    fc.assert(property, { numRuns: 3000, seed: 20 });
  });

  test.each([
    ['nothing', ''],
    ['a word', 'hello'],
    ['a number', '12345'],
    ['a path', '/etc/passwd'],
    ['a query', '?a.example'],
    ['a script', 'javascript:alert(1)'],
    ['a script that looks like a port', 'javascript:1'],
    ['data', 'data:text/html,http://a.example/'],
    ['a blob', 'blob:https://a.example/0a'],
    ['a file', 'file:///a.example/x'],
    ['an address of a person', 'mailto:bob@a.example'],
    ['what is not to be clicked', 'hxxp://a.example/'],
    ['a user without a scheme', 'good.example:80@a.example/'],
    ['no host', 'http://'],
    ['a host with NUL', 'http://a\0.example/'],
    ['a host with a space', 'http://a b.example/'],
    ['half a surrogate pair in a host', 'http://a\ud800.example/'],
    ['a host of which runtimes make different things', 'http://*.example/'],
    ['a host with what is in no name', 'http://a&b=c.example/'],
    ['a name that is no Punycode', 'http://xn--a.example/'],
    ['empty parts of a host', 'http://a..example/'],
    ['only dots', 'http://../'],
    ['a port out of range', 'http://a.example:65536/'],
    ['an address out of range', 'http://256.0.0.1/'],
    ['a host beyond DNS', `http://${'a.'.repeat(126)}ab/`],
    ['1 MB', `http://a.example/${'x'.repeat(1 << 20)}`],
    ['1 MB of spaces', ' '.repeat(1 << 20)],
    ['what is too long once it is encoded', `http://a.example/${'é'.repeat(MAX_URL_LENGTH / 2)}`],
  ])('is refused for %s, without repeating it', (_what, text) => {
    const error = refused(() => canonicalUrl(text));
    const { code, message } = error;
    expect(error.cause).toBeUndefined(); // what URL throws holds the text
    expect(code).toBe('INVALID_URL');
    expect(message).toMatch(/^url: expected /);
    expect(message).not.toMatch(/a\.example\/x|good|passwd|hello/);
  });

  test.each([
    ['dots', 'http://a.example/', '../'],
    ['percent signs', 'http://a.example/', '%'],
    ['spaces', 'a.example/', ' '],
    ['tabs', 'a.example/?', '\t'],
    ['ampersands', 'http://a.example/?', '&'],
    ['labels', 'http://', 'a.'],
    ['colons', 'a.example:', ':'],
    ['semicolons', 'http://a.example/', ';'],
    ['backslashes', 'http:', '\\'],
  ])('of the longest text of %s takes no time', (_what, start, part) => {
    const text = (start + part.repeat(MAX_URL_LENGTH / part.length)).slice(0, MAX_URL_LENGTH);
    const once = (run: () => unknown): number => {
      const started = performance.now();
      try {
        run();
      } catch (error) {
        expect((error as EgideError).code).toBe('INVALID_URL');
      }
      return performance.now() - started;
    };
    for (const run of [() => canonicalUrl(text, { trackingParameters: 'drop' }), () => urlMd5Compat(text)])
      expect(Math.min(once(run), once(run), once(run))).toBeLessThan(1000); // the machine may have other work
  });

  test('wants a text, and known options', () => {
    for (const text of [undefined, null, 1, new URL('http://a.example')])
      expect(refused(() => canonicalUrl(text as unknown as string)).code).toBe('INVALID_ARGUMENT');
    for (const options of [null, { trackingParameters: 'sort' }, { fragment: 'keep' }])
      expect(refused(() => canonicalUrl('http://a.example', options as CanonicalUrlOptions)).code).toBe('INVALID_ARGUMENT');
  });
});

describe('url_md5 of python-threatexchange', () => {
  const { vectors } = JSON.parse(readFileSync(new URL('../vectors/url-md5.json', import.meta.url), 'utf8')) as {
    vectors: [url: string, digested: string, md5: string][];
  };

  test.each(vectors)('of %j is that of %j', (url, _digested, md5) => {
    expect(digestToHex(urlMd5Compat(url))).toBe(md5);
  });

  test.each([
    ['www.facebook.com/?user=123', 'e359430911fe80c2dd526d3cca21da30'],
    ['https://www.facebook.com/?user=123', 'e359430911fe80c2dd526d3cca21da30'],
    ['http://evil.com', '6d3af727a4e7b025fd59a5469b3a9c57'],
    ['fb.com', 'fb8191ebebc85f9eb6fd21e198f20979'],
    ['', 'd41d8cd98f00b204e9800998ecf8427e'],
  ])('of %j is what its own tests have', (url, md5) => {
    expect(digestToHex(urlMd5Compat(url))).toBe(md5);
  });

  test('is refused where Python has no bytes', () => {
    expect(refused(() => urlMd5Compat('http://a.example/\udc00')).code).toBe('INVALID_URL');
    expect(refused(() => urlMd5Compat(1 as unknown as string)).code).toBe('INVALID_ARGUMENT');
  });
});
