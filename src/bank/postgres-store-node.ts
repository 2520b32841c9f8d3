import type { Kysely } from 'kysely';
import type { CustomTypesConfig } from 'pg';
import { EgideError, invalid } from '../errors.js';
import type { PostgresTarget } from './bank.js';
import { databaseError } from './database-error.js';
import { optionalPackage } from './optional-package-node.js';
import { LastingPool } from './postgres-pool-node.js';
import { plainReads, type Reads, type Stream } from './reads.js';
import { BANK_FORMAT, createTables, type SchemaWords, type Tables } from './schema.js';
import { BUSY_MS, type Store } from './store.js';

/** Types that pg gives as text, because a number of JavaScript does not hold all of their values: those of a bank it does (pg_type.dat). */
const WHOLE_TYPES: readonly number[] = [20, 1700];
/** Bytes, which pg gives as a Buffer (pg_type.dat). */
const BYTES_TYPE = 17;
/** One name of an advisory lock for all that make a bank: it is held for moments ("EgdB", as in the header of an embedded one). */
const MAKING = 0x45676442;
/** Milliseconds that a server may take to begin a session, where the caller names none (our own choice). */
const CONNECT_MS = 30_000;
/**
 * Milliseconds that the server waits for the next statement of a writer before it ends its session (our own choice: they follow one another
 * at once). A machine that lost its power or its network would otherwise keep all other writers out for hours.
 */
const STANDSTILL_MS = 60_000;

type KyselyModule = typeof import('kysely');

/** How to open a bank on a server. */
export interface ServerOptions {
  /** Whether to make the tables where there are none. */
  readonly create: boolean;
}

/**
 * Opens, or makes, a bank in a schema of a PostgreSQL database.
 *
 * @throws {EgideError} `MISSING_PACKAGE`, `NOT_FOUND`, `INVALID_BANK`, `WRITE_FAILED`, `BUSY`, `INVALID_ARGUMENT`.
 */
export async function openPostgresStore(target: PostgresTarget, { create }: ServerOptions): Promise<Store> {
  const { postgres, schema = 'egide' } = target;
  if (typeof schema !== 'string' || !/^[a-z_][a-z0-9_]{0,62}$/.test(schema))
    throw invalid('schema', 'a name of small letters, digits and _', schema);
  if (typeof postgres !== 'string' && (typeof postgres !== 'object' || postgres === null))
    throw new EgideError('INVALID_ARGUMENT', 'postgres: expected a connection string or the options of a pool'); // never what came: it has a password
  const kysely = await optionalPackage('kysely', 'a bank', () => import('kysely'));
  const pg = await optionalPackage('pg', 'a bank in PostgreSQL', () => import('pg'));
  const types = { getTypeParser: parserOf(pg.default.types.getTypeParser) };
  const options = typeof postgres === 'string' ? { connectionString: postgres } : postgres;
  const pool = new LastingPool(new pg.default.Pool({ keepAlive: true, connectionTimeoutMillis: CONNECT_MS, ...options, types }));
  const { Kysely, PostgresDialect } = kysely;
  const db = new Kysely<Tables>({ dialect: new PostgresDialect({ pool }) });
  try {
    await prepare(kysely, db, schema, create);
  } catch (error) {
    await pool.end();
    throw databaseError('postgres', error);
  }
  return new PostgresStore(kysely, db, schema, pool);
}

type GetTypeParser = CustomTypesConfig['getTypeParser'];

function parserOf(standard: GetTypeParser): GetTypeParser {
  const parser = (oid: number, format: 'text') => {
    if (WHOLE_TYPES.includes(oid)) return Number;
    const parse = standard(oid, format);
    if (oid !== BYTES_TYPE) return parse;
    return (text: string) => {
      const bytes: Uint8Array = parse(text);
      return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    };
  };
  return parser as GetTypeParser;
}

class PostgresStore implements Store {
  readonly kind = 'postgres';
  readonly reading: Kysely<Tables>;
  readonly sql: KyselyModule['sql'];
  readonly #db: Kysely<Tables>;
  readonly #schema: string;
  readonly #pool: LastingPool;

  constructor({ sql }: KyselyModule, db: Kysely<Tables>, schema: string, pool: LastingPool) {
    this.sql = sql;
    this.#db = db;
    this.#schema = schema;
    this.#pool = pool;
    this.reading = db.withSchema(schema);
  }

