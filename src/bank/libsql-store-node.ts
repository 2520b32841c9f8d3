import { mkdir, open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dialect, Kysely } from 'kysely';
import { EgideError } from '../errors.js';
import { checkPath, systemCode } from '../search/save-file-node.js';
import { closedBank, damagedBank, databaseError } from './database-error.js';
import { type LibsqlDatabase, LibsqlDriver } from './libsql-driver-node.js';
import { packedReads } from './libsql-reads-node.js';
import { optionalPackage } from './optional-package-node.js';
import type { Reads } from './reads.js';
import { APPLICATION_ID, BANK_FORMAT, createTables, type SchemaWords, type Tables } from './schema.js';
import type { Store } from './store.js';

/** Name of the database in a bank's folder. */
export const BANK_FILE = 'bank.db';

/** KiB of pages that a writer keeps: the upper levels of the trees of 10 million entries and the leaves in use (measured here). */
const CACHE_KIB = 65_536;
/** Pages after which the log is copied into the database: 16 MiB, as much as one step of an import writes (measured here). */
const CHECKPOINT_PAGES = 4_096;
/** What is waited for inside SQLite: the moments in which another process opens or closes the database, not its transactions. */
const MOMENT_MS = 50;
/** Bytes of a page of a database at least (sqlite.org/fileformat2.html). */
const LEAST_PAGE = 512;
/** Problems that SQLite is asked to name. */
const MAX_DAMAGE = 20;

type KyselyModule = typeof import('kysely');

/** How to open a bank that is a folder. */
export interface FolderOptions {
  /** Whether to make a bank where there is none. */
  readonly create: boolean;
}

/**
 * Opens, or makes, the database in a folder. A folder that is made belongs to its owner alone, and so does the file.
 *
 * @throws {EgideError} `MISSING_PACKAGE`, `NOT_FOUND`, `INVALID_BANK`, `WRITE_FAILED`, `BUSY`, `INVALID_ARGUMENT`.
 */
export async function openLibsqlStore(folder: string, { create }: FolderOptions): Promise<Store> {
  checkPath(folder);
  const kysely = await optionalPackage('kysely', 'a bank', () => import('kysely'));
  const { default: Database } = await optionalPackage('libsql', 'a bank in a folder', () => import('libsql'));
  const path = join(folder, BANK_FILE);
  await makeFile(folder, path, create);
  const connect = (begin: 'begin' | 'begin immediate') => connected(kysely, new LibsqlDriver(opened(Database, path), begin));
  const writing = connect('begin immediate');
  try {
    await prepare(kysely, writing.db, path);
    return new LibsqlStore(kysely, path, writing, () => connect('begin'));
  } catch (error) {
    await writing.driver.close();
    throw error;
  }
}

class LibsqlStore implements Store {
  readonly kind = 'embedded';
  readonly reading: Kysely<Tables>;
  readonly sql: KyselyModule['sql'];
  readonly #path: string;
  readonly #writing: Connected;
  readonly #reading: Connected;
  readonly #connect: () => Connected;
  /** Under way. */
  readonly #views = new Set<Promise<unknown>>();
  #isClosed = false;

  constructor(kysely: KyselyModule, path: string, writing: Connected, connect: () => Connected) {
    this.sql = kysely.sql;
    this.#path = path;
    this.#writing = writing;
    this.#reading = connect();
    this.reading = this.#reading.db;
    this.#connect = connect;
  }

  write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T> {
    return this.#writing.db.transaction().execute(work);
  }

