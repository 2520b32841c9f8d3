import type { Pace } from './pace.js';

/** Numbers that the engine sorts at once: some milliseconds (our own choice). */
const RUN = 8_192;

/**
 * Sorts numbers between turns of the event loop, and returns them; `numbers` is used up. Runs are merged, of which those that follow one another
 * already are taken as they are (D. E. Knuth, volume 3, 5.2.4).
 */
export async function sorted(numbers: Uint32Array, compare: (a: number, b: number) => number, pace: Pace): Promise<Uint32Array> {
  const { length } = numbers;
  for (let first = 0; first < length; first += RUN, await pace.turn()) numbers.subarray(first, first + RUN).sort(compare);
  let from = numbers;
  let to: Uint32Array = new Uint32Array(length > RUN ? length : 0);
  for (let width = RUN; width < length; width *= 2) {
    for (let first = 0; first < length; first += 2 * width) {
      const [middle, end] = [Math.min(length, first + width), Math.min(length, first + 2 * width)];
      if (middle === end || compare(from[middle - 1] as number, from[middle] as number) <= 0) to.set(from.subarray(first, end), first);
      else await merge(from, to, [first, middle, end], compare, pace);
    }
    [from, to] = [to, from];
  }
  return from;
}

async function merge(
  from: Uint32Array,
  to: Uint32Array,
  [first, middle, end]: readonly [number, number, number],
  compare: (a: number, b: number) => number,
  pace: Pace,
): Promise<void> {
  let [low, high] = [first, middle];
  await pace.each(end - first, (i) => {
    const isLow = high === end || (low < middle && compare(from[low] as number, from[high] as number) <= 0);
    to[first + i] = from[isLow ? low++ : high++] as number;
  });
}
