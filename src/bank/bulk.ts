import type { CompiledQuery, Kysely } from 'kysely';
import type { EntryTable, SignalTable, Tables } from './schema.js';

/** Rows of one statement: from there on more of them save nothing (measured here). */
const ROWS = 100;
/** Keys of one look-up (measured here). */
const KEYS = 500;
/** Queries that are kept compiled: more shapes than one list has (our own choice). */
const MAX_COMPILED = 200;

/** Bytes from which on an array has a buffer of its own in every engine (V8 keeps up to 64 on its heap). */
const MIN_BUFFER = 256;

/** The columns of an entry that a record may leave empty. */
const OPTIONAL = ['pdq', 'quality', 'md5', 'sha1', 'sha256', 'further', 'rest'] as const;

/** Writes and finds many rows by few statements; putting a statement together takes longer than running it, so each shape is kept. */
export class Bulk {
  readonly #compiled = new Map<string, CompiledQuery>();

  /** Adds entries of one list and generation. */
  async insertEntries(db: Kysely<Tables>, entries: readonly EntryTable[]): Promise<void> {
    for (let start = 0; start < entries.length; start += ROWS) {
      const rows = entries.slice(start, start + ROWS);
      const { list, generation } = rows[0] as EntryTable;
      const optional = OPTIONAL.filter((column) => rows.some((row) => row[column] !== null));
      const columns = ['id', 'key', ...optional] as const;
      const query = this.#shape(`entry ${list} ${generation} ${columns} ${rows.length}`, () =>
        db.insertInto('entry').values((eb) =>
          rows.map((row) => ({
            ...(Object.fromEntries(columns.map((column) => [column, row[column]])) as unknown as EntryTable),
            list: eb.lit(list),
            generation: eb.lit(generation),
          })),
        ),
      );
      await db.executeQuery(withParameters(query, rows, columns));
    }
  }

  async insertSignals(db: Kysely<Tables>, signals: readonly SignalTable[]): Promise<void> {
    const columns = ['type', 'entry', 'n', 'list', 'value', 'quality', 'name'] as const;
    for (let start = 0; start < signals.length; start += ROWS) {
      const rows = signals.slice(start, start + ROWS);
      const query = this.#shape(`signal ${rows.length}`, () =>
        db
          .insertInto('signal')
          .values(rows.map(({ type, entry, n, list, value, quality, name }) => ({ type, entry, n, list, value, quality, name }))),
      );
      await db.executeQuery(withParameters(query, rows, columns));
    }
  }

  /** The entries of a list that have one of these keys. */
  async entriesWithKeys(db: Kysely<Tables>, list: number, keys: readonly string[]): Promise<EntryTable[]> {
    const found: EntryTable[] = [];
    for (let start = 0; start < keys.length; start += KEYS) {
      const some = keys.slice(start, start + KEYS);
      const query = this.#shape(`keys ${list} ${some.length}`, () =>
        db
          .selectFrom('entry')
          .selectAll()
          .where((eb) => eb('list', '=', eb.lit(list)))
          .where('key', 'in', some),
      );
      found.push(...(await db.executeQuery<EntryTable>({ ...query, parameters: some })).rows);
    }
    return found;
  }

  #shape(name: string, build: () => { compile(): CompiledQuery }): CompiledQuery {
    const known = this.#compiled.get(name);
    if (known) return known;
    const query = build().compile();
    if (this.#compiled.size >= MAX_COMPILED) this.#compiled.delete(this.#compiled.keys().next().value as string);
    this.#compiled.set(name, query);
    return query;
  }
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
