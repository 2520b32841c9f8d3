import type { Backend } from '../backend.js';
import { flatten, isTransparent } from '../image/flatten.js';
import type { Image } from '../image/image.js';
import { nextTurn } from '../input.js';
import { extractAsync, type Patches } from '../patch/patches.js';
import { PLAIN, RUNGS, type Rung } from '../patch/rungs.js';
import { BACKGROUNDS } from './frame-views.js';
import type { PartialMatches } from './partial-matches.js';
import type { TimeBudget } from './time-budget.js';
import type { View } from './verdict.js';

/** How far to go. */
export interface Climb {
  readonly backend: Backend;
  readonly matches: PartialMatches;
  /** Also the slower steps, while nothing is confirmed. */
  readonly deep: boolean;
  readonly time: TimeBudget;
  readonly signal: AbortSignal | undefined;
}

/**
 * Looks for patches of one frame, step by step until something is confirmed. A step for which there is no time left is noted and left
 * out, and so are those after it. Between searches the event loop turns.
 *
 * @param image With pixels that nobody takes away.
 * @returns The most features that any view of it had; `undefined` if there was no time to look.
 */
export async function climb(image: Image, climbing: Climb): Promise<number | undefined> {
  const { time, deep, matches } = climbing;
  const rungs = deep ? RUNGS : RUNGS.slice(0, 1);
  const seen: Seen[] = [];
  let features: number | undefined;
  for (const [i, rung] of rungs.entries()) {
    if (time.isUp) {
      for (const step of new Set(rungs.slice(i).map(({ step }) => step))) time.leave(step);
      break;
    }
    if (i === 0) seen.push(...(await seenViews(image, climbing)));
    const { confirmed, most } = await lookOnce(rung, seen, climbing);
    if (features === undefined) matches.noteFeatures(most);
    features ??= most;
    if (confirmed) break;
  }
  return features;
}

/** One view of the frame, and its patches at the usual size once they are there. */
interface Seen {
  readonly view: View;
  readonly image: Image;
  plain?: Patches;
}

/** What a person sees: the upright picture; of one with transparent parts, on white and on black. */
async function seenViews(image: Image, { signal }: Climb): Promise<Seen[]> {
  if (!(await isTransparent(image, signal))) return [{ view: image.orientation === 1 ? 'stored' : 'upright', image }];
  const views: Seen[] = [];
  for (const [view, shade] of BACKGROUNDS) views.push({ view, image: await flatten(image, shade, signal) });
  return views;
}

async function lookOnce(
  { step, extraction, search }: Rung,
  seen: readonly Seen[],
  { backend, matches, signal }: Climb,
): Promise<{ confirmed: boolean; most: number }> {
  let [confirmed, most] = [false, 0];
  for (const one of seen) {
    const known = extraction === PLAIN ? one.plain : undefined;
    const patches = known ?? (await extractAsync(backend, one.image, { ...extraction, ...(signal && { signal }) }));
    if (extraction === PLAIN) one.plain = patches;
    most = Math.max(most, patches.count);
    for (const i of matches.lists.keys()) {
      await nextTurn(signal);
      confirmed = matches.search(i, patches, search, { frame: one.image.frame, view: one.view, step }) || confirmed;
    }
  }
  return { confirmed, most };
}
