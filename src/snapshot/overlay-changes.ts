import type { BankView } from '../bank/snapshot-source.js';
import type { Manifest } from './snapshot-format.js';

/**
 * Entries of an overlay at most (our own choice). Each one is written with everything since its base, so this bounds what every save takes; a
 * base that is so far behind is made anew.
 */
const MAX_OVERLAY_ENTRIES = 20_000;

/**
 * The ids of the entries that an overlay of a base has to hold, or to leave out, ascending; `undefined` if nothing but a whole snapshot does: so
 * much has changed, a list that the base knows was turned on or off or removed, a negative list changed, or the bank no longer knows.
 */
export async function changedSince(view: BankView, base: Manifest): Promise<readonly number[] | undefined> {
  const changes = await view.changesSince(base.change, base.mark);
  if (!changes || changes.lists.some((id) => id <= base.lastList)) return undefined;
  const ids = new Set(changes.entries);
  const added = (await view.lists()).filter(({ id, enabled }) => enabled && changes.lists.includes(id));
  if (added.some(({ negative }) => negative)) return undefined;
  const wanted = new Set(added.map(({ id }) => id));
  if (wanted.size > 0)
    for await (const slice of view.entries({ after: base.lastEntry })) {
      for (const { id, list } of slice) if (wanted.has(list)) ids.add(id);
      if (ids.size > MAX_OVERLAY_ENTRIES) return undefined;
    }
  if (changes.values.length > 0) for (const id of await view.carriers(changes.values)) ids.add(id);
  return ids.size > MAX_OVERLAY_ENTRIES ? undefined : [...ids].sort((a, b) => a - b);
}
