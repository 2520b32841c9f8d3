import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { SyncReport } from '../../src/bank/report.js';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { type Fake, FIRST_DAY, LAST_DAY, SERVER_FAULTS, type Truth } from '../../src/fakes/fake.js';
import { FAKES, startFake } from '../../src/fakes/fakes.js';
import { bytesToHex } from '../../src/hash/encoding.js';
import { EXCHANGES, type Texts } from '../../src/list/exchanges/registry.js';
import type { SnapshotList } from '../../src/snapshot/snapshot.js';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { places } from './banks.js';
import type { KillTask } from './exchange-kill-program.js';
import { sorted } from './exchange-store.js';
import { entriesOf, temporaryFolder } from './fixtures.js';

/** Processes that are killed for each exchange and each fault: EGIDE_KILLS. Without it a few, with all faults of an exchange at once. */
const { EGIDE_KILLS } = process.env;
const KILLS = Number(EGIDE_KILLS ?? 2);
/** When a bank is brought up to date: some entries are there, then all; what was withdrawn since then has to go. */
const TIMES = [FIRST_DAY + 0.6 * (LAST_DAY - FIRST_DAY), LAST_DAY + 86_400_000] as const;
/** Milliseconds after a step, at most, in which a process is killed: keeping the next one takes about that. */
const AFTER_STEP_MS = 8;
/** So few of a page that a sync takes many steps. */
const [ENTRIES, PAGE] = [30, 4];
/** What a kind is told besides the address of its fake, so that it reads everything that the fake has. */
const SETTINGS: Readonly<Record<string, Texts>> = { ncmec: { largeFingerprints: 'true' } };

const kinds = FAKES.filter(({ kind }) => EXCHANGES.some((exchange) => exchange.kind === kind));
const pairs = kinds.flatMap(({ kind, faults }): [kind: string, what: string, faults: string[]][] => {
  const names = [...SERVER_FAULTS, ...faults].filter(({ fatal }) => !fatal).map(({ name }) => name);
  const each = [[], ...names.map((name) => [name])].map((some): [string, string, string[]] => [kind, some[0] ?? 'no fault', some]);
  return [[kind, 'all faults', names], ...(EGIDE_KILLS ? each : [])];
});

const work = workFolder();
let egide: Egide;
let program: string;
let next: Child;
beforeAll(async () => {
  egide = await load();
  program = await bundle('test/bank/exchange-kill-program.ts', work, ['node', 'import']);
  next = started();
});
afterAll(async () => {
  next.process.kill('SIGKILL');
  await next.closed;
  await rm(work, { recursive: true });
});

describe.each(pairs)('%s with %s', (kind, what, faults) => {
  test(`killed ${KILLS} times, holds what the source holds`, { timeout: 60_000 + 5_000 * KILLS }, async () => {
    const random = seededNumbers(1 + 100 * pairs.findIndex((pair) => pair[0] === kind && pair[1] === what));
    const struck: number[] = [];
    let whole: Run | undefined; // the first is not killed: it says how long one takes
    let rounds = 0;
    while (struck.length < KILLS) {
      const aim = (): Aim | undefined => (whole && struck.length < KILLS ? aimOf(whole, random) : undefined);
      await fillBank(kind, faults, ++rounds, aim, (ended) => {
        whole ??= ended;
        if (!ended.report) struck.push(ended.steps);
      });
    }
    console.log(`${kind} with ${what}: ${rounds} banks, killed after ${Math.min(...struck)} to ${Math.max(...struck)} steps`);
  });
});

/** Fills a bank from a fake in processes that are killed as long as there is an aim. */
async function fillBank(
  kind: string,
  faults: string[],
  seed: number,
  aim: () => Aim | undefined,
  onEnd: (ended: Run) => void,
): Promise<void> {
  await using place = await (places[seed % places.length] as (typeof places)[number])[1]();
  let now: number = TIMES[0];
  const fake = await startFake(kind, { entries: ENTRIES, pageSize: PAGE, faults, seed, now: () => now });
  try {
    let before: Truth = new Map();
    for (const time of TIMES) {
      now = time;
      for (let report: SyncReport | undefined; !report; ) {
        const ended = await run(taskOf(fake, place.target, now), aim());
        report = ended.report;
        if (report) expectReport(report, faults);
        onEnd(ended);
      }
      await using bank = await place.open();
      if (time === TIMES[0]) before = await heldBy(bank);
      else await expectWhole(bank, fake, before);
    }
  } finally {
    await fake.close();
  }
}

function taskOf({ kind, settings, credentials }: Fake, target: KillTask['target'], now: number): KillTask {
  return { target, kind, settings: { ...settings, ...SETTINGS[kind] }, credentials, now };
}

interface Child {
  readonly process: ChildProcess;
  readonly closed: Promise<unknown[]>;
}

/** The program, waiting for its task. */
function started(): Child {
  const child = spawn(process.execPath, [program], { stdio: ['pipe', 'pipe', 'inherit'] });
  return { process: child, closed: once(child, 'close') };
}

