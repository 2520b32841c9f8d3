import { type Backend, HASH_BYTES, HIT_FIELDS } from '../../backend.js';
import type { Platform } from '../../platform.js';
import { buildFrom, buildPdqIndex } from '../../search/build-pdq-index.js';
import { hashesOf } from './block.js';
import type { NewSignals } from './gathered.js';
import type { Pace } from './pace.js';
import { PairSearch } from './pair-search.js';

/**
 * Queries up to which they are compared with every hash: of more, an index of the uploads is built and asked, though building it takes 0.4 us a
 * hash (measured here: half a minute for 100 million hashes either way).
 */
const FEW_QUERIES = 2_048;
/** PDQ hashes of uploads that are matched together. */
export interface HashBlock {
  /** As `upload.shapes`. */
  readonly shapes: Uint8Array;
  readonly pdq: Uint8Array;
  /** What is new to them came with a later change than this. */
  readonly compared: number;
}

/** A new hash that is near one of an upload. */
export interface NearUpload {
  /** Its block's number in the group, and its own in the block. */
  readonly block: number;
  readonly row: number;
  /** Which of the new hashes. */
  readonly hash: number;
  /** The least of all hashes of the upload and of the entry. */
  readonly distance: number;
  readonly negative: boolean;
}

/** How uploads are matched by PDQ. */
export interface NearSearch {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly maxDistance: number;
  readonly signal: AbortSignal | undefined;
  readonly pace: Pace;
}

/**
 * Every pair of an upload and an entry whose hash is new to it and near one of its hashes, or near the complement of one: the PDQ hash of a negative
 * (src/shield/near-matches.ts).
 *
 * @param count PDQ hashes of all blocks.
 * @param blocks Reads them; called once.
 */
export async function* nearUploads(
  search: NearSearch,
  fresh: NewSignals,
  compared: number,
  count: number,
  blocks: () => AsyncIterable<HashBlock>,
): AsyncGenerator<NearUpload[]> {
  const asked = await changedAfter(fresh, compared, search.pace);
  if (asked.length === 0 || count === 0) return;
  if (2 * asked.length <= FEW_QUERIES) yield* amongNew(search, fresh, asked, blocks);
  else yield* amongUploads(search, fresh, asked, count, blocks);
}

/** Which hashes are new to what was compared up to a change. */
async function changedAfter({ changes }: NewSignals, compared: number, pace: Pace): Promise<Uint32Array> {
  const places = new Uint32Array(changes.length);
  let count = 0;
  await pace.each(changes.length, (i) => {
    if ((changes[i] as number) > compared) places[count++] = i;
  });
  return places.subarray(0, count);
}

/** Asks an index of the new hashes, with the uploads of one block after the other. */
async function* amongNew(
  { backend, platform, maxDistance, pace }: NearSearch,
  fresh: NewSignals,
  asked: Uint32Array,
  blocks: () => AsyncIterable<HashBlock>,
): AsyncGenerator<NearUpload[]> {
  using index = await buildPdqIndex(backend, platform, queriesOf(fresh, asked));
  const pairs = new PairSearch(index, maxDistance, pace);
  let number = 0;
  for await (const block of blocks()) {
    const found = new Nearest(fresh, block.compared);
    const rows = rowOfHash(block);
    const queries = (first: number, end: number): Uint8Array => block.pdq.subarray(HASH_BYTES * first, HASH_BYTES * end);
    for await (const { first, triples } of pairs.of(rows.length, queries))
      await pace.each(triples.length / HIT_FIELDS, (i) => {
        const query = triples[HIT_FIELDS * i + 1] as number;
        found.take({
          block: number,
          row: rows[first + (triples[HIT_FIELDS * i] as number)] as number,
          hash: asked[query >> 1] as number,
          distance: triples[HIT_FIELDS * i + 2] as number,
          negative: query % 2 === 1,
        });
      });
    yield await found.all(pace);
    number += 1;
  }
}

