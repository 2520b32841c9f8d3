import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

/** Runs the check over a tree of the given files and returns what it said. */
function check(files: Record<string, string>): { status: number | null; said: string } {
  const root = mkdtempSync(join(tmpdir(), 'egide-imports-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(root, dirname(path)), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const { status, stdout, stderr } = spawnSync(process.execPath, ['scripts/check-imports.mjs', root], { encoding: 'utf8' });
    return { status, said: stdout + stderr };
  } finally {
    rmSync(root, { recursive: true });
  }
}

test('a tree that keeps to the directions passes', () => {
  const { status, said } = check({
    'src/errors.ts': '',
    'src/hash/pdq.ts': "import { invalid } from '../errors.js';",
    'src/image/sharp-node.ts': "import { createHash } from 'node:crypto';",
    'src/entry/node.ts': "import { native } from '../backend/native.js';",
    'src/bench/run.ts': "import { load } from '../entry/node.js'; import { fork } from 'node:child_process';",
    'src/list/x.ts': '',
    'src/fakes/a.ts': "import type { X } from '../list/x.js'; import { createServer } from 'node:http';",
    'native/sources.txt': 'core/pdq.cpp\n',
    'native/core/pdq.cpp': '#include "core/kernels/luma.hpp"\n#include <span>\n',
    'native/node/addon.cpp': '#include "core/pdq.hpp"\n#include <napi.h>\n',
  });
  expect(said).toContain('no violation');
  expect(status).toBe(0);
});

test.each([
  ['an import from above', { 'src/errors.ts': "import type { Shield } from './shield/shield.js';" }, 'stands above it'],
  ['a bench that uses the command line', { 'src/bench/run.ts': "import { run } from '../cli/run.js';" }, 'stands above it'],
  ['a fake that shares code with its client', { 'src/fakes/a.ts': "import { x } from '../list/x.js';" }, 'more than types'],
  ['a backend chosen outside entry', { 'src/hash/pdq.ts': "import { wasm } from '../backend/wasm.js';" }, 'only entry/ chooses a backend'],
  ['the doors meeting', { 'src/backend/wasm.ts': "import { x } from './native.js';" }, 'the two doors never meet'],
  ['node: where it must not be', { 'src/hash/digests.ts': "import { createHash } from 'node:crypto';" }, 'only Node has'],
  ['node: in a dynamic import', { 'src/hash/digests.ts': "await import('node:crypto');" }, 'only Node has'],
  ['a folder that no layer names', { 'src/stuff/x.ts': '' }, 'no layer has this name'],
  ['a kernel that uses the core', { 'native/core/kernels/a.hpp': '#include "core/pdq.hpp"' }, 'may not use'],
  ['a core that uses a door', { 'native/core/a.hpp': '#include "node/addon.hpp"' }, 'may not use'],
  ['the doors meeting in C++', { 'native/wasm/exports.hpp': '#include "node/addon.hpp"' }, 'may not use'],
  ['a core that prints', { 'native/core/a.hpp': '#include <iostream>' }, 'no such thing'],
  ['a core file missing from the list', { 'native/sources.txt': '', 'native/core/a.cpp': '' }, 'missing from native/sources.txt'],
  ['an empty tree', { 'README.md': '' }, 'nothing was checked'],
])('finds %s', (_what, files, message) => {
  const { status, said } = check(files as Record<string, string>);
  expect(said).toContain(message);
  expect(status).toBe(1);
});
