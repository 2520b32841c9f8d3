import type { Size } from './region-error.js';

/** What came of one picture of the bank, or that it cannot be read. */
export interface ReferenceRecord {
  readonly reference: string;
  /** Why the file is not in the run; then nothing follows. */
  readonly broken?: string;
  /** Upright. */
  readonly size?: Size;
  /** By the matcher's name: what the bank keeps, in base64; or why that matcher cannot keep it. */
  readonly signatures?: Readonly<Record<string, string | { readonly failed: string }>>;
}

/** The answer that names the query's own original. */
export interface Found {
  readonly score: number;
  readonly accepted: boolean;
  readonly tier?: string;
  /** See region-error.ts; absent if either transform is. */
  readonly regionError?: number;
}

/** An answer that names another picture, which is not known to be related. */
export interface Wrong {
  readonly id: string;
  readonly score: number;
  readonly accepted: boolean;
  readonly tier?: string;
}

/** What one matcher said to one query. */
export interface Outcome {
  /** Milliseconds of the search, decoding included. */
  readonly ms: number;
  /** The matcher threw: a miss. */
  readonly failed?: string;
  readonly found?: Found;
  /** Accepted answers that name a related picture. */
  readonly related: number;
  /** Accepted wrong answers by tier; '' where there is none. */
  readonly wrongByTier: Readonly<Record<string, number>>;
  /** The surest wrong answers, for people to look at; all of them in a trap. */
  readonly wrong: readonly Wrong[];
}

/** One query: an attack on an original, an original in a trap, or a distractor as it is. */
export interface QueryRecord {
  readonly attack?: string;
  /** The trap that the query and all that it could wrongly name went through. */
  readonly trap?: string;
  /** How many references a query in a trap could wrongly name. */
  readonly others?: number;
  /** The share of the original that the query shows. */
  readonly visible?: number;
  /** The attack could not be made of this picture; then there are no outcomes. */
  readonly failed?: string;
  readonly outcomes: Readonly<Record<string, Outcome>>;
  /** A small JPEG in base64. */
  readonly thumbnail?: string;
}

/** All queries of one picture: the unit of work, and of what is lost when a run is killed. */
export interface UnitRecord {
  readonly unit: string;
  /** References that each query outside of traps could wrongly name: the bank without the picture itself and its relatives. */
  readonly others: number;
  readonly queries: readonly QueryRecord[];
  /** By matcher: how many wrong answers had which score, without those in traps. */
  readonly wrongScores: Readonly<Record<string, readonly (readonly [score: number, count: number])[]>>;
}

/** What kind of query it is. */
export function kindOf({ attack, trap }: QueryRecord): 'attacked' | 'traps' | 'unedited' {
  return trap !== undefined ? 'traps' : attack !== undefined ? 'attacked' : 'unedited';
}

/** Significant digits that scores are kept to, so that curves stay small: 0.9988 and 0.9989 are told apart (our own choice). */
const SCORE_DIGITS = 4;

/** A score as it is kept; a sum or a count below 10,000 is kept whole. */
export function keptScore(score: number): number {
  return Number(score.toPrecision(SCORE_DIGITS));
}
