import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { copyFile, mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { sheet } from '../../src/cli/report-page.js';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import type { Fake } from '../../src/fakes/fake.js';
import { startFake } from '../../src/fakes/fakes.js';
import { credentialVariable } from '../../src/list/exchanges/registry.js';
import { defaultPolicy } from '../../src/shield/policy.js';
import type { RemoteFinding, RemoteList, RemoteService } from '../../src/shield/remote/remote-service.js';
import { type } from './command-line.js';

const HOSTILE = '<img src=x onerror=alert(1)>"\'&\u202e\u0000</dd></article><script>alert(2)</script>';

describe('what services said, in the report', () => {
  let egide: Egide;
  let folder: string;
  let boats: string;
  let cat: string;
  const servers: (Fake | Server)[] = [];
  beforeAll(async () => {
    egide = await load();
    folder = await mkdtemp(join(tmpdir(), 'egide-report-remote-'));
    [boats, cat] = ['nagasaki-boats.jpg', 'locomotion-house-cat.jpg'].map((name) => join(folder, name)) as [string, string];
    for (const path of [boats, cat]) await copyFile(path.replace(folder, 'examples/pictures'), path);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(async () => {
    for (const server of servers) await server.close();
    await rm(folder, { recursive: true });
  });

  const started = async (kind: string, faults: string[] = []): Promise<Fake> => {
    const fake = await startFake(kind, { faults, entries: 3 });
    servers.push(fake);
    for (const [name, value] of Object.entries(fake.credentials)) vi.stubEnv(credentialVariable(kind, name), value);
    return fake;
  };
  const report = async (...words: string[]): Promise<string> => {
    const path = join(folder, 'report.html');
    await type(egide, ['scan', boats, cat, ...words, '--report', path]);
    return readFile(path, 'utf8');
  };
  /** The part of a page that is about one file. */
  const about = (page: string, name: string): string => page.split('<article>').find((part) => part.includes(`/${name}<`)) ?? '';

  test('shows who was asked, with what, what the answer was, and that there was none', async () => {
    const [arachnid, hma] = [await started('arachnid'), await started('hma', ['index-stale'])];
    const sha256 = Buffer.from((await egide.digest(boats)).sha256).toString('hex');
    const known = JSON.stringify({ sha256, classification: 'harmful-abusive-material', match_type: 'near' });
    await fetch(`${arachnid.url}/fake/known`, { method: 'POST', body: known });
    const addresses = ['--setting', `arachnid.baseUrl=${arachnid.url}`, '--setting', `hma.baseUrl=${hma.url}`];
    const page = await report('--remote', 'arachnid=media', '--remote', 'hma=pdq', ...addresses);
    expect(page).toContain('2 files looked up by asking 2 services. ');
    expect(page).toMatch(
      /<dt>Services<\/dt><dd>arachnid \(127\.0\.0\.1:\d+, asked with the file itself\)<br>hma \(.*, asked with PDQ hashes\)</,
    );
    const found = about(page, 'nagasaki-boats.jpg');
    expect(found).toMatch(/<p class="kind">arachnid: 1 match <small>\(127\.0\.0\.1:\d+, asked with the file itself\)/);
    expect(found).toContain('<dt>Match</dt><dd>near: something like it</dd>');
    expect(found).toContain('<dt>Category</dt><dd>harmful-abusive-material</dd>');
    expect(found).not.toContain('<dt>Like</dt>'); // it would say the category again
    const clear = about(page, 'locomotion-house-cat.jpg');
    expect(clear).toContain('<p class="kind">arachnid: knows nothing of it <small>');
    for (const part of [found, clear]) {
      expect(part).toMatch(
        /<p class="kind">hma: no answer <small>\(.*\)<\/small><\/p>\s*<ul class="problems">\s*<li><code>EXCHANGE_FAILED<\/code>/,
      );
      expect(part.match(/answered INDEX-STALE/g)?.length).toBe(part === clear ? 2 : 1); // in the sentence, too
      expect(part).toContain('src="data:image/jpeg;base64,');
    }
  });

  test('says that a service was not asked about what a list blocks', async () => {
    const arachnid = await started('arachnid');
    const list = join(folder, 'list.csv');
    await type(egide, ['list', 'make', boats, '-o', list]);
    const page = await report('--list', list, '--remote', 'arachnid=pdq', '--setting', `arachnid.baseUrl=${arachnid.url}`);
    expect(page).toContain('2 files looked up in 1 list and by asking 1 service. ');
    expect(about(page, 'nagasaki-boats.jpg')).toContain('<p class="kind">arachnid: not asked, since a list blocks it</p>');
    expect(about(page, 'locomotion-house-cat.jpg')).toContain('arachnid: knows nothing of it');
  });

  test('has nothing of a hostile answer', async () => {
    const server = createServer(async (request, response) => {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk as Buffer);
      const sent = Buffer.concat(chunks);
      const digests = { sha1_base32: 'A'.repeat(32), sha256_hex: createHash('sha256').update(sent).digest('hex'), size_bytes: sent.length };
      response.setHeader('x-hostile', 'yes');
      response.end(JSON.stringify({ ...digests, classification: HOSTILE, match_type: 'exact', near_match_details: [], detail: HOSTILE }));
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    servers.push(server);
    for (const name of ['username', 'password']) vi.stubEnv(credentialVariable('arachnid', name), 'a');
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const page = await report('--remote', 'arachnid=media', '--setting', `arachnid.baseUrl=${url}`);
    expect(page).not.toMatch(/alert|<script|onerror/);
    expect(page.match(/arachnid: no answer/g)).toHaveLength(2);
    expect(page).toContain('classification is no word');
  });

  test('shows as text whatever a service of any making says', async () => {
    const finding: RemoteFinding = {
      matchType: 'exact',
      classification: HOSTILE,
      isKnown: true,
      id: `id ${HOSTILE}`,
      distance: 4,
      details: Array.from({ length: 12 }, (_, i) => ({ classification: HOSTILE, timestampMs: 1500 * i, distance: i })),
    };
    const found = async (): Promise<RemoteFinding[]> => [finding];
    const service: RemoteService = { name: `one ${HOSTILE}`, host: `host ${HOSTILE}`, lookUpMedia: found, lookUpPdq: found };
    const failing: RemoteService = {
      ...service,
      name: 'two',
      lookUpPdq: () => Promise.reject(Object.assign(new Error(HOSTILE), { code: 'EXCHANGE_FAILED' })),
    };
    const remote: RemoteList[] = [service, failing].map((one) => ({ service: one, send: 'pdq' }));
    const verdict = await egide.shield({ lists: [], remote }).scan(boats);
    expect(verdict.matches).toHaveLength(1);
    const page = sheet({ file: HOSTILE, verdict }, { policy: defaultPolicy, remote });
    const tags = new Set([...page.matchAll(/<\/?([^\s>]*)/g)].map(([, tag]) => tag));
    expect([...tags].sort()).toEqual(['article', 'code', 'dd', 'div', 'dl', 'dt', 'figure', 'h3', 'li', 'p', 'small', 'span', 'ul']);
    expect(page).not.toMatch(/[\u202e\0]/);
    const text = '&#60;img src=x onerror=alert(1)&#62;&#34;&#39;&#38;\\u202e\\u0000&#60;/dd&#62;';
    for (const before of ['one ', 'host ', 'id ', '<dt>Category</dt><dd>', '<dt>Like</dt><dd>', 'two: '])
      expect(page).toContain(`${before}${text}`);
    expect(page).toContain(' at 1.5 s, distance 1; ');
    expect(page).toContain('; and 2 more</dd>');
    expect(page).toContain('<dt>Distance</dt><dd>4 of 256 bits</dd>');
  });
});
