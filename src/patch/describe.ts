import { type Homography, localMap, middle, type Point } from './geometry.js';
import type { CopyShape } from './patch-match.js';

/** Below these nothing is said: measuring errors of small crops reach them (docs/patches.md). */
const TOLD_ROTATION = 2;
const TOLD_STRETCH = 1.08;
/** Degrees. */
const TOLD_SLANT = 3;
/** Shares of the visible part: a map of cells tells no smaller ones for certain, and rounds the corners of larger ones. */
const PARTLY = 0.08;
const MOSTLY = 0.75;
/** Sides that differ by more than this share are seen at an angle. */
const TOLD_PERSPECTIVE = 0.08;
/** Shares above which the whole is meant. */
const WHOLE = 0.97;

/** Reads the shape of the copy off the map from the reference to it. */
export function copyShape(toQuery: Homography, shown: readonly Point[], mirrored: boolean, negative: boolean): CopyShape {
  const centre = shown.length > 0 ? middle(shown) : ([0, 0] as const);
  const [a, b, c, d] = localMap(toQuery, centre);
  const [p, r] = mirrored ? [-a, -c] : [a, c]; // where the first axis goes, after the mirror
  const across = Math.sqrt(p * p + r * r);
  const determinant = Math.abs(a * d - b * c);
  // In units of `across`: how far the second axis leans along the first.
  const slant = (b * a + d * c) / determinant;
  return {
    mirrored,
    negative,
    rotation: (Math.atan2(r, p) * 180) / Math.PI,
    scale: Math.sqrt(determinant),
    stretch: (across * across) / determinant,
    slant: (Math.atan(mirrored ? -slant : slant) * 180) / Math.PI,
    perspective: unevenness(toQuery, shown) > TOLD_PERSPECTIVE,
  };
}

/** How much the scale changes over the region, as a share. */
function unevenness(map: Homography, shown: readonly Point[]): number {
  if ((map[6] === 0 && map[7] === 0) || shown.length === 0) return 0;
  const scales = shown.map((point) => {
    const [a, b, c, d] = localMap(map, point);
    return Math.sqrt(Math.abs(a * d - b * c));
  });
  return Math.max(...scales) / Math.min(...scales) - 1;
}

/**
 * The sentence for people.
 *
 * @param covered Share of the visible part that is covered or changed.
 */
export function describeCopy(copy: CopyShape, visible: number, share: number, covered: number): string {
  const said = [...turnWords(copy)];
  if (copy.negative) said.push('negative');
  // An angle changes proportions by itself, from place to place.
  said.push(...(copy.perspective ? ['seen at an angle'] : proportionWords(copy)));
  said.push(visible > WHOLE ? 'all of the original visible' : `${percent(visible)} of the original visible`);
  if (covered >= PARTLY) said.push(`${covered >= MOSTLY ? 'mostly' : 'partly'} covered or changed`);
  if (share <= WHOLE) said.push(`taking ${percent(share)} of the picture`);
  return said.join(', ');
}

function percent(value: number): string {
  return `${Math.max(1, Math.round(100 * value))} %`;
}

function proportionWords({ stretch, slant }: CopyShape): string[] {
  const said: string[] = [];
  if (stretch > TOLD_STRETCH) said.push(`widened by ${percent(stretch - 1)}`);
  if (stretch < 1 / TOLD_STRETCH) said.push(`narrowed by ${percent(1 - stretch)}`);
  if (Math.abs(slant) >= TOLD_SLANT) said.push(`slanted by ${Math.round(Math.abs(slant))}°`);
  return said;
}

function turnWords({ mirrored, rotation }: CopyShape): string[] {
  const degrees = Math.round(Math.abs(rotation));
  if (mirrored && degrees > 180 - TOLD_ROTATION) return ['mirrored top to bottom'];
  const said = mirrored ? ['mirrored'] : [];
  if (degrees > 180 - TOLD_ROTATION) said.push('upside down');
  else if (degrees >= TOLD_ROTATION) said.push(`rotated ${degrees}° ${rotation > 0 ? 'clockwise' : 'counterclockwise'}`);
  return said;
}
