import { spawnSync } from 'node:child_process';
import { copyFile, cp, mkdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import Database from 'libsql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { Bank } from '../../src/bank/bank.js';
import type { Rematch } from '../../src/bank/uploads/upload.js';
import { createEgide } from '../../src/egide.js';
import { EgideError } from '../../src/errors.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import type { SnapshotWatch } from '../../src/snapshot/watch-snapshot.js';
import { nodePlatform } from '../fixtures/shield.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { CrashSource, toldInTheEnd } from './crash-source.js';
import { batch, entriesOf, record, signal, temporaryFolder, valueFor } from './fixtures.js';
import { openBank } from './open.js';

/** Bits that are flipped, one at a time, each in a new copy: EGIDE_FLIPS for more. */
const FLIPS = Number(process.env['EGIDE_FLIPS'] ?? 8);
const PAGE = 4096;
/** Bytes of a page that get lost: all, its header, its first pointers, its first cells (which lie at its end). */
const LOST = [
  [0, PAGE],
  [0, 8],
  [8, 64],
  [PAGE - 200, PAGE],
] as const;

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });

/** What an entry says, in one text. */
const said = ({ record: { signals, ...rest } }: Awaited<ReturnType<typeof entriesOf>>[number]): string =>
  JSON.stringify([rest, ...signals.map(({ value, ...more }) => [Buffer.from(value).toString('hex'), more])]);
/** What a bank says: its entries, lists, opinions, quarantine and feedback, and of its uploads how they stand and which of them match. */
const everything = async (bank: Bank): Promise<string> => {
  const others = [await bank.lists(), await bank.quarantined(), await bank.feedback.pending(), (await bank.status()).uploads];
  const matches: Rematch[] = [];
  for await (const match of bank.rematch({ maxDistance: 0, since: 0 })) matches.push(match);
  return (
    [...(await entriesOf(bank)).map(said), ...matches.map((match) => JSON.stringify(match))].sort().join('\n') + JSON.stringify(others)
  );
};
const allSaid = async (path: string): Promise<string> => {
  await using bank = await openBank(path, { create: false });
  return await everything(bank);
};

type Folder = Awaited<ReturnType<typeof temporaryFolder>>;
let folder: Folder;
let watch: SnapshotWatch;
/** A bank that was closed; one whose last steps are in its log alone; and what each holds, after each of its steps. */
const [closed, open, served] = ['closed', 'open', 'served.snapshot'];
const held: Record<string, string[]> = { closed: [], open: [] };
const place = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  const bank = await openBank(place('made'));
  const records = Array.from({ length: 120 }, (_, i) => ({
    ...record(`key ${i}`, signal('md5', i), signal('pdq', i, { quality: 90 }), signal('pdq', i + 1000), signal('url', i)),
    note: `ñ ${i}`,
    tags: ['x'],
  }));
  await bank.addList('a', { kind: 'ncmec' });
  await bank.apply('a', batch(records));
  await bank.apply('a', batch(records.slice(40, 90).map(({ key }) => key))); // leaves free pages
  await bank.uploads.keep(
    Array.from({ length: 200 }, (_, i) => ({
      id: `upload ${i}`,
      at: 1000 + i,
      md5: valueFor('md5', 100 + i),
      pdq: valueFor('pdq', 100 + i),
    })),
  );
  await bank.quarantine('md5', valueFor('md5', 9), { reason: 'a reason' });
  for (let i = 20; i < 40; ++i) await bank.decide('a', `key ${i}`, { opinion: 'negative', signal: 'md5', reasons: ['a reason'] });
  await egide.saveSnapshot(bank, place(served));
  await bank.close();
  await cp(place('made'), place(closed), { recursive: true });
  held[closed] = [await allSaid(place(closed))];
  const writing = await openBank(place('made'));
  const steps = [held[closed][0] as string];
  for (let step = 0; step < 4; ++step) {
    await writing.apply('b', batch(Array.from({ length: 40 }, (_, i) => record(`step ${step} ${i}`, signal('md5', 5000 + 40 * step + i)))));
    steps.push(await everything(writing));
  }
  await mkdir(place(open));
  for (const end of ['', '-wal']) await copyFile(place(`made/bank.db${end}`), place(`${open}/bank.db${end}`));
  held[open] = steps;
  await writing.close();
  watch = await egide.watchSnapshot(place(served), { intervalMs: 60_000 });
});
afterAll(async () => {
  watch[Symbol.dispose]();
  await folder[Symbol.asyncDispose]();
});

