/** What an attack is about. */
export type AttackFamily =
  | 'encode'
  | 'resize'
  | 'photometric'
  | 'blurnoise'
  | 'crop'
  | 'geometry'
  | 'border'
  | 'mask'
  | 'emoji'
  | 'text'
  | 'composite'
  | 'mix';

/** One way to edit a picture, as plain values. */
export interface Recipe {
  /** Never changes: results name it. */
  readonly id: string;
  /** The benchmark or paper that uses it, or `chosen here`. */
  readonly source: string;
  /** The share of the original that the recipe aims to leave, 0 to 1; 0 where that depends on the picture's shape. */
  readonly keep: number;
  /** 1 easy, 2 medium, 3 hard. */
  readonly severity: 1 | 2 | 3;
  /** In order; the last one writes a file. */
  readonly steps: readonly Step[];
}

/** A recipe and the group that it is counted in. */
export interface Attack extends Recipe {
  readonly family: AttackFamily;
  /** Parts of the original are cut off, covered, or surrounded by something else. */
  readonly cropOrMaskRelevant: boolean;
}

/** Left, top, right and bottom as shares of the width and height. */
export type Box = readonly [left: number, top: number, right: number, bottom: number];

/** Two values for x and y, or for width and height. */
export type Pair = readonly [number, number];

/** A part of the picture, as the compass points when north is up. */
export type Gravity = 'centre' | 'north' | 'west' | 'north-west' | 'south-east';

/** What fills empty or covered places. */
export type Colour = 'black' | 'white';

/** One of our own drawings, on transparent ground. */
export interface Emoji {
  readonly draw: 'face' | 'heart' | 'star';
  /** As a share of the picture's height. */
  readonly height: number;
  /** Its upper left corner, as shares of the picture. Default: in the middle. */
  readonly at?: Pair;
  /** 0 to 1, the default. */
  readonly opacity?: number;
}

/** One line of text on the picture. */
export interface TextLine {
  readonly text: string;
  /** Font size as a share of the picture's height. */
  readonly size: number;
  /** The middle of the line's height, and its start, middle or end, as shares of the picture. */
  readonly at: Pair;
  readonly anchor: 'start' | 'middle' | 'end';
  readonly colour: string;
  readonly outline?: string;
}

/** What each step takes. Shares are of the picture as it is when the step begins; angles are clockwise. */
export interface StepParameters {
  // Files. All but the last of an attack are read again.
  /** Quality, 1 to 100; colour at half resolution below 90. */
  readonly jpeg: number;
  readonly webp: number;
  readonly gif: { readonly colours: number; readonly dither: number };
  /** The same pixels, which the orientation in the EXIF (2 to 8) says to show turned. */
  readonly jpegTurned: { readonly quality: number; readonly orientation: number };

  // Sizes
  readonly scale: number | Pair;
  /** Pixels; stretches. */
  readonly size: Pair;
  /** The largest size of the same shape inside so many pixels. */
  readonly fit: { readonly box: Pair; readonly enlarge: boolean };
  /** Fills so many pixels, and what juts out in the middle of the longer side is cut off. */
  readonly cover: Pair;
  /** Stretches to the size that the picture had when the attack began. */
  readonly originalSize: true;

  // Tones
  /** Brightness and saturation (HSL) as factors, hue in degrees. */
  readonly modulate: { readonly brightness?: number; readonly saturation?: number; readonly hue?: number };
  /** Percent, -100 to 100; 0 leaves the picture as it is. */
  readonly contrast: { readonly contrast: number; readonly brightness?: number };
  readonly gamma: number;
  /** Levels of each channel. */
  readonly posterize: number;
  /** The share of white that is mixed in. */
  readonly wash: number;
  readonly invert: true;
  readonly equalize: true;
  readonly grey: true;
  /** Threshold, 0 to 1. */
  readonly sepia: number;
  /** How far the dark edge is blurred, as a share of the width. */
  readonly vignette: number;

  // Blur and noise; sigma and radii in pixels, deviations in levels of 255
  readonly blur: number;
  readonly motionBlur: { readonly sigma: number; readonly degrees: number };
  readonly sharpen: number;
  readonly median: number;
  readonly noise: number;
  /** The share of samples that become 0 or 255. */
  readonly saltPepper: number;
  /** Scales down by this factor and up again, pixel by pixel. */
  readonly pixelate: number;
  /** Levels of an ordered 8 x 8 dither. */
  readonly dither: number;

