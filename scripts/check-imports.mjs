// Checks who may use whom (DESIGN.md, "Direction"): `node scripts/check-imports.mjs [root]` prints each violation and exits 1.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';

const root = process.argv[2] ?? '.';
const violations = [];
const filesUnder = (folder) =>
  (existsSync(join(root, folder)) ? readdirSync(join(root, folder), { recursive: true }) : []).map((f) => join(folder, f));

// TypeScript: a file may import its own layer and those before it. A folder that is not named here is a violation, not an exception.
const LAYERS = [
  ['errors', 'input', 'backend'],
  ['backend/'],
  ['image/', 'hash/', 'search/', 'platform'],
  ['patch/'],
  ['bank/'],
  ['list/'],
  ['snapshot/'],
  ['shield/'],
  ['egide', 'self-test/'],
  ['entry/'],
  ['bench/', 'fakes/'],
  ['cli/'],
];
const conceptOf = (file) => {
  const path = relative('src', file);
  return path.includes('/') ? `${path.split('/')[0]}/` : path.replace(/\.ts$/, '');
};
const layerOf = (file) => LAYERS.findIndex((names) => names.includes(conceptOf(file)));
const mayUseNode = (file) => /-node\.ts$|^src\/entry\/node\.ts$|^src\/backend\/native\.ts$|^src\/(bench|fakes|cli)\//.test(file);

const sources = filesUnder('src').filter((f) => f.endsWith('.ts'));
for (const file of sources) {
  if (layerOf(file) < 0) violations.push(`${file}: no layer has this name: add it to LAYERS in scripts/check-imports.mjs`);
  const text = readFileSync(join(root, file), 'utf8');
  // A fake that shared code with the client that it tests would share its mistakes.
  if (file.startsWith('src/fakes/') && /^import (?!type\b)[^;]*from '\.\.\/list\//m.test(text))
    violations.push(`${file}: imports more than types from list/`);
  for (const [, from] of text.matchAll(/(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)['"]([^'"]+)['"]/g)) {
    if (from.startsWith('node:') && !mayUseNode(file)) violations.push(`${file}: imports ${from}, which only Node has`);
    if (!from.startsWith('.')) continue;
    const target = normalize(join(dirname(file), from.replace(/\.js$/, '.ts')));
    if (layerOf(target) > layerOf(file)) violations.push(`${file}: imports ${target}, which stands above it`);
    if (conceptOf(target) === 'backend/' && !/^src\/(entry|backend)\//.test(file))
      violations.push(`${file}: imports ${target}: only entry/ chooses a backend`);
    if (/^src\/backend\/(native|wasm)\.ts$/.test(target) && /^src\/backend\/(native|wasm)\.ts$/.test(file))
      violations.push(`${file}: imports ${target}: the two doors never meet`);
  }
}

// C++: includes are written from native/. The core knows no JavaScript, no files, no clock and never prints.
const MAY_INCLUDE = {
  'native/core/kernels/': /^core\/kernels\//,
  'native/core/': /^core\//,
  'native/node/': /^(core|node)\//,
  'native/wasm/': /^(core|wasm)\//,
};
const BANNED_IN_CORE = /^(napi|node_api|uv|iostream|fstream|cstdio|stdio|print|filesystem|chrono|ctime|thread|mutex)(\.h)?$/;
const cxx = filesUnder('native').filter((f) => /\.(cpp|hpp|h|inc)$/.test(f));
const listed = existsSync(join(root, 'native/sources.txt')) ? readFileSync(join(root, 'native/sources.txt'), 'utf8') : '';
for (const file of cxx) {
  const folder = Object.keys(MAY_INCLUDE).find((f) => file.startsWith(f));
  if (!folder) violations.push(`${file}: stands in no folder that DESIGN.md names`);
  for (const [, quote, header] of readFileSync(join(root, file), 'utf8').matchAll(/^\s*#\s*include\s*([<"])([^>"]+)/gm)) {
    if (quote === '"' && folder && !MAY_INCLUDE[folder].test(header))
      violations.push(`${file}: includes "${header}", which it may not use`);
    if (folder?.startsWith('native/core/') && BANNED_IN_CORE.test(header.split('/')[0]))
      violations.push(`${file}: includes <${header}>: the core has no such thing`);
  }
  if (file.startsWith('native/core/') && file.endsWith('.cpp') && !listed.includes(relative('native', file)))
    violations.push(`${file}: is missing from native/sources.txt`);
}

if (sources.length + cxx.length === 0) violations.push(`${root}: no sources found, so nothing was checked`);
for (const line of violations) console.error(line);
if (violations.length === 0) console.log(`import directions: ${sources.length} TypeScript and ${cxx.length} C++ files, no violation`);
process.exitCode = violations.length === 0 ? 0 : 1;