/** When to kill: so many milliseconds after so many steps were kept. */
interface Aim {
  readonly steps: number;
  readonly delayMs: number;
}

interface Run {
  /** Absent if the process was killed before its end. */
  readonly report?: SyncReport;
  /** Steps that it said it had kept. */
  readonly steps: number;
  readonly ms: number;
}

/** Shortly after any step, or at any moment: early ones more often, since a sync that goes on is shorter than a whole one. */
function aimOf({ steps, ms }: Run, random: () => number): Aim {
  const part = (random() / 2 ** 32) ** 2;
  return random() & 1 ? { steps: Math.floor(part * steps), delayMs: random() % AFTER_STEP_MS } : { steps: 0, delayMs: part * ms };
}

/** Runs one sync in a process of its own, and kills it if there is an aim. The next process is started meanwhile. */
async function run(task: KillTask, aim?: Aim): Promise<Run> {
  const { process: child, closed } = next;
  let said = '';
  const steps = (): number => said.match(/^step/gm)?.length ?? 0;
  const saidThat = (isSo: () => boolean): Promise<unknown> => {
    const so = new Promise<void>((resolve) => {
      const look = (): void => void (isSo() && resolve());
      child.stdout?.on('data', look);
      look();
    });
    return Promise.race([so, closed]);
  };
  child.stdout?.setEncoding('utf8').on('data', (text: string) => void (said += text));
  await saidThat(() => said.startsWith('ready'));
  next = started();
  const begun = performance.now();
  child.stdin?.end(JSON.stringify(task));
  if (aim) {
    await saidThat(() => steps() >= aim.steps);
    await Promise.race([delay(aim.delayMs), closed]);
    child.kill('SIGKILL');
  }
  const [code, signal] = await closed;
  expect(signal ?? code, said).toBe(signal && aim ? 'SIGKILL' : 0);
  const report = /^done (.*)$/m.exec(said)?.[1];
  return { ...(report && { report: JSON.parse(report) as SyncReport }), steps: steps(), ms: performance.now() - begun };
}

/** Only what was malformed is lost, and each is named. */
function expectReport({ refused, partial, problems }: SyncReport, faults: readonly string[]): void {
  expect(problems.length).toBe(refused + partial);
  if (!faults.some((fault) => /malformed|unknown|odd|no-owner|empty-hash/.test(fault))) expect(problems).toEqual([]);
}

async function heldBy(bank: Bank): Promise<Truth> {
  const entries = await entriesOf(bank);
  return sorted(
    new Map(entries.map(({ record: { key, signals } }) => [key, signals.map(({ type, value }) => `${type}:${bytesToHex(value)}`).sort()])),
  );
}

/** The bank holds what the fake has, is well, and lets that be searched and nothing of what it held `before` and the fake has withdrawn. */
async function expectWhole(bank: Bank, fake: Fake, before: Truth): Promise<void> {
  const truth = fake.truth();
  expect(await heldBy(bank)).toEqual(sorted(truth));
  expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  await using folder = await temporaryFolder();
  const path = join(folder.path, 'snapshot');
  await egide.saveSnapshot(bank, path);
  using snapshot = await egide.openSnapshot(path);
  const list = snapshot.lists[0] as SnapshotList;
  const there = new Set([...truth.values()].flat());
  for (const signal of there) expect(isFound(list, signal), signal).not.toBe(false);
  for (const signal of [...before.values()].flat()) if (!there.has(signal)) expect(isFound(list, signal), signal).not.toBe(true);
}

/** Whether a list finds a signal, written as in a truth; `undefined` for a type that is not searched. */
function isFound(list: SnapshotList, signal: string): boolean | undefined {
  const [type = '', hex = ''] = signal.split(':');
  const value = Uint8Array.from(hex.match(/../g) ?? [], (digits) => Number.parseInt(digits, 16));
  if (type === 'pdq') return list.pdq.search(value, { maxDistance: 0 }).hits.length > 0;
  if (type === 'md5' || type === 'sha1' || type === 'sha256') return list.digests[type].find(value).length > 0;
  return undefined;
}

describe.each(kinds.filter(({ faults }) => faults.some(({ name }) => name === 'malformed-record')))('$kind', ({ kind }) => {
  test('loses the malformed record of a page alone, and names it', async () => {
    const fake = await startFake(kind, { entries: ENTRIES, faults: ['malformed-record'], now: () => TIMES[1] });
    await using place = await (places[0] as (typeof places)[number])[1]();
    try {
      const { report } = await run(taskOf(fake, place.target, TIMES[1]));
      const { refused, problems } = report as SyncReport;
      expect(refused).toBeGreaterThan(0);
      expect(problems).toHaveLength(refused);
      for (const { reason } of problems) expect(reason).not.toBe('');
      await using bank = await place.open();
      await expectWhole(bank, fake, new Map());
    } finally {
      await fake.close();
    }
  });
});
