import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Egide } from '../../src/egide.js';
import type { Verdict } from '../../src/shield/verdict.js';
import { nodeEgide, photo } from '../fixtures/shield.js';
import { backends } from '../spec/backends.js';
import { type } from './command-line.js';

const boats = await photo('nagasaki-boats');
const cat = await photo('locomotion-house-cat');

describe.each(backends)('egide scan with patches on %s', (_name, makeBackend) => {
  const plain = nodeEgide(makeBackend());
  let egide: Egide;
  let folder: string;
  let scan: string[];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'egide-cli-patches-'));
    const index = await plain.buildPatchIndex([await plain.patches.enrol(await plain.decode(boats))]);
    const bank = { name: 'bank', index, entry: () => ({ id: '<b>42</b>', list: 'bank' }) };
    egide = { ...plain, shield: (options) => plain.shield({ ...options, patches: [bank] }) };
    const upload = join(folder, 'part.png');
    await sharp(boats).extract({ left: 80, top: 200, width: 560, height: 440 }).flop().png().toFile(upload);
    const [listed, list] = [join(folder, 'cat.jpg'), join(folder, 'cats.csv')];
    await writeFile(listed, cat);
    await type(plain, ['list', 'make', listed, '-o', list]);
    scan = ['scan', upload, '--list', list];
  });
  afterAll(() => rm(folder, { recursive: true }));

  test('says in the table how sure it is, by how much, and what is seen', async () => {
    const { code, out } = await type(egide, scan);
    expect(code).toBe(2);
    expect(out).toMatch(/hold +partial confirmed +\d+ features +mirrored, \d+ % of the original visible.* bank \/ <b>42<\/b>/);
  });

  test('gives the whole match as JSON', async () => {
    const { out } = await type(egide, [...scan, '--json']);
    const verdict = JSON.parse(out) as Verdict;
    expect(verdict.matches).toMatchObject([{ kind: 'partial', tier: 'confirmed', entry: { list: 'bank' }, copy: { mirrored: true } }]);
    expect(verdict.patches).toEqual([{ name: 'bank', pictures: 1 }]);
  });

  test('shows it in the report, as text', async () => {
    const path = join(folder, 'report.html');
    await type(egide, [...scan, '--report', path]);
    const page = await readFile(path, 'utf8');
    expect(page).toMatch(/Partial: confirmed <small>\(\d+ of \d+ features are distinctive\)/);
    expect(page).toMatch(/<dt>Seen<\/dt><dd>mirrored, \d+ % of the original visible/);
    expect(page).toContain('<dd>&#60;b&#62;42&#60;/b&#62;</dd>');
    expect(page).toContain('patches: at least probable');
  });
});
