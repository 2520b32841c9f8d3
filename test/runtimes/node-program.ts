import { load } from 'egide/node';
import tsv from '../vectors/pdq-synthetic.tsv';
import { runChecks } from './checks.js';

// The Node entry, with the addon, run as a program by Node, Deno and Bun.
console.log(JSON.stringify(await runChecks(() => load(), tsv)));
