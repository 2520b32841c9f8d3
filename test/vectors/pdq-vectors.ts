import type { Pattern } from '../../src/self-test/pictures.js';

/** One row of pdq-synthetic.tsv: a picture by formula and what Meta's reference answers. */
export interface PdqVector {
  readonly pattern: Pattern;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
  readonly checksum: number;
  readonly fullRes: { readonly hash: string; readonly quality: number };
  readonly referenceCpp: { readonly hash: string; readonly quality: number };
  readonly orientations: readonly string[];
}

/** Reads pdq-synthetic.tsv: by a parser of text alone, so that it runs where there are no files. */
export function parsePdqVectors(tsv: string): PdqVector[] {
  return tsv
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => {
      const [pattern, seed, width, height, checksum, full, fullQuality, cpp, cppQuality, ...orientations] = line.split('\t');
      return {
        pattern: pattern as Pattern,
        seed: Number(seed),
        width: Number(width),
        height: Number(height),
        checksum: Number(checksum),
        fullRes: { hash: String(full), quality: Number(fullQuality) },
        referenceCpp: { hash: String(cpp), quality: Number(cppQuality) },
        orientations,
      };
    });
}
