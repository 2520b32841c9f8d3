import { expect, test } from 'vitest';
import { regionError } from '../../src/bench/region-error.js';

const reference = { width: 1280, height: 960 };
/** The lower right quarter was cut out and scaled to half of its size. */
const truth = [0.5, 0, -320, 0, 0.5, -240, 0, 0, 1];
const query = { width: 320, height: 240 };

test('nothing is wrong with the true place', () => {
  expect(regionError(truth, [2, 0, 640, 0, 2, 480, 0, 0, 1], reference, query)).toBeCloseTo(0, 9);
});

test('a shift is told in pixels of a longer side of 640', () => {
  expect(regionError(truth, [2, 0, 640 + 6, 0, 2, 480 - 8, 0, 0, 1], reference, query)).toBeCloseTo(5, 9);
});

test('only the points that the query shows count', () => {
  // Twice as large about the corner that is not shown: right at the upper left, wrong by the whole size at the lower right.
  const error = regionError(truth, [2.2, 0, 640, 0, 2.2, 480, 0, 0, 1], reference, query) as number;
  expect(error).toBeGreaterThan(10);
  expect(error).toBeLessThan(40);
});

test('a homography is divided by its last row', () => {
  expect(regionError([2, 0, 0, 0, 2, 0, 0, 0, 2], [3, 0, 0, 0, 3, 0, 0, 0, 3], reference, reference)).toBeCloseTo(0, 9);
});

test('there is no error where the query shows nothing', () => {
  expect(regionError([1, 0, 5000, 0, 1, 0, 0, 0, 1], [1, 0, 0, 0, 1, 0, 0, 0, 1], reference, query)).toBeUndefined();
});
