import { describe, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import type { Input } from '../../src/input.js';
import { type ReadUrlOptions, readUrlRules } from '../../src/list/url-rules.js';
import { nodePlatform } from '../fixtures/shield.js';

const utf8 = new TextEncoder();
const read = (text: Input, options?: ReadUrlOptions) =>
  readUrlRules(nodePlatform, typeof text === 'string' ? utf8.encode(text) : text, options);

describe('a list of URLs', () => {
  test('is read line by line, and every line is counted', async () => {
    const text = [
      '\ufeff# of our own',
      '',
      'https://a.example/x',
      '  *.b.example  ',
      'javascript:alert(1)',
      'HTTP://A.example:80/./x',
      'a.example/x?y',
      '#c.example',
      '*.com',
      'd.example/*',
      'd.example',
    ].join('\r\n');
    const { rules, lines, report } = await read(text);
    expect(rules).toEqual(['https://a.example/x', '*.b.example', 'a.example/x?y', 'd.example/*']);
    expect([...lines]).toEqual([3, 4, 7, 10]);
    expect(report).toEqual({
      read: 8,
      kept: 4,
      duplicates: 2,
      refused: 2,
      refusals: [
        { line: 5, reason: 'expected http or https, got another scheme' },
        { line: 9, reason: expect.stringMatching(/scheme, or a host with a dot/) },
      ],
    });
  });

  test('takes URLs for one by the options', async () => {
    const text = 'a.example/x?utm_source=1\na.example/x\na.example/x#!y';
    expect((await read(text)).rules).toHaveLength(2);
    expect((await read(text, { trackingParameters: 'drop' })).rules).toHaveLength(1);
    expect((await read(text, { trackingParameters: 'drop', fragment: 'hashbang' })).rules).toHaveLength(2);
  });

  test('refuses lines that are no text or too long, and reads on', async () => {
    const bytes = new Uint8Array([...utf8.encode('a.example\n'), 0xff, 0x0a, ...utf8.encode(`${'x'.repeat(300_000)}\nb.example`)]);
    const { rules, report } = await read(bytes);
    expect(rules).toEqual(['a.example', 'b.example']);
    expect(report).toMatchObject({ read: 4, refused: 2, refusals: [{ line: 2, reason: 'not UTF-8 text' }, { line: 3 }] });
  });

  test('is the same in pieces of any size, and tells its progress', async () => {
    const text = utf8.encode(Array.from({ length: 40_000 }, (_, i) => `h${i % 30_000}.example/x`).join('\n'));
    const pieces = (async function* () {
      for (let at = 0; at < text.length; at += 4_093) yield text.slice(at, at + 4_093);
    })();
    const told: number[] = [];
    const whole = await read(text, { onProgress: (bytes) => told.push(bytes) });
    expect(whole.report).toMatchObject({ read: 40_000, kept: 30_000, duplicates: 10_000 });
    expect(told.at(-1)).toBe(text.length);
    expect((await read(pieces)).report).toEqual(whole.report);
  });

  test('of which nothing can be used is an error', async () => {
    for (const text of ['', '# nothing\n', 'hello\nworld', '{"url": 1}'])
      await expect(read(text)).rejects.toMatchObject({ code: 'INVALID_LIST', message: expect.not.stringContaining('hello') });
    await expect(read('a.example', { fragment: 'x' } as unknown as ReadUrlOptions)).rejects.toBeInstanceOf(EgideError);
  });
});
