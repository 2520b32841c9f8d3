import { join } from 'node:path';
import { EgideError } from '../errors.js';
import type { Attack, Recipe } from './attacks/attack.js';
import { ATTACKS } from './attacks/attack-list.js';
import { TRAPS } from './attacks/traps.js';
import { fingerprintOf, type Picture, picturesIn, relatedPairs } from './corpus.js';
import { crewOf, shareOut } from './crew.js';
import { type Hand, type TrapTask, trappedId, type UnitTask } from './hand.js';
import type { Matcher } from './matcher.js';
import { loadMatchers, type MatcherChoice } from './matchers/matchers.js';
import { banksOf, countsOf, type Plan, type RunCounts, rolesOf, trapTasksOf, unitTasksOf } from './plan.js';
import type { ReferenceRecord } from './records.js';
import { type LogHeader, WorkLog } from './work-log.js';

/** What to measure. */
export interface BenchOptions {
  /** Folder of the pictures that are attacked. */
  readonly originals: string;
  /** Folder of the pictures that fill the bank. */
  readonly distractors: string;
  readonly matchers: MatcherChoice;
  /** Ids or families of attacks, `traps` or ids of traps; empty for all. */
  readonly attacks: readonly string[];
  /** At most so many originals are attacked, chosen by the seed; all are in the bank. */
  readonly limit?: number;
  readonly seed: number;
  /** File of the pairs of pictures that do resemble each other. */
  readonly related?: string;
  /** Processes, 1 or more. */
  readonly workers: number;
  /** Folder of the results; the work lies in `work` in it. */
  readonly out: string;
  /** Of egide: a run is resumed only by the same. */
  readonly version: string;
  readonly signal?: AbortSignal;
  /** How many pictures are done, how many there are in this stage, and which was the last. */
  readonly onProgress?: (stage: 'references' | 'traps' | 'queries', done: number, total: number, id: string) => void;
}

/** A run that is complete, for results.ts to make figures of. */
export interface FinishedRun {
  readonly header: LogHeader;
  readonly log: WorkLog;
  readonly matchers: readonly Matcher[];
  readonly attacks: readonly Attack[];
  /** Ids of the traps that were set. */
  readonly traps: readonly string[];
  readonly counts: RunCounts;
  /** Files that could not be read, with the reason. */
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
  /** Pictures of which a matcher could make no reference. */
  readonly withoutReference: readonly { readonly id: string; readonly matcher: string; readonly reason: string }[];
}

/**
 * Does what is not yet done of a run.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, `NOT_FOUND`; or the signal's reason, after which the same call goes on where it stopped.
 */
export async function runBench(options: BenchOptions): Promise<FinishedRun> {
  const { seed, signal, out } = options;
  const { attacks, traps } = chosen(options.attacks);
  const matchers = await loadMatchers(options.matchers);
  const originals = await picturesIn(options.originals, 'original', 1, signal);
  const distractors = await picturesIn(options.distractors, 'distractor', 2, signal);
  const pictures = [...originals, ...distractors];
  const related = await relatedPairs(pictures, options.related);
  const header: LogHeader = {
    egide: options.version,
    seed,
    limit: options.limit ?? 'none',
    attacks: [...attacks, ...traps].map(({ id }) => id),
    matchers: matchers.map(({ name, version }) => `${name} ${version}`),
    originals: fingerprintOf(originals),
    distractors: fingerprintOf(distractors),
    related: related.fingerprint(),
  };
  const log = await WorkLog.open(join(out, 'work'), header);
  let crew: readonly Hand[] = [];
  try {
    crew = await crewOf(Math.min(options.workers, pictures.length), options.matchers, signal);
    await makeReferences(log, crew, pictures, options);
    const roles = rolesOf(originals, distractors, log.references, options);
    const plan: Plan = { roles, related, attacks, traps, matchers, seed };
    await makeTraps(log, crew, plan, options);
    await askAll(log, crew, plan, options);
    const set = [...new Set(trapTasksOf(plan).map(({ trap }) => trap))];
    return { header, log, matchers, attacks, traps: set, counts: countsOf(plan), ...troubles(log.references) };
  } catch (error) {
    await log.close();
    throw error;
  } finally {
    for (const hand of crew) hand.close();
  }
}

/** Those of the ids and families; all if there are none. */
function chosen(wanted: readonly string[]): { attacks: readonly Attack[]; traps: readonly Recipe[] } {
  if (wanted.length === 0) return { attacks: ATTACKS, traps: TRAPS };
  const attacks = ATTACKS.filter(({ id, family }) => wanted.includes(id) || wanted.includes(family));
  const traps = TRAPS.filter(({ id }) => wanted.includes(id) || wanted.includes('traps'));
  const known = new Set<string>([...attacks.flatMap(({ id, family }) => [id, family]), ...traps.map(({ id }) => id), 'traps']);
  const unknown = wanted.find((word) => !known.has(word));
  if (unknown !== undefined) {
    const families = [...new Set(ATTACKS.map(({ family }) => family)), 'traps'].join(', ');
    throw new EgideError(
      'INVALID_ARGUMENT',
      `attacks: there is no attack or family ${JSON.stringify(unknown)}; the families are ${families}`,
    );
  }
  return { attacks, traps };
}

async function makeReferences(log: WorkLog, crew: readonly Hand[], pictures: readonly Picture[], options: BenchOptions): Promise<void> {
  const missing = pictures.filter(({ id }) => !log.references.has(id));
  let done = pictures.length - missing.length;
  const make = async (hand: Hand, picture: Picture) => {
    await log.add(await hand.reference(picture));
    options.onProgress?.('references', ++done, pictures.length, picture.id);
  };
  await shareOut(crew, missing, make, options.signal);
}

/** Puts distractors into traps, for originals in the same trap to be compared with. */
async function makeTraps(log: WorkLog, crew: readonly Hand[], plan: Plan, options: BenchOptions): Promise<void> {
  const tasks = trapTasksOf(plan);
  const missing = tasks.filter(({ trap, picture }) => !log.references.has(trappedId(trap, picture.id)));
  let done = tasks.length - missing.length;
  const make = async (hand: Hand, task: TrapTask) => {
    await log.add(await hand.trapReference(task));
    options.onProgress?.('traps', ++done, tasks.length, task.picture.id);
  };
  await shareOut(crew, missing, make, options.signal);
}

async function askAll(log: WorkLog, crew: readonly Hand[], plan: Plan, options: BenchOptions): Promise<void> {
  const tasks = unitTasksOf(plan, log.references);
  const missing = tasks.filter(({ picture }) => !log.unitsDone.has(picture.id));
  if (missing.length === 0) return;
  const banks = banksOf(plan, log.references);
  await shareOut(crew, crew, (_, each) => each.open(banks), options.signal); // as many calls as hands, one to each
  let done = tasks.length - missing.length;
  const ask = async (hand: Hand, task: UnitTask) => {
    await log.add(await hand.unit(task));
    options.onProgress?.('queries', ++done, tasks.length, task.picture.id);
  };
  await shareOut(crew, missing, ask, options.signal);
}

function troubles(references: ReadonlyMap<string, ReferenceRecord>): Pick<FinishedRun, 'broken' | 'withoutReference'> {
  const records = [...references.values()];
  return {
    broken: records.flatMap(({ reference: id, broken }) => (broken === undefined ? [] : [{ id, reason: broken }])),
    withoutReference: records.flatMap(({ reference: id, signatures = {} }) =>
      Object.entries(signatures).flatMap(([matcher, kept]) => (typeof kept === 'string' ? [] : [{ id, matcher, reason: kept.failed }])),
    ),
  };
}
