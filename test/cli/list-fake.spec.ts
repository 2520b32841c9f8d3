import { expect, test } from 'vitest';
import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';

/** Runs `egide list fake …` until it has printed something, then asks, then stops it. */
async function fake(words: string[], ask: (printed: string) => Promise<void>): Promise<{ code: number; err: string }> {
  const stop = new AbortController();
  let err = '';
  let asked: Promise<void> | undefined;
  const io: Io = {
    out: async (text) => {
      asked = ask(text).finally(() => stop.abort());
    },
    err: (text) => {
      err += text;
    },
    colour: false,
    errIsTerminal: false,
    signal: stop.signal,
    load: () => Promise.reject(new Error('a fake needs no library')),
  };
  const code = await run(['list', 'fake', ...words], io);
  await asked;
  return { code, err };
}

test('egide list fake runs until it is stopped, and takes the credentials that it prints', async () => {
  const { code } = await fake(['stopncii', '--json', '--fault', 'withdrawn', '--entries', '20'], async (printed) => {
    const { url, credentials, kind, faults } = JSON.parse(printed);
    expect({ kind, faults }).toEqual({ kind: 'stopncii', faults: ['withdrawn'] });
    const headers = { 'x-functions-key': credentials.fetchKey, 'Ocp-Apim-Subscription-Key': credentials.subscriptionKey };
    const answer = await fetch(`${url}/FetchHashes?startTimestamp=10&pageSize=800`, { headers });
    expect(await answer.json()).toMatchObject({ count: 20, hasMoreRecords: false });
    expect((await fetch(`${url}/FetchHashes`)).status).toBe(401);
  });
  expect(code).toBe(0);
});

test('egide list fake prints what a shell takes', async () => {
  const { code } = await fake(['ncmec'], async (printed) => {
    expect(printed).toMatch(
      /^# ncmec, faults: none; stop it with Ctrl-C\n# egide list add NAME --kind ncmec --setting baseUrl=http:\/\/127\.0\.0\.1:\d+\/hashsharing\n/,
    );
    expect(printed).toContain("export EGIDE_NCMEC_USERNAME='fake-member'\n");
  });
  expect(code).toBe(0);
});

test.each([
  [[], 'list fake: expected one of ncmec'],
  [['moon'], 'kind: expected one of ncmec'],
  [['ncmec', '--fault', 'rain'], 'faults: expected one of busy'],
  [['ncmec', '--entries', '0'], '--entries: expected a whole number'],
])('egide list fake %j is a mistake', async (words, message) => {
  const { code, err } = await fake(words as string[], async () => {});
  expect(code).toBe(1);
  expect(err).toContain(message);
});