  async view<T>(work: (db: Kysely<Tables>, reads: Reads) => Promise<T>): Promise<T> {
    if (this.#isClosed) throw closedBank();
    const viewing = this.#view(work);
    this.#views.add(viewing);
    return viewing.finally(() => this.#views.delete(viewing));
  }

  async #view<T>(work: (db: Kysely<Tables>, reads: Reads) => Promise<T>): Promise<T> {
    const { db: own, driver } = this.#connect();
    try {
      return await own.transaction().execute((db) =>
        work(
          db,
          packedReads(db, this.sql, (query, slice) => driver.stream(query, slice)),
        ),
      );
    } finally {
      await driver.close();
    }
  }

  async verify(): Promise<string[]> {
    const { rows } = await this.sql<{ integrity_check: string }>`pragma integrity_check(${this.sql.lit(MAX_DAMAGE)})`.execute(this.reading);
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  }

  async compact(): Promise<void> {
    await this.sql`vacuum`.execute(this.#writing.db);
    await this.sql`pragma wal_checkpoint(truncate)`.execute(this.#writing.db);
  }

  async byteLength(): Promise<number> {
    let bytes = 0;
    for (const end of ['', '-wal']) bytes += await sizeOf(this.#path + end);
    return bytes;
  }

  /** libsql lets go of a connection when its statements are collected as garbage: until then the log stays, but empty. */
  async close(): Promise<void> {
    this.#isClosed = true;
    await Promise.all([this.#writing.driver.end(), this.#reading.driver.close(), Promise.allSettled(this.#views)]);
    await this.#writing.driver.close('pragma wal_checkpoint(truncate)');
  }
}

/** The empty file that SQLite takes for a new database: made here, so that nobody else may read it from the first moment on. */
async function makeFile(folder: string, path: string, create: boolean): Promise<void> {
  try {
    if (create ? await isThere(path) : (await sizeOf(path)) > 0) return;
    if (!create) throw new EgideError('NOT_FOUND', `${folder} is no bank: it has no ${BANK_FILE}`);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    if ((await readdir(folder)).some((name) => !name.startsWith('.') && !name.startsWith(BANK_FILE)))
      throw new EgideError('INVALID_BANK', `${folder} holds other files and no bank: expected a new, an empty, or a bank's folder`);
    await (await open(path, 'wx', 0o600)).close();
  } catch (cause) {
    if (cause instanceof EgideError) throw cause;
    if (systemCode(cause) === 'EEXIST' && (await isThere(path))) return; // another process was faster
    throw new EgideError('WRITE_FAILED', `${folder} cannot hold a bank (${systemCode(cause)})`, { cause });
  }
}

async function isThere(path: string): Promise<boolean> {
  const found = await stat(path).catch((cause) => {
    if (systemCode(cause) === 'ENOENT') return undefined;
    throw cause;
  });
  return found !== undefined;
}

async function sizeOf(path: string): Promise<number> {
  return (await isThere(path)) ? (await stat(path)).size : 0;
}

function opened(Database: new (path: string) => LibsqlDatabase, path: string): LibsqlDatabase {
  try {
    const database = new Database(path);
    database.exec(`pragma busy_timeout=${MOMENT_MS}`);
    database.exec('pragma synchronous=full'); // what was committed is on the disk: a checkpoint of a source stands for it
    database.exec('pragma temp_store=file'); // the build keeps temporary tables in memory, and a sort may have 10 million rows
    database.exec(`pragma cache_size=-${CACHE_KIB}`);
    database.exec(`pragma wal_autocheckpoint=${CHECKPOINT_PAGES}`);
    return database;
  } catch (error) {
    throw databaseError('embedded', error);
  }
}

/** One connection. */
interface Connected {
  readonly db: Kysely<Tables>;
  readonly driver: LibsqlDriver;
}

function connected({ Kysely, SqliteAdapter, SqliteIntrospector, SqliteQueryCompiler }: KyselyModule, driver: LibsqlDriver): Connected {
  const dialect: Dialect = {
    createAdapter: () => new SqliteAdapter(),
    createDriver: () => driver,
    createIntrospector: (db) => new SqliteIntrospector(db),
    createQueryCompiler: () => new SqliteQueryCompiler(),
  };
  return { db: new Kysely<Tables>({ dialect }), driver };
}

/** Makes the tables of a new file, and refuses what is no bank, or none of this version, or was cut off. */
async function prepare({ sql }: KyselyModule, db: Kysely<Tables>, path: string): Promise<void> {
  const number = async (name: string): Promise<number> => {
    const { rows } = await sql<Record<string, number>>`pragma ${sql.raw(name)}`.execute(db);
    return Number(rows[0]?.[name]);
  };
  const size = await sizeOf(path);
  if (size > 0 && size < LEAST_PAGE) throw cutOff(path); // SQLite takes it for a new one
  if (await isEmpty(db)) {
    await sql`pragma journal_mode=wal`.execute(db); // readers and a writer do not wait for each other
    await db.transaction().execute(async (locked) => {
      if (!(await isEmpty(locked))) return; // another process was faster
      await createTables(locked, wordsOf(sql));
      await sql`pragma application_id=${sql.lit(APPLICATION_ID)}`.execute(locked);
      await sql`pragma user_version=${sql.lit(BANK_FORMAT)}`.execute(locked);
    });
  }
  if ((await number('application_id')) !== APPLICATION_ID) throw new EgideError('INVALID_BANK', `${path} is a database of another program`);
  const version = await number('user_version');
  if (version !== BANK_FORMAT)
    throw new EgideError('INVALID_BANK', `${path} has format ${version}, this version of egide reads ${BANK_FORMAT}`);
  if ((await db.selectFrom('bank').select('id').execute()).length !== 1) throw damagedBank('no counters');
  const expected = (await number('page_count')) * (await number('page_size'));
  // Pages that are still in the log make a database longer than its file.
  if ((await sizeOf(path)) < expected && (await sizeOf(`${path}-wal`)) === 0) throw cutOff(path);
}

function cutOff(path: string): EgideError {
  return new EgideError('INVALID_BANK', `${path} was cut off: restore it from a copy, or make a new one and sync its lists`);
}

async function isEmpty(db: Kysely<Tables>): Promise<boolean> {
  return (await db.introspection.getTables()).length === 0;
}

function wordsOf(sql: KyselyModule['sql']): SchemaWords {
  return { whole: 'integer', real: 'real', bytes: 'blob', text: sql`text`, clustered: sql`without rowid` };
}
