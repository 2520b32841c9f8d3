import type { Point } from './geometry.js';
import type { CellState } from './patch-match.js';
import type { Warped, WorkingPicture } from './working-picture.js';

/** Side of a cell in the working frame, pixels (chosen here: 32 on the long side, as in a record's map). */
const CELL_SIDE = 16;
/** Pixels along a block whose mean is taken: finest first, until the pictures agree where they are known to. */
const BLOCKS = [1, 2, 4] as const;
/** Median correlation of the cells with matching features at which no coarser look is needed (chosen here). */
const CLEAR_CORRELATION = 0.9;
/** Correlation from which a cell counts as the same (chosen here). */
const SAME_CORRELATION = 0.8;
/** Levels of 255: a cell that deviates less from its mean has next to no texture to correlate. */
const FLAT_DEVIATION = 3;
/** As many times the noise that is measured where the pictures agree, texture has to exceed. */
const FLAT_NOISE = 2;
/** Levels of 255 by which the means of two cells without texture may differ once brightness and contrast are fitted. */
const SAME_MEAN = 16;
/** Share of a cell that has to be visible for it to be judged. */
const LEAST_VISIBLE = 0.5;
/** Levels of 255: where the means of the agreeing cells deviate less, contrast cannot be fitted. */
const FITTED_DEVIATION = 4;

/** What each colour of the query is multiplied with, and what is added, to look like the reference. */
export interface ColourFit {
  /** Red, green, blue; negative where light and dark are swapped. */
  readonly gain: readonly [number, number, number];
  /** Red, green, blue, in levels of 255. */
  readonly offset: readonly [number, number, number];
}

/** Two pictures in one frame, cell by cell. */
export interface ComparedCells extends ColourFit {
  readonly columns: number;
  readonly rows: number;
  readonly cells: readonly CellState[];
  readonly correlation: readonly (number | undefined)[];
}

/** Red, green, blue, grey. */
type Channel = 0 | 1 | 2 | 3;
const GREY = 3;

interface Cell {
  readonly visible: boolean;
  /** Means of the four channels. */
  readonly query: Float64Array;
  readonly reference: Float64Array;
  /** Standard deviations of grey. */
  readonly queryDeviation: number;
  readonly referenceDeviation: number;
  /** Of grey, -1 to 1; 0 without texture. */
  readonly correlation: number;
}

/** Left, top, right, bottom in pixels. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

/**
 * Compares two pictures of one size in cells of about 16 x 16 pixels by the normalised cross-correlation of grey, which neither
 * brightness nor contrast changes (Lewis 1995, "Fast Normalized Cross-Correlation"). Detail that noise, blur or compression has taken
 * is left out: blocks of 2 x 2, then 4 x 4 pixels are averaged until the cells with matching features agree. Where there is next to no
 * texture, the means are compared.
 *
 * @param negative Whether light and dark are swapped.
 * @param features Where in the frame features match.
 */
export function compareCells(query: Warped, reference: WorkingPicture, negative: boolean, features: readonly Point[]): ComparedCells {
  const { width, height } = reference;
  const [columns, rows] = [Math.max(1, Math.round(width / CELL_SIDE)), Math.max(1, Math.round(height / CELL_SIDE))];
  const boxes: Box[] = Array.from({ length: columns * rows }, (_, i) => {
    const [column, row] = [i % columns, Math.floor(i / columns)];
    const border = (at: number, count: number, length: number): number => Math.floor((at * length) / count);
    return [border(column, columns, width), border(row, rows, height), border(column + 1, columns, width), border(row + 1, rows, height)];
  });
  const known = new Set(
    features.map(([x, y]) => {
      const [column, row] = [Math.floor((x * columns) / width), Math.floor((y * rows) / height)];
      return Math.max(0, Math.min(rows - 1, row)) * columns + Math.max(0, Math.min(columns - 1, column));
    }),
  );
  let cells: Cell[] = [];
  for (const block of BLOCKS) {
    cells = boxes.map((box) => measured(query, reference, box, block, negative));
    const sure = cells.filter((cell, i) => cell.visible && known.has(i)).map(({ correlation }) => correlation);
    if (median(sure) >= CLEAR_CORRELATION) break;
  }
  return { columns, rows, ...judged(cells, known, negative) };
}

function judged(cells: readonly Cell[], known: ReadonlySet<number>, negative: boolean): Omit<ComparedCells, 'columns' | 'rows'> {
  const agreeing = cells.filter((cell) => cell.visible && cell.correlation >= SAME_CORRELATION);
  const [red, green, blue, grey] = ([0, 1, 2, 3] as const).map((channel) => fitted(agreeing, channel, negative)) as [
    Line,
    Line,
    Line,
    Line,
  ];
  const noise = cells.filter((cell, i) => cell.visible && known.has(i)).map(unexplained);
  const flat = Math.max(FLAT_DEVIATION, FLAT_NOISE * median(noise));
  const textured = ({ queryDeviation, referenceDeviation }: Cell): boolean =>
    queryDeviation * Math.abs(grey.gain) >= flat || referenceDeviation >= flat;
  const alike = ({ query, reference }: Cell): boolean =>
    Math.abs(grey.gain * (query[GREY] as number) + grey.offset - (reference[GREY] as number)) <= SAME_MEAN;
  const same = (cell: Cell): boolean => (textured(cell) ? cell.correlation >= SAME_CORRELATION : alike(cell));
  return {
    cells: cells.map((cell) => (cell.visible ? (same(cell) ? 'same' : 'different') : 'not-visible')),
    correlation: cells.map((cell) => (cell.visible && textured(cell) ? cell.correlation : undefined)),
    gain: [red.gain, green.gain, blue.gain],
    offset: [red.offset, green.offset, blue.offset],
  };
}

