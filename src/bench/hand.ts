import { readFile } from 'node:fs/promises';
import sharp from 'sharp';
import type { Attack } from './attacks/attack.js';
import { ATTACKS } from './attacks/attack-list.js';
import { attackPicture } from './attacks/attack-picture.js';
import { type Picture, seedOf } from './corpus.js';
import type { Matcher, Searcher } from './matcher.js';
import { loadMatchers, type MatcherChoice } from './matchers/matchers.js';
import { Tally } from './outcome.js';
import type { QueryRecord, ReferenceRecord, UnitRecord } from './records.js';
import type { Size } from './region-error.js';

/** What a bank holds, for one matcher. */
export interface Bank {
  readonly matcher: string;
  readonly references: readonly { readonly id: string; readonly signature: Uint8Array }[];
}

/** One picture to make queries of. */
export interface UnitTask {
  readonly picture: Picture;
  readonly size: Size;
  /** Ids of the attacks to make; none for a query of the picture as it is. */
  readonly attacks: readonly string[];
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
  /** Before the first unit. */
  open(banks: readonly Bank[]): Promise<void>;
  unit(task: UnitTask): Promise<UnitRecord>;
  close(): void;
}

/** Pixels of the longer side of a thumbnail (our own choice). */
const THUMBNAIL_SIDE = 132;

/** Does the work in this process. Between two queries `signal` is looked at. */
export async function localHand(choice: MatcherChoice, signal?: AbortSignal): Promise<Hand> {
  const matchers = await loadMatchers(choice);
  const searchers = new Map<string, Searcher>();
  return {
    reference: (picture) => referenceOf(matchers, picture),
    async open(banks) {
      for (const { matcher, references } of banks) {
        const found = matchers.find(({ name }) => name === matcher) as Matcher;
        searchers.set(matcher, await found.open(references));
      }
    },
    unit: (task) => unitOf(searchers, task, signal),
    close() {},
  };
}

async function referenceOf(matchers: readonly Matcher[], { id, path }: Picture): Promise<ReferenceRecord> {
  const file = new Uint8Array(await readFile(path));
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

async function unitOf(searchers: ReadonlyMap<string, Searcher>, task: UnitTask, signal?: AbortSignal): Promise<UnitRecord> {
  const { picture, seed, related, otherReferences } = task;
  const original = new Uint8Array(await readFile(picture.path));
  const others = await Promise.all(task.others.map(async (path) => new Uint8Array(await readFile(path))));
  const tally = new Tally({ own: picture.id, size: task.size, related: new Set(related) });
  const queries: QueryRecord[] = [];
  if (picture.role === 'distractor') queries.push({ outcomes: await tally.ask(searchers, original, undefined) });
  for (const id of task.attacks) {
    signal?.throwIfAborted();
    const attack = ATTACKS.find((candidate) => candidate.id === id) as Attack;
    try {
      const context = { seed: seedOf(seed, picture.id, id), others, ...(signal && { signal }) };
      const { bytes, transform, visible } = await attackPicture(attack, original, context);
      const truth = transform && { transform, query: await headSize(bytes) };
      const thumbnail = task.thumbnails ? { thumbnail: await thumbnailOf(bytes) } : {};
      queries.push({ attack: id, visible, outcomes: await tally.ask(searchers, bytes, truth), ...thumbnail });
    } catch (error) {
      signal?.throwIfAborted();
      queries.push({ attack: id, failed: messageOf(error), outcomes: {} });
    }
  }
  return { unit: picture.id, others: otherReferences, queries, wrongScores: tally.wrongScores() };
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
