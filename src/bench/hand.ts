import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Attack, Recipe } from './attacks/attack.js';
import { ATTACKS } from './attacks/attack-list.js';
import { attackPicture } from './attacks/attack-picture.js';
import { openPicture, type Work } from './attacks/picture.js';
import { TRAPS } from './attacks/traps.js';
import { type Picture, seedOf } from './corpus.js';
import type { Matcher, Searcher } from './matcher.js';
import { loadMatchers, type MatcherChoice } from './matchers/matchers.js';
import { Tally } from './outcome.js';
import type { QueryRecord, ReferenceRecord, UnitRecord } from './records.js';
import type { Size } from './region-error.js';

/** What a bank holds, for one matcher. */
export interface Bank {
  readonly matcher: string;
  /** The trap that everything in it went through; '' for the bank of pictures as they are. */
  readonly trap: string;
  readonly references: readonly { readonly id: string; readonly signature: Uint8Array }[];
}

/** A picture that goes through a trap. */
export interface TrapTask {
  readonly picture: Picture;
  readonly trap: string;
  readonly seed: number;
  /** Paths of the pictures that the trap's collage is made with. */
  readonly others: readonly string[];
}

/** An original that is looked for among others in the same trap. */
export interface TrapQuery extends Omit<TrapTask, 'picture'> {
  /** Ids that answers may name without being wrong. */
  readonly related: readonly string[];
  /** How many references there are besides those. */
  readonly otherReferences: number;
}

/** One picture to make queries of. */
export interface UnitTask {
  readonly picture: Picture;
  readonly size: Size;
  /** Ids of the attacks to make; none for a query of the picture as it is. */
  readonly attacks: readonly string[];
  readonly traps: readonly TrapQuery[];
  readonly seed: number;
  /** Paths of the pictures that collages and backgrounds are made with. */
  readonly others: readonly string[];
  /** Ids that answers may name without being right or wrong. */
  readonly related: readonly string[];
  /** How many references there are besides the picture itself and its relatives. */
  readonly otherReferences: number;
  /** Whether small pictures of the attacks are kept, for the report. */
  readonly thumbnails: boolean;
}

/** Whoever does the work: this process or a child. One call at a time. */
export interface Hand {
  reference(picture: Picture): Promise<ReferenceRecord>;
  /** What a bank keeps of a picture in a trap, under the id of {@link trappedId}. */
  trapReference(task: TrapTask): Promise<ReferenceRecord>;
  /** Before the first unit. */
  open(banks: readonly Bank[]): Promise<void>;
  unit(task: UnitTask): Promise<UnitRecord>;
  close(): void;
}

/** The id of a picture in a trap. */
export function trappedId(trap: string, id: string): string {
  return `traps/${trap}/${id}`;
}

/** The searchers of one bank, by matcher. */
type Searchers = Map<string, Searcher>;

/** Pixels of the longer side of a thumbnail (our own choice). */
const THUMBNAIL_SIDE = 132;

/** Does the work in this process. Between two queries `signal` is looked at. */
export async function localHand(choice: MatcherChoice, signal?: AbortSignal): Promise<Hand> {
  const matchers = await loadMatchers(choice);
  const banks = new Map<string, Searchers>();
  return {
    reference: async ({ id, path }) => referenceOf(matchers, id, await bytesOf(path)),
    async trapReference(task) {
      const id = trappedId(task.trap, task.picture.id);
      try {
        return await referenceOf(matchers, id, await trapped(task, await bytesOf(task.picture.path), signal));
      } catch (error) {
        signal?.throwIfAborted();
        return { reference: id, broken: messageOf(error) };
      }
    },
    async open(wanted) {
      for (const { matcher, trap, references } of wanted) {
        const found = matchers.find(({ name }) => name === matcher) as Matcher;
        banks.set(trap, (banks.get(trap) ?? new Map()).set(matcher, await found.open(references)));
      }
    },
    unit: (task) => unitOf(banks, task, signal),
    close() {},
  };
}

async function bytesOf(path: string): Promise<Uint8Array> {
  return new Uint8Array(await readFile(path));
}

