import { VISIBLE_SHARE } from './recall.js';
import { kindOf, type UnitRecord } from './records.js';
import { upperBound } from './statistics.js';

/** What a matcher would do if everything from `threshold` on were called a match. */
export interface CurvePoint {
  readonly threshold: number;
  /** Share of the attacked queries whose original is found. */
  readonly recall: number;
  /** The same of those that show a third or more of the original. */
  readonly recallVisible: number;
  readonly falsePositives: number;
  /** Of all pairs of a query and a reference that it could wrongly name. */
  readonly falsePositiveRate: number;
  /** Upper 95 % bound of that rate. */
  readonly upper: number;
  /** Right answers among all answers. */
  readonly precision: number;
}

/** From the strictest threshold to the loosest. */
export type Curve = readonly CurvePoint[];

/** Points of a curve at most: finer than a plot or a table can show (our own choice). */
const MAX_POINTS = 200;

/** How many answers of one matcher had which score. */
export class ScoreCounts {
  /** Attacked queries, and those that show a third or more of the original. */
  queries = 0;
  visibleQueries = 0;
  pairs = 0;
  /** Answers about unedited distractors that the matcher itself accepts. */
  uneditedAccepted = 0;
  readonly #found = new Map<number, number>();
  readonly #visibleFound = new Map<number, number>();
  readonly #wrong = new Map<number, number>();
  readonly #uneditedWrong = new Map<number, number>();

  add(matcher: string, { others, queries, wrongScores }: UnitRecord): void {
    let unedited = false;
    for (const query of queries) {
      const { visible = 0, outcomes } = query;
      const outcome = outcomes[matcher];
      const kind = kindOf(query);
      if (!outcome || kind === 'traps') continue;
      this.pairs += others;
      if (kind === 'unedited') {
        unedited = true;
        for (const count of Object.values(outcome.wrongByTier)) this.uneditedAccepted += count;
        continue;
      }
      this.queries += 1;
      if (outcome.found) count(this.#found, outcome.found.score);
      if (visible < VISIBLE_SHARE) continue;
      this.visibleQueries += 1;
      if (outcome.found) count(this.#visibleFound, outcome.found.score);
    }
    for (const [score, times] of wrongScores[matcher] ?? []) {
      count(this.#wrong, score, times);
      if (unedited) count(this.#uneditedWrong, score, times);
    }
  }

  /** The lowest score that was seen at and above which no more than `allowed` answers about unedited distractors are wrong; infinite if there is none. */
  calibrated(allowed: number): number {
    let wrong = 0;
    let threshold = Number.POSITIVE_INFINITY;
    for (const score of this.#scores()) {
      wrong += this.#uneditedWrong.get(score) ?? 0;
      if (wrong > allowed) break;
      threshold = score;
    }
    return threshold;
  }

  curve(): Curve {
    const points: CurvePoint[] = [];
    let [found, visibleFound, wrong] = [0, 0, 0];
    for (const score of this.#scores()) {
      found += this.#found.get(score) ?? 0;
      visibleFound += this.#visibleFound.get(score) ?? 0;
      wrong += this.#wrong.get(score) ?? 0;
      points.push({
        threshold: score,
        recall: found / Math.max(1, this.queries),
        recallVisible: visibleFound / Math.max(1, this.visibleQueries),
        falsePositives: wrong,
        falsePositiveRate: wrong / Math.max(1, this.pairs),
        upper: upperBound(wrong, Math.max(1, this.pairs)),
        precision: found + wrong === 0 ? 1 : found / (found + wrong),
      });
    }
    if (points.length <= MAX_POINTS) return points;
    return Array.from({ length: MAX_POINTS }, (_, i) => points[Math.round((i * (points.length - 1)) / (MAX_POINTS - 1))] as CurvePoint);
  }

  /** Every score that was seen, highest first. */
  #scores(): number[] {
    return [...new Set([...this.#found.keys(), ...this.#wrong.keys()])].sort((a, b) => b - a);
  }
}

function count(counts: Map<number, number>, score: number, times = 1): void {
  counts.set(score, (counts.get(score) ?? 0) + times);
}
