import { join } from 'node:path';
import { EgideError } from '../errors.js';
import type { Attack } from './attacks/attack.js';
import { ATTACKS } from './attacks/attack-list.js';
import { fingerprintOf, type Picture, picturesIn, type Related, relatedPairs, shuffled } from './corpus.js';
import { crewOf, shareOut } from './crew.js';
import type { Bank, Hand, UnitTask } from './hand.js';
import type { Matcher } from './matcher.js';
import { loadMatchers, type MatcherChoice } from './matchers/matchers.js';
import type { ReferenceRecord } from './records.js';
import type { Size } from './region-error.js';
import { type LogHeader, WorkLog } from './work-log.js';

/** What to measure. */
export interface BenchOptions {
  /** Folder of the pictures that are attacked. */
  readonly originals: string;
  /** Folder of the pictures that fill the bank. */
  readonly distractors: string;
  readonly matchers: MatcherChoice;
  /** Ids or families of attacks; empty for all. */
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
  readonly onProgress?: (stage: 'references' | 'queries', done: number, total: number, id: string) => void;
}

/** A run that is complete, for results.ts to make figures of. */
export interface FinishedRun {
  readonly header: LogHeader;
  readonly log: WorkLog;
  readonly matchers: readonly Matcher[];
  readonly attacks: readonly Attack[];
  readonly counts: RunCounts;
  /** Files that could not be read, with the reason. */
  readonly broken: readonly { readonly id: string; readonly reason: string }[];
  /** Pictures of which a matcher could make no reference. */
  readonly withoutReference: readonly { readonly id: string; readonly matcher: string; readonly reason: string }[];
}

/** How many pictures played which part. */
export interface RunCounts {
  readonly originals: number;
  /** Originals that were attacked. */
  readonly attacked: number;
  /** Distractors in the bank. */
  readonly distractors: number;
  /** Distractors kept out of the bank as neighbours in collages. */
  readonly neighbours: number;
  readonly bank: number;
  readonly relatedPairs: number;
}

/** One distractor of so many is kept out of the bank to be a neighbour in collages (our own choice). */
const NEIGHBOUR_EVERY = 8;
/** And no more than this: twice what a collage of three by three needs. */
const MAX_NEIGHBOURS = 16;
/** Neighbours that each original is given, again and again the same if there are fewer: a collage of three by three needs eight. */
const NEIGHBOURS_EACH = 8;

/**
 * Does what is not yet done of a run.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, `NOT_FOUND`; or the signal's reason, after which the same call goes on where it stopped.
 */
export async function runBench(options: BenchOptions): Promise<FinishedRun> {
  const { seed, signal, out } = options;
  const attacks = chosenAttacks(options.attacks);
  const matchers = await loadMatchers(options.matchers);
  const originals = await picturesIn(options.originals, 'original', 1, signal);
  const distractors = await picturesIn(options.distractors, 'distractor', 2, signal);
  const pictures = [...originals, ...distractors];
  const related = await relatedPairs(pictures, options.related);
  const header: LogHeader = {
    egide: options.version,
    seed,
    limit: options.limit ?? 'none',
    attacks: attacks.map(({ id }) => id),
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
    await askAll(log, crew, { roles, related, attacks, matchers }, options);
    return { header, log, matchers, attacks, counts: countsOf(roles, related), ...troubles(log.references) };
  } catch (error) {
    await log.close();
    throw error;
  } finally {
    for (const hand of crew) hand.close();
  }
}

