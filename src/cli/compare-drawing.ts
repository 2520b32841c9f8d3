import type { Point, Size } from '../patch/geometry.js';
import type { CellMap, CellState, PatchMatch } from '../patch/patch-match.js';
import { PICTURE_SIDE } from './compare-pictures.js';

/** Lines that are drawn at most: more hide what they join (our own choice). */
const MAX_LINES = 80;
/** Colours of the lines, told apart by turns; they mean nothing (classes of the style sheet). */
const LINE_COLOURS = 6;
/** Between the two pictures, and around them for outlines. */
const GAP = 56;
const MARGIN = 6;
/** Above a picture, for its letter. */
const HEAD = 40;

/** Where a picture lies in a drawing, and how large one of its pixels is there. */
interface Placed extends Size {
  readonly x: number;
  readonly y: number;
  readonly scale: number;
}

/** What both drawings show. */
export interface Pair {
  readonly a: Size;
  readonly b: Size;
  readonly match: PatchMatch | undefined;
}

/** The two pictures side by side for wide screens, and one above the other for narrow ones: the same evidence in both. */
export function pairDrawings(pair: Pair): string {
  return `${drawing(pair, true)}\n${drawing(pair, false)}`;
}

function drawing({ a, b, match }: Pair, beside: boolean): string {
  const [sizeA, sizeB] = [shown(a), shown(b)];
  const [width, height] = [Math.max(sizeA.width, sizeB.width), Math.max(sizeA.height, sizeB.height)];
  const placed = (size: Placed, after: number): Placed =>
    beside ? { ...size, x: MARGIN + after, y: HEAD } : { ...size, x: MARGIN + (width - size.width) / 2, y: HEAD + after };
  const first = placed(sizeA, 0);
  const second = placed(sizeB, beside ? sizeA.width + GAP : sizeA.height + GAP);
  const [right, bottom] = beside
    ? [second.x + second.width + MARGIN, HEAD + height + MARGIN]
    : [width + 2 * MARGIN, second.y + second.height + MARGIN];
  const words = match
    ? `A on the ${beside ? 'left' : 'top'}, B on the ${beside ? 'right' : 'bottom'}; outlined is what both show, lines join what matches`
    : 'A and B; nothing in them matches';
  return `<svg class="pair ${beside ? 'beside' : 'stacked'}" viewBox="0 0 ${round(right)} ${round(bottom)}" role="img" aria-label="${words}">
${picture('a', first)}${picture('b', second)}
${match ? evidence(match, first, second) : ''}
<text class="letter" x="${round(first.x)}" y="${round(first.y - 12)}">A</text><text class="letter" x="${round(second.x)}" y="${round(second.y - 12)}">B</text>
</svg>`;
}

function shown({ width, height }: Size): Placed {
  const scale = PICTURE_SIDE / Math.max(width, height);
  return { x: 0, y: 0, width: width * scale, height: height * scale, scale };
}

function picture(id: 'a' | 'b', { x, y, width, height }: Placed): string {
  return `<svg x="${round(x)}" y="${round(y)}" width="${round(width)}" height="${round(height)}" viewBox="0 0 ${round(width)} ${round(height)}" preserveAspectRatio="none"><use href="#picture-${id}"/></svg>`;
}

function evidence(match: PatchMatch, a: Placed, b: Placed): string {
  return `${region(match.regionInQuery, a)}${region(match.regionInReference, b)}
<g class="lines">${lines(match, a, b)}</g>`;
}

/** The region as an outline, what is outside it dimmed. */
function region(polygon: readonly Point[], placed: Placed): string {
  if (polygon.length < 3) return '';
  const { x, y, width, height } = placed;
  const corners = polygon.map((point) => onDrawing(point, placed).map(round).join(' ')).join(' L');
  const frame = `M${round(x)} ${round(y)} h${round(width)} v${round(height)} h${round(-width)} Z`;
  return `<path class="outside" d="${frame} M${corners} Z"/><path class="halo" d="M${corners} Z"/><path class="region" d="M${corners} Z"/>`;
}

/** The pairs that are most alike. */
function lines({ pairs }: PatchMatch, a: Placed, b: Placed): string {
  return [...pairs]
    .sort((one, other) => one.distance - other.distance)
    .slice(0, MAX_LINES)
    .map(({ query, reference }, i) => {
      const [[x1, y1], [x2, y2]] = [onDrawing(query, a).map(round), onDrawing(reference, b).map(round)];
      return `<g class="line-${i % LINE_COLOURS}"><line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/><circle cx="${x1}" cy="${y1}" r="3"/><circle cx="${x2}" cy="${y2}" r="3"/></g>`;
    })
    .join('');
}

function onDrawing([x, y]: Point, placed: Placed): [number, number] {
  return [placed.x + x * placed.scale, placed.y + y * placed.scale];
}

/** A map of cells over `picture` (an id of the page's), or over nothing. */
export function mapDrawing({ columns, rows, cells }: CellMap, size: Size, picture: string | undefined, label: string): string {
  const [width, height] = [shown(size).width, shown(size).height];
  const [across, down] = [width / columns, height / rows];
  const runs = runsOf(cells, columns).map(
    ({ state, row, from, to }) =>
      `<rect class="${state}" x="${round(from * across)}" y="${round(row * down)}" width="${round((to - from) * across)}" height="${round(down)}"/>`,
  );
  return `<svg class="map" viewBox="0 0 ${round(width)} ${round(height)}" role="img" aria-label="${label}">${picture ? `<use href="#${picture}"/>` : ''}${runs.join('')}</svg>`;
}

/** Neighbours in a row that are in the same state. */
function runsOf(cells: readonly CellState[], columns: number): { state: CellState; row: number; from: number; to: number }[] {
  const runs: { state: CellState; row: number; from: number; to: number }[] = [];
  for (const [i, state] of cells.entries()) {
    const [row, column] = [Math.floor(i / columns), i % columns];
    const last = runs.at(-1);
    if (last && last.row === row && last.state === state) last.to = column + 1;
    else runs.push({ state, row, from: column, to: column + 1 });
  }
  return runs;
}

/** The pictures and patterns that drawings refer to: each is in the page once. */
export function definitions(pictures: readonly { id: string; jpeg: Uint8Array; size: Size }[]): string {
  const images = pictures.map(({ id, jpeg, size }) => {
    const { width, height } = shown(size);
    return `<image id="${id}" width="${round(width)}" height="${round(height)}" preserveAspectRatio="none" href="${jpegUrl(jpeg)}"/>`;
  });
  return `<svg class="definitions" aria-hidden="true"><defs>
${images.join('\n')}
<pattern id="hatch" width="9" height="9" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="ground" width="9" height="9"/><rect class="stripe" width="4" height="9"/></pattern>
<pattern id="dots" width="10" height="10" patternUnits="userSpaceOnUse"><rect class="ground" width="10" height="10"/><circle class="dot" cx="5" cy="5" r="1.4"/></pattern>
</defs></svg>`;
}

/** The picture itself as an address. */
export function jpegUrl(jpeg: Uint8Array): string {
  return `data:image/jpeg;base64,${Buffer.from(jpeg).toString('base64')}`;
}

/** A tenth of a unit is finer than any screen shows. */
function round(value: number): number {
  return Math.round(10 * value) / 10;
}
