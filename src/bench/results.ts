import type { Attack } from './attacks/attack.js';
import { FalsePositiveCounter, type FalsePositives, type WrongPair } from './false-positives.js';
import type { Matcher } from './matcher.js';
import type { RunCounts } from './plan.js';
import { type Recall, RecallCounter } from './recall.js';
import type { UnitRecord } from './records.js';
import type { FinishedRun } from './run.js';
import { quantile } from './statistics.js';
import { type Curve, ScoreCounts } from './thresholds.js';

/** Everything that was measured of one matcher. */
export interface MatcherResults {
  readonly name: string;
  readonly version: string;
  readonly setting: string;
  /** The score from which an answer counts, if the matcher has no setting of its own; infinite if none may. */
  readonly calibratedAt: number | undefined;
  readonly recall: readonly Recall[];
  readonly falsePositives: readonly FalsePositives[];
  readonly curve: Curve;
  /** The surest wrong answers. */
  readonly wrongPairs: readonly WrongPair[];
  /** Accepted answers that name a picture known to be related: neither right nor wrong. `undefined` for a calibrated matcher. */
  readonly relatedAnswers: number | undefined;
  /** Queries at which the matcher threw; they count as misses. */
  readonly failedQueries: number;
  readonly medianMs: number | undefined;
  readonly p95Ms: number | undefined;
}

/** All that a run says. */
export interface BenchResults {
  readonly counts: RunCounts;
  readonly attacks: readonly Attack[];
  /** Ids of the traps that were set. */
  readonly traps: readonly string[];
  readonly matchers: readonly MatcherResults[];
  readonly broken: FinishedRun['broken'];
  readonly withoutReference: FinishedRun['withoutReference'];
  /** Attacks that could not be made of a picture. */
  readonly failedAttacks: readonly { readonly id: string; readonly attack: string; readonly reason: string }[];
  /** By attack, of one original: small JPEGs in base64. */
  readonly thumbnails: Readonly<Record<string, string>>;
  /** By attack: the median share of the original that is left to be seen. */
  readonly visible: Readonly<Record<string, number>>;
}

/** Makes the figures of a complete run, reading its log twice: the scores first, since calibrated thresholds come from them. */
export async function resultsOf({ log, matchers, attacks, traps, counts, broken, withoutReference }: FinishedRun): Promise<BenchResults> {
  const scores = new Map(matchers.map(({ name }) => [name, new ScoreCounts()]));
  for await (const unit of log.units()) for (const [name, counted] of scores) counted.add(name, unit);
  const allowed = scores.get('pdq')?.uneditedAccepted ?? 0;
  const counters = matchers.map((matcher) => {
    const counted = scores.get(matcher.name) as ScoreCounts;
    return new MatcherCounter(matcher, attacks, counted, matcher.calibrated ? counted.calibrated(allowed) : undefined);
  });
  const queries = new QueryCounter();
  for await (const unit of log.units()) {
    queries.add(unit);
    for (const counter of counters) counter.add(unit);
  }
  return { counts, attacks, traps, matchers: counters.map((counter) => counter.results()), broken, withoutReference, ...queries.results() };
}

/** Counts everything about one matcher but its scores. */
class MatcherCounter {
  readonly #matcher: Matcher;
  readonly #scores: ScoreCounts;
  readonly #calibratedAt: number | undefined;
  readonly #recall: RecallCounter;
  readonly #falsePositives: FalsePositiveCounter;
  readonly #times: number[] = [];
  #related = 0;
  #failed = 0;

  constructor(matcher: Matcher, attacks: readonly Attack[], scores: ScoreCounts, calibratedAt: number | undefined) {
    this.#matcher = matcher;
    this.#scores = scores;
    this.#calibratedAt = calibratedAt;
    this.#recall = new RecallCounter(matcher.name, attacks, ({ score, accepted }) =>
      calibratedAt === undefined ? accepted : score >= calibratedAt,
    );
    this.#falsePositives = new FalsePositiveCounter(matcher.name, calibratedAt);
  }

  add(unit: UnitRecord): void {
    this.#recall.add(unit);
    this.#falsePositives.add(unit);
    for (const { outcomes, trap } of unit.queries) {
      const outcome = outcomes[this.#matcher.name];
      if (!outcome) continue;
      if (trap === undefined) this.#times.push(outcome.ms);
      this.#related += outcome.related;
      this.#failed += outcome.failed === undefined ? 0 : 1;
    }
  }

  results(): MatcherResults {
    const { name, version, setting } = this.#matcher;
    return {
      name,
      version,
      setting,
      calibratedAt: this.#calibratedAt,
      recall: this.#recall.rows(),
      falsePositives: this.#falsePositives.rows(),
      curve: this.#scores.curve(),
      wrongPairs: this.#falsePositives.listed(),
      relatedAnswers: this.#calibratedAt === undefined ? this.#related : undefined,
      failedQueries: this.#failed,
      medianMs: quantile(this.#times, 0.5),
      p95Ms: quantile(this.#times, 0.95),
    };
  }
}

/** What is told of the queries themselves. */
class QueryCounter {
  readonly #failed: { id: string; attack: string; reason: string }[] = [];
  readonly #thumbnails: Record<string, string> = {};
  readonly #visible = new Map<string, number[]>();

  add({ unit, queries }: UnitRecord): void {
    for (const { attack, trap, failed, thumbnail, visible } of queries) {
      if (failed !== undefined) this.#failed.push({ id: unit, attack: attack ?? trap ?? '', reason: failed });
      if (attack === undefined) continue;
      if (thumbnail !== undefined) this.#thumbnails[attack] = thumbnail;
      const shares = this.#visible.get(attack) ?? [];
      this.#visible.set(attack, shares);
      if (visible !== undefined) shares.push(visible);
    }
  }

  results(): Pick<BenchResults, 'failedAttacks' | 'thumbnails' | 'visible'> {
    const medians = [...this.#visible].map(([attack, shares]) => [attack, quantile(shares, 0.5)] as const);
    const visible = Object.fromEntries(medians.filter((median): median is [string, number] => median[1] !== undefined));
    return { failedAttacks: this.#failed, thumbnails: this.#thumbnails, visible };
  }
}
