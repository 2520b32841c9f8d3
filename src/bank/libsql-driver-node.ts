import { isUtf8 } from 'node:buffer';
import { setTimeout as delay } from 'node:timers/promises';
import type { CompiledQuery, DatabaseConnection, Driver, QueryResult } from 'kysely';
import type Libsql from 'libsql';
import { closedBank, damagedBank, databaseError } from './database-error.js';
import { BUSY_MS } from './store.js';

/** A database that libsql has opened. */
export type LibsqlDatabase = Libsql.Database;
type Statement = Libsql.Statement<unknown[]>;

/** Statements that stay prepared: more than a bank has (our own choice). */
const MAX_STATEMENTS = 200;
/** Milliseconds between two tries of a writer: a step of a sync takes about that (our own choice). */
const RETRY_MS = 20;

/** What gives a value of a column as it is, and has no type of its own; but the number of a row is always one. */
const LEAST_OR_MOST = /\b(min|max)\("(?!id"\))/;

/** One connection to an embedded database, for Kysely: who writes waits for others without holding the event loop. */
export class LibsqlDriver implements Driver {
  readonly #connection: LibsqlConnection;
  readonly #begin: 'begin' | 'begin immediate';
  #turn: Promise<void> = Promise.resolve();
  #endTurn: () => void = () => undefined;
  #isClosed = false;

  /** @param begin How transactions begin: `begin immediate` takes the right to write at once. */
  constructor(database: LibsqlDatabase, begin: 'begin' | 'begin immediate') {
    this.#connection = new LibsqlConnection(database);
    this.#begin = begin;
  }

  async init(): Promise<void> {}

  /** There is one connection: who comes waits for who came before. Throws `DISPOSED` once it is to be closed. */
  async acquireConnection(): Promise<DatabaseConnection> {
    if (this.#isClosed) throw closedBank();
    const before = this.#turn;
    let end = (): void => undefined;
    this.#turn = new Promise((resolve) => {
      end = resolve;
    });
    await before;
    if (this.#isClosed) {
      end();
      throw closedBank();
    }
    this.#endTurn = end;
    return this.#connection;
  }

  async beginTransaction(): Promise<void> {
    for (const end = performance.now() + BUSY_MS; ; await delay(RETRY_MS))
      try {
        return this.#connection.run(this.#begin);
      } catch (error) {
        const failure = databaseError('embedded', error);
        if (failure.code !== 'BUSY' || performance.now() > end) throw failure;
      }
  }

  async commitTransaction(): Promise<void> {
    this.#connection.run('commit');
  }

  async rollbackTransaction(): Promise<void> {
    this.#connection.rollback();
  }

  /**
   * Rows of a query that reads no text, slice by slice; other queries may run in between. Left early, it gives its rows up. Text, which only
   * damage makes, comes as null.
   */
  async *stream<Row>(query: CompiledQuery<Row>, slice: number): AsyncGenerator<readonly Row[]> {
    yield* this.#connection.stream(query, slice);
  }

  async releaseConnection(): Promise<void> {
    this.#endTurn();
  }

  /** Lets nobody else have the connection. Settles when it was given back. */
  async end(): Promise<void> {
    this.#isClosed = true;
    await this.#turn;
  }

  /**
   * Ends, and closes the connection. To be called instead of Kysely's `destroy`, after which Kysely throws what is no error of a bank.
   *
   * @param last A statement that is run before.
   */
  async close(last?: string): Promise<void> {
    await this.end();
    try {
      if (last !== undefined) this.#connection.run(last);
    } finally {
      this.#connection.close();
    }
  }

  destroy(): Promise<void> {
    return this.close();
  }
}

/** A statement that stays prepared, and one that gives all text that it will read as bytes, if it reads any. */
interface Prepared {
  readonly statement: Statement;
  readonly texts: Statement | undefined;
}

class LibsqlConnection implements DatabaseConnection {
  readonly #database: LibsqlDatabase;
  readonly #statements = new Map<string, Prepared>(); // the one that was not used for longest comes first

  constructor(database: LibsqlDatabase) {
    this.#database = database;
  }