/** What became of a damaged bank: `refused`, `found` by verify, `whole` (what was damaged is not used), `earlier` steps, or `unnoticed`. */
type Fate = 'refused' | 'found' | 'whole' | 'earlier' | 'unnoticed';

let copies = 0;

/** Damages a copy of a bank and looks at it in every way. Anything else than a clear error or an answer fails. */
async function fateOf(name: string, damage: (path: string) => Promise<void>): Promise<Fate> {
  const path = place(`copy ${++copies}`);
  await cp(place(name), path, { recursive: true });
  await damage(path);
  const fates = new Set<string>();
  const tried = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work();
    } catch (error) {
      expect(error).toBeInstanceOf(EgideError);
      expect(['INVALID_BANK', 'WRITE_FAILED', 'NOT_FOUND']).toContain((error as EgideError).code);
      expect((error as EgideError).message.length).toBeGreaterThan(20);
      fates.add((error as EgideError).code);
      return undefined;
    }
  };
  const bank = await tried(() => openBank(path, { create: false }));
  const found = bank && (await tried(() => bank.verify()));
  const list = await tried(async () => bank?.status({ signals: true }));
  const says = bank && list && (await tried(async () => everything(bank)));
  const before = watch.current;
  const saved = bank && (await tried(() => egide.saveSnapshot(bank, place(served))));
  await watch.look();
  if (!saved) expect(watch.current).toBe(before);
  else expect(watch.current.change, 'a saved snapshot can be opened').toBe(saved.change);
  expect(watch.current.lists[0]?.digests.md5.find(valueFor('md5', 7))).toHaveLength(1); // served all the while
  await tried(async () => bank?.close());
  await rm(path, { recursive: true, force: true });
  if (!bank) return 'refused';
  if (!found?.ok) return 'found';
  // What verify calls well can be read, by everybody.
  expect([...fates], `${name}: ${[...fates]}`).toEqual([]);
  if (says === held[name]?.at(-1)) return 'whole';
  return held[name]?.includes(says as string) ? 'earlier' : 'unnoticed';
}

/** Changes bytes of a file in place. */
const changed =
  (file: string, change: (bytes: Buffer) => void) =>
  async (path: string): Promise<void> => {
    const bytes = await readFile(join(path, file));
    change(bytes);
    await writeFile(join(path, file), bytes);
  };

