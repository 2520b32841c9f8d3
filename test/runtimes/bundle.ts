import { existsSync, mkdirSync, mkdtempSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build, type Plugin } from 'esbuild';

/** workerd imports core.wasm by a relative name; the Node entry stays outside, because it finds the addon by its own place. */
const outside: Plugin = {
  name: 'outside',
  setup(builder) {
    builder.onResolve({ filter: /^egide\/core\.wasm$/ }, () => ({ path: './core.wasm', external: true }));
    builder.onResolve({ filter: /^egide(\/node)?$/ }, () => ({ path: pathToFileURL(resolve('dist/entry/node.js')).href, external: true }));
  },
};

/** A new folder inside the repository, so that what runs there finds node_modules above it. The caller removes it. */
export function workFolder(): string {
  mkdirSync('.cache', { recursive: true });
  return mkdtempSync(resolve('.cache/runtimes-'));
}

/** Bundles a TypeScript program, with the package as it was built, into one file of `folder`. */
export async function bundle(program: string, folder: string, conditions: string[]): Promise<string> {
  const outfile = join(folder, basename(program).replace(/\.ts$/, '.mjs'));
  const loader = { '.tsv': 'text' } as const;
  await build({
    entryPoints: [program],
    outfile,
    conditions,
    loader,
    bundle: true,
    format: 'esm',
    target: 'es2022',
    external: ['node:*', 'libsql', 'pg'],
    plugins: [outside],
  });
  return outfile;
}

/** The file of a command that an npm package brings, or `undefined` where the package has none for this machine. */
export function binaryOf(name: 'workerd' | 'deno' | 'bun'): string | undefined {
  const { default: workerd } = createRequire(import.meta.url)('workerd') as { default: string };
  const path = name === 'workerd' ? workerd : resolve('node_modules/.bin', name);
  return existsSync(path) ? path : undefined;
}