/** Those of the ids and families; all if there are none. */
function chosenAttacks(wanted: readonly string[]): readonly Attack[] {
  const unknown = wanted.find((word) => !ATTACKS.some(({ id, family }) => id === word || family === word));
  if (unknown !== undefined) {
    const families = [...new Set(ATTACKS.map(({ family }) => family))].join(', ');
    throw new EgideError(
      'INVALID_ARGUMENT',
      `attacks: there is no attack or family ${JSON.stringify(unknown)}; the families are ${families}`,
    );
  }
  return wanted.length === 0 ? ATTACKS : ATTACKS.filter(({ id, family }) => wanted.includes(id) || wanted.includes(family));
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

/** Which picture plays which part. */
interface Roles {
  readonly originals: readonly Picture[];
  readonly attacked: readonly Picture[];
  readonly distractors: readonly Picture[];
  readonly neighbours: readonly Picture[];
}

function rolesOf(
  originals: readonly Picture[],
  distractors: readonly Picture[],
  references: ReadonlyMap<string, ReferenceRecord>,
  { seed, limit }: BenchOptions,
): Roles {
  const good = ({ id }: Picture) => references.get(id)?.broken === undefined;
  const goodOriginals = originals.filter(good);
  const goodDistractors = shuffled(distractors.filter(good), seed);
  if (goodOriginals.length === 0) throw new EgideError('INVALID_ARGUMENT', 'originals: none of the pictures can be read');
  if (goodDistractors.length < 2) throw new EgideError('INVALID_ARGUMENT', 'distractors: fewer than 2 of the pictures can be read');
  const neighbours = Math.min(MAX_NEIGHBOURS, Math.ceil(goodDistractors.length / NEIGHBOUR_EVERY));
  return {
    originals: goodOriginals,
    attacked: shuffled(goodOriginals, seed).slice(0, limit),
    distractors: goodDistractors.slice(neighbours),
    neighbours: goodDistractors.slice(0, neighbours),
  };
}

interface Plan {
  readonly roles: Roles;
  readonly related: Related;
  readonly attacks: readonly Attack[];
  readonly matchers: readonly Matcher[];
}

async function askAll(log: WorkLog, crew: readonly Hand[], plan: Plan, options: BenchOptions): Promise<void> {
  const tasks = tasksOf(plan, log.references, options.seed);
  const missing = tasks.filter(({ picture }) => !log.unitsDone.has(picture.id));
  if (missing.length === 0) return;
  const banks = plan.matchers.map(({ name }) => bankOf(name, bankPictures(plan.roles), log.references));
  await shareOut(crew, crew, (_, each) => each.open(banks), options.signal); // as many calls as hands, one to each
  let done = tasks.length - missing.length;
  const ask = async (hand: Hand, task: UnitTask) => {
    await log.add(await hand.unit(task));
    options.onProgress?.('queries', ++done, tasks.length, task.picture.id);
  };
  await shareOut(crew, missing, ask, options.signal);
}

function tasksOf({ roles, related, attacks }: Plan, references: ReadonlyMap<string, ReferenceRecord>, seed: number): UnitTask[] {
  const bank = bankPictures(roles);
  const inBank = new Set(bank.map(({ id }) => id));
  const taskOf = (
    picture: Picture,
    more: { attacks: readonly string[]; neighbours: readonly Picture[]; thumbnails: boolean },
  ): UnitTask => {
    const relatives = new Set([picture, ...more.neighbours].flatMap(({ id }) => [...related.of(id)]));
    relatives.delete(picture.id);
    return {
      picture,
      size: references.get(picture.id)?.size as Size,
      attacks: more.attacks,
      seed,
      others: more.neighbours.map(({ path }) => path),
      related: [...relatives],
      otherReferences: bank.length - 1 - [...relatives].filter((id) => inBank.has(id)).length,
      thumbnails: more.thumbnails,
    };
  };
  const ids = attacks.map(({ id }) => id);
  return [
    ...roles.attacked.map((picture, i) => {
      const order = shuffled(roles.neighbours, `${seed} ${picture.id}`);
      const neighbours = Array.from({ length: NEIGHBOURS_EACH }, (_, k) => order[k % order.length] as Picture);
      return taskOf(picture, { attacks: ids, neighbours, thumbnails: i === 0 });
    }),
    ...roles.distractors.map((picture) => taskOf(picture, { attacks: [], neighbours: [], thumbnails: false })),
  ];
}

function bankPictures({ originals, distractors }: Roles): readonly Picture[] {
  return [...originals, ...distractors];
}

function bankOf(matcher: string, pictures: readonly Picture[], references: ReadonlyMap<string, ReferenceRecord>): Bank {
  const kept = pictures.flatMap(({ id }) => {
    const signature = references.get(id)?.signatures?.[matcher];
    return typeof signature === 'string' ? [{ id, signature: new Uint8Array(Buffer.from(signature, 'base64')) }] : [];
  });
  return { matcher, references: kept };
}

function countsOf(roles: Roles, related: Related): RunCounts {
  const { originals, attacked, distractors, neighbours } = roles;
  return {
    originals: originals.length,
    attacked: attacked.length,
    distractors: distractors.length,
    neighbours: neighbours.length,
    bank: originals.length + distractors.length,
    relatedPairs: related.pairs,
  };
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
