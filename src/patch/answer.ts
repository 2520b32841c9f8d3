import { copyShape, describeCopy } from './describe.js';
import {
  area,
  type Homography,
  inverse,
  middle,
  mirroring,
  normalised,
  type Point,
  product,
  project,
  region,
  scaling,
} from './geometry.js';
import { type CellMap, type CellState, PATCH_TIERS, type PatchMatch, type PatchTier } from './patch-match.js';
import type { Patches } from './patches.js';

/** Where the numbers of an answer stand (native/core/patch/answer.hpp). */
const LENGTH = 0;
const IMAGE = 1;
const ID = 2;
const REFERENCE = 3;
const VARIANT = 5;
const TIER = 6;
const MODEL = 7;
const INDEPENDENT = 8;
const DISTINCTIVE = 9;
const TENTATIVE = 10;
const FALSE_ALARMS = 11;
const AGREEMENT = 12;
const OVERLAID = 13;
const ELEMENT = 14;
const FRAME = 15;
const WORKING = 17;
const INLIERS = 19;
const COLUMNS = 20;
const ROWS = 21;
const MATRIX = 22;
const BODY = 32;
const INLIER_NUMBERS = 5;

const MODELS = ['similarity', 'affine', 'homography'] as const;
const CELLS: readonly CellState[] = ['not-visible', 'different', 'same'];

/** How fast the score grows with distinctive inliers, and what a doubtful match has at most (docs/patches.md). */
const SCORE_INLIERS = 12;
const DOUBTFUL_SCORE = 60;

/** A match of an index, with what it is a match of. */
export interface Answer {
  /** The reference's row in the index. */
  readonly image: number;
  /** The id that the caller gave it. */
  readonly id: number;
  readonly match: PatchMatch;
}

/** @internal Reads the answers of the core, leaving out what is less sure than `minTier`. */
export function readAnswers(numbers: Float64Array, query: Patches, minTier: PatchTier): Answer[] {
  const answers: Answer[] = [];
  for (let at = 0; at < numbers.length; at += numbers[at + LENGTH] as number) {
    const one = numbers.subarray(at, at + (numbers[at + LENGTH] as number));
    const tier = PATCH_TIERS[PATCH_TIERS.length - (one[TIER] as number)];
    if (tier === undefined || PATCH_TIERS.indexOf(tier) > PATCH_TIERS.indexOf(minTier)) continue;
    answers.push({ image: one[IMAGE] as number, id: one[ID] as number, match: readMatch(one, tier, query) });
  }
  return answers;
}

function readMatch(numbers: Float64Array, tier: PatchTier, query: Patches): PatchMatch {
  const number = (i: number): number => numbers[i] as number;
  const variant = number(VARIANT);
  const reference = { width: number(REFERENCE), height: number(REFERENCE + 1) };
  const source = { width: query.sourceWidth, height: query.sourceHeight };
  const fromFrame = scaling(reference.width / number(FRAME), reference.height / number(FRAME + 1));
  const toWorking = workingOf(query, variant % 2 === 1, number(WORKING));
  const matrix = [...numbers.subarray(MATRIX, MATRIX + 9)] as unknown as Homography;
  const toReference = normalised(product(fromFrame, product(matrix, toWorking)));
  const toQuery = inverse(toReference);
  const pairs = readPairs(numbers, inverse(toWorking), fromFrame);
  const [inQuery, inReference] = [middle(pairs.map((pair) => pair.query)), middle(pairs.map((pair) => pair.reference))];
  const regionInReference = region(source, toReference, reference, inQuery);
  const regionInQuery = region(reference, toQuery, source, inReference);
  const visible = Math.min(1, area(regionInReference) / (reference.width * reference.height));
  const share = Math.min(1, area(regionInQuery) / (source.width * source.height));
  const map = readMap(numbers);
  const copy = copyShape(toQuery, regionInReference, variant % 2 === 1, variant >= 2);
  const label = number(OVERLAID) ? 'heavily-overlaid' : number(ELEMENT) ? 'shared-element' : null;
  const score = Math.round(100 * (1 - Math.exp(-number(DISTINCTIVE) / SCORE_INLIERS)));
  return {
    tier,
    score: label ? Math.min(DOUBTFUL_SCORE, score) : score,
    description: describeCopy(copy, visible, share, differing(map)),
    label,
    log10FalseAlarms: number(FALSE_ALARMS),
    inliers: number(INDEPENDENT),
    distinctive: number(DISTINCTIVE),
    tentative: number(TENTATIVE),
    agreement: number(AGREEMENT) < 0 ? undefined : number(AGREEMENT),
    model: MODELS[number(MODEL) - 1] ?? 'similarity',
    toReference,
    toQuery,
    regionInQuery,
    regionInReference,
    visible,
    share,
    copy,
    pairs,
    map,
  };
}

/** From the upright picture to the working picture of a variant. */
function workingOf(query: Patches, mirrored: boolean, width: number): Homography {
  const scaled = scaling(query.width / query.sourceWidth, query.height / query.sourceHeight);
  return mirrored ? product(mirroring(width), scaled) : scaled;
}

function readPairs(numbers: Float64Array, fromWorking: Homography, fromFrame: Homography): PatchMatch['pairs'] {
  return Array.from({ length: numbers[INLIERS] as number }, (_, i) => {
    const [x = 0, y = 0, u = 0, v = 0, distance = 0] = numbers.subarray(BODY + i * INLIER_NUMBERS, BODY + (i + 1) * INLIER_NUMBERS);
    const [query, reference]: [Point, Point] = [project(fromWorking, [x, y]), project(fromFrame, [u, v])];
    return { query, reference, distance };
  });
}

/** Share of the cells that tell anything which differ. */
function differing(map: CellMap | undefined): number {
  const telling = map?.cells.filter((state) => state !== 'not-visible') ?? [];
  return telling.filter((state) => state === 'different').length / Math.max(1, telling.length);
}

function readMap(numbers: Float64Array): CellMap | undefined {
  const [columns = 0, rows = 0] = numbers.subarray(COLUMNS, ROWS + 1);
  if (columns === 0 || rows === 0) return undefined;
  const start = BODY + (numbers[INLIERS] as number) * INLIER_NUMBERS;
  const cells = Array.from(numbers.subarray(start, start + columns * rows), (state) => CELLS[state] ?? 'not-visible');
  return { columns, rows, cells };
}
