import { readFileSync } from 'node:fs';
import type { PatchStages } from '../../src/self-test/patch-stages.js';
import type { Pattern } from '../../src/self-test/pictures.js';

/** One row of patches.json: a picture by formula and what the stages of its patches come to (scripts/patch-vectors.mjs). */
export interface PatchVector extends PatchStages {
  readonly pattern: Pattern;
  readonly seed: number;
  readonly width: number;
  readonly height: number;
}

export const patchVectors: readonly PatchVector[] = JSON.parse(readFileSync(new URL('patches.json', import.meta.url), 'utf8'));
