import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import { createEgide } from '../../src/egide.js';
import { EgideError } from '../../src/errors.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { nodePlatform, photo } from '../fixtures/shield.js';
import { seededBytes } from '../spec/search-fixture.js';
import { record, signal, temporaryFolder } from './fixtures.js';
import { openBank } from './open.js';

/** Every how many lines of 64 bytes one is damaged: 1 for all of them with EGIDE_FLIPS. */
const STRIDE = process.env['EGIDE_FLIPS'] ? 1 : 31;
const LINE = 64;
const PAGE = 4096;
const MIB = 1 << 20;
/** Bytes of an encrypted MiB and its seal (docs/formats.md). */
const SEALED = MIB + 16;

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });
const key = seededBytes(32, 4);
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
/** A snapshot with a section of each kind; and an encrypted one of several MiB. */
let [plain, sealed] = [new Uint8Array(), new Uint8Array()];

beforeAll(async () => {
  folder = await temporaryFolder();
  const path = join(folder.path, 'made');
  const { bytes: patches } = await egide.patches.enrol(await egide.decode(await photo('nagasaki-boats')));
  await using bank = await openBank(join(folder.path, 'bank'));
  const kinds = ['pdq', 'md5', 'sha1', 'sha256', 'video-md5', 'photodna', 'url', 'url-md5'] as const;
  const records = Array.from({ length: 70 }, (_, i) => record(`key ${i}`, ...kinds.map((type) => signal(type, i))));
  await bank.add([...records, record('picture', { type: 'patches', value: patches })]);
  await egide.saveSnapshot(bank, path);
  plain = new Uint8Array(await readFile(path));
  await bank.add(Array.from({ length: 2_600 }, (_, i) => record(`${i} ${'long '.repeat(200)}`, signal('sha1', i))));
  await egide.saveSnapshot(bank, path, { key });
  sealed = new Uint8Array(await readFile(path));
});
afterAll(() => folder[Symbol.asyncDispose]());

async function expectRefused(bytes: Uint8Array, what: string, options: { key?: Uint8Array } = {}): Promise<void> {
  const error = await egide.openSnapshot(bytes, options).catch((found) => found);
  expect(error, what).toBeInstanceOf(EgideError);
  expect(['INVALID_BANK', 'INVALID_INDEX', 'INVALID_PATCHES'], what).toContain((error as EgideError).code);
}

function changed(bytes: Uint8Array, change: (copy: Uint8Array) => void): Uint8Array {
  const copy = bytes.slice();
  change(copy);
  return copy;
}

const flipped = (bytes: Uint8Array, at: number): Uint8Array => changed(bytes, (copy) => (copy[at] = (copy[at] as number) ^ 0x40));

describe('a snapshot is refused', () => {
  test('whichever of its lines is damaged, in whatever section', async () => {
    (await egide.openSnapshot(plain))[Symbol.dispose]();
    for (let at = 0, line = 0; at < plain.length; at += STRIDE * LINE)
      await expectRefused(flipped(plain, at + (line++ % LINE)), `byte ${at}`);
  });

  test('whichever byte of its header or footer is damaged', async () => {
    for (let i = 0; i < LINE; ++i) for (const at of [i, plain.length - LINE + i]) await expectRefused(flipped(plain, at), `byte ${at}`);
  });

  test('when pages of it are zeros, or are missing, or it is cut off, also as a file that is mapped', async () => {
    const path = join(folder.path, 'damaged');
    for (let at = 0; at < plain.length; at += PAGE) {
      if (plain.subarray(at, at + PAGE).every((byte) => byte === 0)) continue;
      const zeroed = changed(plain, (copy) => copy.fill(0, at, at + PAGE));
      await expectRefused(zeroed, `page at ${at}`);
      await expectRefused(new Uint8Array([...plain.subarray(0, at), ...plain.subarray(at + PAGE)]), `without the page at ${at}`);
      await expectRefused(plain.subarray(0, at), `${at} bytes`);
      await expectRefused(plain.subarray(0, at + 100), `${at + 100} bytes`);
      await writeFile(path, zeroed);
      await expect(egide.watchSnapshot(path), `page at ${at} of a file`).rejects.toMatchObject({
        code: expect.stringMatching(/^INVALID_/),
      });
    }
  });

  test('whichever of its encrypted MiBs is damaged, moved, repeated or missing', async () => {
    (await egide.openSnapshot(sealed, { key }))[Symbol.dispose]();
    const count = Math.ceil((sealed.length - LINE) / SEALED);
    expect(count).toBeGreaterThan(2);
    const chunk = (n: number): Uint8Array => sealed.slice(LINE + n * SEALED, LINE + (n + 1) * SEALED);
    const of = (...numbers: number[]): Uint8Array => new Uint8Array(Buffer.concat([sealed.subarray(0, LINE), ...numbers.map(chunk)]));
    const all = Array.from({ length: count }, (_, n) => n);
    for (const n of all) {
      for (const at of [0, MIB >> 1, chunk(n).length - 1]) await expectRefused(flipped(sealed, LINE + n * SEALED + at), `${n}`, { key });
      await expectRefused(of(...all.filter((other) => other !== n)), `without ${n}`, { key });
      await expectRefused(of(...all.slice(0, n), n, ...all.slice(n)), `${n} twice`, { key });
    }
    await expectRefused(of(1, 0, ...all.slice(2)), 'two in each other’s place', { key });
    for (let at = 0; at < LINE; at += 5) await expectRefused(flipped(sealed, at), `header ${at}`, { key });
  });
});
