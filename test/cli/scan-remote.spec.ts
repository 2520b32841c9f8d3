import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { FAKE_SECRET } from '../../src/fakes/synthetic.js';
import { hashToBase64, hashToHex } from '../../src/hash/encoding.js';
import type { Verdict } from '../../src/shield/verdict.js';
import { documents, type } from './command-line.js';

/** What `egide list fake` printed: how to use it, and where it is. */
interface Printed {
  readonly url: string;
  /** The words after `egide scan FILE`. */
  readonly words: string[];
}

/** Runs `egide list fake …` while work is done with it, with the credentials that it prints in the environment. */
async function withFake(words: readonly string[], work: (printed: Printed) => Promise<void>): Promise<void> {
  const stop = new AbortController();
  let working: Promise<void> | undefined;
  const io: Io = {
    out: async (text) => {
      for (const [, name = '', value] of text.matchAll(/^export (\w+)='(.*)'$/gm)) vi.stubEnv(name, value);
      const asked = /^# egide scan FILE (--remote .*)$/m.exec(text)?.[1]?.split(' ') ?? [];
      working = work({ url: asked.at(-1)?.split('=')[1] ?? '', words: asked }).finally(() => stop.abort());
    },
    err: () => {},
    colour: false,
    errIsTerminal: false,
    signal: stop.signal,
    load: () => Promise.reject(new Error('a fake needs no library')),
  };
  expect(await run(['list', 'fake', ...words], io)).toBe(0);
  await working;
}