describe('a damaged bank.db', () => {
  const inDatabase = (change: (bytes: Buffer) => void) => fateOf(closed, changed('bank.db', change));

  // Places in the header: sqlite.org/fileformat2.html, "The Database Header".
  test.each<[string, Fate[], (bytes: Buffer) => void]>([
    ['whose first bytes are others', ['refused'], (bytes) => bytes.write('not a database')],
    ['with a page size that is none', ['refused'], (bytes) => bytes.writeUInt16BE(1000, 16)],
    ['with a page size of another file', ['refused', 'found'], (bytes) => bytes.writeUInt16BE(8192, 16)],
    ['written by a later SQLite', ['refused'], (bytes) => bytes.fill(9, 18, 20)],
    ['with reserved bytes', ['refused', 'found'], (bytes) => bytes.writeUInt8(32, 20)],
    ['with other payload fractions', ['refused'], (bytes) => bytes.writeUInt8(9, 21)],
    ['that says it is shorter', ['refused', 'found'], (bytes) => bytes.writeUInt32BE(5, 28)],
    ['that says it is longer', ['refused'], (bytes) => bytes.writeUInt32BE(5000, 28)],
    ['with a free page that is none', ['found', 'refused'], (bytes) => bytes.writeUInt32BE(2, 32)],
    ['with a count of free pages that is wrong', ['found'], (bytes) => bytes.writeUInt32BE(bytes.readUInt32BE(36) + 1, 36)],
    ['with a schema format that is none', ['refused'], (bytes) => bytes.writeUInt32BE(9, 44)],
    ['in UTF-16', ['refused', 'found'], (bytes) => bytes.writeUInt32BE(2, 56)],
    ['of another version', ['refused'], (bytes) => bytes.writeUInt32BE(99, 60)],
    ['of another program', ['refused'], (bytes) => bytes.writeUInt32BE(1, 68)],
    ['whose first page is zeros', ['refused'], (bytes) => bytes.fill(0, 0, PAGE)],
    ['whose schema is zeros', ['refused'], (bytes) => bytes.fill(0, 100, PAGE)],
    ['that is all zeros', ['refused'], (bytes) => bytes.fill(0)],
  ])('%s', async (_name, fates, change) => {
    expect(fates).toContain(await inDatabase(change));
  });

  test('whose pages were lost one at a time, or their headers, cells or pointers', async () => {
    const { size } = await stat(place(`${closed}/bank.db`));
    const fates = new Map<Fate, number>();
    for (let page = 1; page < size / PAGE; ++page)
      for (const [from, to] of LOST) {
        const fate = await inDatabase((bytes) => bytes.fill(0, page * PAGE + from, page * PAGE + to));
        expect(fate, `page ${page}, bytes ${from} to ${to}`).not.toBe('unnoticed');
        fates.set(fate, (fates.get(fate) ?? 0) + 1);
      }
    console.log(`zeroed: ${[...fates].map((pair) => pair.join(' ')).join(', ')}`);
    expect(fates.get('found') ?? 0).toBeGreaterThan(2);
  });

  test(`in which ${FLIPS} bits were flipped, one at a time`, { timeout: 60_000 + 2_000 * FLIPS }, async () => {
    const next = seededNumbers(7);
    const fates = new Map<Fate, number>();
    for (let flip = 0; flip < FLIPS; ++flip) {
      const [at, bit] = [next(), next() % 8];
      const fate = await inDatabase((bytes) => {
        bytes[at % bytes.length] = (bytes[at % bytes.length] as number) ^ (1 << bit);
      });
      fates.set(fate, (fates.get(fate) ?? 0) + 1);
    }
    console.log(`bits flipped: ${[...fates].map((pair) => pair.join(' ')).join(', ')}`);
    expect(fates.get('unnoticed') ?? 0).toBe(0);
  });

  test('in which the sum of an entry is wrong: told of the entry again, it is whole', async () => {
    await using bank = await openBank(place('wrong sum'));
    const told = batch([record('x', signal('md5', 1)), record('y', signal('md5', 2))]);
    await bank.apply('a', told);
    const database = new Database(join(place('wrong sum'), 'bank.db'));
    database.prepare("update entry set sum = sum + 1 where key = 'x'").run([]);
    database.close();
    await expect(entriesOf(bank)).rejects.toMatchObject({ code: 'INVALID_BANK' });
    expect(await bank.apply('a', told)).toMatchObject({ replaced: 1, unchanged: 1 });
    expect(await entriesOf(bank)).toHaveLength(2);
  });

  test('that was cut off at a page or within one, is empty, something else, or a folder', async () => {
    const { size } = await stat(place(`${closed}/bank.db`));
    for (const left of [size - 1, size - PAGE, size - 2 * PAGE - 7, 2 * PAGE, PAGE, PAGE - 1, 512, 511, 100, 99, 16, 1, 0])
      expect(await fateOf(closed, (path) => truncate(join(path, 'bank.db'), left)), `${left} bytes`).toBe('refused');
    const replaced = (content: string | Uint8Array) => fateOf(closed, (path) => writeFile(join(path, 'bank.db'), content));
    expect(await replaced('id,pdq\nx,y\n'.repeat(2000))).toBe('refused');
    expect(await replaced(await readFile(place(served)))).toBe('refused');
    const aFolder = async (path: string) => {
      await rm(join(path, 'bank.db'));
      await mkdir(join(path, 'bank.db'));
    };
    expect(await fateOf(closed, aFolder)).toBe('refused');
  });
});

