import type { UnitRecord, Wrong } from './records.js';
import { upperBound } from './statistics.js';

/** Edited copies of originals, distractors as they are, or both. */
export type QueryKind = 'all' | 'attacked' | 'unedited';

/** Answers that name an unrelated picture. */
export interface FalsePositives {
  readonly queries: QueryKind;
  /** A tier of the matcher's own; '' for all tiers together. */
  readonly tier: string;
  readonly count: number;
  /** Pairs of a query and a reference that it could wrongly name. */
  readonly pairs: number;
  /** Upper 95 % bound of count / pairs. */
  readonly upper: number;
}

/** One answer that names an unrelated picture. */
export interface WrongPair extends Wrong {
  readonly query: string;
  /** '' for a distractor as it is. */
  readonly attack: string;
}

/** Wrong pairs that are listed for each matcher (our own choice). */
const MAX_LISTED = 200;

/** Counts what one matcher got wrong. */
export class FalsePositiveCounter {
  readonly #matcher: string;
  readonly #threshold: number | undefined;
  readonly #pairs = { all: 0, attacked: 0, unedited: 0 };
  readonly #counts = { all: new Map<string, number>(), attacked: new Map<string, number>(), unedited: new Map<string, number>() };
  #listed: WrongPair[] = [];

  /** @param threshold The score from which an answer counts, instead of what the matcher accepts. */
  constructor(matcher: string, threshold?: number) {
    this.#matcher = matcher;
    this.#threshold = threshold;
  }

  add({ unit, others, queries, wrongScores }: UnitRecord): void {
    for (const { attack, outcomes } of queries) {
      const outcome = outcomes[this.#matcher];
      if (!outcome) continue;
      const kind = attack === undefined ? 'unedited' : 'attacked';
      this.#pairs[kind] += others;
      if (this.#threshold === undefined)
        for (const [tier, count] of Object.entries(outcome.wrongByTier)) {
          this.#count(kind, '', count);
          if (tier !== '') this.#count(kind, tier, count);
        }
      for (const wrong of outcome.wrong) if (this.#isMatch(wrong)) this.#listed.push({ ...wrong, query: unit, attack: attack ?? '' });
    }
    if (this.#threshold !== undefined) {
      const kind = queries.some(({ attack }) => attack === undefined) ? 'unedited' : 'attacked';
      for (const [score, count] of wrongScores[this.#matcher] ?? []) if (score >= this.#threshold) this.#count(kind, '', count);
    }
    if (this.#listed.length > 2 * MAX_LISTED) this.#listed = this.listed();
  }

  #isMatch({ score, accepted }: Wrong): boolean {
    return this.#threshold === undefined ? accepted : score >= this.#threshold;
  }

  #count(kind: 'attacked' | 'unedited', tier: string, count: number): void {
    for (const counts of [this.#counts[kind], this.#counts.all]) counts.set(tier, (counts.get(tier) ?? 0) + count);
  }

  rows(): FalsePositives[] {
    this.#pairs.all = this.#pairs.attacked + this.#pairs.unedited;
    const tiers = ['', ...[...this.#counts.all.keys()].filter((tier) => tier !== '').sort()];
    return (['all', 'attacked', 'unedited'] as const).flatMap((queries) =>
      tiers.map((tier) => {
        const [count, pairs] = [this.#counts[queries].get(tier) ?? 0, this.#pairs[queries]];
        return { queries, tier, count, pairs, upper: pairs === 0 ? 1 : upperBound(count, pairs) };
      }),
    );
  }

  /** The surest wrong answers. */
  listed(): WrongPair[] {
    return this.#listed.sort((a, b) => b.score - a.score).slice(0, MAX_LISTED);
  }
}
