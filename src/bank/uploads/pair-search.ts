import { HIT_FIELDS } from '../../backend.js';
import type { PdqIndex } from '../../search/pdq-index.js';
import type { Pace } from './pace.js';

/** Pairs that a call has room for: where there are more, less is asked at a time (our own choice). */
const PAIRS = 1 << 18;
/** Pieces that one call asks about: at first, and at most. How many it is goes by how long calls take. */
const [FIRST_ASKED, MAX_ASKED] = [16, 8_192];
/** Milliseconds that a call is to take (our own choice: well below 50, as machines are slow or busy). */
const [SHORT_MS, LONG_MS] = [5, 12];

/** What one call found. */
export interface FoundPairs {
  /** The first piece that it asked about. */
  readonly first: number;
  /** The one after its last. */
  readonly end: number;
  /** Query, from the first of these pieces on; id; distance. Good until the next call. */
  readonly triples: Uint32Array;
}

/** Asks an index about very many hashes, by calls of some milliseconds between which the event loop turns. */
export class PairSearch {
  readonly #index: PdqIndex;
  readonly #maxDistance: number;
  readonly #pace: Pace;
  readonly #room = new Uint32Array(HIT_FIELDS * PAIRS);
  #asked = FIRST_ASKED;

  constructor(index: PdqIndex, maxDistance: number, pace: Pace) {
    this.#index = index;
    this.#maxDistance = maxDistance;
    this.#pace = pace;
  }

  /** @param queries The hashes of some of so many pieces: those of one are asked about together. */
  async *of(pieces: number, queries: (first: number, end: number) => Uint8Array): AsyncGenerator<FoundPairs> {
    for (let first = 0; first < pieces; await this.#pace.turn()) {
      const end = Math.min(pieces, first + this.#asked);
      const asked = queries(first, end);
      const started = performance.now();
      const count = this.#index.pairsWithin(asked, this.#maxDistance, this.#room);
      this.#adapt(performance.now() - started, end - first);
      if (count > PAIRS && end - first > 1) {
        this.#asked = (end - first) >> 1;
        continue;
      }
      const triples = count > PAIRS ? new Uint32Array(HIT_FIELDS * count) : this.#room.subarray(0, HIT_FIELDS * count);
      if (count > PAIRS) this.#index.pairsWithin(asked, this.#maxDistance, triples);
      yield { first, end, triples };
      first = end;
    }
  }

  #adapt(ms: number, asked: number): void {
    if (ms > LONG_MS) this.#asked = Math.max(1, asked >> 1);
    else if (ms < SHORT_MS && asked === this.#asked) this.#asked = Math.min(MAX_ASKED, 2 * asked);
  }
}
