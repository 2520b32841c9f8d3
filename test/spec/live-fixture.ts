import { readFileSync } from 'node:fs';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import { createWasmBackend } from '../../src/backend/wasm.js';
import type { Backend } from '../../src/backend.js';
import { createEgide, type Egide } from '../../src/egide.js';
import type { IndexFiles } from '../../src/search/index-file.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import type { LivePdqIndex } from '../../src/search/live-pdq-index.js';
import type { QueryHit, SearchOptions } from '../../src/search/pdq-index.js';
import { bruteForce, clustered, seededBytes, seededNumbers } from './search-fixture.js';

const core = new WebAssembly.Module(readFileSync(new URL('../../dist/core.wasm', import.meta.url)));

function createDigester(): never {
  throw new Error('no digests here');
}

/** Egide on both backends, with files; the native one maps them. */
export const engines: [name: string, make: (change?: Change<Backend>, changeFiles?: Change<IndexFiles>) => Egide][] = [
  ['native', (change = same, files = same) => withFiles(change(createNativeBackend()), files(createIndexFiles(createFileMapper())))],
  ['wasm', (change = same, files = same) => withFiles(change(createWasmBackend(core)), files(createIndexFiles(undefined)))],
];

type Change<Part> = (part: Part) => Part;

function same<Part>(part: Part): Part {
  return part;
}

/** WebAssembly that may take so much memory. */
export function smallWasm(limitBytes: number): Egide {
  return engineOf(createWasmBackend(core, limitBytes));
}

/** Egide on a backend of one's own. */
export function engineOf(backend: Backend): Egide {
  return withFiles(backend, createIndexFiles(undefined));
}

function withFiles(backend: Backend, indexFiles: ReturnType<typeof createIndexFiles>): Egide {
  return createEgide(backend, { runtime: 'test', createDigester, indexFiles });
}

/** What an index that changes ought to hold: pairs of an id and a hash, nothing else. */
export class Model {
  #rows: { readonly id: number; readonly hash: Uint8Array }[] = [];
  version = 0;

  static of(hashes: Uint8Array, ids?: Uint32Array): Model {
    const model = new Model();
    for (let i = 0; i < hashes.length / 32; ++i) model.#rows.push({ id: ids?.[i] ?? i, hash: hashes.slice(32 * i, 32 * i + 32) });
    return model;
  }

  copy(): Model {
    const model = new Model();
    model.#rows = [...this.#rows];
    model.version = this.version;
    return model;
  }

  add(id: number, hash: Uint8Array): void {
    this.#rows.push({ id, hash: hash.slice() });
    ++this.version;
  }

  remove(id: number): void {
    this.#rows = this.#rows.filter((row) => row.id !== id);
    ++this.version;
  }

  get size(): number {
    return this.#rows.length;
  }

  row(number: number): { readonly id: number; readonly hash: Uint8Array } {
    return this.#rows[number] as { id: number; hash: Uint8Array };
  }

  /** The answer of a search by comparing everything. */
  search(queries: Uint8Array, { maxDistance, limit = Number.POSITIVE_INFINITY }: SearchOptions) {
    const stored = new Uint8Array(32 * this.#rows.length);
    for (const [i, { hash }] of this.#rows.entries()) stored.set(hash, 32 * i);
    const all: QueryHit[] = bruteForce(stored, queries, maxDistance)
      .map((hit) => ({ ...hit, id: this.row(hit.id).id }))
      .sort((a, b) => a.distance - b.distance || a.id - b.id || a.query - b.query);
    return { hits: all.slice(0, limit), truncated: all.length > limit, version: this.version };
  }
}

/** Few ids, so that they repeat, and hashes near each other, so that they are found. */
export function makeBase(kind: 'ids' | 'no ids' | 'empty', seed: number): { hashes: Uint8Array; ids: Uint32Array | undefined } {
  if (kind === 'empty') return { hashes: new Uint8Array(0), ids: undefined };
  const hashes = clustered(150, 30, seed);
  const next = seededNumbers(seed + 2);
  return { hashes, ids: kind === 'ids' ? Uint32Array.from({ length: 150 }, () => next() % 60) : undefined };
}

/** A stored hash, or a random one, with up to 32 bits turned. */
export function near(model: Model, next: () => number): Uint8Array {
  const hash = model.size > 0 && next() % 8 > 0 ? model.row(next() % model.size).hash.slice() : seededBytes(32, next() | 1);
  for (let turned = next() % 33; turned > 0; --turned) {
    const bit = next() % 256;
    hash[bit >> 3] = (hash[bit >> 3] as number) ^ (1 << (bit & 7));
  }
  return hash;
}

export async function code(run: () => unknown): Promise<unknown> {
  try {
    await run();
  } catch (error) {
    return (error as { code?: unknown }).code ?? error;
  }
  return 'nothing was thrown';
}

/** With bands, and more than one slice. */
export const COUNT = 60_000;
export const stored = clustered(COUNT, 10, 21);

/** What an index answers to queries near everything that changes in these tests. */
export function answers(live: Pick<LivePdqIndex, 'searchMany'>) {
  const { superseded: _, ...answer } = live.searchMany(queries, { maxDistance: 31 });
  return answer;
}
export const queries = new Uint8Array([...stored.subarray(0, 32 * 4), ...stored.subarray(32 * (COUNT - 4)), ...seededBytes(32 * 2, 77)]);

/** Makes so many changes near the queries, the same for the same seed. */
export function change(live: LivePdqIndex, count: number, seed: number): void {
  const next = seededNumbers(seed);
  for (let i = 0; i < count; ++i) {
    const id = next() % 2 ? next() % 20 : COUNT - (next() % 20);
    const hash = queries.slice(0, 32);
    hash[next() % 32] = next();
    if (next() % 2) live.add(id, hash);
    else live.remove(id);
  }
}

export async function changed(egide: Egide, options?: { shared?: boolean }): Promise<LivePdqIndex> {
  const live = egide.livePdqIndex(await egide.buildPdqIndex(stored, options), { capacity: 5000 });
  change(live, 200, 3);
  return live;
}
