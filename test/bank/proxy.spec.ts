import { execFile } from 'node:child_process';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ProxyAgent, fetch as undiciFetch } from 'undici';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EgideError } from '../../src/errors.js';
import type { Fake } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { exchangeOf } from '../../src/list/exchanges/registry.js';
import type { HttpOptions } from '../../src/list/http-client.js';
import { hmaLookup } from '../../src/shield/remote/hma.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { certificateOf } from './certificate.js';
import { readOn, Store, sorted } from './exchange-store.js';
import { type HttpProxy, startHttpProxy, startTls } from './http-proxy.js';

const PROXY_USER = 'fake-proxy-user:fake-secret-7c02';
/** Whether the runtime's own `fetch` can be told of a proxy by the environment (Node 22.21, 24.5). */
const HAS_ENV_PROXY = process.allowedNodeEnvironmentFlags.has('--use-env-proxy');

const { cert, key } = certificateOf('localhost');
const closing: (() => unknown)[] = [];
let proxy: HttpProxy;
beforeAll(async () => {
  proxy = await startHttpProxy(PROXY_USER);
  closing.push(() => proxy[Symbol.asyncDispose]());
});
afterAll(() => Promise.all(closing.map((close) => close())));

/** A fake, and how it is reached over TLS. */
async function secureFake(kind: string): Promise<{ readonly fake: Fake; readonly baseUrl: string }> {
  const fake = await startFake(kind, { entries: 30 });
  const { port, pathname } = new URL(fake.url);
  const tls = await startTls({ cert, key }, Number(port));
  closing.push(fake.close, () => tls[Symbol.asyncDispose]());
  return { fake, baseUrl: `https://localhost:${tls.port}${pathname === '/' ? '' : pathname}` };
}

/** As docs/exchanges.md brings a proxy. */
function through(proxyUrl: string): HttpOptions {
  const dispatcher = new ProxyAgent({ uri: proxyUrl, requestTls: { ca: cert } });
  closing.push(() => dispatcher.destroy());
  return { fetch: (url, init) => undiciFetch(url, { ...init, dispatcher }) };
}
const proxyUrl = (credentials = PROXY_USER): string => `http://${credentials}@127.0.0.1:${proxy.port}`;

/** What nobody on the way may see: each credential, as it is and as a header has it. */
function secretsOf({ credentials }: Fake): string[] {
  const { username, password, authorization } = credentials;
  return [password, authorization, btoa(`${username}:${password}`)].filter((secret) => secret !== undefined);
}

describe('through a proxy', () => {
  test('an exchange is read whole, and the proxy sees no credential of it', async () => {
    const { fake, baseUrl } = await secureFake('ncmec');
    const store = new Store();
    await readOn(exchangeOf('ncmec', { baseUrl }, fake.credentials, through(proxyUrl())), store);
    expect(store.truth()).toEqual(sorted(fake.truth()));
    expect(proxy.tunnels).toContain(new URL(baseUrl).host);
    for (const secret of secretsOf(fake)) expect(proxy.seen()).not.toContain(secret);
    // Without TLS it would: so what it saw was looked at.
    await readOn(exchangeOf('ncmec', fake.settings, fake.credentials, through(proxyUrl())), new Store());
    expect(secretsOf(fake).some((secret) => proxy.seen().includes(secret))).toBe(true);
  });

  test('a file is looked up, which is sent as a form', async () => {
    const { fake, baseUrl } = await secureFake('hma');
    const hma = hmaLookup({ baseUrl, ...fake.credentials, ...through(proxyUrl()) });
    expect(await hma.lookUpFile(new TextEncoder().encode('a picture'), 'image/png')).toEqual([]);
    expect(fake.requests.at(-1)).toMatchObject({ path: '/m/lookup', body: expect.stringContaining('a picture') });
    expect(proxy.tunnels).toContain(new URL(baseUrl).host);
    expect(proxy.seen()).not.toContain('a picture');
  });

  test.each([
    ['refuses whoever asks', 407, 'nobody:else', /the proxy answered 407: check the proxy: .*credentials/, 1],
    ['does not let this host through', 403, undefined, /the proxy answered 403: check the proxy: .*lets through/, 1],
    ['reaches nobody', 502, undefined, /the proxy answered 502, after 3 tries: check the proxy/, 3],
  ])('that %s the error says what it answered, and nothing secret', async (_name, answer, credentials, message, tries) => {
    const { fake, baseUrl } = await secureFake('ncmec');
    const before = proxy.tunnels.length;
    proxy.answer = answer;
    try {
      expect(await failureOf(fake, baseUrl, through(proxyUrl(credentials)))).toMatch(message);
    } finally {
      proxy.answer = 200;
    }
    expect(proxy.tunnels.length - before).toBe(tries);
    expect(fake.requests).toEqual([]);
  });

  test('that is not there the error says so, after as many tries as any', async () => {
    const { fake, baseUrl } = await secureFake('ncmec');
    const gone = through(`http://${PROXY_USER}@127.0.0.1:1`);
    expect(await failureOf(fake, baseUrl, gone)).toMatch(/no answer \(ECONNREFUSED\), after 3 tries: .*the proxy/);
  });

  test.skipIf(!HAS_ENV_PROXY)('that the environment names, the runtime goes by itself', async () => {
    const { fake, baseUrl } = await secureFake('ncmec');
    const folder = workFolder();
    closing.push(() => rm(folder, { recursive: true }));
    const program = await bundle('test/bank/proxy-program.ts', folder, ['node', 'import']);
    await writeFile(join(folder, 'ca.pem'), cert);
    const run = async (more: Record<string, string>): Promise<string> => {
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'ca.pem'), HTTPS_PROXY: proxyUrl(), ...more };
      const { username, password } = fake.credentials as Record<string, string>;
      const ran = await promisify(execFile)(process.execPath, [program, baseUrl, username as string, password as string], { env });
      return ran.stdout;
    };
    const { host } = new URL(baseUrl);
    expect(JSON.parse(await run({ NODE_USE_ENV_PROXY: '1', NO_PROXY: 'localhost' }))).toMatchObject({ username: 'fake-member' });
    expect(proxy.tunnels).not.toContain(host);
    expect(JSON.parse(await run({ NODE_USE_ENV_PROXY: '1' }))).toMatchObject({ username: 'fake-member' });
    expect(proxy.tunnels).toContain(host);
    const refused = run({ NODE_USE_ENV_PROXY: '1', HTTPS_PROXY: proxyUrl('nobody:else') });
    await expect(refused).rejects.toThrow(/the proxy answered 407/);
  });
});

/** The error of reading a fake, whose credentials and the proxy's are nowhere in it. */
async function failureOf(fake: Fake, baseUrl: string, options: HttpOptions): Promise<string> {
  const exchange = exchangeOf('ncmec', { baseUrl }, fake.credentials, { ...options, tries: 3, sleep: async () => undefined });
  const error = await readOn(exchange, new Store()).then(
    () => new Error('it was read'),
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(EgideError);
  const { code, message, stack, cause } = error as EgideError;
  expect(code).toBe('EXCHANGE_FAILED');
  for (const secret of [...secretsOf(fake), ...PROXY_USER.split(':'), btoa(PROXY_USER), 'nobody:else'])
    expect(`${message} ${stack} ${String(cause)}`).not.toContain(secret);
  return message;
}
