import type { Backend } from './backend.js';
import { createPdq, type Pdq } from './hash/pdq.js';
import type { Platform } from './platform.js';

/** The whole library over one backend. */
export interface Egide {
  readonly pdq: Pdq;
}

/** Puts the API together over a backend and what the runtime has. */
export function createEgide(backend: Backend, _platform: Platform): Egide {
  return { pdq: createPdq(backend) };
}
