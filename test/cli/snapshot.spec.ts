import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { snapshotChunks } from '../../src/snapshot/write-snapshot.js';
import { nodePlatform } from '../fixtures/shield.js';
import { viewOf } from '../spec/bank-view.js';
import { documents, type } from './command-line.js';

const backend = createNativeBackend();
const platform = { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) };
const egide = createEgide(backend, platform);
const cat = fileURLToPath(new URL('../../examples/pictures/locomotion-house-cat.jpg', import.meta.url));

let folder: string;
const at = (name: string): string => join(folder, name);
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-cli-snapshot-'));
  const { md5 } = await egide.digest(cat);
  const lists = [{ id: 1, name: 'police', enabled: true, negative: false }];
  const view = viewOf([{ list: 1, key: 'cat', signals: [{ type: 'md5', value: md5 }] }], lists);
  await platform.indexFiles.save(at('clear'), snapshotChunks(backend, platform, view));
  const key = new Uint8Array(32).fill(7);
  await platform.indexFiles.save(at('sealed'), snapshotChunks(backend, platform, view, { key }));
  await writeFile(at('key'), key);
  await writeFile(at('hex'), `${'07'.repeat(32)}\n`);
  await writeFile(at('short'), 'secret');
});
afterAll(() => rm(folder, { recursive: true }));

test('pictures are looked up in a snapshot', async () => {
  const { code, out } = await type(egide, ['scan', cat, '--snapshot', at('clear')]);
  expect(code).toBe(3);
  expect(out).toMatch(/block .* police \/ cat/);
});

test.each(['key', 'hex'])('an encrypted snapshot is opened with the %s of a file', async (name) => {
  const { code, out } = await type(egide, [
    'scan',
    cat,
    '--snapshot',
    at('sealed'),
    '--key-file',
    at(name),
    '--json',
    '--deep',
    '--budget',
    '9000',
  ]);
  expect(code).toBe(3);
  expect(documents(out)[0]).toMatchObject({ outcome: 'match', snapshot: { change: 17 } });
});

test.each([
  [['--snapshot', 'sealed'], 'this snapshot is encrypted'],
  [['--snapshot', 'sealed', '--key-file', 'short'], 'expected a key of 32 bytes, or 64 hex digits'],
  [['--snapshot', 'key'], 'too short for one'],
  [['--key-file', 'key', '--list', 'x'], '--key-file goes with --snapshot'],
  [['--snapshot', 'clear', '--budget', '0'], '--budget: expected milliseconds, more than 0, got 0'],
  [[], 'expected --list FILE, --snapshot FILE or --remote KIND=SEND'],
])('%j is an error', async (words, message) => {
  const given = words.map((word, i) => (i % 2 === 1 && !words[i - 1]?.includes('budget') ? at(word) : word));
  const { code, err } = await type(egide, ['scan', cat, ...given]);
  expect(code).toBe(1);
  expect(err).toContain(message);
});
