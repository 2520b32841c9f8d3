import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Egide, load } from 'egide/node';
import tsv from '../vectors/pdq-synthetic.tsv';
import { runChecks } from './checks.js';

// The Node entry, with the addon, run as a program by Node, Deno and Bun. A picture's path is the first argument.
const results = await runChecks(() => load(), tsv);
results['decodes and digests a picture'] = await decodes(await load(), process.argv[2] as string);
results['saves and maps an index'] = await savesAndMaps(await load());
console.log(JSON.stringify(results));

/** Sharp is an addon of its own: that it loads is worth a check in each runtime. */
async function decodes(egide: Egide, path: string): Promise<string> {
  try {
    const { width, height, format } = await egide.decode(path);
    const { sha256 } = await egide.digest(path);
    return format === 'jpeg' && width === 900 && height === 720 && sha256.length === 32 ? 'ok' : `${format} ${width} x ${height}`;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  }
}

/** Files go through the addon and through node:fs, which each runtime makes anew. */
async function savesAndMaps(egide: Egide): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'egide-runtime-'));
  try {
    const path = join(folder, 'some.index');
    const hashes = Uint8Array.from({ length: 32 * 40_000 }, (_, i) => Math.imul(i, 0x9e3779b1) >>> 24);
    using built = await egide.buildPdqIndex(hashes);
    await built.save(path);
    await built.save(path);
    using index = await egide.openPdqIndex(path);
    await index.verify();
    const query = hashes.subarray(32 * 777, 32 * 778);
    const [found, expected] = [index, built].map((each) => JSON.stringify(each.search(query, { maxDistance: 31, limit: 5 })));
    const refused = await egide.openPdqIndex(folder).then(
      () => 'nothing',
      (error: { code?: string }) => error.code,
    );
    const got = [index.storage, found === expected, refused, ...readdirSync(folder)].join();
    return got === 'mapped,true,INVALID_ARGUMENT,some.index' ? 'ok' : got;
  } catch (error) {
    return error instanceof Error ? `${error.message}\n${error.stack ?? ''}` : String(error);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
