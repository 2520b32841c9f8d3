import { appendFile, copyFile, mkdir, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createNativeBackend } from '../../src/backend/native.js';
import { type } from '../cli/command-line.js';
import { nodeEgide } from '../fixtures/shield.js';

const egide = nodeEgide(createNativeBackend());
const pictures = fileURLToPath(new URL('../../examples/pictures/', import.meta.url));
const ATTACKS = 'jpeg-q50,hflip,copydays-crop50,gamma-2.0';
let root: string;
let folders: string[];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'egide-bench-'));
  const [originals, distractors] = [join(root, 'originals'), join(root, 'distractors')];
  await mkdir(join(originals, 'deep'), { recursive: true });
  await mkdir(distractors);
  await copyFile(join(pictures, 'nagasaki-boats.jpg'), join(originals, 'boats.jpg'));
  await copyFile(join(pictures, 'locomotion-house-cat.jpg'), join(originals, 'deep', 'cat.jpg'));
  await copyFile(join(pictures, 'french-alpine-landscape.jpg'), join(originals, 'alps.jpg'));
  await copyFile(join(pictures, 'airplane-from-above.jpg'), join(distractors, 'airplane.jpg'));
  await copyFile(join(pictures, 'allium-oreophilum.jpg'), join(distractors, 'allium.jpg'));
  await writeFile(join(distractors, 'broken.png'), (await readFile(join(pictures, 'allium-oreophilum.jpg'))).subarray(0, 5000));
  await writeFile(join(distractors, 'notes.txt'), 'no picture, and not named as one');
  folders = ['--originals', originals, '--distractors', distractors];
});
afterAll(() => rm(root, { recursive: true }));

/** Runs `egide bench attacks` in this process. */
function bench(out: string, ...words: string[]) {
  return type(egide, ['bench', 'attacks', ...folders, '--attacks', ATTACKS, '--workers', '1', '--out', join(root, out), ...words]);
}

/** The rows of a CSV file without quotes, by the names of its columns. */
async function rowsOf(out: string, file: string): Promise<Record<string, string>[]> {
  const [head = '', ...lines] = (await readFile(join(root, out, file), 'utf8')).trimEnd().split('\n');
  return lines.map((line) => Object.fromEntries(line.split(',').map((cell, i) => [head.split(',')[i] as string, cell])));
}

