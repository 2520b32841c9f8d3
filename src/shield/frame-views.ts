import type { Backend, PdqMode } from '../backend.js';
import type { Pdq } from '../hash/pdq.js';
import { trimmed } from '../image/borders.js';
import { flatten, isTransparent } from '../image/flatten.js';
import type { Image } from '../image/image.js';
import type { HashedView } from './near-matches.js';
import type { View } from './verdict.js';

/** How the views of a frame are hashed. */
export interface ViewHashing {
  readonly backend: Backend;
  readonly pdq: Pdq;
  readonly modes: readonly PdqMode[];
  readonly signal: AbortSignal | undefined;
}

/** What a transparent picture is laid on: the page of most sites, and that of dark themes and viewers. */
export const BACKGROUNDS: readonly (readonly [View, number])[] = [
  ['on-white', 255],
  ['on-black', 0],
];

/**
 * The hashes of one frame by every family, of the stored pixels, of the upright ones where EXIF turns them, and of the picture on white
 * and on black where it is transparent; and, upright, of what is inside a frame, in each of these that has one.
 */
export async function hashViews(image: Image, hashing: ViewHashing): Promise<HashedView[]> {
  const { signal } = hashing;
  // These start at once: the pixels may be the caller's, who may take them away as soon as this gives way.
  const wanted: readonly View[] = image.orientation === 1 ? ['stored'] : ['stored', 'upright'];
  const views = await Promise.all([...wanted.map((view) => hashView(view, image, hashing)), ...hashTrimmed(image, hashing)]);
  if (await isTransparent(image, signal))
    for (const [view, shade] of BACKGROUNDS) {
      const seen = await flatten(image, shade, signal);
      views.push(...(await Promise.all([hashView(view, seen, hashing), ...hashTrimmed(seen, hashing)])));
    }
  return views.flat();
}

/** Upright only: the eight orientations take care of the rest. */
function hashTrimmed(image: Image, hashing: ViewHashing): Promise<HashedView[]>[] {
  return trimmed(hashing.backend, image).map((inner) => hashView('trimmed', inner, hashing));
}

function hashView(view: View, image: Image, { pdq, modes, signal }: ViewHashing): Promise<HashedView[]> {
  const hashed = modes.map((mode) => pdq.hashAsync(image, { mode, upright: view !== 'stored', ...(signal && { signal }) }));
  return Promise.all(hashed.map(async (work) => ({ view, frame: image.frame, hashed: await work })));
}
