/** Does work for every item, so many at a time, and gives what came of it in the order of the items. Where one fails, no further is begun. */
export async function inLanes<Item, Result>(
  lanes: number,
  items: readonly Item[],
  work: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  let at = 0;
  const lane = async (): Promise<void> => {
    while (at < items.length) {
      const i = at++;
      try {
        results[i] = await work(items[i] as Item);
      } catch (error) {
        at = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  return results;
}
