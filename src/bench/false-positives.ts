import { kindOf, type UnitRecord, type Wrong } from './records.js';
import { upperBound } from './statistics.js';

/**
 * `attacked`: edited copies of originals; `unedited`: distractors as they are; `all`: both. Apart from them `traps`: originals that went
 * through the same edits as what they are compared with; or the id of one trap.
 */
export type QueryKind = string;

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
  /** Or the trap; '' for a distractor as it is. */
  readonly attack: string;
  readonly trap: boolean;
}

/** Wrong pairs that are listed for each matcher (our own choice). */
const MAX_LISTED = 200;

/** Counts what one matcher got wrong. */
export class FalsePositiveCounter {
  readonly #matcher: string;
  readonly #threshold: number | undefined;
  readonly #pairs = new Map<QueryKind, number>([
    ['all', 0],
    ['attacked', 0],
    ['unedited', 0],
  ]);
  readonly #counts = new Map<QueryKind, Map<string, number>>();
  #listed: WrongPair[] = [];

  /** @param threshold The score from which an answer counts, instead of what the matcher accepts. */
  constructor(matcher: string, threshold?: number) {
    this.#matcher = matcher;
    this.#threshold = threshold;
  }

  add({ unit, others, queries, wrongScores }: UnitRecord): void {
    for (const query of queries) {
      const outcome = query.outcomes[this.#matcher];
      if (!outcome) continue;
      const kind = kindOf(query);
      const kinds = query.trap === undefined ? [kind, 'all'] : [kind, query.trap];
      for (const each of kinds) this.#pairs.set(each, (this.#pairs.get(each) ?? 0) + (query.others ?? others));
      const matches = outcome.wrong.filter((wrong) => this.#isMatch(wrong));
      for (const wrong of matches)
        this.#listed.push({ ...wrong, query: unit, attack: query.trap ?? query.attack ?? '', trap: kind === 'traps' });
      if (this.#threshold === undefined)
        for (const [tier, count] of Object.entries(outcome.wrongByTier)) {
          this.#count(kinds, '', count);
          if (tier !== '') this.#count(kinds, tier, count);
        }
      else if (kind === 'traps') this.#count(kinds, '', matches.length);
    }
    if (this.#threshold !== undefined) {
      const kind = queries.some((query) => kindOf(query) === 'unedited') ? 'unedited' : 'attacked';
      for (const [score, count] of wrongScores[this.#matcher] ?? []) if (score >= this.#threshold) this.#count([kind, 'all'], '', count);
    }
    if (this.#listed.length > 2 * MAX_LISTED) this.#listed = this.listed();
  }

  #isMatch({ score, accepted }: Wrong): boolean {
    return this.#threshold === undefined ? accepted : score >= this.#threshold;
  }

  #count(kinds: readonly QueryKind[], tier: string, count: number): void {
    for (const kind of kinds) {
      const counts = this.#counts.get(kind) ?? new Map<string, number>();
      this.#counts.set(kind, counts.set(tier, (counts.get(tier) ?? 0) + count));
    }
  }

  rows(): FalsePositives[] {
    const tiers = new Set(['', ...[...this.#counts.values()].flatMap((counts) => [...counts.keys()]).sort()]);
    return [...this.#pairs].flatMap(([queries, pairs]) =>
      [...tiers].map((tier) => {
        const count = this.#counts.get(queries)?.get(tier) ?? 0;
        return { queries, tier, count, pairs, upper: pairs === 0 ? 1 : upperBound(count, pairs) };
      }),
    );
  }

  /** The surest wrong answers; those in traps come last. */
  listed(): WrongPair[] {
    return this.#listed.sort((a, b) => Number(a.trap) - Number(b.trap) || b.score - a.score).slice(0, MAX_LISTED);
  }
}
