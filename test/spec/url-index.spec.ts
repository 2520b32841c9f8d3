import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper } from '../../src/backend/native.js';
import { canonicalUrl } from '../../src/hash/url.js';
import type { Platform } from '../../src/platform.js';
import { type BuildUrlOptions, buildUrlIndex, openUrlIndex, type WrittenUrlRule } from '../../src/search/build-url-index.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { urlQuery } from '../../src/search/url-hashing.js';
import { expressionsOf, parseUrlRule } from '../../src/search/url-rule.js';
import { backends } from './backends.js';
import { seededNumbers } from './search-fixture.js';

const platform: Platform = {
  runtime: 'test',
  createDigester: () => {
    throw new Error('no digests here');
  },
  indexFiles: createIndexFiles(createFileMapper()),
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-urls-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function code(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
}

const SALT = Uint8Array.of(1, 2, 3, 250, 251);
const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');
const bytesOf = (chunks: Iterable<Uint8Array>) => new Uint8Array(Buffer.concat([...chunks]));

/** Rules and URLs of few hosts and folders, so that they meet. */
const next = seededNumbers(7);
const pick = (...texts: string[]) => texts[next() % texts.length] as string;
const place = () => `${pick('', 'x.', 'y.x.', 'www.')}${pick('a.example', 'b.example', 'c.test')}${pick('', '', ':8080')}`;
const path = () => Array.from({ length: next() % 4 }, () => pick('d', 'e', 'f', '')).join('/');
const RULES = Array.from({ length: 400 }, () => {
  const kind = next() % 4;
  if (kind === 0) return `https://${place()}/${path()}${pick('', '?q')}`;
  if (kind === 1) return `${place()}/${path()}/*`;
  return kind === 2 ? place() : `*.${place().split(':')[0]}`;
});
const URLS = Array.from({ length: 400 }, () => `${pick('http', 'https')}://${place()}/${path()}${pick('', '?q', '#f')}`);

/** What an index must find, by comparing texts. */
function slowSearch(rules: readonly WrittenUrlRule[], url: string) {
  const listed = rules.map((rule) => (typeof rule === 'string' ? parseUrlRule(rule) : parseUrlRule(rule.text, rule)));
  return expressionsOf(canonicalUrl(url)).flatMap(({ kind, expression }) =>
    listed.flatMap((rule, id) => (rule.kind === kind && rule.expression === expression ? [{ id, kind, expression }] : [])),
  );
}

describe.each(backends)('UrlIndex on %s', (_name, makeBackend) => {
  const backend = makeBackend();
  const build = (rules: readonly WrittenUrlRule[], options: BuildUrlOptions = { salt: SALT }) =>
    buildUrlIndex(backend, platform, rules, options);
  const open = (bytes: Uint8Array | string) => openUrlIndex(backend, platform, bytes);

  test.each([0, 1, 5, 400])('of %i rules finds what comparing texts finds', async (count) => {
    using index = await build(RULES.slice(0, count));
    expect(index.size).toBe(count);
    let hits = 0;
    for (const url of URLS) {
      const found = index.search(url);
      expect(found).toEqual(slowSearch(RULES.slice(0, count), url));
      hits += found.length;
    }
    if (count === 400) expect(hits).toBeGreaterThan(1000);
  });

  test('tells the narrowest rule first, with the ids that were given', async () => {
    const ids = Uint32Array.of(9, 9, 4_294_967_295, 3, 2);
    using index = await build(['*.a.example', 'a.example', 'a.example/b/*', { kind: 'exact', text: 'a.example/b/c' }, 'b.example'], {
      salt: SALT,
      ids,
    });
    expect(index.search('HTTPS://A.example/x/../b/c#d').map(({ id, kind }) => [id, kind])).toEqual([
      [3, 'exact'],
      [4_294_967_295, 'prefix'],
      [9, 'host-exact'],
      [9, 'host'],
    ]);
    expect(index.search('https://b.a.example/')).toEqual([{ id: 9, kind: 'host', expression: 'a.example' }]);
    expect(index.search('https://c.example/')).toEqual([]);
  });

  test('never takes the kind of a rule for another', async () => {
    using index = await build([{ kind: 'host-exact', text: 'b.a.example' }]);
    expect(index.search('https://c.b.a.example/')).toEqual([]);
    using folders = await build(['a.example/b/*']);
    expect(folders.search('https://a.example/b').map(({ kind }) => kind)).toEqual(['prefix']);
  });

  test('brings a URL into the form that its rules have, also after it was saved', async () => {
    const rules = ['a.example/?b=1', 'c.example/#!d'];
    using plain = await build(rules);
    using index = await build(rules, { salt: SALT, trackingParameters: 'drop', fragment: 'hashbang' });
    const opened = await open(bytesOf(index.chunks()));
    for (const each of [index, opened]) {
      expect(each.search('https://a.example/?utm_source=x&b=1').map(({ id }) => id)).toEqual([0]);
      expect(each.search('https://c.example/#!d').map(({ id }) => id)).toEqual([1]);
      expect(each.search('https://c.example/')).toEqual([]);
      expect(each.hashing).toEqual({ version: 1, salt: '010203fafb', trackingParameters: 'drop', fragment: 'hashbang' });
    }
    expect(plain.search('https://a.example/?utm_source=x&b=1')).toEqual([]);
    expect(plain.search('https://c.example/#other').map(({ id }) => id)).toEqual([1]);
  });

  test('holds SHA-256 of salt, kind and expression, and nothing of the rules', async () => {
    using index = await build(['*.listed.example']);
    const expected = createHash('sha256').update(SALT).update('host listed.example').digest().subarray(0, 16);
    expect(index.withPrefix(hex(expected).slice(0, 16))).toEqual([{ hash: new Uint8Array(expected), id: 0 }]);
    expect(Buffer.from(bytesOf(index.chunks())).includes('listed')).toBe(false);
  });

  test('has a salt of its own unless one is given; with one given it has the same bytes', async () => {
    const bytes = async (options?: BuildUrlOptions) => hex(bytesOf((await build(RULES.slice(0, 50), options)).chunks()));
    expect(await bytes({})).not.toBe(await bytes({}));
    expect(await bytes({ salt: SALT })).toBe(await bytes({ salt: SALT.slice() }));
    using unsalted = await build(['a.example'], { salt: new Uint8Array() });
    expect(unsalted.hashing.salt).toBe('');
    const plain = createHash('sha256').update('host-exact a.example').digest('hex').slice(0, 16);
    expect(unsalted.withPrefix(plain)).toHaveLength(1);
  });

  test('opens from bytes, a stream in small pieces and a file, and answers the same', async () => {
    const ids = Uint32Array.from(RULES, (_, i) => 1000 + i);
    using index = await build(RULES, { salt: SALT, ids });
    const bytes = bytesOf(index.chunks());
    expect(index.byteLength).toBe(bytes.length);
    const file = join(folder, `${backend.name}.urls`);
    await index.save(file);
    expect(new Uint8Array(await readFile(file))).toEqual(bytes);
    const pieces = (async function* () {
      for (let at = 0; at < bytes.length; at += 37) yield bytes.slice(at, at + 37);
    })();
    for (const source of [bytes, file, pieces, new Blob([bytes as BlobPart])]) {
      using same = await openUrlIndex(backend, platform, source);
      expect([same.size, same.byteLength, same.hashing]).toEqual([index.size, index.byteLength, index.hashing]);
      for (const url of URLS.slice(0, 50)) expect(same.search(url)).toEqual(index.search(url));
    }
  });

  test('refuses bytes that are damaged, cut, too long or something else', async () => {
    using index = await build(RULES.slice(0, 60));
    const bytes = bytesOf(index.chunks());
    for (let at = 0; at < bytes.length; at += at < 200 ? 1 : 13) {
      const damaged = bytes.slice();
      damaged[at] = (damaged[at] as number) ^ 0x11;
      expect([at, await code(() => open(damaged))]).toEqual([at, 'INVALID_INDEX']);
    }
    for (const length of [0, 1, 63, 64, 100, 192, bytes.length - 1])
      expect(await code(() => open(bytes.slice(0, length)))).toBe('INVALID_INDEX');
    expect(await code(() => open(new Uint8Array([...bytes, 0])))).toBe('INVALID_INDEX');
    expect(await code(() => open(bytes.slice(64)))).toBe('INVALID_INDEX');
    expect(await code(() => open(new TextEncoder().encode('https://a.example/\n'.repeat(50))))).toBe('INVALID_INDEX');
    const file = join(folder, 'text');
    await writeFile(file, 'a.example');
    expect(await code(() => open(file))).toBe('INVALID_INDEX');
    expect(await code(() => open(join(folder, 'none')))).toBe('NOT_FOUND');
  });

  test('names the rule that cannot be read, without repeating it', async () => {
    await expect(build(['a.example', 'javascript:alert(1)'])).rejects.toThrow(/^rules\[1\]: url: expected http or https/);
    expect(await code(() => build(['a.example', '*.com']))).toBe('INVALID_URL');
    for (const rules of [undefined, 'a.example', [1], [{ kind: 'exact' }], [{ kind: 'other', text: 'a.example' }]])
      expect(await code(() => build(rules as unknown as string[]))).toBe('INVALID_ARGUMENT');
    for (const options of [{ salt: new Uint8Array(33) }, { salt: 'x' }, { ids: new Uint32Array(2) }, { fragment: 'keep' }, null])
      expect(await code(() => build(['a.example'], options as BuildUrlOptions))).toBe('INVALID_ARGUMENT');
  });

  test('tells its progress, and stops when asked to', async () => {
    const many = Array.from({ length: 20_000 }, (_, i) => `h${i}.example`);
    const told: number[] = [];
    using index = await build(many, { salt: SALT, onProgress: (done) => told.push(done) });
    expect(index.search('http://h19999.example/x')).toHaveLength(1);
    expect([told.at(-1), told.length > 2]).toEqual([1, true]);
    expect(told.toSorted((a, b) => a - b)).toEqual(told);
    const stop = new AbortController();
    const stopped = build(many, { signal: stop.signal, onProgress: () => stop.abort() });
    expect(await code(() => stopped)).toBe(20); // DOMException.ABORT_ERR
  });

  test('refuses what is no URL, and everything once it is disposed of', async () => {
    const index = await build(['a.example']);
    expect(await code(() => index.search('javascript:alert(1)'))).toBe('INVALID_URL');
    expect(await code(() => index.search(`http://a.example/${'x'.repeat(1 << 20)}`))).toBe('INVALID_URL');
    expect(await code(() => index.search(undefined as unknown as string))).toBe('INVALID_ARGUMENT');
    for (const prefix of ['', 'a', 'AB', '0x', 'a'.repeat(17), undefined])
      expect(await code(() => index.withPrefix(prefix as string))).toBe('INVALID_ARGUMENT');
    index[Symbol.dispose]();
    for (const use of [
      () => index.search('http://a.example'),
      () => index.withPrefix('ab'),
      () => [...index.chunks()],
      () => index.save(join(folder, 'x')),
    ])
      expect(await code(use)).toBe('DISPOSED');
  });

  test('has no files where there are none', async () => {
    const { indexFiles: _, ...bare } = platform;
    using index = await buildUrlIndex(backend, bare, ['a.example']);
    expect(await code(() => index.save('x'))).toBe('NO_FILESYSTEM');
    expect(await code(() => openUrlIndex(backend, bare, 'x'))).toBe('NO_FILESYSTEM');
  });

  describe('asked from elsewhere', () => {
    test.each([8, 12, 20, 32, 64])('by %i bits answers as a search on the spot', async (bits) => {
      using index = await build(RULES);
      const published = JSON.parse(JSON.stringify(index.hashing));
      for (const url of URLS.slice(0, 100)) {
        const query = urlQuery(url, published, bits);
        expect(query.prefixes.every((prefix) => /^[0-9a-f]+$/.test(prefix) && 4 * prefix.length === bits)).toBe(true);
        const rows = query.prefixes.flatMap((prefix) => index.withPrefix(prefix));
        expect(query.matches(rows)).toEqual(index.search(url));
      }
    });

    test('gives every row under a prefix and no other, in order', async () => {
      using index = await build(RULES);
      const all = Array.from({ length: 256 }, (_, i) => index.withPrefix(i.toString(16).padStart(2, '0'))).flat();
      expect(all.map(({ id }) => id).toSorted((a, b) => a - b)).toEqual(RULES.map((_, i) => i));
      const texts = all.map(({ hash }) => hex(hash));
      expect(texts.toSorted()).toEqual(texts);
      for (const prefix of ['0a3', '7f', 'ffff', texts[5]?.slice(0, 5), texts[200]?.slice(0, 16)] as string[])
        expect(index.withPrefix(prefix)).toEqual(all.filter(({ hash }) => hex(hash).startsWith(prefix)));
      using none = await build([]);
      expect(none.withPrefix('00')).toEqual([]);
    });

    test('is not deceived by rows that only begin alike', async () => {
      using index = await build(['a.example']);
      const query = urlQuery('https://a.example/', index.hashing, 16);
      const rows = query.prefixes.flatMap((prefix) => index.withPrefix(prefix));
      const other = rows.map(({ hash, id }) => ({ hash: hash.with(15, (hash[15] as number) ^ 1), id }));
      expect(query.matches([...other, ...rows])).toEqual(index.search('https://a.example/'));
      expect(query.matches(other)).toEqual([]);
    });

    test('wants the hashing of a list that it knows, and a fair number of bits', async () => {
      const hashing = (await build(['a.example'])).hashing;
      for (const [given, bits] of [
        [{ ...hashing, version: 2 }, 16],
        [{ ...hashing, salt: 'AB' }, 16],
        [{ ...hashing, salt: '0' }, 16],
        [{ ...hashing, salt: '00'.repeat(33) }, 16],
        [{ ...hashing, fragment: 'x' }, 16],
        [null, 16],
        [hashing, 4],
        [hashing, 18],
        [hashing, 68],
        [hashing, undefined],
      ])
        expect(await code(() => urlQuery('http://a.example', given as typeof hashing, bits as number))).toBe('INVALID_ARGUMENT');
      expect(await code(() => urlQuery('x', hashing, 16))).toBe('INVALID_URL');
    });
  });
});