describe('egide scan --remote', () => {
  let egide: Egide;
  let folder: string;
  let boats: string;
  let uploads: string[];
  beforeAll(async () => {
    egide = await load();
    folder = await mkdtemp(join(tmpdir(), 'egide-cli-remote-'));
    uploads = ['nagasaki-boats', 'locomotion-house-cat'].map((name) => join(folder, `${name}.jpg`));
    for (const path of uploads) await copyFile(path.replace(folder, 'examples/pictures'), path);
    boats = uploads[0] as string;
  });
  afterEach(() => void vi.unstubAllEnvs());
  afterAll(() => rm(folder, { recursive: true }));

  const pdqOf = async (path: string) => (await egide.pdq.hashAsync(await egide.decode(path))).hash;
  const teach = async ({ url }: Printed): Promise<void> => {
    const sha256 = Buffer.from((await egide.digest(boats)).sha256).toString('hex');
    for (const known of [
      { pdq: hashToBase64(await pdqOf(boats)), classification: 'csam' },
      { sha256, classification: 'csam' },
    ])
      await fetch(`${url}/fake/known`, { method: 'POST', body: JSON.stringify(known) });
  };

  test('asks Project Arachnid Shield beside no list at all, by hashes', () =>
    withFake(['arachnid'], async (fake) => {
      await teach(fake);
      const { code, out, err } = await type(egide, ['scan', ...uploads, ...fake.words]);
      expect([code, err]).toEqual([2, '']);
      expect(out).toMatch(/^hold +remote near by pdq +csam +arachnid \/ csam .*boats\.jpg$/m);
      expect(out).toMatch(/^allow +no-match .*cat\.jpg$/m);
      expect(out).toMatch(/\narachnid \(127\.0\.0\.1:\d+, sent PDQ hashes\): 2 of 2 answered\n$/);
    }));

  test('asks by the file itself, if that is what was said, and beside a list', () =>
    withFake(['arachnid'], async (fake) => {
      await teach(fake);
      const list = join(folder, 'list.csv');
      await writeFile(list, `id,pdq\nboats,${hashToHex(await pdqOf(boats))}\n`);
      const words = ['--remote', 'arachnid=media', ...fake.words.slice(2), '--list', list];
      const { code, out } = await type(egide, ['scan', ...uploads, ...words, '--json']);
      expect(code).toBe(3);
      const [found, clear] = documents(out) as unknown as [Verdict, Verdict];
      expect(found.matches).toMatchObject([{ kind: 'near' }, { kind: 'remote', sent: 'media', matchType: 'exact', action: 'block' }]);
      expect(clear).toMatchObject({ action: 'allow', remote: [{ name: 'arachnid', sent: 'media', answered: true }] });
      expect(out).not.toContain(FAKE_SECRET);
    }));

  test('asks a Hasher-Matcher-Actioner, in the banks that are named', () =>
    withFake(['hma'], async ({ url, words }) => {
      const headers = { authorization: process.env['EGIDE_HMA_AUTHORIZATION'] ?? '' };
      const body = JSON.stringify({ pdq: hashToHex(await pdqOf(boats)) });
      await fetch(`${url}/c/bank/FAKE_BANK/signal`, { method: 'POST', body, headers });
      const scan = async (...more: string[]) => type(egide, ['scan', ...uploads, ...words, ...more]);
      expect(await scan()).toMatchObject({ code: 2, out: expect.stringMatching(/^hold +remote near by pdq +FAKE_BANK +hma \/ \d+ /m) });
      expect(await scan('--setting', 'hma.banks=OTHER_BANK')).toMatchObject({ code: 0, out: expect.stringContaining('2 of 2 answered') });
    }));

  test('holds what it gets no answer about, says so, and says why once', () =>
    withFake(['arachnid'], async (fake) => {
      await teach(fake);
      vi.stubEnv('EGIDE_ARACHNID_PASSWORD', 'wrong-4711');
      const { code, out, err } = await type(egide, ['scan', ...uploads, ...fake.words]);
      expect(code).toBe(2);
      expect(out.match(/^hold +could-not-tell: no answer of arachnid /gm)).toHaveLength(2);
      expect(out).toContain('0 block, 2 hold, 0 allow\narachnid (');
      expect(out).toMatch(/sent PDQ hashes\): 0 of 2 answered\n$/);
      expect(err).toMatch(/^warning: arachnid: POST [^\n]* answered 401[^\n]*check the credentials[^\n]*\n$/);
      expect(out + err).not.toContain('4711');
      const list = join(folder, 'near.csv');
      await writeFile(list, `id,pdq\nboats,${hashToHex(await pdqOf(boats))}\n`);
      const beside = await type(egide, ['scan', boats, ...fake.words, '--list', list]);
      expect(beside).toMatchObject({ code: 2, out: expect.stringMatching(/^hold +near pdq: no answer of arachnid +0 of 256/m) });
    }));

  test('holds what nobody is there to answer about, within the budget', async () => {
    let words: string[] = [];
    await withFake(['arachnid'], async (fake) => void ({ words } = fake));
    vi.stubEnv('EGIDE_ARACHNID_USERNAME', 'a');
    vi.stubEnv('EGIDE_ARACHNID_PASSWORD', 'b');
    const { code, out } = await type(egide, ['scan', boats, ...words, '--budget', '250']);
    expect(code).toBe(2);
    expect(out).toMatch(/^hold +could-not-tell: (no answer of arachnid|OUT_OF_TIME)/m);
  });

  test.each([
    [['--remote', 'arachnid'], '--remote: expected the service, and what may leave this machine: arachnid=pdq or arachnid=media'],
    [['--remote', 'moon=pdq'], 'arachnid=pdq or arachnid=media or hma=pdq or hma=media'],
    [['--remote', 'arachnid=all'], 'arachnid=pdq or arachnid=media'],
    [['--remote', 'arachnid=pdq'], 'arachnid needs the variable EGIDE_ARACHNID_USERNAME in the environment: name of the account'],
    [['--remote', 'hma=pdq', '--remote', 'hma=media'], 'expected each kind of service once'],
    [['--remote', 'hma=pdq'], 'a service of kind hma needs the setting baseUrl'],
    [['--remote', 'hma=pdq', '--setting', 'hma.url=x'], 'a service of kind hma has no setting "url": expected baseUrl, banks'],
    [['--remote', 'hma=pdq', '--setting', 'baseUrl=x'], '--setting: expected KIND.NAME=TEXT of a service that --remote names'],
    [['--remote', 'hma=pdq', '--setting', 'arachnid.baseUrl=x'], 'of a service that --remote names, got "arachnid.baseUrl"'],
    [['--remote', 'hma=pdq', '--setting', 'hma.baseUrl'], '--setting: expected KIND.NAME=TEXT'],
    [['--list', 'x', '--setting', 'hma.baseUrl=x'], 'of a service that --remote names'],
  ])('%j is an error', async (words, message) => {
    expect(await type(egide, ['scan', boats, ...words])).toMatchObject({ code: 1, out: '', err: expect.stringContaining(message) });
  });
});