  // Geometry
  /** Keeps this share of the area, in the picture's shape. */
  readonly crop: { readonly keep: number; readonly at: Gravity };
  /** The largest part of this shape in the middle. */
  readonly cropAspect: Pair;
  readonly rotate: { readonly degrees: number; readonly canvas: 'same' | 'grow'; readonly colour: Colour };
  /** Numbered as EXIF numbers orientations: 2 to 8. */
  readonly symmetry: number;
  /** How far three corners move in, as shares of width and height; the upper right one stays. */
  readonly perspective: Pair;
  /** Degrees that the sides lean. */
  readonly shear: number;
  /** C and D of the source radius r (C r + D), r = 1 at half the shorter side. */
  readonly barrel: Pair;

  // Borders
  readonly pad: { readonly share: number; readonly colour: Colour };
  /** The smallest canvas of this shape that holds the picture. */
  readonly letterbox: { readonly aspect: Pair; readonly colour: Colour };
  /** A border on top of the picture: pixels, or a share of its width. */
  readonly frame: { readonly pixels: number; readonly colour: Colour } | { readonly share: number; readonly colour: Colour };
  /** A square with the picture in its middle and a copy, stretched and blurred by so many pixels, behind it. */
  readonly onBlurredSelf: number;

  // Covers
  readonly rectangles: { readonly boxes: readonly Box[]; readonly colour: Colour };
  /** All but a window is covered. */
  readonly window: { readonly box: Box; readonly colour: Colour };
  /** Blocks, as a share of the box; blur, in pixels. */
  readonly mosaicBox: { readonly box: Box; readonly blocks: number };
  readonly blurBox: { readonly box: Box; readonly sigma: number };
  /** A black line through these points; its width as a share of the shorter side. */
  readonly scribble: { readonly points: readonly Pair[]; readonly width: number };
  readonly emoji: readonly Emoji[];
  readonly text: readonly TextLine[];
  /** A word again and again: size as a share of the height, tile as shares of the picture. */
  readonly watermark: {
    readonly text: string;
    readonly size: number;
    readonly degrees: number;
    readonly tile: Pair;
    readonly opacity: number;
  };
  /** White stripes across; pixels. */
  readonly stripes: { readonly period: number; readonly width: number; readonly opacity: number };

  // Other pictures and surroundings
  /** A white band above, its height as a share of the picture's, with lines of text. */
  readonly captionBand: { readonly share: number; readonly lines: readonly string[] };
  /** An app's screen above and below, as shares of the picture's height. */
  readonly screenshot: { readonly above: number; readonly below: number };
  /** Lies on another picture of the same size: scaled, perhaps blurred and in perspective, its upper left corner at `at` (default: in the middle). */
  readonly onBackground: { readonly scale: number; readonly at?: Pair; readonly blur?: number; readonly perspective?: Pair };
  /** The first panel of a grid in which the others are other pictures; a gap as a share of the width is white. */
  readonly collage: { readonly columns: number; readonly rows: number; readonly fit: 'cover' | 'fill'; readonly gap?: number };
  /** Another picture, stretched, covers a box. */
  readonly inset: Box;
  /** Another picture shines through: its opacity, or from nothing on the left to all on the right. */
  readonly blend: number | 'left-to-right';
}

/** One edit: the name of a step and what it takes. */
export type Step = { [Name in keyof StepParameters]: { readonly [key in Name]: StepParameters[Name] } }[keyof StepParameters];

/** An edited picture, and where the original is in it. */
export interface AttackedPicture {
  /** The edited file: JPEG, WebP or GIF, as the attack says. */
  readonly bytes: Uint8Array;
  /**
   * Row-major 3x3 homography from the pixels of the upright original to the pixels of the edited picture as it is shown (turned as its
   * EXIF says); the centre of the first pixel is at (0.5, 0.5). In a collage: to the panel with the original. Undefined where there is
   * no single one (a bent picture).
   */
  readonly transform: readonly number[] | undefined;
  /** The share of the original's area that is in the picture and not covered, 0 to 1; what shines through a cover counts in part. */
  readonly visible: number;
}

/** What an attack needs besides the picture. */
export interface AttackContext {
  /** Noise comes from it: the same seed gives the same bytes. A whole number. */
  readonly seed: number;
  /** Files of other pictures, in the order in which they are used: the first is the background, a collage takes three. */
  readonly others: readonly Uint8Array[];
  /** To stop between two steps. */
  readonly signal?: AbortSignal;
}
