import type { Homography, Point } from './geometry.js';

/**
 * How far a match of patches can be trusted (docs/patches.md). `confirmed`: none between unrelated pictures was measured; `probable`:
 * rarely something else, such as another picture of the same printed thing; `weak`: for a person who looks for more.
 */
export type PatchTier = 'confirmed' | 'probable' | 'weak';

/** The tiers, surest first. */
export const PATCH_TIERS: readonly PatchTier[] = ['confirmed', 'probable', 'weak'];

/** What is known of a cell of the reference: the same in both pictures, different, or not shown by the picture that was asked about. */
export type CellState = 'same' | 'different' | 'not-visible';

/** The reference in cells, 32 on its long side: what can be told from a bank that keeps no picture. */
export interface CellMap {
  readonly columns: number;
  readonly rows: number;
  /** Row-major. */
  readonly cells: readonly CellState[];
}

/** Two places that show the same thing. */
export interface PatchPair {
  readonly query: Point;
  readonly reference: Point;
  /** Bits in which the two codes differ. */
  readonly distance: number;
}

/** How the copy was made of the original, as far as the transform tells. */
export interface CopyShape {
  /** Left and right are swapped; a picture mirrored top to bottom is mirrored and rotated by 180 degrees. */
  readonly mirrored: boolean;
  /** Light and dark are swapped. */
  readonly negative: boolean;
  /** Degrees clockwise, -180 to 180, after mirroring. */
  readonly rotation: number;
  /** Pixels of the copy to one of the original, in the middle of what is shown. */
  readonly scale: number;
  /** Width against height, changed by this factor; 1 leaves it. */
  readonly stretch: number;
  /** Degrees by which what is upright leans to the left (to the right where negative), -90 to 90: 0 keeps right angles. */
  readonly slant: number;
  /** Whether it is seen at an angle: opposite sides are shown in different sizes. */
  readonly perspective: boolean;
}

/** One picture recognised in another, with the evidence. All places are in pixels of the upright pictures. */
export interface PatchMatch {
  readonly tier: PatchTier;
  /** 0 to 100, to sort by: grows with the distinctive inliers; at most 60 where {@link PatchMatch.label} is set. No probability. */
  readonly score: number;
  /** A sentence for people: "mirrored, rotated 12° clockwise, 38 % of the original visible". */
  readonly description: string;
  /** What makes the match doubtful: most of what should be seen is covered, or only an element (a logo, a sticker) is shared. */
  readonly label: 'heavily-overlaid' | 'shared-element' | null;
  /** log10 of how many agreements like this one to expect by chance among all pictures compared, had features nothing to do with each other. */
  readonly log10FalseAlarms: number;
  /** Features that lie on each other under the transform, at places of their own. */
  readonly inliers: number;
  /** Those that resemble nothing else in either picture: what the tier goes by. */
  readonly distinctive: number;
  /** Features of the query that resemble any of the reference. */
  readonly tentative: number;
  /** Share of the visible reference that looks the same, 0 to 1; `undefined` without a grid. */
  readonly agreement: number | undefined;
  readonly model: 'similarity' | 'affine' | 'homography';
  /** From the picture that was asked about to the reference. */
  readonly toReference: Homography;
  /** And back. */
  readonly toQuery: Homography;
  /** Where the picture that was asked about shows the reference; corners in order. */
  readonly regionInQuery: readonly Point[];
  /** What of the reference it shows. */
  readonly regionInReference: readonly Point[];
  /** Share of the reference inside the picture that was asked about, 0 to 1, covered or not. */
  readonly visible: number;
  /** Share of the picture that was asked about that the reference takes, 0 to 1. */
  readonly share: number;
  readonly copy: CopyShape;
  readonly pairs: readonly PatchPair[];
  /** `undefined` without a grid. */
  readonly map: CellMap | undefined;
}
