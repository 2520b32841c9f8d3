import { type Egide, load } from 'egide/node';
import tsv from '../vectors/pdq-synthetic.tsv';
import { runChecks } from './checks.js';

// The Node entry, with the addon, run as a program by Node, Deno and Bun. A picture's path is the first argument.
const results = await runChecks(() => load(), tsv);
results['decodes and digests a picture'] = await decodes(await load(), process.argv[2] as string);
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
