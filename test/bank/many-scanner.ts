import { readFileSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { defaultPolicy, load, type Snapshot, type Verdict } from 'egide';
import { carries, type KnownPicture, LISTS, type ListName, markerOf } from './endless-source.js';

/** What a scanner is told to do. */
export interface ScannerTask {
  readonly path: string;
  readonly pictures: readonly KnownPicture[];
  readonly maxListAgeMs: number;
}

/** What a scanner says now and then. */
export interface ScannerReport {
  /** When it began to look at the file for what it uses now, and when it had looked, by the clock. */
  readonly looked: readonly [begun: number, done: number];
  readonly change: number;
  readonly createdAt: number;
  /** Lists that its last verdict called stale. */
  readonly stale: number;
  readonly scans: number;
}

// Scans pictures without end, and says whenever an answer is not what the lists of the snapshot in use say.
const { path, pictures, maxListAgeMs } = JSON.parse(process.argv[2] as string) as ScannerTask;
const say = (word: string, what: unknown): unknown => writeSync(1, `${JSON.stringify([Date.now(), word, what])}\n`);
const files = pictures.map((picture) => new Uint8Array(readFileSync(picture.path)));
const egide = await load();
const watch = await egide.watchSnapshot(path, { intervalMs: 20, onError: (error) => say('wrong', `watch: ${error.message}`) });
const shield = egide.shield({ snapshot: watch, policy: { ...defaultPolicy, maxListAgeMs } });

/** How many steps of each list a snapshot shows. */
const shown = new WeakMap<Snapshot, Map<string, number>>();
function stepsOf(snapshot: Snapshot): Map<string, number> {
  const known = shown.get(snapshot);
  if (known) return known;
  const steps = new Map<string, number>();
  for (const { name, digests } of snapshot.lists)
    for (let n = 1; n < 3_000; ++n) if (digests.md5.find(markerOf(name as ListName, n)).length > 0) steps.set(name, n);
  if (steps.size !== LISTS.length) say('wrong', `snapshot ${snapshot.change} is of no one step of each list: ${[...steps]}`);
  shown.set(snapshot, steps);
  return steps;
}

/** What is wrong with a verdict, if anything. */
function faultOf(verdict: Verdict, picture: number, snapshot: Snapshot, [from, to]: readonly [number, number]): string | undefined {
  const { matches, outcome, action, problems } = verdict;
  const { id, change, createdAt } = snapshot;
  if (JSON.stringify(verdict.snapshot) !== JSON.stringify({ id, createdAt, change })) return 'names another snapshot';
  const told = [...stepsOf(snapshot)].filter(([list, steps]) => carries(list as ListName, picture, steps)).map(([list]) => list);
  const found = matches.filter(({ kind }) => kind === 'exact').map(({ entry }) => entry.list);
  if (found.sort().join() !== told.sort().join()) return `finds it on ${found}, and it is on ${told}`;
  const older = (now: number) => snapshot.lists.filter(({ syncedAt = 0 }) => now - syncedAt > maxListAgeMs).length;
  const stale = problems.filter(({ code }) => code === 'STALE_LIST').length;
  if (stale < older(from) || stale > older(to)) return `calls ${stale} lists stale instead of ${older(from)} to ${older(to)}`;
  if (stale < problems.length) return `has problems: ${problems.map(({ code, message }) => `${code} ${message}`)}`;
  const expected = told.length > 0 ? 'match block' : stale > 0 ? 'could-not-tell hold' : 'no-match allow';
  return `${outcome} ${action}` === expected ? undefined : `says ${outcome}, ${action} instead of ${expected}`;
}

let told = 0;
for (let scans = 0; ; ++scans) {
  await delay(2); // the writers of the test need the processor, too
  const looked: [number, number] = [Date.now(), 0];
  await watch.look();
  looked[1] = Date.now();
  const before = watch.current;
  using _held = before.hold();
  const picture = scans % pictures.length;
  try {
    const from = Date.now();
    const verdict = await shield.scan(files[picture] as Uint8Array);
    const fault = faultOf(verdict, picture, before, [from, Date.now()]);
    if (fault !== undefined) say('wrong', `picture ${picture} by snapshot ${before.change}: ${fault}`);
    if (Date.now() - told < 50) continue;
    told = Date.now();
    const report: ScannerReport = { looked, change: before.change, createdAt: before.createdAt, stale: verdict.problems.length, scans };
    say('report', report);
  } catch (error) {
    say('wrong', `${error}`);
  }
}
