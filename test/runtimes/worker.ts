import core from 'egide/core.wasm';
import { load } from 'egide/edge';
import tsv from '../vectors/pdq-synthetic.tsv';
import { runChecks } from './checks.js';

// The worker that workerd serves: one request runs every check.
export default {
  async fetch(): Promise<Response> {
    return Response.json(await runChecks(() => load(core), tsv));
  },
};
