import type { CompiledQuery, Kysely, RawBuilder } from 'kysely';
import { type EntryTable, INLINE_SIGNALS, type SignalTable, type Tables } from './schema.js';
import { SIGNAL_BYTES } from './signal.js';
import type { Store } from './store.js';

/** Rows of one statement: from there on more of them save nothing (measured here). */
const ROWS = 100;
/** Rows of one statement that takes them packed (measured here). */
const PACKED_ROWS = 1_000;
/** Characters of a text that is packed: so many rows of it are far from what SQLite takes as one value (our own choice). */
const MAX_PACKED_LENGTH = 4_096;
/** Keys of one statement with a parameter for each (measured here). */
const KEYS = 500;
/** Queries that are kept compiled: more shapes than one list has (our own choice). */
const MAX_COMPILED = 200;

/** Bytes from which on an array has a buffer of its own in every engine (V8 keeps up to 64 on its heap). */
const MIN_BUFFER = 256;

/** Columns of an entry besides its signals that a record may leave empty. */
const SAID = ['quality', 'mode', 'further', 'rest'] as const;
/** All columns that a record may leave empty. */
const OPTIONAL = [...INLINE_SIGNALS, ...SAID] as const;

/** What is done with a row of a key that its list has: nothing. */
const IF_NEW = 'on conflict (list, key) do nothing';

/** An entry as it is found. */
export type FoundEntry = Omit<EntryTable, 'list' | 'generation'>;

/**
 * Writes and finds many rows by few statements; putting a statement together takes longer than running it, so each shape is kept. An embedded
 * bank is given rows packed: to hand a value over takes longer than to insert it (measured here).
 */
export class Bulk {
  readonly #compiled = new Map<string, CompiledQuery>();
  readonly #packs: boolean;
  readonly #sql: Store['sql'];

  constructor({ kind, sql }: Store) {
    this.#packs = kind === 'embedded';
    this.#sql = sql;
  }

