/**
 * A worker that scans pixels at the edge. Workers have no image decoder of their own, so the caller sends pixels: decoded in the
 * browser with a canvas, or here by a WebAssembly decoder of your choice.
 *
 *     POST /?width=640&height=480      body: width x height x 4 bytes of RGBA
 */

import core from 'egide/core.wasm';
import { load } from 'egide/edge';

/** What the worker is bound to. */
export interface Env {
  /** The list, as a CSV text. A real worker keeps it in its key-value store or object storage. */
  readonly LIST: string;
}

const egide = await load(core);

/** The list is read once for each worker, not once for each request. */
let shield: ReturnType<typeof egide.shield> | undefined;

async function shieldOf(env: Env) {
  shield ??= egide.shield({ lists: [await egide.hashList(new TextEncoder().encode(env.LIST), { name: 'edge' })] });
  return shield;
}

export default {
  async fetch(request: Request, env: Env): Promise<Response> {
    const { searchParams } = new URL(request.url);
    const [width, height] = [Number(searchParams.get('width')), Number(searchParams.get('height'))];
    try {
      const image = egide.image({ data: new Uint8Array(await request.arrayBuffer()), width, height, channels: 4 });
      const verdict = await (await shieldOf(env)).scan(image);
      return Response.json({ action: verdict.action }, { status: { allow: 201, hold: 202, block: 403 }[verdict.action] });
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'INVALID_ARGUMENT')
        return Response.json({ error: error.message }, { status: 400 });
      throw error;
    }
  },
};
