#!/usr/bin/env node
// Builds what the package ships: `node scripts/build.mjs [native] [wasm] [ts]`, all three by default.
//   native  prebuilds/<platform>-<arch>[-musl].node, by cmake-js (needs a C++20 compiler and CMake)
//   wasm    dist/core.wasm, by the clang in @yowasp/clang (nothing to install)
//   ts      dist/**, by tsc
import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const require = createRequire(import.meta.url);
const run = (command, args, options = {}) => execFileSync(command, args, { cwd: root, stdio: 'inherit', ...options });

const sources = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split(/\s+/);

function buildNative() {
  run(process.execPath, [require.resolve('cmake-js/bin/cmake-js'), 'compile', '--silent', '--out', 'build/addon'], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  mkdirSync(join(root, 'prebuilds'), { recursive: true });
  const musl = process.platform === 'linux' && !process.report.getReport().header.glibcVersionRuntime ? '-musl' : '';
  copyFileSync(join(root, 'build/addon/Release/egide.node'), join(root, `prebuilds/${process.platform}-${process.arch}${musl}.node`));
}

// One unit, so that the compiler (in @yowasp/clang it is itself WebAssembly) starts once.
const COMPILE = [
  '--target=wasm32-wasip1',
  '-std=c++20',
  '-O3',
  '-msimd128',
  '-mbulk-memory',
  '-fno-exceptions',
  '-fno-rtti',
  '-ffp-contract=off',
  '-fvisibility=hidden',
  '-fno-threadsafe-statics',
  '-Wall',
  '-Wextra',
  '-Inative',
  '-c',
  'core.cpp',
  '-o',
  'core.o',
];
const LINK = [
  '--no-entry',
  '--strip-all',
  '--gc-sections',
  '--export=__stack_pointer', // a call that does not return leaves it where it was then
  '-z',
  'stack-size=262144',
  'core.o',
  '-lc++',
  '-lc++abi',
  '-lc',
  '-o',
  'core.wasm',
];

async function buildWasm() {
  const unit = [
    'wasm/runtime.cpp',
    'wasm/exports.cpp',
    'wasm/index_exports.cpp',
    'wasm/patch_exports.cpp',
    'wasm/patch_index_exports.cpp',
    ...sources.map((path) => path.replace(/^native\//, '')),
  ]
    .map((path) => `#include "${path}"\n`)
    .join('');
  const bytes = await compile(unit);
  checkImports(bytes);
  mkdirSync(join(root, 'dist'), { recursive: true });
  writeFileSync(join(root, 'dist/core.wasm'), bytes);
}

async function compile(unit) {
  const { runLLVM } = await import('@yowasp/clang');
  const options = { stderr: (bytes) => bytes && process.stderr.write(bytes), fetchProgress: () => {} };
  let files = { native: tree(join(root, 'native')), 'core.cpp': unit };
  files = await runLLVM(['clang++', ...COMPILE], files, options);
  const libraries = ['-L/usr/lib/wasm32-wasip1', '/usr/lib/wasm32-unknown-wasip1/libclang_rt.builtins.a'];
  files = await runLLVM(['wasm-ld', ...libraries, ...LINK], files, options);
  return files['core.wasm'];
}

/** The module must stand alone: an import would need glue in every runtime. */
function checkImports(bytes) {
  const imports = WebAssembly.Module.imports(new WebAssembly.Module(bytes)).map((item) => `${item.module}.${item.name}`);
  if (imports.length > 0) throw new Error(`core.wasm imports ${imports.join(', ')}: something in the core reaches for the system`);
}

/** A folder as nested objects, which is how the compiler in @yowasp/clang takes its files. */
function tree(folder) {
  return Object.fromEntries(
    readdirSync(folder, { withFileTypes: true }).map((item) => [
      item.name,
      item.isDirectory() ? tree(join(folder, item.name)) : readFileSync(join(folder, item.name)),
    ]),
  );
}

/** What an earlier version of the sources left in dist must not be shipped; core.wasm is another step's. */
function buildTypeScript() {
  const dist = join(root, 'dist');
  if (existsSync(dist)) for (const name of readdirSync(dist)) if (name !== 'core.wasm') rmSync(join(dist, name), { recursive: true });
  run(process.execPath, [require.resolve('typescript/bin/tsc'), '-p', 'tsconfig.build.json']);
}

const steps = { native: buildNative, wasm: buildWasm, ts: buildTypeScript };
const wanted = process.argv.length > 2 ? process.argv.slice(2) : Object.keys(steps);
for (const name of wanted) {
  if (!(name in steps)) throw new Error(`unknown step "${name}": expected native, wasm or ts`);
  const start = performance.now();
  await steps[name]();
  console.log(`built ${name} in ${((performance.now() - start) / 1000).toFixed(1)} s`);
}
