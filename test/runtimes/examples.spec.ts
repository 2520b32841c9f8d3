import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { afterAll, describe, expect, test } from 'vitest';
import { binaryOf, bundle, workFolder } from './bundle.js';
import { serve } from './workerd.js';

const folder = workFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const boats = 'examples/pictures/nagasaki-boats.jpg';
const alps = 'examples/pictures/french-alpine-landscape.jpg';

/** A list of one picture, made with what was built. */
async function listOfBoats(): Promise<string> {
  const { load } = (await import(pathToFileURL('dist/entry/node.js').href)) as typeof import('egide/node');
  const egide = await load();
  return `id,pdq\nboats,${Buffer.from(egide.pdq.hash(await egide.decode(boats)).hash).toString('hex')}\n`;
}

test('scan-upload: lets a picture through, holds a copy, and holds what is no picture', async () => {
  const { load } = (await import(pathToFileURL('dist/entry/node.js').href)) as typeof import('egide/node');
  const { createUploadServer } = (await import(
    pathToFileURL(await bundle('examples/scan-upload.ts', folder, ['node', 'import'])).href
  )) as typeof import('../../examples/scan-upload.js');
  const egide = await load();
  const list = await egide.hashList(new TextEncoder().encode(await listOfBoats()), { name: 'list' });
  const server = createUploadServer(egide.shield({ lists: [list] })).listen(0, '127.0.0.1');
  try {
    await new Promise((listening) => server.once('listening', listening));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
    const send = async (body: Uint8Array<ArrayBuffer>) => (await fetch(url, { method: 'POST', body })).status;
    expect(await send(new Uint8Array(await readFile(alps)))).toBe(201);
    expect(await send(new Uint8Array(await sharp(boats).flop().jpeg({ quality: 50 }).toBuffer()))).toBe(202);
    expect(await send(new TextEncoder().encode('no picture'))).toBe(202);
  } finally {
    server.close();
  }
});

test('shared-index-workers: four workers search one index, which is in memory once', async () => {
  const program = await bundle('examples/shared-index-workers.ts', folder, ['node', 'import']);
  const { stdout } = await promisify(execFile)(process.execPath, [program]);
  const [, hashes, indexMegabytes] = /^an index of (\d+) hashes, (\d+) MB, and 4 workers$/m.exec(stdout) ?? [];
  expect(Number(hashes), stdout).toBeGreaterThan(100_000);
  for (const [storage, copies] of [
    ['mapped', 1],
    ['shared', 0],
  ] as const) {
    const [, found, grown] =
      new RegExp(`^${storage}: each found (\\d+) hashes; memory (?:grew by (-?\\d+) MB|is counted .*)$`, 'm').exec(stdout) ?? [];
    expect(Number(found), stdout).toBeGreaterThan(100);
    // Half a copy is left for what else goes on in five threads.
    if (process.platform === 'linux') expect(Number(grown), stdout).toBeLessThan((copies + 0.5) * Number(indexMegabytes));
  }
});

const workerd = binaryOf('workerd');
if (!workerd) console.log('skipped: edge-worker: workerd has no program for this machine');
describe.skipIf(!workerd)('edge-worker, in workerd', () => {
  test('lets a picture through, holds a copy, and refuses a wrong size', async () => {
    const script = await bundle('examples/edge-worker.ts', folder, ['workerd', 'worker', 'import']);
    using served = await serve(workerd as string, script, { LIST: await listOfBoats() });
    const send = async (picture: string, wrong = 0) => {
      const { data, info } = await sharp(picture).resize(500).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      const query = `?width=${info.width + wrong}&height=${info.height}`;
      return (await fetch(served.url + query, { method: 'POST', body: new Uint8Array(data) })).status;
    };
    expect(await send(alps)).toBe(201);
    expect(await send(boats)).toBe(202);
    expect(await send(boats, 1)).toBe(400);
  });
});
