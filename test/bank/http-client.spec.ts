import { afterEach, describe, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import type { FakeAnswer, FakeKind, FakeRequest } from '../../src/fakes/fake.js';
import { startFakeOf } from '../../src/fakes/fake-server.js';
import { basicAuthorization, HttpClient, type HttpOptions, type HttpRequest, jsonOf } from '../../src/list/http-client.js';

const SECRET = 'secret-4711';
const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** A server that gives these answers one after the other, the last for ever, and a client of it that notes how long it would wait. */
async function world(answers: readonly FakeAnswer[], options: HttpOptions = {}) {
  let at = 0;
  const kind: FakeKind = {
    kind: 'test',
    faults: [],
    create: () => ({
      basePath: '/base',
      credentials: {},
      truth: () => new Map(),
      answer: () => answers[Math.min(at++, answers.length - 1)] as FakeAnswer,
    }),
  };
  const fake = await startFakeOf(kind);
  closing.push(fake.close);
  const waits: number[] = [];
  const sleep = async (ms: number): Promise<void> => void waits.push(ms);
  const client = new HttpClient(fake.url, { sleep, random: () => 0.5, now: () => Date.UTC(2026, 0, 1), ...options });
  return { client, waits, requests: fake.requests as FakeRequest[], url: fake.url };
}

/** The error of a question, with everything that hangs on it as one text. */
async function failure(client: HttpClient, request: Partial<HttpRequest> = {}): Promise<string> {
  const headers = { authorization: basicAuthorization('user', SECRET) };
  const error = await client.send({ path: '/list', query: { token: SECRET }, headers, ...request }).then(
    () => new Error('it was answered'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EgideError);
  const { code, message, stack, cause } = error as EgideError;
  expect(`${message} ${stack} ${String(cause)}`).not.toContain(SECRET);
  expect(`${message} ${stack} ${String(cause)}`).not.toContain(btoa(`user:${SECRET}`));
  return `${code} ${message}`;
}

describe('A client of a source', () => {
  test('sends the path, the query and the headers, and gives the bytes', async () => {
    const { client, requests } = await world([{ body: { answer: 42 } }]);
    const answer = await client.send({ path: '/list', query: { a: 'b&c', n: 3, none: undefined }, headers: { 'x-key': SECRET } });
    expect(jsonOf(answer)).toEqual({ answer: 42 });
    expect(requests).toMatchObject([{ method: 'GET', path: '/base/list', headers: { 'x-key': SECRET } }]);
    expect(String(requests[0]?.query)).toBe('a=b%26c&n=3');
  });

  test.each([429, 500, 502, 503, 504])('asks again after %i, waiting longer each time', async (status) => {
    const { client, waits, requests } = await world([{ status }, { status }, { status }, { body: 'at last' }]);
    expect((await client.send({ path: '/list' })).status).toBe(200);
    expect(requests).toHaveLength(4);
    expect(waits).toEqual([375, 750, 1500]);
  });

  test('waits as long as Retry-After says, in seconds or until a date', async () => {
    const { client, waits } = await world([
      { status: 429, headers: { 'retry-after': '7' } },
      { status: 503, headers: { 'retry-after': 'Thu, 01 Jan 2026 00:00:20 GMT' } },
      { status: 503, headers: { 'retry-after': 'Wed, 31 Dec 2025 00:00:00 GMT' } },
      {},
    ]);
    await client.send({ path: '/list' });
    expect(waits).toEqual([7000, 20_000, 0]);
  });

  test('does not wait for an hour', async () => {
    const { client, waits } = await world([{ status: 429, headers: { 'retry-after': '3600' } }]);
    expect(await failure(client)).toMatch(/EXCHANGE_FAILED GET 127.0.0.1:\d+\/base\/list: answered 429 and wants .* try again later/);
    expect(waits).toEqual([]);
  });

  test('gives up after so many tries, and says how many', async () => {
    const { client, requests } = await world([{ status: 503 }], { tries: 3 });
    expect(await failure(client)).toContain('answered 503, after 3 tries: try again later');
    expect(requests).toHaveLength(3);
  });

  test.each([
    [400, 'check the address and the settings'],
    [401, 'check the credentials'],
    [403, 'check the credentials'],
    [404, 'check the address of the source'],
  ])('does not ask again after %i', async (status, advice) => {
    const { client, requests } = await world([{ status, body: `do not repeat ${SECRET}` }]);
    expect(await failure(client)).toContain(advice);
    expect(requests).toHaveLength(1);
  });

  test('gives a status that the caller expects', async () => {
    const { client } = await world([{ status: 410 }]);
    expect((await client.send({ path: '/list', expected: [410] })).status).toBe(410);
  });

  test('sends a POST or PUT once, unless the caller says that twice is once', async () => {
    for (const method of ['POST', 'PUT'] as const) {
      const once = await world([{ status: 503 }, {}]);
      expect(await failure(once.client, { method, body: 'x' })).toContain('it is not known whether the request was taken');
      expect(once.requests).toHaveLength(1);
      const again = await world([{ status: 503 }, {}]);
      expect((await again.client.send({ path: '/', method, body: 'x', repeatable: true })).status).toBe(200);
      expect(again.requests.map(({ body }) => body)).toEqual(['x', 'x']);
    }
  });

  test('asks again when the connection breaks in the middle of an answer, and when nobody listens', async () => {
    const broken: HttpOptions['fetch'] = async (url, init) => {
      if (++tried === 1) throw new TypeError(`could not send to ${url}`, { cause: Object.assign(new Error(url), { code: 'ECONNRESET' }) });
      return fetch(url, init);
    };
    let tried = 0;
    const { client, waits } = await world([{ body: 'well' }], { fetch: broken });
    await client.send({ path: '/list' });
    expect(waits).toHaveLength(1);
    const nobody = new HttpClient('http://127.0.0.1:1', { tries: 2, sleep: async () => {} });
    expect(await failure(nobody)).toMatch(/no answer \(ECONNREFUSED\), after 2 tries|no answer \(TypeError\), after 2 tries/);
  });

  test('takes an answer of so many bytes and not of one more', async () => {
    const { client } = await world([{ body: 'x'.repeat(1000) }], { maxBytes: 1000 });
    expect((await client.send({ path: '/' })).bytes).toHaveLength(1000);
    const small = await world([{ body: 'x'.repeat(1000) }], { maxBytes: 999 });
    expect(await failure(small.client)).toContain('the answer has more than 999 bytes');
    expect(small.requests).toHaveLength(1);
  });

  test('gives up on a try that takes too long', async () => {
    const hangs: HttpOptions['fetch'] = (_url, init) =>
      new Promise((_resolve, reject) => init.signal?.addEventListener('abort', () => reject(init.signal?.reason)));
    const { client } = await world([{}], { fetch: hangs, timeoutMs: 20, tries: 2 });
    expect(await failure(client)).toContain('no whole answer in 20 ms, after 2 tries');
  });

  test('stops at once when the caller does, while it asks and while it waits', async () => {
    const asking = new AbortController();
    const { client } = await world([{}], {
      fetch: (_url, init) =>
        new Promise((_resolve, reject) => {
          init.signal?.addEventListener('abort', () => reject(init.signal?.reason));
          asking.abort(new Error('enough'));
        }),
    });
    await expect(client.send({ path: '/', signal: asking.signal })).rejects.toThrow('enough');
    const { url } = await world([{ status: 503, headers: { 'retry-after': '60' } }]);
    await expect(new HttpClient(url).send({ path: '/', signal: AbortSignal.timeout(100) })).rejects.toMatchObject({ name: 'TimeoutError' });
  });

  test('follows a redirect within the host, a few of them, and none to another', async () => {
    const { client, requests } = await world([{ status: 302, headers: { location: '/base/there' } }, { body: 'here' }]);
    expect((await client.send({ path: '/list', headers: { 'x-key': SECRET } })).status).toBe(200);
    expect(requests.map(({ path }) => path)).toEqual(['/base/list', '/base/there']);
    const endless = await world([{ status: 301, headers: { location: '/base/list' } }]);
    expect(await failure(endless.client)).toContain('more than 5 redirects');
    const other = await world([{ body: 'not for you' }]);
    for (const location of [`${other.url}/list`, 'https://example.invalid/', '//example.invalid/', 'file:///etc/passwd']) {
      const away = await world([{ status: 307, headers: { location } }]);
      expect(await failure(away.client)).toContain('a redirect to another host, which is never followed');
    }
    expect(other.requests).toHaveLength(0);
    const post = await world([{ status: 307, headers: { location: '/base/there' } }]);
    expect(await failure(post.client, { method: 'POST', body: '' })).toContain('followed for GET only');
  });

  test('asks no other host, whatever an answer says', async () => {
    const { client, requests, url } = await world([{}]);
    for (const path of ['https://example.invalid/next', 'http://127.0.0.1:1/next', 'next', ''])
      expect(await failure(client, { path })).toContain('points to another host');
    expect(requests).toHaveLength(0);
    expect(client.isOwn(`${url}/next`)).toBe(true);
    expect(client.isOwn('https://example.invalid/next')).toBe(false);
    expect(client.isOwn('x:next')).toBe(false);
  });

  test('asks its own host over TLS even where an answer writes http:', async () => {
    const asked: string[] = [];
    const note = async (url: string): Promise<Response> => {
      asked.push(url);
      return new Response('');
    };
    const client = new HttpClient('https://example.invalid/v1', { fetch: note });
    expect(client.isOwn('http://example.invalid/v1/next?a=1')).toBe(true);
    await client.send({ path: 'http://example.invalid/v1/next?a=1' });
    expect(asked).toEqual(['https://example.invalid/v1/next?a=1']);
    await expect(client.send({ path: 'http://example.invalid:8080/next' })).rejects.toThrow('points to another host');
  });

  test.each([
    'http://example.invalid',
    'ftp://127.0.0.1',
    'https://user:secret-4711@example.invalid',
    'https://example.invalid/?a=secret-4711',
    'x',
  ])('does not take %s as its base', (base) => {
    const error = (() => {
      try {
        new HttpClient(base);
      } catch (thrown) {
        return thrown;
      }
      return undefined;
    })();
    expect(error).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(String(error)).not.toContain(SECRET);
  });

  test('does not repeat a credential that no header can carry', async () => {
    const { client } = await world([{}]);
    expect(await failure(client, { headers: { authorization: `${SECRET}\n` } })).toContain(
      'the header authorization: expected printable ASCII',
    );
  });

  test('says nothing of an answer that is no JSON', async () => {
    const { client } = await world([{ body: `{"hash": ${SECRET}` }]);
    const answer = await client.send({ path: '/list' });
    expect(() => jsonOf(answer)).toThrow(/the answer is not the protocol: 20 bytes are no JSON \(SyntaxError\)/);
  });

  test('does not run as a fake in production', async () => {
    const before = process.env['NODE_ENV'];
    process.env['NODE_ENV'] = 'production';
    try {
      await expect(world([{}])).rejects.toThrow('do not start where NODE_ENV is production');
    } finally {
      process.env['NODE_ENV'] = before;
    }
  });
});
