import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { run } from './packed.js';

test('the example of the README runs as it stands, against what was built', async () => {
  const example = /## Twenty lines\n+```js\n([\s\S]*?)```/.exec(readFileSync('README.md', 'utf8'))?.[1];
  if (!example) throw new Error('README.md has no such example');
  // Inside the repository, because a package may import itself only from within.
  mkdirSync('.cache', { recursive: true });
  const folder = mkdtempSync(resolve('.cache/readme-'));
  try {
    writeFileSync(join(folder, 'first.mjs'), example);
    const said = await run(process.execPath, [join(folder, 'first.mjs')], resolve('.'));
    expect(said).toContain("kind: 'near'");
    expect(said).toMatch(/^hold$/m);
    expect(said).toContain("id: 'boats'");
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('every relative link in the papers leads somewhere', async () => {
  const papers = (await run('git', ['ls-files', '*.md'], resolve('.'))).trim().split('\n');
  expect(papers.length).toBeGreaterThan(5);
  const tracked = new Set((await run('git', ['ls-files'], resolve('.'))).trim().split('\n'));
  const broken = papers.flatMap((paper) =>
    [...readFileSync(paper, 'utf8').matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)]
      .map(([, link]) => join(paper, '..', link as string))
      .filter((target) => !tracked.has(target) && ![...tracked].some((file) => file.startsWith(`${target.replace(/\/$/, '')}/`)))
      .map((target) => `${paper}: ${target}`),
  );
  expect(broken).toEqual([]);
});

test('the top level holds what DESIGN.md names', async () => {
  const top = new Set(
    (await run('git', ['ls-files'], resolve('.')))
      .trim()
      .split('\n')
      .map((path) => path.split('/')[0]),
  );
  const folders = ['.ci', 'bench', 'docs', 'examples', 'native', 'scripts', 'src', 'test'];
  const papers = ['CHANGELOG.md', 'CONTRIBUTING.md', 'DESIGN.md', 'LICENSE', 'README.md', 'SECURITY.md'];
  const builds = ['CMakeLists.txt', 'binding.gyp', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json'];
  const tools = [
    '.clang-format',
    '.clang-tidy',
    '.gitignore',
    'biome.json',
    'typedoc.json',
    'vitest.config.ts',
    'vitest.browser.config.ts',
  ];
  expect([...top].sort()).toEqual([...folders, ...papers, ...builds, ...tools].sort());
});
