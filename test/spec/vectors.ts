import { readFileSync } from 'node:fs';
import { type PdqVector, parsePdqVectors } from '../vectors/pdq-vectors.js';

export type { PdqVector };

export const pdqVectors: readonly PdqVector[] = parsePdqVectors(
  readFileSync(new URL('../vectors/pdq-synthetic.tsv', import.meta.url), 'utf8'),
);
