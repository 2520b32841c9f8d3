import core from 'egide/core.wasm';
import { exchangeOf, load } from 'egide/edge';
import { answersOf, type Question } from './answers.js';

// The worker that workerd serves: what is posted is answered.
export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await answersOf(await load(core), exchangeOf, (await request.json()) as Question));
  },
};
