import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { LAST_DAY } from '../../src/fakes/fake.js';
import { FAKES, startFake } from '../../src/fakes/fakes.js';
import { EXCHANGES } from '../../src/list/exchanges/registry.js';
import { answersOf, LISTED_FILE, PATTERNS, pictureOf, type Question } from './answers.js';
import { binaryOf, bundle, workFolder } from './bundle.js';
import { serve } from './workerd.js';

const folder = workFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const LISTED_URL = 'https://listed.example.org/a';
const FILES = [
  'id,pdq,md5,category\na,,900150983cd24fb0d6963f7d28e17f72,x\nb,no hash,,\n',
  '{"id":"a","md5":"900150983cd24fb0d6963f7d28e17f72"}\n{"id":\n',
  '{"odata.metadata":"","value":[{"Media":[{"MediaID":1,"Category":1,"MD5":"900150983cd24fb0d6963f7d28e17f72"}]}]}',
];

const workerd = binaryOf('workerd');
if (!workerd) console.log('skipped: answers of workerd: its npm package has no program for this machine');
describe.skipIf(!workerd)('workerd', () => {
  test('answers as Node does, bit for bit: snapshots, files, URLs and exchanges', async () => {
    const { exchangeOf, load } = (await import(pathToFileURL('dist/entry/node.js').href)) as typeof import('egide/node');
    const egide = await load();
    const bank = await egide.openBank(join(folder, 'bank'));
    const listed = pictureOf(egide, PATTERNS[0]);
    const { hash, quality } = egide.pdq.hash(listed);
    await bank.add([
      { key: 'picture', category: 'x', signals: [{ type: 'pdq', value: hash, quality }] },
      { key: 'part', signals: [{ type: 'patches', value: (await egide.patches.enrol(listed)).bytes }] },
      { key: 'file', signals: [{ type: 'md5', value: (await egide.digest(LISTED_FILE)).md5 }] },
      { key: 'url', signals: [{ type: 'url', value: new TextEncoder().encode(LISTED_URL) }] },
    ]);
    const path = join(folder, 'snapshot');
    await egide.saveSnapshot(bank, path);
    await bank.close();
    const now = LAST_DAY + 86_400_000;
    const kinds = FAKES.filter(({ kind }) => EXCHANGES.some((exchange) => exchange.kind === kind));
    const fakes = await Promise.all(kinds.map(({ kind }) => startFake(kind, { entries: 30, pageSize: 12, now: () => now })));
    try {
      const question: Question = {
        snapshot: (await readFile(path)).toString('base64'),
        files: FILES,
        urls: [`${LISTED_URL}/../a?`, 'http://listed.example.org/b', 'no URL'],
        fakes: fakes.map(({ kind, settings, credentials }) => ({ kind, settings, credentials })),
        now,
      };
      const expected = JSON.parse(JSON.stringify(await answersOf(egide, exchangeOf, question)));
      const script = await bundle('test/runtimes/answers-worker.ts', folder, ['workerd', 'worker', 'import']);
      expect(await readFile(script, 'utf8'), 'reaches nothing of Node').not.toMatch(/(import|from|require)\s*\(?\s*["']node:/);
      using served = await serve(workerd as string, script);
      const response = await fetch(served.url, { method: 'POST', body: JSON.stringify(question) });
      const text = await response.text();
      expect(response.status, text).toBe(200);
      expect(JSON.parse(text)).toEqual(expected);
      // And these are answers, not the same nothing twice.
      const { verdicts, matches, urls, reports, sources } = expected;
      expect(verdicts.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['match', 'no-match', 'no-match']);
      expect(verdicts[0].matches.map(({ kind }: { kind: string }) => kind)).toEqual(['near', 'partial']);
      expect(matches).toMatchObject([{ kind: 'exact', entry: { id: 'file' } }]);
      expect(urls.map(({ outcome }: { outcome: string }) => outcome)).toEqual(['match', 'no-match', 'could-not-tell']);
      expect(reports.map(({ format, usable }: { format: string; usable: number }) => [format, usable])).toEqual([
        ['csv', 1],
        ['ndjson', 1],
        ['vics', 1],
      ]);
      for (const { kind } of kinds) expect(JSON.stringify(sources[kind]).length, kind).toBeGreaterThan(1000);
    } finally {
      for (const fake of fakes) await fake.close();
    }
  });
});
