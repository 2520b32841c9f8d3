import { describe, expect, test } from 'vitest';
import {
  area,
  type Homography,
  inverse,
  localMap,
  mirroring,
  normalised,
  product,
  project,
  region,
  scaling,
} from '../../src/patch/geometry.js';

const size = { width: 100, height: 60 };
const identity: Homography = [1, 0, 0, 0, 1, 0, 0, 0, 1];
/** Points come nearer to the horizon x = 100 as they go right: (x, y) goes to (x, y) / (1 - x / 100). */
const towardsHorizon: Homography = [1, 0, 0, 0, 1, 0, -0.01, 0, 1];

function rounded(points: readonly (readonly [number, number])[]) {
  return points.map(([x, y]) => [Math.round(1000 * x) / 1000, Math.round(1000 * y) / 1000]);
}

describe('maps of the plane', () => {
  test('a product does the second first', () => {
    expect(project(product(scaling(2, 3), mirroring(100)), [10, 5])).toEqual([180, 15]);
  });

  test('an inverse leads back, whatever the map', () => {
    const map: Homography = [1.2, -0.3, 14, 0.2, 0.9, -7, 0.0004, -0.0007, 1];
    const [x, y] = project(inverse(map), project(map, [31, 47]));
    expect([x, y]).toEqual([expect.closeTo(31, 9), expect.closeTo(47, 9)]);
  });

  test('normalised, the last number is 1; where it is 0 it stays', () => {
    expect(normalised([2, 0, 0, 0, 2, 0, 0, 0, 2])).toEqual(identity);
    const atOrigin: Homography = [1, 0, 0, 0, 1, 0, 0.5, 0, 0];
    expect(normalised(atOrigin)).toEqual(atOrigin);
  });

  test('the local map is what a small step does', () => {
    const at = [20, 30] as const;
    const [a, b, c, d] = localMap(towardsHorizon, at);
    const step = 1e-6;
    const [x, y] = project(towardsHorizon, at);
    const [right, down] = [project(towardsHorizon, [20 + step, 30]), project(towardsHorizon, [20, 30 + step])];
    expect([a, c]).toEqual([expect.closeTo((right[0] - x) / step, 4), expect.closeTo((right[1] - y) / step, 4)]);
    expect([b, d]).toEqual([expect.closeTo((down[0] - x) / step, 4), expect.closeTo((down[1] - y) / step, 4)]);
  });
});

describe('the region that one picture shows of another', () => {
  test('is its own frame where nothing moves', () => {
    const whole = region(size, identity, size, [50, 30]);
    expect(whole).toEqual([
      [0, 0],
      [100, 0],
      [100, 60],
      [0, 60],
    ]);
    expect(area(whole)).toBe(6000);
  });

  test('is cut to size', () => {
    const moved = region(size, [1, 0, 40, 0, 1, -20, 0, 0, 1], size, [50, 30]);
    expect(rounded(moved)).toEqual(expect.arrayContaining([[40, 0], [100, 0], [100, 40], [40, 40]])); // biome-ignore format: one polygon
    expect(area(moved)).toBe(2400);
  });

  test('has corners of its own where a turned picture is cut', () => {
    const half = Math.SQRT1_2;
    const turned = region({ width: 100, height: 100 }, [half, -half, 50, half, half, -20, 0, 0, 1], { width: 100, height: 100 }, [50, 50]);
    expect(turned.length).toBeGreaterThan(4);
    for (const [x, y] of turned) expect(Math.min(x, y, 100 - x, 100 - y)).toBeGreaterThanOrEqual(-1e-9);
  });

  test('is empty where the pictures lie apart', () => {
    expect(region(size, [1, 0, 500, 0, 1, 0, 0, 0, 1], size, [50, 30])).toEqual([]);
    expect(area([])).toBe(0);
  });

  test('ends at the horizon', () => {
    const wide = { width: 200, height: 60 };
    const shown = region(wide, towardsHorizon, { width: 300, height: 200 }, [50, 30]);
    // Beyond x = 100 nothing is seen: without the cut those points would come back from the other side.
    for (const [x] of shown) expect(x).toBeGreaterThanOrEqual(-1e-9);
    expect(Math.max(...shown.map(([x]) => x))).toBeCloseTo(300, 3);
  });

  test('does not depend on the sign in which the map is written', () => {
    const negated = towardsHorizon.map((value) => -value) as unknown as Homography;
    const target = { width: 300, height: 200 };
    expect(rounded(region(size, negated, target, [50, 30]))).toEqual(rounded(region(size, towardsHorizon, target, [50, 30])));
  });
});
