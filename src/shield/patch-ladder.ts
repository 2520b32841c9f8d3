import type { Backend } from '../backend.js';
import { flatten, isTransparent } from '../image/flatten.js';
import type { Image } from '../image/image.js';
import { nextTurn } from '../input.js';
import type { PatchSearchOptions } from '../patch/patch-index.js';
import { type ExtractOptions, extractAsync, type Patches, STRETCH } from '../patch/patches.js';
import type { PartialMatches } from './partial-matches.js';
import type { TimeBudget } from './time-budget.js';
import type { PatchStep, View } from './verdict.js';

/** One rung: how the picture is extracted, and what is asked. */
interface Rung {
  readonly step: PatchStep;
  readonly extractions: readonly ExtractOptions[];
  readonly search: Pick<PatchSearchOptions, 'negatives' | 'deep'>;
}

const PLAIN: ExtractOptions = { use: 'query' };
const FIRST: Rung = { step: 'patches', extractions: [PLAIN], search: {} };
/** Cheapest first. */
const DEEPER: readonly Rung[] = [
  { step: 'negatives', extractions: [PLAIN], search: { negatives: true } },
  { step: 'deep', extractions: [{ use: 'deep' }], search: { negatives: true, deep: true } },
  { step: 'stretched', extractions: [{ stretch: [STRETCH, 1] }, { stretch: [1, STRETCH] }], search: {} },
];

/** What a picture with transparent parts is laid on, as its hashes are. */
const BACKGROUNDS: readonly (readonly [View, number])[] = [
  ['on-white', 255],
  ['on-black', 0],
];

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
  const rungs = deep ? [FIRST, ...DEEPER] : [FIRST];
  const seen: Seen[] = [];
  let features: number | undefined;
  for (const [i, rung] of rungs.entries()) {
    if (time.isUp) {
      for (const { step } of rungs.slice(i)) time.leave(step);
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
  rung: Rung,
  seen: readonly Seen[],
  { backend, matches, signal }: Climb,
): Promise<{ confirmed: boolean; most: number }> {
  let [confirmed, most] = [false, 0];
  for (const one of seen)
    for (const extraction of rung.extractions) {
      const patches =
        (extraction === PLAIN && one.plain) || (await extractAsync(backend, one.image, { ...extraction, ...(signal && { signal }) }));
      if (extraction === PLAIN) one.plain = patches;
      most = Math.max(most, patches.count);
      for (const i of matches.lists.keys()) {
        await nextTurn(signal);
        const look = { frame: one.image.frame, view: one.view, step: rung.step };
        confirmed = matches.search(i, patches, rung.search, look) || confirmed;
      }
    }
  return { confirmed, most };
}
