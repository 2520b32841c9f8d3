#!/usr/bin/env node
// Installs the pictures that benchmarks use, from Debian packages: `node scripts/corpus.mjs [FOLDER] [--tiers SML] [--manifest FILE]`.
//   FOLDER      where they go, default .cache/corpus: <category>/<package>/<12 digits of SHA-256>.<ext>, and index.tsv
//   --tiers     S (184 MB to download), M (345 MB more), L (538 MB more); default SM
//   --manifest  what to install, default bench/corpus.tsv
// Needs apt-get and dpkg-deb, no root; nothing is installed in the system. What is there and right is kept. docs/corpus.md says more.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { qtResources } from './qt-resources.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const { values, positionals } = parseArgs({
  options: { tiers: { type: 'string', default: 'SM' }, manifest: { type: 'string', default: join(root, 'bench/corpus.tsv') } },
  allowPositionals: true,
});
if (!/^[SML]+$/.test(values.tiers)) stop(`--tiers ${values.tiers}: expected one or more of the letters S, M and L`);
if (positionals.length > 1) stop(`${positionals.length} folders were given; expected one`);
const folder = resolve(positionals[0] ?? join(root, '.cache/corpus'));

const packages = readManifest(values.manifest);
const wanted = packages.filter(({ tier }) => values.tiers.includes(tier));
const total = wanted.reduce((sum, { pictures }) => sum + pictures.length, 0);
const problems = [];
let done = 0;
for (const item of wanted) {
  const lacking = item.pictures.filter((picture) => !isThere(picture));
  progress(`${item.name}: ${lacking.length === 0 ? 'is there' : `${lacking.length} pictures to fetch ...`}`);
  if (lacking.length > 0) install(item, lacking);
  done += item.pictures.length;
}
writeIndex();
progress(`${total - problems.length} pictures are in ${folder}`);
if (process.stderr.isTTY) process.stderr.write('\n');
if (problems.length > 0) stop(`${problems.length} pictures are missing:\n${problems.slice(0, 20).join('\n')}`);

/** Lines with a tier begin a package; lines with a category are pictures in it. */
function readManifest(path) {
  const packages = [];
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    if (line === '' || line.startsWith('#')) continue;
    const fields = line.split('\t');
    if (fields.length === 4) {
      const [tier, name, version, prefix] = fields;
      packages.push({ tier, name, version, prefix, pictures: [] });
      continue;
    }
    const [category, width, height, , sha256, rest] = fields;
    const { name, prefix, pictures } = packages.at(-1);
    const file = join(category, name, `${sha256.slice(0, 12)}${extname(rest).toLowerCase()}`);
    pictures.push({ width, height, sha256, source: prefix + rest, file });
  }
  return packages;
}

function isThere({ file, sha256 }) {
  const path = join(folder, file);
  return existsSync(path) && sha256Of(readFileSync(path)) === sha256;
}

function sha256Of(bytes) {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Downloads one package, takes the pictures out of it, and leaves nothing else behind. */
function install({ name, version }, pictures) {
  const scratch = mkdtempSync(join(tmpdir(), 'egide-corpus-'));
  try {
    const { archive, isCurrent } = download(name, version, scratch);
    run('dpkg-deb', ['-x', archive, join(scratch, 'files')]);
    const read = reader(join(scratch, 'files'), pictures);
    for (const picture of pictures) {
      const bytes = read(picture.source);
      const change = isCurrent ? `; version ${version} is no longer offered` : '';
      if (!bytes) problems.push(`${name}: ${picture.source} is not in the package${change}`);
      else if (sha256Of(bytes) !== picture.sha256) problems.push(`${name}: ${picture.source} has changed${change}`);
      else write(picture.file, bytes);
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** The version of the manifest or, where the archive has moved on, the current one. */
function download(name, version, scratch) {
  for (const spec of [`${name}=${version}`, name])
    try {
      run('apt-get', ['download', spec], scratch);
      return {
        archive: join(
          scratch,
          readdirSync(scratch).find((file) => file.endsWith('.deb')),
        ),
        isCurrent: spec === name,
      };
    } catch (error) {
      if (spec === name) stop(`${name}: apt-get cannot download it: run "apt-get update" first, or leave its tier out.\n${error.message}`);
    }
}

/** A function that gives the bytes of a path in the unpacked package, or of one inside a Qt container (`rcc!path`). */
function reader(files, pictures) {
  const inside = new Map();
  const names = new Set(pictures.map(({ source }) => source).filter((source) => source.startsWith('rcc!')));
  if (names.size > 0)
    for (const container of readdirSync(files, { recursive: true }).filter((path) => path.endsWith('.rcc')))
      for (const [path, bytes] of qtResources(readFileSync(join(files, container))))
        if (names.has(`rcc!${path}`)) inside.set(`rcc!${path}`, bytes);
  return (source) => inside.get(source) ?? (existsSync(join(files, source)) ? readFileSync(join(files, source)) : undefined);
}

/** Whole or not at all: a run that is broken off leaves no half picture. */
function write(file, bytes) {
  const path = join(folder, file);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(`${path}.part`, bytes);
  renameSync(`${path}.part`, path);
}

/** One line for each picture that is there, of this run's tiers and of earlier ones: file, package, path in the package, width, height. */
function writeIndex() {
  const lines = packages.flatMap(({ name, pictures }) =>
    pictures
      .filter(({ file }) => existsSync(join(folder, file)))
      .map(({ file, source, width, height }) => `${[file, name, source, width, height].join('\t')}\n`),
  );
  mkdirSync(folder, { recursive: true });
  write('index.tsv', lines.join(''));
}

function run(command, args, cwd = root) {
  try {
    return execFileSync(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    if (error.code === 'ENOENT') stop(`${command} was not found: the pictures come in Debian packages, so this needs Debian or Ubuntu`);
    throw error;
  }
}

function progress(text) {
  const line = `[${String(done).padStart(String(total).length)} of ${total}] ${text}`;
  process.stderr.write(process.stderr.isTTY ? `\r\x1b[K${line}` : `${line}\n`);
}

function stop(message) {
  console.error(`${process.stderr.isTTY ? '\n' : ''}corpus: ${message}`);
  process.exit(1);
}
