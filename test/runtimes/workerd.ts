import { spawn } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** A worker that is being served. */
export interface Served extends Disposable {
  /** On the loopback, at a port of workerd's choosing. */
  readonly url: string;
}

/**
 * Serves one bundled worker, which imports `./core.wasm` and may ask this machine alone, by real workerd.
 *
 * @param script The worker's file, alone in its folder with what this writes.
 * @param bindings Texts that the worker finds in its `env`.
 */
export async function serve(binary: string, script: string, bindings: Readonly<Record<string, string>> = {}): Promise<Served> {
  const folder = join(script, '..');
  copyFileSync(resolve('dist/core.wasm'), join(folder, 'core.wasm'));
  copyFileSync(script, join(folder, 'main.mjs'));
  const texts = Object.entries(bindings).map(([name, text]) => `(name = "${name}", text = ${JSON.stringify(text)})`);
  writeFileSync(
    join(folder, 'config.capnp'),
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "internet", network = (allow = ["private"])), (name = "main", worker = (
    modules = [(name = "main.mjs", esModule = embed "main.mjs"), (name = "core.wasm", wasm = embed "core.wasm")],
    bindings = [${texts.join(', ')}],
    compatibilityDate = "2026-10-01"))],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")]);
`,
  );
  const server = spawn(binary, ['serve', join(folder, 'config.capnp'), '--control-fd=3'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const port = await portOf(server.stdio[3] as Readable);
  return { url: `http://127.0.0.1:${port}/`, [Symbol.dispose]: () => void server.kill() };
}

async function portOf(control: Readable): Promise<number> {
  for await (const line of createInterface({ input: control })) {
    const message = JSON.parse(line) as { event: string; port?: number };
    if (message.event === 'listen' && message.port) return message.port;
  }
  throw new Error('workerd ended before it listened');
}