describe('a small run', () => {
  beforeAll(async () => {
    const { code, err, out } = await bench('small', '--matchers', 'pdq,pdq-orientations');
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('left out: distractors/broken.png');
  });

  test('finds what PDQ is known to find', async () => {
    const found = (await rowsOf('small', 'recall.csv')).filter(({ scope }) => scope === 'attack');
    expect(found.map(({ matcher, name, n, found: count }) => [matcher, name, `${count} of ${n}`].join(' '))).toEqual(
      expect.arrayContaining([
        'pdq jpeg-q50 3 of 3',
        'pdq hflip 0 of 3',
        'pdq copydays-crop50 0 of 3',
        'pdq-orientations jpeg-q50 3 of 3',
        'pdq-orientations hflip 3 of 3',
        'pdq-orientations copydays-crop50 0 of 3',
      ]),
    );
    expect(found).toHaveLength(8);
  });

  test('counts pairs: queries times the other pictures in the bank', async () => {
    // Four pictures are in the bank; one distractor is a neighbour in collages, one is broken.
    expect(await rowsOf('small', 'false-positives.csv')).toEqual(
      ['pdq', 'pdq-orientations'].flatMap((matcher) => [
        { matcher, queries: 'all', tier: 'any', false_positives: '0', pairs: '39', upper95: '0.0769231' },
        { matcher, queries: 'attacked', tier: 'any', false_positives: '0', pairs: '36', upper95: '0.0833333' },
        { matcher, queries: 'unedited', tier: 'any', false_positives: '0', pairs: '3', upper95: '1' },
      ]),
    );
  });

  test('writes thresholds that only ever find more', async () => {
    const recall = (await rowsOf('small', 'thresholds.csv')).filter(({ matcher }) => matcher === 'pdq').map((row) => Number(row['recall']));
    expect(recall.length).toBeGreaterThan(1);
    expect(recall).toEqual(recall.toSorted((a, b) => a - b));
  });

  test('names the file that is no picture, and its settings, in results.json', async () => {
    const results = JSON.parse(await readFile(join(root, 'small', 'results.json'), 'utf8'));
    expect(results.broken).toEqual([{ id: 'distractors/broken.png', reason: expect.any(String) }]);
    expect(results.header.attacks).toHaveLength(4);
    expect(results.counts).toMatchObject({ originals: 3, attacked: 3, distractors: 1, neighbours: 1, bank: 4 });
  });

  test('makes a page that fetches nothing and runs nothing, with a picture of every attack', async () => {
    const page = await readFile(join(root, 'small', 'report.html'), 'utf8');
    expect(page).not.toMatch(/https?:|<script|<link|<iframe|@import|url\(|\son\w+="|\sstyle="/i);
    expect(page.match(/src="data:image\/jpeg;base64,/g)).toHaveLength(4);
    expect(page).toContain('distractors/broken.png was left out');
  });

  test('does nothing twice, and says the same', async () => {
    const before = await readFile(join(root, 'small', 'work', 'run.ndjson'));
    const recall = await readFile(join(root, 'small', 'recall.csv'), 'utf8');
    expect((await bench('small', '--matchers', 'pdq,pdq-orientations')).code).toBe(0);
    expect(await readFile(join(root, 'small', 'work', 'run.ndjson'))).toEqual(before);
    expect(await readFile(join(root, 'small', 'recall.csv'), 'utf8')).toBe(recall);
  });

  test('goes on after a line that was cut, and ends where a whole run ends', async () => {
    const log = join(root, 'small', 'work', 'run.ndjson');
    const whole = await readFile(log);
    const recall = await readFile(join(root, 'small', 'recall.csv'), 'utf8');
    await truncate(log, whole.length - 200);
    expect((await bench('small', '--matchers', 'pdq,pdq-orientations')).code).toBe(0);
    expect(await readFile(join(root, 'small', 'recall.csv'), 'utf8')).toBe(recall);
    expect((await readFile(log, 'utf8')).split('\n')).toHaveLength(whole.toString().split('\n').length);
  });

  test('refuses to mix two settings', async () => {
    const { code, err } = await bench('small', '--matchers', 'pdq', '--seed', '2');
    expect(code).toBe(1);
    expect(err).toContain('belongs to a run with other settings (seed is 1 there and 2 here; matchers is');
  });

  test('refuses work that is damaged', async () => {
    await appendFile(join(root, 'small', 'work', 'run.ndjson'), '{"unit":\n');
    expect((await bench('small', '--matchers', 'pdq,pdq-orientations')).err).toMatch(/line \d+ of .* is damaged: delete the folder/);
  });
});

test('stops when it is told to, and says how to go on', async () => {
  const stop = new AbortController();
  stop.abort();
  const words = ['bench', 'attacks', ...folders, '--workers', '1', '--out', join(root, 'stopped')];
  expect(await type(egide, words, { signal: stop.signal })).toEqual({
    code: 130,
    out: '',
    err: expect.stringContaining('Start the same command again'),
  });
});

test('peers run beside pdq, those without a documented threshold no more wrong than it', async () => {
  const { code, err } = await bench('peers', '--matchers', 'pdq,sharp-phash,imghash,blockhash', '--limit', '1');
  expect([code, err]).toEqual([0, '']);
  const found = (await rowsOf('peers', 'recall.csv')).filter(({ name }) => name === 'jpeg-q50');
  expect(found.map(({ matcher, found: count }) => [matcher, count])).toEqual([
    ['pdq', '1'],
    ['sharp-phash', '1'],
    ['imghash', '1'],
    ['blockhash', '1'],
  ]);
  const wrong = (await rowsOf('peers', 'false-positives.csv')).filter(({ queries }) => queries === 'unedited');
  expect(wrong.map(({ false_positives }) => false_positives)).toEqual(['0', '0', '0', '0']);
});

describe("a matcher of the user's own", () => {
  // Says that everything is the first original, and where.
  const STUBBORN = `export default { name: 'stubborn', version: '1', setting: 'none', reference: async () => new Uint8Array([1]),
    open: async (references) => ({ search: async () => [{ id: references[0].id, score: 1, accepted: true, tier: 'sure',
      transform: [1, 0, 3, 0, 1, 4, 0, 0, 1] }] }) };`;

  test('is measured beside the others', async () => {
    await writeFile(join(root, 'stubborn.mjs'), STUBBORN);
    const { code, err } = await bench('own', '--matcher-file', join(root, 'stubborn.mjs'));
    expect([code, err]).toEqual([0, '']);
    const recall = (await rowsOf('own', 'recall.csv')).filter(({ matcher }) => matcher === 'stubborn');
    expect(recall.find(({ scope }) => scope === 'all')).toMatchObject({ n: '12', found: '4' });
    // It is off by (3, 4) pixels where the copy was not moved; the picture is 900 pixels wide, and errors are told at 640.
    expect(Number(recall.find(({ name }) => name === 'jpeg-q50')?.['region_error_px'])).toBeCloseTo((5 * 640) / 900, 2);
    const wrong = (await rowsOf('own', 'false-positives.csv')).filter(
      ({ matcher, queries }) => matcher === 'stubborn' && queries === 'all',
    );
    expect(wrong.map(({ tier, false_positives }) => [tier, false_positives])).toEqual([
      ['any', '9'],
      ['sure', '9'],
    ]);
    const pairs = await rowsOf('own', 'false-positive-pairs.csv');
    expect(pairs).toHaveLength(9);
    expect(new Set(pairs.map(({ named }) => named))).toEqual(new Set(['originals/alps.jpg']));
  });

  test('walks into traps, which are counted apart', async () => {
    const words = ['--attacks', 'hflip,trap-emoji,trap-collage', '--matcher-file', join(root, 'stubborn.mjs')];
    expect((await bench('traps', ...words)).code).toBe(0);
    const wrong = await rowsOf('traps', 'false-positives.csv');
    const counts = wrong
      .filter(({ tier }) => tier === 'any')
      .map((row) => [row['matcher'], row['queries'], row['false_positives'], row['pairs']]);
    expect(counts).toEqual([
      ['pdq', 'all', '0', '12'],
      ['pdq', 'attacked', '0', '9'],
      ['pdq', 'unedited', '0', '3'],
      ['pdq', 'traps', '0', '3'],
      ['pdq', 'trap-emoji', '0', '3'], // no collage: there is but one neighbour
      ['stubborn', 'all', '3', '12'],
      ['stubborn', 'attacked', '2', '9'],
      ['stubborn', 'unedited', '1', '3'],
      ['stubborn', 'traps', '3', '3'],
      ['stubborn', 'trap-emoji', '3', '3'],
    ]);
    expect((await rowsOf('traps', 'false-positive-pairs.csv')).filter(({ attack }) => attack === 'trap-emoji')).toHaveLength(3);
  });

  test('is not wrong about pictures that are known to be related', async () => {
    await writeFile(join(root, 'related.tsv'), '# two of one place\nalps.jpg\tboats.jpg\n');
    const words = ['--matcher-file', join(root, 'stubborn.mjs'), '--related', join(root, 'related.tsv')];
    expect((await bench('related', ...words)).code).toBe(0);
    const wrong = (await rowsOf('related', 'false-positives.csv')).filter(({ matcher }) => matcher === 'stubborn');
    expect(wrong.find(({ queries }) => queries === 'all')).toMatchObject({ false_positives: '5', pairs: '31' });
  });

  test.each([
    ['export default 3', 'it is no object'],
    ["export default { name: 'a b' }", 'its name is not'],
    ["export default [{ name: 'a', version: '1', setting: '' }]", 'a has no functions reference() and open()'],
    ['export default []', 'exports an empty list'],
    [STUBBORN.replace('stubborn', 'pdq'), 'there are two of the name pdq'],
    ['throw new Error("no luck")', 'could not be loaded: no luck'],
  ])('is refused with a reason: %s', async (text, reason) => {
    const file = join(root, `wrong-${Math.abs(hashOf(text))}.mjs`);
    await writeFile(file, text);
    const { code, err } = await bench('wrong', '--matcher-file', file);
    expect(code).toBe(1);
    expect(err).toContain(reason);
  });
});

/** Another name for another text: a module is loaded once. */
function hashOf(text: string): number {
  return Array.from(text).reduce((hash, letter) => Math.imul(hash, 31) + letter.charCodeAt(0), 7);
}

describe('bad input', () => {
  test.each([
    [['--originals', '/no/such/folder'], 'originals: /no/such/folder cannot be read'],
    [['--attacks', 'crop,nonsense'], 'there is no attack or family "nonsense"; the families are'],
    [['--matchers', 'pdq,magic'], 'there is no "magic"; there are pdq, pdq-orientations'],
    [['--matchers', 'imghash'], 'imghash takes its threshold from pdq: add pdq'],
    [['--limit', '0'], '--limit: expected a whole number'],
    [['--related', '/no/such/file'], 'related: /no/such/file cannot be read'],
    [['more'], 'expected options alone'],
  ])('%s', async (words, message) => {
    const { code, err } = await bench('bad', ...words);
    expect(code).toBe(1);
    expect(err).toContain(message);
  });

  test('a folder without pictures', async () => {
    await mkdir(join(root, 'empty'), { recursive: true });
    const { code, err } = await bench('bad', '--distractors', join(root, 'empty'));
    expect(code).toBe(1);
    expect(err).toContain('distractors: expected 2 or more pictures');
  });

  test('a related pair that is not in the corpus', async () => {
    await writeFile(join(root, 'unknown.tsv'), 'alps.jpg\tnobody.jpg\n');
    expect((await bench('bad', '--related', join(root, 'unknown.tsv'))).err).toContain('"nobody.jpg" is no picture of the corpus');
  });

  test('a needed option that is not there', async () => {
    expect((await type(egide, ['bench', 'attacks', '--out', root])).err).toContain('expected --originals DIR');
  });

  test('bench alone says what there is', async () => {
    expect(await type(egide, ['bench'])).toMatchObject({ code: 1, out: expect.stringContaining('egide bench attacks') });
    expect(await type(egide, ['bench', 'nothing'])).toMatchObject({ code: 1, err: expect.stringContaining("expected 'bench attacks'") });
    expect(await type(egide, ['bench', 'attacks', '--help'])).toMatchObject({ code: 0, out: expect.stringContaining('--matcher-file') });
  });
});
