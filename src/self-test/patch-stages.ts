import type { Backend, PatchExtraction, Pixels } from '../backend.js';
import { checksum } from './pictures.js';

/** What each stage of a picture's patches comes to: checksums of bytes, so that the first one that differs tells the stage. */
export interface PatchStages {
  readonly keypoints: number;
  /** Where they lie, how large they are and how turned. */
  readonly places: number;
  readonly histograms: number;
  /** The working picture. */
  readonly luma: number;
  /** Codes, keys, packed places and the grid. */
  readonly standard: number;
  readonly compact: number;
  /** How many numbers the answer has when a mirrored part of the picture is held against it: 0 if that is not found. */
  readonly matchNumbers: number;
  readonly match: number;
}

const EXTRACTION: PatchExtraction = { longSide: 640, maxFeatures: 500, orientation: 1, stretchX: 1, stretchY: 1 };
/** Bytes of the header, of a place and of a histogram (docs/formats.md). */
const [HEADER_BYTES, PLACE_BYTES, HISTOGRAM_BYTES] = [32, 16, 128];
/** The picture and its mirror image. */
const VARIANTS = 0b0011;

/** Works on a picture of RGB pixels, stage by stage; with the fastest kernel if none is named. */
export function patchStages({ patch }: Pick<Backend, 'patch'>, pixels: Pixels, kernel?: string): PatchStages {
  const bytes = patch.extract(pixels, EXTRACTION, kernel);
  const keypoints = new DataView(bytes.buffer, bytes.byteOffset).getUint32(28, true);
  const histograms = HEADER_BYTES + keypoints * PLACE_BYTES;
  const luma = histograms + keypoints * HISTOGRAM_BYTES;
  const standard = patch.record(bytes, { maxFeatures: 256, codeBytes: 16, grid: true });
  const compact = patch.record(bytes, { maxFeatures: 128, codeBytes: 8, grid: true });
  const part = patch.extract(mirroredPart(pixels), EXTRACTION, kernel);
  const numbers = patch.match(part, standard, VARIANTS, 1000);
  return {
    keypoints,
    places: checksum(bytes.subarray(HEADER_BYTES, histograms)),
    histograms: checksum(bytes.subarray(histograms, luma)),
    luma: checksum(bytes.subarray(luma)),
    standard: checksum(standard),
    compact: checksum(compact),
    matchNumbers: numbers.length,
    match: checksum(new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength)),
  };
}

/** What is left without the first seventh of the columns and the last ninth of the rows, left and right exchanged. */
function mirroredPart({ data, width, height }: Pixels): Pixels {
  const [left, rows] = [Math.floor(width / 7), height - Math.floor(height / 9)];
  const columns = width - left;
  const part = new Uint8Array(3 * columns * rows);
  let at = 0;
  for (let y = 0; y < rows; ++y)
    for (let x = width - 1; x >= left; --x) for (let c = 0; c < 3; ++c) part[at++] = data[3 * (y * width + x) + c] as number;
  return { data: part, width: columns, height: rows, channels: 3 };
}
