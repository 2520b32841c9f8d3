import { mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { nodeEgide } from '../fixtures/shield.js';
import { backends } from '../spec/backends.js';
import { type } from './command-line.js';
import { colourfulness, jpegsOf, sharpness } from './jpegs.js';
import { makeFolders } from './pictures.js';

describe.each(backends)('egide scan --report on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  let root: string;
  let page: string;
  let clearPage: string;

  beforeAll(async () => {
    let listed: string;
    let uploads: string;
    ({ root, listed, uploads } = await makeFolders());
    await writeFile(join(uploads, '<img src=x onerror=alert(1)>.jpg'), 'no picture');
    const list = join(root, 'known.csv');
    await type(egide, ['list', 'make', listed, '-o', list, '--category', '<b>"bold" & \u202ebackwards</b>']);
    await mkdir(join(root, 'out'));
    const report = async (name: string, ...more: string[]) => {
      const path = join(root, 'out', name);
      const { code, err } = await type(egide, ['scan', uploads, '--list', list, '--report', path, ...more]);
      expect([code, err]).toEqual([3, `report: ${path}\n`]);
      return readFile(path, 'utf8');
    };
    page = await report('report.html');
    clearPage = await report('clear.html', '--clear');
  });
  afterAll(() => rm(root, { recursive: true }));

  test('leaves one file that only its owner can read, and nothing temporary', async () => {
    expect((await readdir(join(root, 'out'))).sort()).toEqual(['clear.html', 'report.html']);
    expect((await stat(join(root, 'out', 'report.html'))).mode & 0o077).toBe(0);
  });

  test('fetches nothing and runs nothing', () => {
    expect(page).not.toMatch(/https?:|<script|<link|<iframe|@import|url\(|\son\w+="/i);
    expect(page).toContain(`content="default-src 'none'; img-src data:; style-src 'sha256-`);
    expect([...page.matchAll(/\ssrc="([^"]{0,23})/g)].map(([, start]) => start)).toEqual(Array(5).fill('data:image/jpeg;base64,'));
  });

  test('shows names and categories as text', () => {
    expect(page).not.toMatch(/<img src=x|<b>"bold"/);
    expect(page).toContain('&#60;img src=x onerror=alert(1)&#62;.jpg');
    expect(page).toContain('&#60;b&#62;&#34;bold&#34; &#38; \\u202ebackwards&#60;/b&#62;');
  });

  test('says what was found: counts, sentence, distance with the threshold, orientation, frame, problem', () => {
    expect(page).toContain('<b>1</b> block');
    expect(page).toContain('<b>6</b> hold');
    expect(page).toContain('<b>1</b> allow');
    expect(page).toMatch(/Near match: \d+ of 256 bits differ, mirrored, with entry/);
    expect(page).toMatch(/aria-label="\d+ of 256 bits differ; the threshold is 31"/);
    expect(page).toContain('<dt>Orientation</dt><dd>flipY</dd>');
    expect(page).toContain('in frame 3 of 3');
    expect(page).toContain('<code>CORRUPT_IMAGE</code>');
    expect(page).toContain('egide-default-2');
    expect(page.indexOf('same.jpg')).toBeLessThan(page.indexOf('mirrored.png'));
    expect(page.indexOf('mirrored.png')).toBeLessThan(page.indexOf('unrelated.jpg'));
  });

  test('has only blurred, grey previews unless they are asked for as they are', async () => {
    for (const jpeg of jpegsOf(page)) {
      expect(await colourfulness(jpeg)).toBeLessThan(2);
      expect(await sharpness(jpeg)).toBeLessThan(1.5);
    }
    const clear = jpegsOf(clearPage);
    expect(Math.max(...(await Promise.all(clear.map(colourfulness))))).toBeGreaterThan(10);
    expect(Math.max(...(await Promise.all(clear.map(sharpness))))).toBeGreaterThan(5);
  });
});
