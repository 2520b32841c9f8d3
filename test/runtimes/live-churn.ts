import { seededBytes, seededNumbers } from '../spec/search-fixture.js';

/** A base, queries near some of it, and changes near both, all from one seed: the same in every thread. */
export interface Churn {
  readonly hashes: Uint8Array;
  readonly ids: Uint32Array;
  readonly queries: Uint8Array;
  readonly changes: readonly Change[];
}

export interface Change {
  readonly id: number;
  /** Without one, the id is removed. */
  readonly hash?: Uint8Array;
}

/** What a search was asked and answered, and the version that was certainly there when it began. */
export interface Answer {
  readonly queries: readonly number[];
  readonly maxDistance: number;
  readonly limit: number | undefined;
  readonly atLeast: number;
  readonly version: number;
  readonly superseded: boolean;
  readonly truncated: boolean;
  /** Query, id, distance of each. */
  readonly hits: readonly number[];
}

export const QUERIES = 48;
/** The widest radius that is asked for. */
export const MAX_DISTANCE = 40;

export function makeQueries(): Uint8Array {
  return seededBytes(32 * QUERIES, 5);
}

export function makeChurn(count: number, changeCount: number): Churn {
  const next = seededNumbers(17);
  const queries = makeQueries();
  const near = (): Uint8Array => {
    const from = 32 * (next() % QUERIES);
    const hash = queries.slice(from, from + 32);
    for (let turned = next() % 44; turned > 0; --turned) {
      const bit = next() % 256;
      hash[bit >> 3] = (hash[bit >> 3] as number) ^ (1 << (bit & 7));
    }
    return hash;
  };
  const hashes = seededBytes(32 * count, 3);
  const ids = Uint32Array.from({ length: count }, (_, i) => i >> 1); // two hashes to an id
  const watched: number[] = []; // ids of hashes near a query, now and then
  for (let i = 0; i < 2000; ++i) {
    const row = next() % count;
    hashes.set(near(), 32 * row);
    watched.push(ids[row] as number);
  }
  const changes = Array.from({ length: changeCount }, (): Change => {
    const id = next() % 3 ? (watched[next() % watched.length] as number) : next() % count;
    if (next() % 2) return { id };
    if (next() % 4) return { id: next() % count, hash: seededBytes(32, next() | 1) };
    watched.push(id);
    return { id, hash: near() };
  });
  return { hashes, ids, queries, changes };
}

/** Replays the changes and says which answers are not those of comparing everything at the version that they name. */
export function wrongAnswers({ hashes, ids, queries, changes }: Churn, answers: readonly Answer[]): Answer[] {
  const state = Array.from({ length: QUERIES }, () => new Map<number, number[]>()); // of each query: id to distances
  const add = (id: number, hash: Uint8Array): void => {
    for (const [query, held] of state.entries()) {
      const distance = distanceUpTo(hash, queries.subarray(32 * query, 32 * query + 32), MAX_DISTANCE);
      if (distance > MAX_DISTANCE) continue;
      const distances = held.get(id);
      if (distances) distances.push(distance);
      else held.set(id, [distance]);
    }
  };
  for (const [row, id] of ids.entries()) add(id, hashes.subarray(32 * row, 32 * row + 32));

  let version = 0;
  const wrong: Answer[] = [];
  for (const answer of [...answers].sort((a, b) => a.version - b.version)) {
    for (; version < answer.version; ++version) {
      const { id, hash } = changes[version] as Change;
      if (hash) add(id, hash);
      else for (const held of state) held.delete(id);
    }
    const all = answer.queries.flatMap((number, query) =>
      [...(state[number] as Map<number, number[]>)].flatMap(([id, distances]) =>
        distances.map((distance) => [query, id, distance] as const),
      ),
    );
    const within = all.filter(([, , distance]) => distance <= answer.maxDistance);
    within.sort((a, b) => a[2] - b[2] || a[1] - b[1] || a[0] - b[0]);
    const expected = within.slice(0, answer.limit ?? within.length).flat();
    const same = expected.length === answer.hits.length && expected.every((number, i) => number === answer.hits[i]);
    const sound = answer.superseded || answer.version >= answer.atLeast;
    if (!same || !sound || answer.truncated !== within.length > (answer.limit ?? within.length)) wrong.push(answer);
  }
  return wrong;
}

/** Bits that differ; more than `limit` where there are more, but not how many. */
function distanceUpTo(a: Uint8Array, b: Uint8Array, limit: number): number {
  let bits = 0;
  for (let i = 0; i < 32 && bits <= limit; ++i) bits += BITS[(a[i] as number) ^ (b[i] as number)] as number;
  return bits;
}

/** Set bits of every byte. */
const BITS = Uint8Array.from({ length: 256 }, (_, byte) => byte.toString(2).replaceAll('0', '').length);