  run(text: string): void {
    try {
      this.#database.exec(text);
    } catch (error) {
      throw databaseError('embedded', error);
    }
  }

  /** A failure such as a full disk has ended the transaction already. */
  rollback(): void {
    if (this.#database.inTransaction) this.run('rollback');
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    try {
      const { statement, texts } = this.#prepared(sql);
      if (texts) checkTexts(texts, parameters);
      if (!statement.reader) return { numAffectedRows: BigInt(statement.run(parameters).changes), rows: [] };
      return { rows: statement.all(parameters).map((row) => withBytes(row) as Row) };
    } catch (error) {
      throw databaseError('embedded', error);
    }
  }

  // biome-ignore lint/correctness/useYield: Kysely would let nothing else use the connection until the last row
  async *streamQuery<Row>(): AsyncIterableIterator<QueryResult<Row>> {
    throw new Error('ask LibsqlDriver.stream');
  }

  *stream<Row>({ sql, parameters }: CompiledQuery<Row>, slice: number): Generator<readonly Row[]> {
    const rows = this.#opened(sql, parameters);
    let done = false;
    try {
      while (!done) {
        const some: Row[] = [];
        while (!done && some.length < slice) {
          const next = rows.next();
          done = next.done === true;
          if (!done) some.push(withBytes(next.value) as Row);
        }
        if (some.length > 0) yield some;
      }
    } catch (error) {
      done = true;
      throw databaseError('embedded', error);
    } finally {
      if (!done) this.#abandon(rows);
    }
  }

  /** Never one of the prepared ones: it is in use until its last row. */
  #opened(sql: string, parameters: readonly unknown[]): Iterator<unknown> {
    try {
      const columns = this.#database
        .prepare(sql)
        .columns()
        .map(({ name }) => `case typeof("${name}") when 'text' then null else "${name}" end as "${name}"`);
      return this.#database.prepare(`select ${columns.join()} from (${sql})`).iterate(parameters);
    } catch (error) {
      throw databaseError('embedded', error);
    }
  }

  /** A statement in the middle of its rows keeps its transaction open until it is collected as garbage. */
  #abandon(rows: Iterator<unknown>): void {
    (this.#database as LibsqlDatabase & { interrupt(): void }).interrupt();
    try {
      while (!rows.next().done);
    } catch {} // SQLITE_INTERRUPT, as asked for
  }

  #prepared(sql: string): Prepared {
    const prepared = this.#statements.get(sql) ?? this.#prepare(sql);
    this.#statements.delete(sql);
    this.#statements.set(sql, prepared);
    if (this.#statements.size > MAX_STATEMENTS) this.#statements.delete(this.#statements.keys().next().value as string);
    return prepared;
  }

  #prepare(sql: string): Prepared {
    const statement = this.#database.prepare(sql);
    const read = /^(select|with) /i.test(sql) ? statement.columns() : [];
    const texts = read.filter(({ type, column }) => (type === null ? LEAST_OR_MOST.test(sql) : column !== 'id'));
    if (texts.length === 0) return { statement, texts: undefined };
    const joined = texts.map(({ name }) => `case typeof("${name}") when 'text' then "${name}" else '' end`).join(' || char(0) || ');
    return { statement, texts: this.#database.prepare(`select cast(group_concat(${joined}, char(0)) as blob) as texts from (${sql})`) };
  }

  close(): void {
    this.#statements.clear();
    this.#database.close();
  }
}

/** libsql gives blobs as ArrayBuffers of their own. */
function withBytes(row: unknown): unknown {
  const cells = row as Record<string, unknown>;
  for (const name in cells) if (cells[name] instanceof ArrayBuffer) cells[name] = new Uint8Array(cells[name]);
  return row;
}

/**
 * libsql ends the process on text that is no UTF-8, which only damage makes, in a column of whatever type but the number of a row: so all of
 * it is read as bytes first (a tenth of the time of reading, measured here).
 */
function checkTexts(texts: Statement, parameters: readonly unknown[]): void {
  const { texts: bytes } = texts.get(parameters) as { readonly texts: ArrayBuffer | null };
  if (bytes !== null && !isUtf8(bytes)) throw damagedBank('text that is none');
}