/** What of the reference's deviation the query does not explain. */
function unexplained({ referenceDeviation, correlation }: Cell): number {
  return referenceDeviation * Math.sqrt(1 - correlation * correlation);
}

/** Of some numbers the one in the middle, or the lower of two; 0 of none. */
function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[(values.length - 1) >> 1] ?? 0;
}

function measured(query: Warped, reference: WorkingPicture, [left, top, right, bottom]: Box, block: number, negative: boolean): Cell {
  const [a, b] = [new Float64Array(4), new Float64Array(4)];
  const [sumsA, sumsB] = [new Float64Array(4), new Float64Array(4)];
  let [seen, blocks, aa, bb, ab] = [0, 0, 0, 0, 0];
  for (let y = top; y < bottom; y += block)
    for (let x = left; x < right; x += block) {
      const box: Box = [x, y, Math.min(right, x + block), Math.min(bottom, y + block)];
      const count = blockMeans(query, query.visible, box, a);
      if (count === 0) continue;
      blockMeans(reference, query.visible, box, b);
      seen += count;
      blocks += 1;
      for (let channel = 0; channel < 4; ++channel) {
        sumsA[channel] = (sumsA[channel] as number) + (a[channel] as number);
        sumsB[channel] = (sumsB[channel] as number) + (b[channel] as number);
      }
      const [greyA, greyB] = [a[GREY] as number, b[GREY] as number];
      aa += greyA * greyA;
      bb += greyB * greyB;
      ab += greyA * greyB;
    }
  const count = Math.max(1, blocks);
  const [meansA, meansB] = [sumsA.map((sum) => sum / count), sumsB.map((sum) => sum / count)];
  const [meanA, meanB] = [meansA[GREY] as number, meansB[GREY] as number];
  const [varianceA, varianceB] = [Math.max(0, aa / count - meanA * meanA), Math.max(0, bb / count - meanB * meanB)];
  const together = (ab / count - meanA * meanB) * (negative ? -1 : 1);
  const scale = Math.sqrt(varianceA * varianceB);
  return {
    visible: seen >= LEAST_VISIBLE * (right - left) * (bottom - top),
    query: meansA,
    reference: meansB,
    queryDeviation: Math.sqrt(varianceA),
    referenceDeviation: Math.sqrt(varianceB),
    correlation: scale > 0 ? Math.max(-1, Math.min(1, together / scale)) : 0,
  };
}

/** Mean red, green, blue and grey (weighted as for the patches) of a box's visible pixels, and how many these are. */
function blockMeans({ colours, width }: WorkingPicture, visible: Uint8Array, box: Box, means: Float64Array): number {
  const [left, top, right, bottom] = box;
  let [count, red, green, blue] = [0, 0, 0, 0];
  for (let y = top; y < bottom; ++y)
    for (let x = left; x < right; ++x) {
      const pixel = y * width + x;
      if (visible[pixel] === 0) continue;
      count += 1;
      red += colours[3 * pixel] as number;
      green += colours[3 * pixel + 1] as number;
      blue += colours[3 * pixel + 2] as number;
    }
  if (count === 0) return 0;
  means[0] = red / count;
  means[1] = green / count;
  means[2] = blue / count;
  means[3] = (77 * red + 150 * green + 29 * blue) / (256 * count);
  return count;
}

interface Line {
  readonly gain: number;
  readonly offset: number;
}

/** The straight line that takes the query's means to the reference's, by least squares. */
function fitted(cells: readonly Cell[], channel: Channel, negative: boolean): Line {
  const sign = negative ? -1 : 1;
  if (cells.length === 0) return { gain: sign, offset: negative ? 255 : 0 };
  const pairs = cells.map(({ query, reference }) => [query[channel] as number, reference[channel] as number] as const);
  const meanA = pairs.reduce((sum, [a]) => sum + a, 0) / pairs.length;
  const meanB = pairs.reduce((sum, [, b]) => sum + b, 0) / pairs.length;
  const variance = pairs.reduce((sum, [a]) => sum + (a - meanA) * (a - meanA), 0) / pairs.length;
  const together = pairs.reduce((sum, [a, b]) => sum + (a - meanA) * (b - meanB), 0) / pairs.length;
  const gain = variance >= FITTED_DEVIATION * FITTED_DEVIATION && together * sign > 0 ? together / variance : sign;
  return { gain, offset: meanB - gain * meanA };
}
