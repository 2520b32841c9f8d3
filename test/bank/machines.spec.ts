import { execFile } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import { load } from '../../src/entry/node.js';
import { workFolder } from '../runtimes/bundle.js';
import { batch } from './fixtures.js';
import { openBank } from './open.js';

const socket = inject('postgres');
const PICTURES = ['nagasaki-boats', 'locomotion-house-cat', 'allium-oreophilum'].map((name) => `examples/pictures/${name}.jpg`);
/** Of encrypted snapshots, in hex. */
const KEY = '07'.repeat(32);

/** The examples of a section of a page of the documents, in order. */
async function examplesIn(page: string, section: string): Promise<string[]> {
  const text = (await readFile(page, 'utf8')).split(/^## /m).find((part) => part.startsWith(`${section}\n`)) ?? '';
  return [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, example]) => example as string);
}

describe.skipIf(!socket)('snapshots on many machines, as docs/snapshots.md has them', () => {
  const database = `machines_${process.pid}`;
  const postgres = `postgres://egide@${encodeURIComponent(socket)}/${database}`;
  let machines: string;
  const asAdmin = async (statement: string): Promise<void> => {
    const client = new pg.Client({ host: socket, user: 'egide', database: 'postgres' });
    await client.connect();
    await client.query(statement);
    await client.end();
  };
  beforeAll(async () => {
    machines = workFolder();
    await asAdmin(`create database ${database}`);
  });
  afterAll(async () => {
    await asAdmin(`drop database ${database} with (force)`);
    await rm(machines, { recursive: true });
  });

  /** Has the lists carry so many of the pictures, and says what a scan of each then comes to. */
  const listPictures = async (bank: Bank, count: number): Promise<string> => {
    const egide = await load();
    for (const [i, path] of PICTURES.slice(0, count).entries()) {
      const { md5 } = await egide.digest(path);
      await bank.apply(`list ${i}`, batch([{ key: path, signals: [{ type: 'md5', value: md5 }] }]));
    }
    return PICTURES.map((_, i) => (i < count ? 'block' : 'allow')).join();
  };
  /** Runs a program in the folder of a machine, and returns what it printed; `told(shield)` has it print what scans come to. */
  const onMachine = async (name: string, program: string, url = ''): Promise<string[]> => {
    const folder = join(machines, name);
    await mkdir(folder);
    const start = `
import { load } from 'egide';
const egide = await load();
const [url, key] = [process.env.SNAPSHOT_URL, Buffer.from('${KEY}', 'hex')];
const told = async (shield) => {
  const actions = [];
  for (const path of ${JSON.stringify(PICTURES.map((path) => resolve(path)))}) actions.push((await shield.scan(path)).action);
  console.log(actions.join());
};
`;
    await writeFile(join(folder, 'program.mjs'), `${start}${program}\nprocess.exit();\n`);
    const env = { ...process.env, EGIDE_POSTGRES: postgres, SNAPSHOT_URL: url };
    return (await promisify(execFile)(process.execPath, ['program.mjs'], { cwd: folder, env })).stdout.trim().split('\n');
  };

  test('each makes its own, or one makes it and the others fetch it, and what is cut off changes nothing', async () => {
    const [own, made, fetched, opened, ...others] = await examplesIn('docs/snapshots.md', 'On many machines');
    if (!own || !made || !fetched || !opened || others.length > 0) throw new Error('docs/snapshots.md has other examples');
    await using bank = await openBank({ postgres });
    const first = await listPictures(bank, 1);
    const clear = "await told(egide.shield({ snapshot: await egide.openSnapshot('bank.snapshot') }));";
    const sealed = clear.replace("t')", "t', { key })");
    const makers = [onMachine('a', own + clear), onMachine('b', own + clear + made + sealed)];
    expect(await Promise.all(makers)).toEqual([[first], [first, first]]);

    const second = await listPictures(bank, 3);
    const egide = await load();
    await egide.saveSnapshot(bank, join(machines, 'newer'), { whole: true, key: Buffer.from(KEY, 'hex') });
    const [older, newer] = await Promise.all(['b/bank.snapshot', 'newer'].map((name) => readFile(join(machines, name))));
    // To one machine the first, then the newer one cut off, then all of it; to the other the first.
    let asked = 0;
    const server = createServer(({ url: path }, response) => {
      const turn = path === '/c' ? ++asked : 1;
      const file = (turn === 1 ? older : newer) as Buffer;
      response.setHeader('content-length', file.length);
      if (turn === 2) response.write(file.subarray(0, file.length / 2), () => response.destroy());
      else response.end(file);
    }).listen(0, '127.0.0.1');
    try {
      await new Promise((listening) => server.once('listening', listening));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      const [imports = '', rest = ''] = fetched.split(/(?<=^import .*\n)/);
      const thrice = `${imports}
let watch;
for (let turn = 1; turn <= 3; ++turn) {
  try {
${rest}
  } catch (error) {
    console.log(error.name);
  }
  watch ??= await egide.watchSnapshot('bank.snapshot', { key, intervalMs: 3_600_000 });
  await watch.look();
  await told(egide.shield({ snapshot: watch }));
}`;
      const scanners = [onMachine('c', thrice, `${url}/c`), onMachine('d', `${opened}await told(shield);`, `${url}/d`)];
      expect(await Promise.all(scanners)).toEqual([[first, 'TypeError', first, second], [first]]);
      expect(asked).toBe(3);
    } finally {
      server.close();
    }
  });
});
