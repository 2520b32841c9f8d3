import { expect, test } from 'vitest';
import { effectiveTrials, quantile, regularisedBeta, upperBound, wilson } from '../../src/bench/statistics.js';

// Newcombe 1998, "Two-sided confidence intervals for the single proportion: comparison of seven methods", Statistics in Medicine 17,
// table I: methods 3 (score) and 5 (exact), rounded to four places there.
const NEWCOMBE = [
  { events: 81, n: 263, score: [0.2553, 0.3662], exact: [0.2527, 0.3676] },
  { events: 15, n: 148, score: [0.0624, 0.1605], exact: [0.0578, 0.1617] },
  { events: 0, n: 20, score: [0, 0.1611], exact: [0, 0.1684] },
  { events: 1, n: 29, score: [0.0061, 0.1718], exact: [0.0009, 0.1776] },
] as const;

test.each(NEWCOMBE)('Wilson of $events in $n is what Newcombe prints', ({ events, n, score }) => {
  const { value, low, high } = wilson(events, n);
  expect([value, low, high].map((share) => share.toFixed(4))).toEqual([events / n, ...score].map((share) => share.toFixed(4)));
});

test.each(NEWCOMBE)('Clopper and Pearson of $events in $n is what Newcombe prints', ({ events, n, exact }) => {
  expect(upperBound(events, n, 0.025).toFixed(4)).toBe(exact[1].toFixed(4));
  // The lower end is the upper one of what did not happen.
  expect((1 - upperBound(n - events, n, 0.025)).toFixed(4)).toBe(exact[0].toFixed(4));
});

test('a share of none or of all has an interval that ends there', () => {
  expect(wilson(0, 12).low).toBe(0);
  expect(wilson(12, 12).high).toBe(1);
});

test('nothing seen in n is bounded by 3 / n', () => {
  expect(upperBound(0, 1_000_000_000)).toBe(3e-9);
  expect(upperBound(0, 2)).toBe(1);
});

test('few events in very many trials are bounded as a Poisson count is', () => {
  // Half of the 0.95 quantile of chi-squared with 2 (k + 1) degrees of freedom: 9.487729 / 2 for one event, 21.026070 / 2 for five.
  expect(upperBound(1, 1e9) * 1e9).toBeCloseTo(4.743864, 4);
  expect(upperBound(5, 1e9) * 1e9).toBeCloseTo(10.513035, 4);
});

test('the incomplete beta function has its closed forms', () => {
  expect(regularisedBeta(0.5, 2, 3)).toBeCloseTo(11 / 16, 12);
  expect(regularisedBeta(0.3, 1, 7)).toBeCloseTo(1 - 0.7 ** 7, 12);
  expect(regularisedBeta(0.9, 7, 1)).toBeCloseTo(0.9 ** 7, 12);
});

test('trials that end alike within each cluster are worth one a cluster', () => {
  const clusters = Array.from({ length: 100 }, (_, i) => ({ successes: i % 2 === 0 ? 10 : 0, n: 10 }));
  expect(effectiveTrials(clusters)).toBeCloseTo(99, 6); // 100 less the one that the mean has cost
  expect(effectiveTrials(Array.from({ length: 40 }, () => ({ successes: 7, n: 7 })))).toBe(40);
});

test('trials that do not hang together are worth themselves', () => {
  expect(effectiveTrials(Array.from({ length: 50 }, () => ({ successes: 3, n: 6 })))).toBe(300);
});

test('quantiles lie between the two nearest values', () => {
  expect([quantile([3, 1, 2, 4], 0.5), quantile([1, 2, 3], 0), quantile([1, 2, 3], 1), quantile([], 0.5)]).toEqual([2.5, 1, 3, undefined]);
});
