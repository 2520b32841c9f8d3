import type { BenchResults, MatcherResults } from './results.js';

type Cell = string | number | undefined;

/** recall.csv: how many of the queries of a kind each matcher found, with 95 % intervals. */
export function recallCsv({ matchers, visible }: BenchResults): string {
  return table(
    ['matcher', 'scope', 'name', 'n', 'found', 'recall', 'low95', 'high95', 'effective_n', 'visible', 'region_error_px'],
    eachOf(matchers, ({ recall }) =>
      recall.map(({ scope, name, n, found, value, low, high, effectiveN, regionError }) => [
        ...[scope, name, n, found, value, low, high, effectiveN],
        ...[scope === 'attack' ? visible[name] : undefined, regionError],
      ]),
    ),
  );
}

/** false-positives.csv: answers that name an unrelated picture, by kind of query and tier. */
export function falsePositivesCsv({ matchers }: BenchResults): string {
  return table(
    ['matcher', 'queries', 'tier', 'false_positives', 'pairs', 'upper95'],
    eachOf(matchers, ({ falsePositives }) =>
      falsePositives.map(({ queries, tier, count, pairs, upper }) => [queries, tier || 'any', count, pairs, upper]),
    ),
  );
}

/** false-positive-pairs.csv: the surest wrong answers, for people to look at. */
export function falsePositivePairsCsv({ matchers }: BenchResults): string {
  return table(
    ['matcher', 'query', 'attack', 'named', 'score', 'tier'],
    eachOf(matchers, ({ wrongPairs }) => wrongPairs.map(({ query, attack, id, score, tier }) => [query, attack, id, score, tier])),
  );
}

/** thresholds.csv: what each matcher would do if everything from a score on were a match. */
export function thresholdsCsv({ matchers }: BenchResults): string {
  return table(
    ['matcher', 'threshold', 'recall', 'recall_visible', 'false_positives', 'false_positive_rate', 'upper95', 'precision'],
    eachOf(matchers, ({ curve }) =>
      curve.map(({ threshold, recall, recallVisible, falsePositives, falsePositiveRate, upper, precision }) => [
        ...[threshold, recall, recallVisible, falsePositives, falsePositiveRate, upper, precision],
      ]),
    ),
  );
}

function eachOf(matchers: readonly MatcherResults[], rowsOf: (matcher: MatcherResults) => readonly (readonly Cell[])[]): Cell[][] {
  return matchers.flatMap((matcher) => rowsOf(matcher).map((row) => [matcher.name, ...row]));
}

/** RFC 4180, with line feeds alone. */
function table(columns: readonly string[], rows: readonly (readonly Cell[])[]): string {
  return [columns, ...rows].map((row) => `${row.map(cellOf).join(',')}\n`).join('');
}

function cellOf(value: Cell): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(Number(value.toPrecision(6)));
  return /[",\r\n]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value;
}
