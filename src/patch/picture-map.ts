import type { Backend } from '../backend.js';
import { checkCallOptions, invalid } from '../errors.js';
import { checkImage, type Image, imageOf } from '../image/image.js';
import { nextTurn } from '../input.js';
import { type ColourFit, compareCells } from './cells.js';
import { middle, project } from './geometry.js';
import { type MatchOptions, matchRecord } from './match.js';
import type { CellState, PatchMatch } from './patch-match.js';
import { extractAsync } from './patches.js';
import { PROFILES, recordOf } from './record.js';
import { reduced, resizing, throughWhole, uprightSize, type Warped, type WorkingPicture, warped } from './working-picture.js';

/** Long side of the working frame, pixels (chosen here). */
const FRAME_SIDE = 512;
/** Long side at most of the reduced query, pixels: 85 MB while it is made. Small parts of larger pictures are seen less finely. */
const MAX_QUERY_SIDE = 1536;

/** How to compare two pictures. */
export interface MapOptions extends MatchOptions {
  /** A match of these two pictures that is known already, by whichever extraction found it. Default: they are matched here. */
  readonly match?: PatchMatch;
  readonly signal?: AbortSignal;
}

/**
 * Where two pictures show the same: the query laid onto the reference, in cells of about 16 pixels of a working frame whose long side
 * has 512 pixels. It sees finer than the map of a record, and needs both pictures.
 */
export interface PictureMap extends ColourFit {
  readonly columns: number;
  readonly rows: number;
  /** Row-major: the same (correlation 0.8 or more), different (covered or changed), or outside the query. */
  readonly cells: readonly CellState[];
  /** Normalised cross-correlation of each cell, -1 to 1; `undefined` where nothing is seen or there is next to no texture. */
  readonly correlation: readonly (number | undefined)[];
  /** Share of the visible cells that are the same, 0 to 1; 0 if none is visible. */
  readonly agreement: number;
  /** The query in the working frame: RGBA, transparent where it does not reach. */
  readonly aligned: Image;
  /** The reference in the working frame: RGB. */
  readonly reference: Image;
  readonly match: PatchMatch;
}

/** @internal */
export async function mapPictures(backend: Backend, a: Image, b: Image, options: MapOptions = {}): Promise<PictureMap | undefined> {
  checkCallOptions(options);
  const { signal } = options;
  if (options.match !== undefined) checkMatch(options.match);
  const [query, reference] = [checkImage(a), checkImage(b)];
  const match = options.match ?? (await matched(backend, query, reference, options));
  if (match === undefined) return undefined;
  const [whole, frameOf] = [uprightSize(query), uprightSize(reference)];
  const toFrame = Math.min(1, FRAME_SIDE / Math.max(frameOf.width, frameOf.height));
  // Both are reduced to what the coarser of them shows: fine detail that only one of them has would look like a difference.
  const detail = Math.min(toFrame, match.copy.scale, (match.copy.scale * MAX_QUERY_SIDE) / Math.max(whole.width, whole.height));
  const small = await reduced(query, detail / match.copy.scale, signal);
  const smallReference = await reduced(reference, detail, signal);
  const side = (length: number): number => Math.max(1, Math.round((length * FRAME_SIDE) / Math.max(frameOf.width, frameOf.height)));
  const frame = { width: side(frameOf.width), height: side(frameOf.height) };
  await nextTurn(signal);
  const whereNothingMoves = throughWhole(frame, frameOf, IDENTITY, frameOf, smallReference);
  const base = warped(smallReference, whereNothingMoves, frame, 1);
  await nextTurn(signal);
  const [x, y] = middle(match.pairs.map((pair) => pair.reference));
  const front = match.toQuery[6] * x + match.toQuery[7] * y + match.toQuery[8] < 0 ? -1 : 1;
  const laid = warped(small, throughWhole(frame, frameOf, match.toQuery, whole, small), frame, front);
  await nextTurn(signal);
  const toWorking = resizing(frameOf, frame);
  const features = match.pairs.map((pair) => project(toWorking, pair.reference));
  const compared = compareCells(laid, base, match.copy.negative, features);
  const visible = compared.cells.filter((cell) => cell !== 'not-visible').length;
  const same = compared.cells.filter((cell) => cell === 'same').length;
  return { ...compared, agreement: same / Math.max(1, visible), aligned: alignedImage(laid), reference: plainImage(base), match };
}

/** Checks what of a match is used here. */
function checkMatch(match: unknown): asserts match is PatchMatch {
  if (typeof match !== 'object' || match === null) throw invalid('match', 'what match or map gave', match);
  const { toQuery, copy, pairs } = match as Partial<PatchMatch>;
  const areNumbers = (numbers: unknown, count: number): boolean =>
    Array.isArray(numbers) && numbers.length === count && numbers.every(Number.isFinite);
  if (!areNumbers(toQuery, 9)) throw invalid('match.toQuery', 'the nine numbers that match or map gave', toQuery);
  if (!(Number.isFinite(copy?.scale) && (copy?.scale as number) > 0)) throw invalid('match.copy.scale', 'a number above 0', copy?.scale);
  if (typeof copy?.negative !== 'boolean') throw invalid('match.copy.negative', 'true or false', copy?.negative);
  if (!Array.isArray(pairs) || pairs.length === 0) throw invalid('match.pairs', 'the pairs that match or map gave', pairs);
  for (const [i, pair] of pairs.entries())
    if (!areNumbers(pair?.reference, 2)) throw invalid(`match.pairs[${i}].reference`, 'x and y', pair?.reference);
}

const IDENTITY = [1, 0, 0, 0, 1, 0, 0, 0, 1] as const;

async function matched(backend: Backend, query: Image, reference: Image, options: MapOptions): Promise<PatchMatch | undefined> {
  const signal = options.signal && { signal: options.signal };
  const { maxFeatures } = PROFILES.standard;
  const record = recordOf(backend, await extractAsync(backend, reference, { use: 'lite', maxFeatures, ...signal }));
  return matchRecord(backend, await extractAsync(backend, query, { ...signal }), record, options);
}

function plainImage({ width, height, colours }: WorkingPicture): Image {
  return imageOf({ data: Uint8ClampedArray.from(colours), width, height, channels: 3 });
}

function alignedImage({ width, height, colours, visible }: Warped): Image {
  const data = new Uint8ClampedArray(4 * width * height);
  for (let pixel = 0; pixel < visible.length; ++pixel) {
    for (let c = 0; c < 3; ++c) data[4 * pixel + c] = colours[3 * pixel + c] as number;
    data[4 * pixel + 3] = visible[pixel] === 1 ? 255 : 0;
  }
  return imageOf({ data, width, height, channels: 4 });
}