describe('a damaged log', () => {
  const HEADER = 32;
  const FRAME = 24 + PAGE;
  const inLog = (change: (bytes: Buffer) => void) => fateOf(open, changed('bank.db-wal', change));

  test('that is whole gives every step', async () => {
    expect(await fateOf(open, async () => undefined)).toBe('whole');
  });

  // What a log does not vouch for was not committed: a step of it is there as a whole or not at all, and so is the checkpoint.
  test.each<[string, (bytes: Buffer) => void]>([
    ['with another magic number', (bytes) => bytes.writeUInt32BE(7, 0)],
    ['with another page size', (bytes) => bytes.writeUInt32BE(512, 8)],
    ['with another salt', (bytes) => bytes.writeUInt32BE(7, 16)],
    ['with a wrong sum in its header', (bytes) => bytes.writeUInt32BE(7, 24)],
    ['of zeros', (bytes) => bytes.fill(0)],
    ['with another page number in a frame', (bytes) => bytes.writeUInt32BE(3, HEADER)],
    ['with another salt in a frame', (bytes) => bytes.writeUInt32BE(7, HEADER + FRAME + 8)],
    ['with another page in a frame', (bytes) => bytes.fill(7, HEADER + 2 * FRAME + 100, HEADER + 2 * FRAME + 300)],
    ['with a page of zeros in its last frame', (bytes) => bytes.fill(0, bytes.length - PAGE)],
  ])('%s gives the steps before', async (_name, change) => {
    expect(['earlier', 'refused']).toContain(await inLog(change));
  });

  test('that was cut off gives the steps before, and a sync goes on from there', async () => {
    const { size } = await stat(place(`${open}/bank.db-wal`));
    for (const left of [size - 1, size - FRAME, Math.floor(size / 2), HEADER + FRAME, HEADER + 10, HEADER, 10])
      expect(await fateOf(open, (path) => truncate(join(path, 'bank.db-wal'), left)), `${left} bytes`).toBe('earlier');
    expect(await fateOf(open, (path) => rm(join(path, 'bank.db-wal')))).toBe('earlier');
  });
});

describe('a disk that is full', () => {
  const work = workFolder();
  afterAll(() => rm(work, { recursive: true }));

  test('in the middle of a sync: nothing that was kept is lost, and the next one goes on', async () => {
    const program = await bundle('test/bank/crash-program.ts', work, ['node', 'import']);
    const path = place('full');
    const kept: number[] = [];
    // The system says EFBIG, or ENOSPC, at a size that it was told (in blocks of 1,024 bytes).
    for (const blocks of [300, 800]) {
      const words = ['-c', `trap '' XFSZ; ulimit -f ${blocks}; exec "$0" "$@"`, process.execPath, program, path];
      const { stdout, stderr, status } = spawnSync('bash', words, { encoding: 'utf8' });
      expect([status, stdout.includes('done')], stderr).toEqual([1, false]);
      expect(stderr).toMatch(/EgideError: the disk (is full|failed): nothing of this step was kept/);
      await using bank = await openBank(path);
      expect(await bank.verify()).toEqual({ ok: true, problems: [] });
      kept.push((await bank.status()).entries);
    }
    expect(kept).toEqual([...kept].sort((a, b) => a - b));
    await using bank = await openBank(path);
    await bank.sync('a', new CrashSource());
    expect((await entriesOf(bank)).map((entry) => entry.record.key).sort()).toEqual([...toldInTheEnd().keys()].sort());
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });
});
