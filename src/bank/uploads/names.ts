import type { Kysely } from 'kysely';
import { inPieces } from '../bulk.js';
import { storedJson } from '../database-error.js';
import type { Tables } from '../schema.js';
import { unsealed } from '../sum.js';
import { checkedHead, HEAD, idStarts, timeAt } from './block.js';
import type { Rematch } from './upload.js';

/** Blocks, and entries, whose names are remembered: some 50 MB (our own choice). */
const [BLOCKS, ENTRIES] = [256, 100_000];

/** What uploads and entries are called. */
export class Names {
  readonly #db: Kysely<Tables>;
  readonly #blocks = new Map<number, { readonly ids: Uint8Array; readonly starts: Uint32Array; readonly times: Uint8Array }>();
  readonly #entries = new Map<number, Rematch['entry']>();

  constructor(db: Kysely<Tables>) {
    this.#db = db;
  }

  async upload(block: number, row: number): Promise<Rematch['upload']> {
    let known = this.#blocks.get(block);
    if (!known) {
      const columns = this.#db
        .selectFrom('upload')
        .select([...HEAD, 'times', 'ids'])
        .where('id', '=', block);
      const read = await columns.executeTakeFirstOrThrow();
      const ids = unsealed(read.ids);
      known = { ids, times: unsealed(read.times), starts: idStarts(ids, checkedHead(read).count) };
      if (this.#blocks.size >= BLOCKS) this.#blocks.clear();
      this.#blocks.set(block, known);
    }
    const start = known.starts[row] as number;
    return { id: decoder.decode(known.ids.subarray(start + 1, start + 1 + (known.ids[start] as number))), at: timeAt(known.times, row) };
  }

  /** Looks entries up together. */
  async learn(entries: readonly number[]): Promise<void> {
    if (this.#entries.size >= ENTRIES) this.#entries.clear();
    const unknown = [...new Set(entries)].filter((entry) => !this.#entries.has(entry));
    for (const some of inPieces(unknown)) {
      const rows = await this.#db
        .selectFrom('entry')
        .innerJoin('list', 'list.id', 'entry.list')
        .select(['entry.id', 'list.name', 'entry.key', 'entry.rest'])
        .where('entry.id', 'in', some)
        .execute();
      for (const { id, name, key, rest } of rows) {
        const { category } = (rest === null ? {} : storedJson(rest)) as { category?: string };
        this.#entries.set(id, { list: name, key, ...(category === undefined ? {} : { category }) });
      }
    }
  }

  /** One that was looked up. */
  entry(entry: number): Rematch['entry'] {
    return this.#entries.get(entry) as Rematch['entry'];
  }
}

const decoder = new TextDecoder();
