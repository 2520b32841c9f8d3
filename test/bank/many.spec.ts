import { createHash } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { BankTarget } from '../../src/bank/bank.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { nodePlatform } from '../fixtures/shield.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededBytes, seededNumbers } from '../spec/search-fixture.js';
import { EndlessSource, heldAfter, type KnownPicture, LISTS, type ListName } from './endless-source.js';
import { entriesOf, temporaryFolder } from './fixtures.js';
import type { ScannerReport, ScannerTask } from './many-scanner.js';
import type { WriterTask } from './many-writer.js';
import { openBank } from './open.js';
import { type PostgresServer, startServer } from './postgres-server.js';
import { type Line, Program } from './program.js';
import { startProxy, type TcpProxy } from './tcp-proxy.js';

/** Times that each process is killed and each connection is cut, and scanners: EGIDE_MANY=10,8 for the full size. */
const [ROUNDS = 1, SCANNERS = 2] = (process.env['EGIDE_MANY'] ?? '1,2').split(',').map(Number);
const PASSWORD = 'correct-horse-battery';
const PICTURES = 8;
/** After which a scanner calls a list stale. */
const MAX_LIST_AGE_MS = 2_000;

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });
const work = workFolder();
let [writerProgram, scannerProgram] = ['', ''];
const pictures: KnownPicture[] = [];
beforeAll(async () => {
  [writerProgram, scannerProgram] = [
    await bundle('test/bank/many-writer.ts', work, ['node', 'import']),
    await bundle('test/bank/many-scanner.ts', work, ['node', 'import']),
  ];
  for (let i = 0; i < PICTURES; ++i) {
    const path = join(work, `${i}.png`);
    const bytes = await sharp(seededBytes(64 * 64, i + 1), { raw: { width: 64, height: 64, channels: 1 } })
      .png()
      .toBuffer();
    await writeFile(path, bytes);
    pictures.push({ path, md5: createHash('md5').update(bytes).digest('hex') });
  }
});
afterAll(() => rm(work, { recursive: true }));

/** What else happens to the bank; each returns when it is over. */
type Mishap = () => Promise<void>;

/** Two writers and some scanners of one bank, and what they said. */
class Crew implements AsyncDisposable {
  readonly #target: BankTarget;
  readonly #path: string;
  readonly writers: Program[] = [];
  readonly scanners: Program<ScannerReport>[] = [];
  readonly #gone: Program[] = [];

  constructor(target: BankTarget, path: string) {
    this.#target = target;
    this.#path = path;
  }