  write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#db.transaction().execute(async (transaction) => {
      const db = transaction.withSchema(this.#schema);
      await this.sql`select set_config('lock_timeout', ${`${BUSY_MS}`}, true),
        set_config('idle_in_transaction_session_timeout', ${`${STANDSTILL_MS}`}, true)`.execute(transaction);
      await db.selectFrom('bank').select('id').forUpdate().execute(); // writers take turns
      return work(db);
    });
  }

  view<T>(work: (db: Kysely<Tables>, reads: Reads) => Promise<T>): Promise<T> {
    return this.#db
      .transaction()
      .setIsolationLevel('repeatable read')
      .setAccessMode('read only')
      .execute((transaction) => {
        const db = transaction.withSchema(this.#schema);
        return work(db, plainReads(db, this.#streamOf(transaction)));
      });
  }

  /** Slices come through a cursor, so that other queries may run in between. */
  #streamOf(db: Kysely<Tables>): Stream {
    const { sql } = this;
    let cursors = 0;
    return async function* <Row>(query: { sql: string; parameters: readonly unknown[] }, slice: number) {
      const name = sql.id(`slices_${++cursors}`);
      const declared = sql`declare ${name} no scroll cursor for `.compile(db);
      await db.executeQuery({ ...declared, sql: declared.sql + query.sql, parameters: query.parameters });
      for (let left = true; left; ) {
        const { rows } = await sql<Row>`fetch ${sql.lit(slice)} from ${name}`.execute(db);
        if (rows.length > 0) yield rows;
        left = rows.length === slice;
      }
      await sql`close ${name}`.execute(db); // one that is left early ends with its transaction
    };
  }

  /** PostgreSQL checks a page when it reads it, where the server was set up to (`initdb --data-checksums`): reading all is the check. */
  async verify(): Promise<string[]> {
    return [];
  }

  /** The server's autovacuum does this by itself; here it is done at once, and what planning needs is counted. */
  async compact(): Promise<void> {
    const tables = await this.#tables();
    for (const table of tables) await this.sql`vacuum (analyze) ${this.sql.table(`${this.#schema}.${table}`)}`.execute(this.#db);
  }

  async byteLength(): Promise<number> {
    const { rows } = await this.sql<{ bytes: number }>`
      select coalesce(sum(pg_total_relation_size(c.oid)), 0) as bytes from pg_class c join pg_namespace n on n.oid = c.relnamespace
      where n.nspname = ${this.#schema} and c.relkind = 'r'`.execute(this.#db);
    return rows[0]?.bytes ?? 0;
  }

  async #tables(): Promise<string[]> {
    const { rows } = await this.sql<{ name: string }>`select tablename as name from pg_tables where schemaname = ${this.#schema}`.execute(
      this.#db,
    );
    return rows.map((row) => row.name);
  }

  close(): Promise<void> {
    return this.#pool.end();
  }
}

/** Makes the schema and the tables, or looks whether those that are there are a bank's of this version. */
async function prepare({ sql }: KyselyModule, db: Kysely<Tables>, schema: string, create: boolean): Promise<void> {
  const isThere = async (some: Kysely<Tables>): Promise<boolean> => {
    const { rows } = await sql`select 1 from pg_tables where schemaname = ${schema} and tablename = 'bank'`.execute(some);
    return rows.length > 0;
  };
  if (!(await isThere(db))) {
    if (!create) throw new EgideError('NOT_FOUND', `the database has no bank in the schema ${schema}`);
    await db.transaction().execute(async (transaction) => {
      await sql`select pg_advisory_xact_lock(${sql.lit(MAKING)})`.execute(transaction);
      if (await isThere(transaction)) return; // another process was faster
      const { rows } = await sql`select 1 from pg_tables where schemaname = ${schema}`.execute(transaction);
      if (rows.length > 0) throw new EgideError('INVALID_BANK', `the schema ${schema} has tables of another program: name another one`);
      await sql`create schema if not exists ${sql.id(schema)}`.execute(transaction);
      await createTables(transaction.withSchema(schema), wordsOf(sql));
    });
  }
  const format = await formatOf(db.withSchema(schema));
  if (format !== BANK_FORMAT)
    throw new EgideError(
      'INVALID_BANK',
      `the bank in the schema ${schema} has format ${format ?? 'none'}, this version of egide reads ${BANK_FORMAT}`,
    );
}

async function formatOf(db: Kysely<Tables>): Promise<number | undefined> {
  const row = await db.selectFrom('bank').select('format').executeTakeFirst();
  return row?.format;
}

function wordsOf(sql: KyselyModule['sql']): SchemaWords {
  return { whole: 'bigint', real: 'double precision', bytes: 'bytea', text: sql`text collate "C"`, clustered: sql`` };
}
