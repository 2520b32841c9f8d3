import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { deflateSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

const scratch = mkdtempSync(join(tmpdir(), 'corpus-spec-'));
const tools = join(scratch, 'tools');
const folder = join(scratch, 'corpus');
const manifest = join(scratch, 'manifest.tsv');
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

const plain = Buffer.from('the bytes of a picture');
const inside = Buffer.from('the bytes of a picture in a container, again and again and again and again and again');
const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
const fileOf = (bytes: Uint8Array): string => join(folder, `photo/some-pictures/${sha256(bytes).slice(0, 12)}.jpg`);

/** A manifest of two pictures, the second in a container. */
function writeManifest(sum = sha256(plain)): void {
  const rows = [
    'S\tsome-pictures\t1.0\t',
    `photo\t4\t3\t${plain.length}\t${sum}\tusr/share/some/Plain.JPG`,
    `photo\t4\t3\t${inside.length}\t${sha256(inside)}\trcc!folder/Inside.jpg`,
    'L\tlarge-pictures\t1.0\tusr/share/large/',
    `photo\t4\t3\t1\t${'0'.repeat(64)}\tlarge.jpg`,
  ];
  writeFileSync(manifest, `# A comment\n${rows.join('\n')}\n`);
}

/** A Qt container of version 1: the root, a folder in it, a file in the folder, compressed. */
function container(): Buffer {
  const names = ['folder', 'Inside.jpg'].map((name) => {
    const units = Buffer.from(name, 'utf16le').swap16();
    const head = Buffer.alloc(6);
    head.writeUInt16BE(name.length, 0);
    return Buffer.concat([head, units]);
  });
  const record = (name: number, flags: number, a: number, b: number): Buffer => {
    const bytes = Buffer.alloc(14);
    bytes.writeUInt32BE(name, 0);
    bytes.writeUInt16BE(flags, 4);
    bytes.writeUInt32BE(a, 6);
    bytes.writeUInt32BE(b, 10);
    return bytes;
  };
  const tree = Buffer.concat([record(0, 2, 1, 1), record(0, 2, 1, 2), record((names[0] as Buffer).length, 1, 0, 0)]);
  const packed = deflateSync(inside);
  const lengths = Buffer.alloc(8);
  lengths.writeUInt32BE(packed.length + 4, 0);
  lengths.writeUInt32BE(inside.length, 4);
  const head = Buffer.alloc(20);
  head.write('qres');
  head.writeUInt32BE(1, 4);
  head.writeUInt32BE(20, 8);
  head.writeUInt32BE(20 + tree.length, 12);
  head.writeUInt32BE(20 + tree.length + 8 + packed.length, 16);
  return Buffer.concat([head, tree, lengths, packed, ...names]);
}

/** Runs the script with an `apt-get` that has one package at the version given. */
function install(version = '1.0', ...args: string[]): { status: number | null; text: string } {
  const script = `#!/bin/sh\n[ "$2" = some-pictures=${version} ] || [ "$2" = some-pictures ] || { echo "E: no $2" >&2; exit 100; }\ncp ${scratch}/package.deb .\n`;
  writeFileSync(join(tools, 'apt-get'), script);
  chmodSync(join(tools, 'apt-get'), 0o755);
  return runScript(`${tools}:${process.env['PATH']}`, ...args);
}

function runScript(path: string, ...args: string[]): { status: number | null; text: string } {
  const all = ['scripts/corpus.mjs', folder, '--manifest', manifest, ...args];
  const { status, stderr } = spawnSync(process.execPath, all, { encoding: 'utf8', env: { ...process.env, PATH: path } });
  return { status, text: stderr };
}

const packs = spawnSync('dpkg-deb', ['--version']).status === 0;
if (!packs) console.log('skipped: the script that installs pictures: no dpkg-deb to pack a Debian package with');

describe.skipIf(!packs)('the script that installs pictures', () => {
  beforeAll(() => {
    const files = {
      'DEBIAN/control': 'Package: some-pictures\nVersion: 1.0\nArchitecture: all\nMaintainer: a test <a@b.c>\nDescription: none\n',
    };
    const tree = join(scratch, 'tree');
    for (const [path, content] of Object.entries({ ...files, 'usr/share/some/Plain.JPG': plain, 'usr/share/some/all.rcc': container() })) {
      mkdirSync(dirname(join(tree, path)), { recursive: true });
      writeFileSync(join(tree, path), content);
    }
    mkdirSync(tools);
    execFileSync('dpkg-deb', ['--build', '--root-owner-group', tree, join(scratch, 'package.deb')]);
    writeManifest();
  });

  test('lays pictures out by category and package, also those in containers, and writes an index', () => {
    expect(install()).toMatchObject({ status: 0, text: expect.stringContaining('2 pictures are in') });
    expect(readFileSync(fileOf(plain))).toEqual(plain);
    expect(readFileSync(fileOf(inside))).toEqual(inside);
    const index = readFileSync(join(folder, 'index.tsv'), 'utf8').trim().split('\n');
    expect(index).toHaveLength(2);
    expect(index[1]).toBe(`photo/some-pictures/${sha256(inside).slice(0, 12)}.jpg\tsome-pictures\trcc!folder/Inside.jpg\t4\t3`);
  });

  test('keeps what is there, without a look at the network', () => {
    expect(runScript('/nowhere')).toMatchObject({ status: 0, text: expect.stringContaining('some-pictures: is there') });
  });

  test('fetches again what is damaged', () => {
    writeFileSync(fileOf(plain), 'half');
    expect(install()).toMatchObject({ status: 0, text: expect.stringContaining('1 pictures to fetch') });
    expect(readFileSync(fileOf(plain))).toEqual(plain);
  });

  test('takes the current version where the one of the manifest is gone', () => {
    rmSync(fileOf(inside));
    expect(install('2.0').status).toBe(0);
    expect(existsSync(fileOf(inside))).toBe(true);
  });

  test('says which picture has changed, and does not keep it', () => {
    writeManifest('1'.repeat(64));
    const { status, text } = install('2.0');
    expect(status).toBe(1);
    expect(text).toContain('usr/share/some/Plain.JPG has changed; version 1.0 is no longer offered');
    expect(existsSync(join(folder, 'photo/some-pictures/111111111111.jpg'))).toBe(false);
    writeManifest();
  });

  test('says what to do without apt-get, without the package, and with a tier that there is not', () => {
    rmSync(folder, { recursive: true });
    expect(runScript('/nowhere')).toMatchObject({ status: 1, text: expect.stringMatching(/apt-get was not found: .* needs Debian/) });
    expect(install('1.0', '--tiers', 'L')).toMatchObject({
      status: 1,
      text: expect.stringMatching(/large-pictures: apt-get cannot download it: run/),
    });
    expect(install('1.0', '--tiers', 'X')).toMatchObject({
      status: 1,
      text: expect.stringContaining('expected one or more of the letters'),
    });
  });
});

test('the manifest names each picture once, with its SHA-256', () => {
  const lines = readFileSync('bench/corpus.tsv', 'utf8').trim().split('\n');
  const pictures = lines.map((line) => line.split('\t')).filter(({ length }) => length === 6);
  expect(pictures.length).toBe(4972);
  expect(new Set(pictures.map(([, , , , sum]) => sum)).size).toBe(4972);
  for (const [category, width, height, bytes, sum, path] of pictures) {
    expect(category).toMatch(/^(photo|illustration|painting|clipart|astro|pano|object)$/);
    expect([width, height, bytes].every((number) => Number(number) > 0)).toBe(true);
    expect(sum).toMatch(/^[0-9a-f]{64}$/);
    expect(path).toMatch(/\.\w+$/);
  }
});
