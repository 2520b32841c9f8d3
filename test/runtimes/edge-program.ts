import { readFile } from 'node:fs/promises';
import { load } from 'egide/edge';
import tsv from '../vectors/pdq-synthetic.tsv';
import { runChecks } from './checks.js';

// The WebAssembly entry, run as a program by Node, Deno and Bun. The module's path is the first argument.
const core = await WebAssembly.compile(await readFile(process.argv[2] as string));
console.log(JSON.stringify(await runChecks(() => load(core), tsv)));
