import type { Answer, Searcher } from './matcher.js';
import { type Found, keptScore, type Outcome, type Wrong } from './records.js';
import { regionError, type Size } from './region-error.js';

/** Wrong answers of one query that are kept with their ids, for people to look at, unless more are asked for (our own choice). */
const WRONG_KEPT = 5;

/** Whose copies the queries are. */
export interface Subject {
  /** The id of the reference that is the right answer, or of a distractor's own entry, which does not count; absent if it has none. */
  readonly own?: string;
  /** Of that reference, upright. */
  readonly size: Size;
  /** Ids that are neither right nor wrong. */
  readonly related: ReadonlySet<string>;
}

/** Where the copy lies, as the attack knows. */
export interface Truth {
  /** From a pixel of the reference to one of the query. */
  readonly transform: readonly number[];
  readonly query: Size;
}

/** Asks the matchers, and counts what they answer to the queries of one picture. */
export class Tally {
  readonly #subject: Subject;
  readonly #wrongKept: number;
  readonly #wrongScores = new Map<string, Map<number, number>>();

  constructor(subject: Subject, wrongKept = WRONG_KEPT) {
    this.#subject = subject;
    this.#wrongKept = wrongKept;
  }

  /** What each matcher says to one query, one after the other so that their times can be compared. */
  async ask(searchers: ReadonlyMap<string, Searcher>, file: Uint8Array, truth: Truth | undefined): Promise<Record<string, Outcome>> {
    const outcomes: Record<string, Outcome> = {};
    for (const [name, searcher] of searchers) {
      const begun = performance.now();
      try {
        const answers = await searcher.search(file);
        outcomes[name] = this.#judge(name, answers, Number((performance.now() - begun).toFixed(2)), truth);
      } catch (error) {
        const failed = error instanceof Error ? error.message : String(error);
        outcomes[name] = { ms: Number((performance.now() - begun).toFixed(2)), failed, related: 0, wrongByTier: {}, wrong: [] };
      }
    }
    return outcomes;
  }

  #judge(matcher: string, answers: readonly Answer[], ms: number, truth: Truth | undefined): Outcome {
    const { own, related } = this.#subject;
    const best = new Map<string, Answer>();
    for (const answer of answers) {
      if (!Number.isFinite(answer.score)) throw new Error(`a score is ${answer.score}; it must be a finite number`);
      const before = best.get(answer.id);
      if (!before || answer.score > before.score) best.set(answer.id, answer);
    }
    const right = own === undefined ? undefined : best.get(own);
    if (own !== undefined) best.delete(own);
    let relatedAccepted = 0;
    const wrong: Wrong[] = [];
    const wrongByTier: Record<string, number> = {};
    const scores = this.#wrongScores.get(matcher) ?? new Map<number, number>();
    this.#wrongScores.set(matcher, scores);
    for (const { id, score, accepted, tier } of best.values()) {
      if (related.has(id)) {
        relatedAccepted += accepted ? 1 : 0;
        continue;
      }
      const kept = keptScore(score);
      scores.set(kept, (scores.get(kept) ?? 0) + 1);
      if (accepted) wrongByTier[tier ?? ''] = (wrongByTier[tier ?? ''] ?? 0) + 1;
      wrong.push({ id, score: kept, accepted, ...(tier !== undefined && { tier }) });
    }
    wrong.sort((a, b) => Number(b.accepted) - Number(a.accepted) || b.score - a.score);
    const found = right && { found: this.#found(right, truth) };
    return { ms, ...found, related: relatedAccepted, wrongByTier, wrong: wrong.slice(0, this.#wrongKept) };
  }

  #found({ score, accepted, tier, transform }: Answer, truth: Truth | undefined): Found {
    const error = truth && transform && regionError(truth.transform, transform, this.#subject.size, truth.query);
    return {
      score: keptScore(score),
      accepted,
      ...(tier !== undefined && { tier }),
      ...(error !== undefined && { regionError: Number(error.toFixed(2)) }),
    };
  }

  /** By matcher: how many wrong answers had which score, over all queries. */
  wrongScores(): Record<string, [number, number][]> {
    return Object.fromEntries([...this.#wrongScores].map(([name, scores]) => [name, [...scores].sort(([a], [b]) => b - a)]));
  }
}