/** Asks an index of the uploads of all blocks, with the new hashes. */
async function* amongUploads(
  { backend, platform, maxDistance, signal, pace }: NearSearch,
  fresh: NewSignals,
  asked: Uint32Array,
  count: number,
  read: () => AsyncIterable<HashBlock>,
): AsyncGenerator<NearUpload[]> {
  const compared: number[] = [];
  const blockOf = new Uint32Array(count);
  const rowOf = new Uint32Array(count);
  using index = await buildFrom(backend, platform, { count, ids: false, tags: true }, false, signal ? { signal } : {}, async (add) => {
    let end = 0;
    for await (const block of read()) {
      const rows = rowOfHash(block);
      rowOf.set(rows, end);
      blockOf.fill(compared.length, end, end + rows.length);
      end += rows.length;
      compared.push(block.compared);
      add(block.pdq, undefined);
    }
  });
  const pairs = new PairSearch(index, maxDistance, pace);
  let found = new Nearest(fresh, 0);
  for await (const { first, end, triples } of pairs.of(asked.length, (from, to) => queriesOf(fresh, asked.subarray(from, to)))) {
    await pace.each(triples.length / HIT_FIELDS, (i) => {
      const query = 2 * first + (triples[HIT_FIELDS * i] as number);
      const id = triples[HIT_FIELDS * i + 1] as number;
      const [block, hash] = [blockOf[id] as number, asked[query >> 1] as number];
      if ((fresh.changes[hash] as number) <= (compared[block] as number)) return;
      found.take({ block, row: rowOf[id] as number, hash, distance: triples[HIT_FIELDS * i + 2] as number, negative: query % 2 === 1 });
    });
    // The hashes of one entry follow one another, perhaps into the next call.
    if (end < asked.length && fresh.entries[asked[end] as number] === fresh.entries[asked[end - 1] as number]) continue;
    yield await found.all(pace);
    found = new Nearest(fresh, 0);
  }
}

/** Of each upload and entry the nearest pair of hashes. */
class Nearest {
  readonly #fresh: NewSignals;
  readonly #compared: number;
  /** By block, row and entry. */
  readonly #blocks = new Map<number, Map<number, Map<number, NearUpload>>>();

  /** @param compared New hashes came later. */
  constructor(fresh: NewSignals, compared: number) {
    this.#fresh = fresh;
    this.#compared = compared;
  }

  take(near: NearUpload): void {
    if ((this.#fresh.changes[near.hash] as number) <= this.#compared) return;
    const rows = this.#blocks.get(near.block) ?? new Map<number, Map<number, NearUpload>>();
    this.#blocks.set(near.block, rows);
    const entries = rows.get(near.row) ?? new Map<number, NearUpload>();
    rows.set(near.row, entries);
    const entry = this.#fresh.entries[near.hash] as number;
    const known = entries.get(entry);
    if (!known || near.distance < known.distance) entries.set(entry, near);
  }

  /** By upload, in order. */
  async all(pace: Pace): Promise<NearUpload[]> {
    const all: NearUpload[] = [];
    for (const [, rows] of [...this.#blocks].sort(([a], [b]) => a - b)) {
      for (const [, entries] of [...rows].sort(([a], [b]) => a - b)) all.push(...entries.values());
      await pace.turn();
    }
    return all;
  }
}

/** Each hash that is asked about, and its complement. */
function queriesOf({ values }: NewSignals, asked: Uint32Array): Uint8Array {
  const queries = new Uint8Array(2 * HASH_BYTES * asked.length);
  for (const [i, hash] of asked.entries())
    for (let k = 0; k < HASH_BYTES; ++k) {
      const byte = values[HASH_BYTES * hash + k] as number;
      queries[2 * HASH_BYTES * i + k] = byte;
      queries[2 * HASH_BYTES * i + HASH_BYTES + k] = ~byte;
    }
  return queries;
}

/** The upload of each hash of a block. */
function rowOfHash({ shapes, pdq }: HashBlock): Uint32Array {
  const rows = new Uint32Array(pdq.length / HASH_BYTES);
  let end = 0;
  for (const [row, shape] of shapes.entries()) rows.fill(row, end, (end += hashesOf(shape)));
  return rows;
}
