/** One line of pdq-synthetic.tsv: a picture made from integer formulas, and what Meta's reference answers for it. */
export interface SyntheticVector {
  readonly pattern: string;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly pixelsChecksum: number;
  readonly fullRes: { readonly hash: string; readonly quality: number };
  readonly referenceCpp: { readonly hash: string; readonly quality: number };
  /** Eight hashes, in the order of `ORIENTATIONS`. */
  readonly orientations: readonly string[];
}

/** Reads pdq-synthetic.tsv; lines that begin with `#` are comments. */
export function parseVectors(tsv: string): SyntheticVector[] {
  return tsv
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [pattern, seed, width, height, checksum, fullRes, fullQuality, cpp, cppQuality, ...orientations] = line.trim().split('\t') as [
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        string,
        ...string[],
      ];
      return {
        pattern,
        seed: Number(seed),
        width: Number(width),
        height: Number(height),
        pixelsChecksum: Number(checksum),
        fullRes: { hash: fullRes, quality: Number(fullQuality) },
        referenceCpp: { hash: cpp, quality: Number(cppQuality) },
        orientations,
      };
    });
}

/** The picture of a vector: RGB, interleaved, row-major (docs/pdq.md, "Vectors"). All arithmetic is on whole numbers. */
export function syntheticPixels({
  pattern,
  seed,
  width,
  height,
}: Pick<SyntheticVector, 'pattern' | 'seed' | 'width' | 'height'>): Uint8Array {
  const pixels = new Uint8Array(3 * width * height);
  if (pattern === 'noise') {
    let state = seed;
    for (let i = 0; i < pixels.length; ++i) {
      state = xorshift(state);
      pixels[i] = state >>> 24;
    }
    return pixels;
  }
  const paint = PATTERNS[pattern];
  if (!paint) throw new Error(`no pattern is called ${pattern}`);
  for (let y = 0, i = 0; y < height; ++y) for (let x = 0; x < width; ++x, i += 3) pixels.set(paint(x, y, width, height, seed), i);
  return pixels;
}

/** `sum = sum * 31 + byte` over all bytes, in 32 bits: shows that two generators made the same picture. */
export function pixelsChecksum(pixels: Uint8Array): number {
  let sum = 0;
  for (const byte of pixels) sum = (Math.imul(sum, 31) + byte) >>> 0;
  return sum;
}

type Paint = (x: number, y: number, width: number, height: number, seed: number) => [number, number, number];

const PATTERNS: Readonly<Record<string, Paint>> = {
  blocks(x, y, width, height, seed) {
    const [column, row] = [divide(x, Math.max(divide(width, 8), 1)), divide(y, Math.max(divide(height, 8), 1))];
    const r = xorshift((seed + Math.imul(column, 2654435761) + Math.imul(row, 2246822519)) | 1);
    const g = xorshift(r);
    return [r >>> 24, g >>> 24, xorshift(g) >>> 24];
  },
  waves: (x, y, _width, _height, seed) => [tri(3 * x + 2 * y + seed, 97), tri(divide(x * x, 50) + y, 61), tri(x + divide(y * y, 80), 131)],
  ramp(x, y, width, height) {
    const r = width > 1 ? divide(x * 255, width - 1) : 0;
    const g = height > 1 ? divide(y * 255, height - 1) : 0;
    return [r, g, divide(r + g, 2)];
  },
  disc(x, y, width, height) {
    const [dx, dy, side] = [2 * x - width, 2 * y - height, Math.min(width, height)];
    return dx * dx + dy * dy < divide(side * side, 2) ? [230, tri(x, 40), 60] : [20, tri(y, 25), 180];
  },
  flat: () => [128, 128, 128],
};

const divide = (a: number, b: number): number => Math.trunc(a / b);

function xorshift(state: number): number {
  let s = state;
  s ^= s << 13;
  s ^= s >>> 17;
  s ^= s << 5;
  return s >>> 0;
}

/** A triangle wave from 0 to 255 with half-period `p`. */
function tri(t: number, p: number): number {
  const m = t % (2 * p);
  return divide((m < p ? m : 2 * p - m) * 255, p);
}
