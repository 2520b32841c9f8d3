import { EgideError } from '../errors.js';
import type { Attack, Recipe } from './attacks/attack.js';
import { type Picture, type Related, shuffled } from './corpus.js';
import { type Bank, type TrapQuery, type TrapTask, trappedId, type UnitTask } from './hand.js';
import type { Matcher } from './matcher.js';
import type { ReferenceRecord } from './records.js';
import type { Size } from './region-error.js';

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
  /** Distractors in each trap. */
  readonly trapped: number;
}

/** One distractor of so many is kept out of the bank to be a neighbour in collages (our own choice). */
const NEIGHBOUR_EVERY = 8;
/** And no more than this: twice what a collage of three by three needs. */
const MAX_NEIGHBOURS = 16;
/** Neighbours that each original is given, again and again the same if there are fewer: a collage of three by three needs eight. */
const NEIGHBOURS_EACH = 8;
/** Distractors that go through each trap: 120 pictures in five traps are made in a minute (our own choice). */
const TRAPPED = 24;
/** Neighbours without which a trap that makes collages is not set: three for each side, so that no panel is shared. */
const COLLAGE_NEIGHBOURS = 6;

/** Which picture plays which part. */
export interface Roles {
  readonly originals: readonly Picture[];
  readonly attacked: readonly Picture[];
  readonly distractors: readonly Picture[];
  readonly neighbours: readonly Picture[];
}

/** Everything that is to be done. */
export interface Plan {
  readonly roles: Roles;
  readonly related: Related;
  readonly attacks: readonly Attack[];
  readonly traps: readonly Recipe[];
  readonly matchers: readonly Matcher[];
  readonly seed: number;
}

type References = ReadonlyMap<string, ReferenceRecord>;

/**
 * Deals the pictures that can be read.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` if there are no originals or fewer than two distractors among them.
 */
export function rolesOf(
  originals: readonly Picture[],
  distractors: readonly Picture[],
  references: References,
  { seed, limit }: { readonly seed: number; readonly limit?: number },
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

/** Distractors in traps. */
export function trapTasksOf({ roles, traps, seed }: Plan): TrapTask[] {
  return trapsToSet(roles, traps).flatMap((trap) =>
    roles.distractors.slice(0, TRAPPED).map((picture) => ({ picture, trap: trap.id, seed, others: panelsOf(trap, roles, 1) })),
  );
}

/** Without those that need more neighbours than there are. */
function trapsToSet({ neighbours }: Roles, traps: readonly Recipe[]): readonly Recipe[] {
  return traps.filter((trap) => !makesCollage(trap) || neighbours.length >= COLLAGE_NEIGHBOURS);
}

function makesCollage({ steps }: Recipe): boolean {
  return steps.some((step) => 'collage' in step);
}

/** Queries get every other neighbour, references those between them. */
function panelsOf(trap: Recipe, { neighbours }: Roles, side: 0 | 1): string[] {
  return makesCollage(trap) ? neighbours.filter((_, i) => i % 2 === side).map(({ path }) => path) : [];
}

/** Every attacked original, then every distractor of the bank. */
export function unitTasksOf(plan: Plan, references: References): UnitTask[] {
  const { roles, attacks, seed } = plan;
  const ids = attacks.map(({ id }) => id);
  const inBank = new Set(bankPictures(roles).map(({ id }) => id));
  return [
    ...roles.attacked.map((picture, i) => {
      const order = shuffled(roles.neighbours, `${seed} ${picture.id}`);
      const neighbours = Array.from({ length: NEIGHBOURS_EACH }, (_, k) => order[k % order.length] as Picture);
      const traps = trapQueriesOf(picture, plan, references);
      return unitTaskOf(plan, references, picture, { attacks: ids, traps, neighbours, inBank, thumbnails: i === 0 });
    }),
    ...roles.distractors.map((picture) =>
      unitTaskOf(plan, references, picture, { attacks: [], traps: [], neighbours: [], inBank, thumbnails: false }),
    ),
  ];
}

/** What differs between the tasks of originals and those of distractors, and the ids of the bank. */
interface UnitParts extends Pick<UnitTask, 'attacks' | 'traps' | 'thumbnails'> {
  readonly neighbours: readonly Picture[];
  readonly inBank: ReadonlySet<string>;
}

function unitTaskOf(
  { related, seed }: Plan,
  references: References,
  picture: Picture,
  { neighbours, inBank, ...rest }: UnitParts,
): UnitTask {
  const relatives = new Set([picture, ...neighbours].flatMap(({ id }) => [...related.of(id)]));
  relatives.delete(picture.id);
  return {
    ...rest,
    picture,
    size: references.get(picture.id)?.size as Size,
    seed,
    others: neighbours.map(({ path }) => path),
    related: [...relatives],
    otherReferences: inBank.size - 1 - [...relatives].filter((id) => inBank.has(id)).length,
  };
}

/** The original in every trap. */
function trapQueriesOf(picture: Picture, { roles, traps, related, seed }: Plan, references: References): TrapQuery[] {
  return trapsToSet(roles, traps).map((trap) => {
    const relatives = new Set(related.of(picture.id));
    const kept = trappedIn(trap, roles, references);
    const relatedIds = kept.filter(({ id }) => relatives.has(id)).map(({ id }) => trappedId(trap.id, id));
    const others = panelsOf(trap, roles, 0);
    return { trap: trap.id, seed, others, related: relatedIds, otherReferences: kept.length - relatedIds.length };
  });
}

function trappedIn(trap: Recipe, { distractors }: Roles, references: References): readonly Picture[] {
  return distractors.slice(0, TRAPPED).filter(({ id }) => references.get(trappedId(trap.id, id))?.broken === undefined);
}

function bankPictures({ originals, distractors }: Roles): readonly Picture[] {
  return [...originals, ...distractors];
}

/** For each matcher the bank of pictures as they are, and one of each trap. */
export function banksOf({ roles, traps, matchers }: Plan, references: References): Bank[] {
  const pictures = bankPictures(roles).map(({ id }) => id);
  return matchers.flatMap(({ name }) => [
    bankOf(name, '', pictures, references),
    ...trapsToSet(roles, traps).map((trap) => {
      const ids = trappedIn(trap, roles, references).map(({ id }) => trappedId(trap.id, id));
      return bankOf(name, trap.id, ids, references);
    }),
  ]);
}

function bankOf(matcher: string, trap: string, ids: readonly string[], references: References): Bank {
  const kept = ids.flatMap((id) => {
    const signature = references.get(id)?.signatures?.[matcher];
    return typeof signature === 'string' ? [{ id, signature: new Uint8Array(Buffer.from(signature, 'base64')) }] : [];
  });
  return { matcher, trap, references: kept };
}

/** How many pictures play which part. */
export function countsOf({ roles, related }: Plan): RunCounts {
  const { originals, attacked, distractors, neighbours } = roles;
  return {
    originals: originals.length,
    attacked: attacked.length,
    distractors: distractors.length,
    neighbours: neighbours.length,
    bank: originals.length + distractors.length,
    relatedPairs: related.pairs,
    trapped: Math.min(TRAPPED, distractors.length),
  };
}