  startWriter(place: number): void {
    const task: WriterTask = { target: this.#target, lists: [LISTS[place] as ListName, 'both'], pictures, path: this.#path };
    this.#put(this.writers, place, new Program(writerProgram, task));
  }

  startScanner(place: number): void {
    const task: ScannerTask = { path: this.#path, pictures, maxListAgeMs: MAX_LIST_AGE_MS };
    this.#put(this.scanners, place, new Program(scannerProgram, task));
  }

  #put(some: Program[], place: number, program: Program): void {
    if (some[place]) this.#gone.push(some[place]);
    some[place] = program;
  }

  get all(): readonly Program[] {
    return [...this.writers, ...this.scanners, ...this.#gone];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map((program) => program.kill()));
  }
}

/** Everything that is killed, cut and restored; ends with all of them at work again. */
async function trouble(crew: Crew, mishaps: readonly Mishap[]): Promise<void> {
  const next = seededNumbers(5);
  for (let round = 0; round < ROUNDS; ++round) {
    const aims = round % 2 === 0 ? (['step', 'save'] as const) : (['sync', 'saved'] as const);
    for (const [place, aim] of aims.entries()) {
      await crew.writers[place]?.hears(aim);
      await delay(next() % 8);
      await crew.writers[place]?.kill();
      crew.startWriter(place);
    }
    const unlucky = round % SCANNERS;
    await crew.scanners[unlucky]?.hears('report');
    await crew.scanners[unlucky]?.kill();
    crew.startScanner(unlucky);
    for (const mishap of mishaps) {
      await mishap();
      await Promise.all(crew.writers.map((writer) => writer.hears('saved'))); // the same processes go on
    }
  }
  if (mishaps.length === 0) await Promise.all(crew.writers.map((writer) => writer.hears('saved')));
}

/** Nobody gave a wrong answer, stopped by itself, told a secret or showed something older than the last snapshot that was saved. */
function expectWell({ all, writers, scanners }: Crew): { scans: number; failures: Map<string, number> } {
  const said = all.flatMap((program) => program.lines);
  expect(said.filter(([, word]) => word === 'wrong')).toEqual([]);
  expect(all.map((program) => program.ownEnd)).toEqual(all.map(() => undefined));
  const failures = new Map<string, number>();
  for (const [, word, code, message] of said)
    if (word === 'failed') {
      expect(['BUSY', 'NOT_FOUND']).toContain(code);
      expect(message).not.toMatch(new RegExp(`${PASSWORD}|127\\.0\\.0\\.1|[0-9a-f]{32}`));
      failures.set(code as string, (failures.get(code as string) ?? 0) + 1);
    }
  const saves = all.filter((program) => !scanners.includes(program as Program<ScannerReport>)).flatMap((program) => savesOf(program.lines));
  let scans = 0;
  for (const program of all)
    for (const [, word, what] of program.lines)
      if (word === 'report') {
        const { looked, createdAt } = what as ScannerReport;
        expect(createdAt, `looked ${looked}`).toBeGreaterThanOrEqual(oldest(saves, looked[0]));
        scans += 1;
      }
  expect(writers.length).toBe(2);
  return { scans, failures };
}

interface Save {
  readonly begun: number;
  /** Undefined if it was killed, or failed. */
  readonly done: number | undefined;
}

function savesOf(lines: readonly Line[]): Save[] {
  return lines.flatMap(([at, word], i) => {
    if (word !== 'save') return [];
    const next = lines.slice(i + 1).find(([, other]) => other === 'saved' || other === 'save' || other === 'sync');
    return [{ begun: at, done: next?.[1] === 'saved' ? next[0] : undefined }];
  });
}

/** The earliest moment of the bank that the file may show: of the save that ended last, or of one that may have ended since. */
function oldest(saves: readonly Save[], now: number): number {
  const done = saves.filter((save) => save.done !== undefined && save.done <= now).sort((a, b) => (a.done as number) - (b.done as number));
  const last = done.at(-1);
  if (!last) return 0;
  const open = saves.filter(({ begun, done: end = Number.POSITIVE_INFINITY }) => begun <= now && end > now);
  return Math.min(last.begun, ...open.map(({ begun }) => begun));
}

async function expectWhole(target: BankTarget, crew: Crew, path: string): Promise<void> {
  const bank = await openBank(target);
  for (const list of LISTS) await bank.sync(list, new EndlessSource(list, pictures));
  const held = await entriesOf(bank);
  const ids = new Map((await bank.snapshots.view((view) => view.lists())).map(({ id, name }) => [id, name as ListName]));
  for (const list of LISTS) {
    const own = held.filter((entry) => ids.get(entry.list) === list).map(({ record }) => record);
    const steps = Number(own.find(({ key }) => key.startsWith('marker'))?.key.split(' ')[1]);
    const kept = crew.all.flatMap(({ lines }) => lines).filter(([, word, name]) => word === 'step' && name === list).length;
    expect(steps, list).toBeGreaterThanOrEqual(kept); // each step that was told of was kept, and once
    const byKey = (a: { key: string }, b: { key: string }) => (a.key < b.key ? -1 : 1);
    expect(own.sort(byKey), list).toEqual([...heldAfter(list, pictures, steps).values()].sort(byKey));
  }
  expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  const { change } = await egide.saveSnapshot(bank, path);
  await bank.close();
  await Promise.all(crew.scanners.map((scanner) => scanner.hears('report', (report) => report.change === change)));
}

async function prove(target: BankTarget, name: string, mishaps: readonly Mishap[]): Promise<void> {
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'bank.snapshot');
  const bank = await openBank(target);
  for (const list of LISTS) await bank.sync(list, new EndlessSource(list, pictures));
  await egide.saveSnapshot(bank, path);
  await bank.close();
  await using crew = new Crew(target, path);
  for (let i = 0; i < SCANNERS; ++i) crew.startScanner(i);
  for (const place of [0, 1]) crew.startWriter(place);
  await trouble(crew, mishaps);
  await Promise.all(crew.writers.map((writer) => writer.kill()));
  await Promise.all(crew.scanners.map((scanner) => scanner.hears('report', ({ stale }) => stale === LISTS.length)));
  await expectWhole(target, crew, path);
  const { scans, failures } = expectWell(crew);
  const steps = crew.all.flatMap(({ lines }) => lines).filter(([, word]) => word === 'step').length;
  console.log(`${name}: ${crew.all.length} processes, ${steps} steps, ${scans} reports of scanners, failed: ${[...failures].join('; ')}`);
}

const timeout = 60_000 + 60_000 * ROUNDS;

test('two writers and several scanners, each killed in turn, lose nothing, on libsql', { timeout }, async () => {
  await using folder = await temporaryFolder();
  await prove(join(folder.path, 'bank'), 'libsql', []);
});

const server: PostgresServer | undefined = await startServer();

describe.skipIf(!server)('on a server', () => {
  const { folder, stop, start } = server as PostgresServer;
  let proxy: TcpProxy;
  beforeAll(async () => {
    proxy = await startProxy(folder);
  });
  afterAll(async () => {
    await proxy[Symbol.asyncDispose]();
    await server?.[Symbol.asyncDispose]();
  });

  test('two writers and several scanners, each killed in turn, lose nothing, also when the server or the way to it goes', {
    timeout,
  }, async () => {
    const terminateAll = async (): Promise<void> => {
      const client = new pg.Client({ host: folder, user: 'egide', database: 'postgres' });
      await client.connect();
      await client.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'egide' and pid <> pg_backend_pid()");
      await client.end();
    };
    let packets = 30;
    const cut = async (): Promise<void> => {
      await proxy.cutAfter((packets += 7));
      await delay(50);
      proxy.restore();
    };
    const startAgain = async (): Promise<void> => {
      stop();
      await delay(50);
      start();
    };
    await prove({ postgres: `postgres://egide:${PASSWORD}@127.0.0.1:${proxy.port}/postgres` }, 'PostgreSQL', [
      terminateAll,
      cut,
      startAgain,
    ]);
  });
});
