import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { inOrder } from '../../src/cli/in-order.js';

async function* numbers(count: number) {
  for (let i = 0; i < count; ++i) yield i;
}

test('gives results in the order of the items, with no more than so many at a time', async () => {
  let running = 0;
  let most = 0;
  const results: number[] = [];
  const work = async (i: number) => {
    most = Math.max(most, ++running);
    await setTimeout(10 - i);
    --running;
    return i;
  };
  for await (const result of inOrder(numbers(10), 3, work)) results.push(result);
  expect(results).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(most).toBe(3);
});

test('throws the failure of an item in its turn, though a later one failed earlier, and leaves no work behind', async () => {
  const seen: number[] = [];
  let running = 0;
  const work = async (i: number) => {
    ++running;
    await setTimeout(i === 1 ? 60 : 5);
    --running;
    if (i > 0) throw new Error(`item ${i} failed`);
    return i;
  };
  const all = (async () => {
    for await (const result of inOrder(numbers(4), 3, work)) seen.push(result);
  })();
  await expect(all).rejects.toThrow('item 1 failed');
  expect(seen).toEqual([0]);
  expect(running).toBe(0);
});