  /** Adds entries of one list and generation, but those of a key that it has. Returns how many it added. */
  async insertEntries(db: Kysely<Tables>, entries: readonly EntryTable[]): Promise<number> {
    const unpacked: EntryTable[] = [];
    const packed = new Map<number, EntryTable[]>(); // by the columns that they fill
    for (const entry of entries) {
      if (!this.#packs || !isPackable(entry)) unpacked.push(entry);
      else {
        let filled = 0;
        for (const column of OPTIONAL) filled = 2 * filled + (entry[column] === null ? 0 : 1);
        const alike = packed.get(filled);
        if (alike) alike.push(entry);
        else packed.set(filled, [entry]);
      }
    }
    let added = 0;
    for (const alike of packed.values()) for (const rows of inPieces(alike, PACKED_ROWS)) added += await this.#insertPacked(db, rows);
    for (const rows of inPieces(unpacked, ROWS)) added += await this.#insertRows(db, rows);
    return added;
  }

  /** Adds rows that fill the same columns: one JSON text, and one buffer for each type of signal. */
  async #insertPacked(db: Kysely<Tables>, rows: readonly EntryTable[]): Promise<number> {
    const one = rows[0] as EntryTable;
    const types = INLINE_SIGNALS.filter((type) => one[type] !== null);
    const said = SAID.filter((column) => one[column] !== null);
    const isPlain = said.length === 0 && rows.every(({ id }, i) => id === one.id + i);
    const query = this.#shape(`packed ${one.list} ${one.generation} ${types} ${isPlain || said}`, () => {
      const signals = types.map((type) => `substr(?, 1 + ${SIGNAL_BYTES[type]} * key, ${SIGNAL_BYTES[type]})`);
      // Arrays within an array take half as long again as texts, of which SQLite reads the number at the beginning (measured here).
      const others = isPlain
        ? ["substr(value, 1 + instr(value, ' '))", 'cast(value as integer)', '? + key']
        : ['key', 'sum', 'id', ...said].map((_, i) => `value ->> ${i}`);
      const columns = [...types, 'list', 'generation', 'key', 'sum', 'id', ...(isPlain ? [] : said)];
      const selected = [...signals, one.list, one.generation, ...others];
      return this.#sql.raw(`insert into entry (${columns}) select ${selected} from json_each(?) where true ${IF_NEW}`).compile(db);
    });
    const values = types.map((type) => {
      const bytes = SIGNAL_BYTES[type] as number;
      const all = new Uint8Array(Math.max(rows.length * bytes, MIN_BUFFER));
      for (let i = 0; i < rows.length; ++i) all.set((rows[i] as EntryTable)[type] as Uint8Array, i * bytes);
      return all;
    });
    const texts = isPlain
      ? rows.map(({ key, sum }) => `${sum} ${key}`)
      : rows.map((row) => [row.key, row.sum, row.id, ...said.map((column) => row[column])]);
    const parameters = [...values, ...(isPlain ? [one.id] : []), JSON.stringify(texts)];
    const { numAffectedRows } = await db.executeQuery({ ...query, parameters });
    return Number(numAffectedRows);
  }

  async #insertRows(db: Kysely<Tables>, rows: readonly EntryTable[]): Promise<number> {
    const { list, generation } = rows[0] as EntryTable;
    const optional = OPTIONAL.filter((column) => rows.some((row) => row[column] !== null));
    const columns = ['id', 'key', 'sum', ...optional] as const;
    const query = this.#shape(`entry ${list} ${generation} ${columns} ${rows.length}`, () =>
      db
        .insertInto('entry')
        .values((eb) =>
          rows.map((row) => ({
            ...(Object.fromEntries(columns.map((column) => [column, row[column]])) as unknown as EntryTable),
            list: eb.lit(list),
            generation: eb.lit(generation),
          })),
        )
        .onConflict((conflict) => conflict.columns(['list', 'key']).doNothing())
        .compile(),
    );
    const { numAffectedRows } = await db.executeQuery(withParameters(query, rows, columns));
    return Number(numAffectedRows);
  }

  async insertSignals(db: Kysely<Tables>, signals: readonly SignalTable[]): Promise<void> {
    const columns = ['type', 'entry', 'n', 'list', 'value', 'quality', 'mode', 'name'] as const;
    for (const rows of inPieces(signals, ROWS)) {
      const query = this.#shape(`signal ${rows.length}`, () =>
        db
          .insertInto('signal')
          .values(
            rows.map(({ type, entry, n, list, value, quality, mode, name }) => ({ type, entry, n, list, value, quality, mode, name })),
          )
          .compile(),
      );
      await db.executeQuery(withParameters(query, rows, columns));
    }
  }

  /** The entries of a list that have one of these keys. */
  async entriesWithKeys(db: Kysely<Tables>, list: number, keys: readonly string[]): Promise<FoundEntry[]> {
    const found: FoundEntry[] = [];
    for (const some of inPieces(keys, this.#packs ? PACKED_ROWS : KEYS)) {
      const query = this.#shape(`keys ${list} ${this.#packs || some.length}`, () =>
        db
          .selectFrom('entry')
          .select(['id', 'key', 'sum', ...OPTIONAL])
          .where((eb) => eb('list', '=', eb.lit(list)))
          .where('key', 'in', this.#packs ? this.#items<string>('') : some)
          .compile(),
      );
      found.push(...(await db.executeQuery<FoundEntry>({ ...query, parameters: this.#packs ? [JSON.stringify(some)] : some })).rows);
    }
    return found;
  }

  /** Says that entries were told of in this generation. */
  async setGeneration(db: Kysely<Tables>, generation: number, ids: readonly number[]): Promise<void> {
    for (const some of inPieces(ids, this.#packs ? PACKED_ROWS : KEYS))
      await db
        .updateTable('entry')
        .set({ generation })
        .where('id', 'in', this.#packs ? this.#items<number>(JSON.stringify(some)) : some)
        .execute();
  }

  /** What a JSON array holds, in an embedded bank. */
  #items<Item>(json: string): RawBuilder<Item> {
    return this.#sql<Item>`(select value from json_each(${json}))`;
  }

  #shape(name: string, compile: () => CompiledQuery): CompiledQuery {
    const known = this.#compiled.get(name);
    if (known) return known;
    const query = compile();
    if (this.#compiled.size >= MAX_COMPILED) this.#compiled.delete(this.#compiled.keys().next().value as string);
    this.#compiled.set(name, query);
    return query;
  }
}

/** Whether JSON gives the row back as it is: SQLite may read a fraction otherwise than JavaScript wrote it. */
function isPackable({ quality, rest }: EntryTable): boolean {
  return (quality === null || Number.isInteger(quality)) && (rest === null || rest.length <= MAX_PACKED_LENGTH);
}

/** The values of rows, one after the other. */
function withParameters<Row, Column extends keyof Row>(
  query: CompiledQuery,
  rows: readonly Row[],
  columns: readonly Column[],
): CompiledQuery {
  const parameters: unknown[] = [];
  for (const row of rows) for (const column of columns) parameters.push(row[column]);
  return { ...query, parameters: inOneBuffer(parameters) };
}

/**
 * The same, with all bytes as views of one buffer: a small array lies on the heap of JavaScript, and to hand it to native code makes a
 * buffer of its own, which takes longer than to insert its row (measured here).
 */
function inOneBuffer(parameters: readonly unknown[]): unknown[] {
  let length = 0;
  for (const value of parameters) if (value instanceof Uint8Array) length += value.length;
  const buffer = new Uint8Array(Math.max(length, MIN_BUFFER));
  let end = 0;
  return parameters.map((value) => {
    if (!(value instanceof Uint8Array)) return value;
    buffer.set(value, end);
    end += value.length;
    return buffer.subarray(end - value.length, end);
  });
}

/** Pieces of a list of ids that one query takes. */
export function* inPieces<Item>(items: readonly Item[], size = KEYS): Generator<readonly Item[]> {
  for (let start = 0; start < items.length; start += size) yield items.slice(start, start + size);
}
