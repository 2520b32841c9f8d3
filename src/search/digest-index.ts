import { type Backend, DIGEST_HIT_FIELDS } from '../backend.js';
import { EgideError, invalid } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import type { Platform } from '../platform.js';
import { checkKind, MAX_HITS, type OpenedIndex, StoredIndex, wholeRows } from './stored-index.js';

/** One stored digest that is one of several queries. */
export interface DigestHit {
  /** Which of the queries, from 0. */
  readonly query: number;
  /** The id of the stored digest: the one it was given, or else its number, from 0, in the order in which the digests were given. */
  readonly id: number;
}

const TYPES: readonly DigestType[] = ['md5', 'sha1', 'sha256'];
/** Hits that fit without a second look-up; a real upload has a handful (our own choice). */
const FIRST_CAPACITY = 64;

/**
 * An immutable set of MD5, SHA-1 or SHA-256 digests. One flat buffer, in memory or in a mapped file.
 *
 * A digest may stand in it several times, with different ids: several entries of a list can name the same file.
 */
export class DigestIndex extends StoredIndex {
  /** The digests that it holds. */
  readonly type: DigestType;
  readonly #backend: Backend;
  #hits = new Uint32Array(DIGEST_HIT_FIELDS * FIRST_CAPACITY); // (query, id), grown on demand

  /** @internal Use `egide.buildDigestIndex` or `egide.openDigestIndex`. */
  constructor(backend: Backend, platform: Platform, opened: OpenedIndex) {
    checkKind(opened.facts, 'digest');
    super(backend, platform, opened);
    this.type = TYPES.find((type) => DIGEST_BYTES[type] === opened.facts.width) as DigestType; // the core takes no other width
    this.#backend = backend;
  }

  /**
   * The ids, ascending, of the stored digests that are `digest`; none if it is not there.
   *
   * @param digest 16 bytes for `md5`, 20 for `sha1`, 32 for `sha256`.
   * @throws {EgideError} `INVALID_ARGUMENT` if the length does not fit; `DISPOSED` after disposal; `INVALID_INDEX` if the index turns out
   *   to be damaged; `OUT_OF_MEMORY` if there are more than 4,194,304.
   */
  find(digest: Uint8Array): number[] {
    const width = DIGEST_BYTES[this.type];
    if (wholeRows('digest', digest, width) !== 1) throw invalid('digest', `${width} bytes for ${this.type}`, digest);
    return this.findMany(digest).map(({ id }) => id);
  }

  /**
   * Finds every pair of a query and an equal stored digest, by query, ids ascending. Many at once are several times as fast as one by
   * one: none waits for memory by itself.
   *
   * @param digests Whole digests, one after the other; none is allowed.
   * @throws {EgideError} As {@link DigestIndex.find}.
   */
  findMany(digests: Uint8Array): DigestHit[] {
    wholeRows('digests', digests, DIGEST_BYTES[this.type]);
    const hits: DigestHit[] = [];
    const found = this.#find(digests);
    for (let i = 0; i < DIGEST_HIT_FIELDS * found; i += DIGEST_HIT_FIELDS)
      hits.push({ query: this.#hits[i] as number, id: this.#hits[i + 1] as number });
    return hits;
  }

  /** Fills `#hits` and returns how many there are. */
  #find(digests: Uint8Array): number {
    const { index } = this.#backend;
    const found = index.digestFind(this.live(), digests, this.#hits);
    if (DIGEST_HIT_FIELDS * found <= this.#hits.length) return found;
    if (found > MAX_HITS) throw new EgideError('OUT_OF_MEMORY', `${found} pairs of digests are equal: ask in parts`);
    this.#hits = new Uint32Array(DIGEST_HIT_FIELDS * found);
    return index.digestFind(this.live(), digests, this.#hits);
  }
}
