/**
 * Does `work` on several items at once and gives the results in the order of the items. At most `jobs` results and items
 * are held at any time, however many there are.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  jobs: number,
  work: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const running: Promise<Result>[] = [];
  try {
    for await (const item of items) {
      const result = work(item);
      result.catch(() => undefined); // it is awaited below, perhaps after it failed: Node must not take it for unhandled
      running.push(result);
      if (running.length >= jobs) yield await (running.shift() as Promise<Result>);
    }
    while (running.length > 0) yield await (running.shift() as Promise<Result>);
  } finally {
    await Promise.allSettled(running); // after a failure: let no work outlive the call
  }
}