async function referenceOf(matchers: readonly Matcher[], id: string, file: Uint8Array): Promise<ReferenceRecord> {
  let size: Size;
  try {
    size = await uprightSize(file);
  } catch (error) {
    return { reference: id, broken: messageOf(error) };
  }
  const signatures: Record<string, string | { failed: string }> = {};
  for (const matcher of matchers) {
    try {
      signatures[matcher.name] = Buffer.from(await matcher.reference(file)).toString('base64');
    } catch (error) {
      signatures[matcher.name] = { failed: messageOf(error) };
    }
  }
  return { reference: id, size, signatures };
}

/** Decodes the whole picture: a file that is cut short begins well. */
async function uprightSize(file: Uint8Array): Promise<Size> {
  const { info } = await sharp(file, { failOn: 'error' }).autoOrient().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height };
}

async function unitOf(banks: ReadonlyMap<string, Searchers>, task: UnitTask, signal?: AbortSignal): Promise<UnitRecord> {
  const { picture, seed, related, otherReferences } = task;
  const searchers = banks.get('') as Searchers;
  const original = await bytesOf(picture.path);
  const others = await Promise.all(task.others.map(bytesOf));
  const tally = new Tally({ own: picture.id, size: task.size, related: new Set(related) });
  const queries: QueryRecord[] = [];
  if (picture.role === 'distractor') queries.push({ outcomes: await tally.ask(searchers, original, undefined) });
  const opened = picture.role === 'original' ? await openPicture(original) : original; // decoded once for all attacks
  for (const id of task.attacks) {
    signal?.throwIfAborted();
    const attack = ATTACKS.find((candidate) => candidate.id === id) as Attack;
    try {
      const context = { seed: seedOf(seed, picture.id, id), others, ...(signal && { signal }) };
      const { bytes, transform, visible } = await attackPicture(attack, opened, context);
      const truth = transform && { transform, query: await headSize(bytes) };
      const thumbnail = task.thumbnails ? { thumbnail: await thumbnailOf(bytes) } : {};
      queries.push({ attack: id, visible, outcomes: await tally.ask(searchers, bytes, truth), ...thumbnail });
    } catch (error) {
      signal?.throwIfAborted();
      queries.push({ attack: id, failed: messageOf(error), outcomes: {} });
    }
  }
  for (const query of task.traps) queries.push(await trapQueryOf(banks, task, query, opened, signal));
  return { unit: picture.id, others: otherReferences, queries, wrongScores: tally.wrongScores() };
}

async function trapQueryOf(
  banks: ReadonlyMap<string, Searchers>,
  { picture, size }: UnitTask,
  query: TrapQuery,
  original: Uint8Array | Work,
  signal: AbortSignal | undefined,
): Promise<QueryRecord> {
  signal?.throwIfAborted();
  const { trap, otherReferences } = query;
  try {
    const bytes = await trapped({ ...query, picture }, original, signal);
    const tally = new Tally({ size, related: new Set(query.related) }, otherReferences);
    return { trap, others: otherReferences, outcomes: await tally.ask(banks.get(trap) as Searchers, bytes, undefined) };
  } catch (error) {
    signal?.throwIfAborted();
    return { trap, failed: messageOf(error), outcomes: {} };
  }
}

/** A picture after it went through a trap. */
async function trapped({ picture, trap, seed, others }: TrapTask, original: Uint8Array | Work, signal?: AbortSignal): Promise<Uint8Array> {
  const recipe = TRAPS.find(({ id }) => id === trap) as Recipe;
  const context = { seed: seedOf(seed, picture.id, trap), others: await Promise.all(others.map(bytesOf)), ...(signal && { signal }) };
  return (await attackPicture(recipe, original, context)).bytes;
}

/** Width and height as a viewer shows it, without decoding. */
async function headSize(file: Uint8Array): Promise<Size> {
  const { autoOrient } = await sharp(file).metadata();
  return { width: autoOrient.width, height: autoOrient.height };
}

async function thumbnailOf(file: Uint8Array): Promise<string> {
  const small = sharp(file).autoOrient().resize(THUMBNAIL_SIDE, THUMBNAIL_SIDE, { fit: 'inside' });
  return (await small.flatten({ background: '#808080' }).jpeg({ quality: 72 }).toBuffer()).toString('base64');
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
