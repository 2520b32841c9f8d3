import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { EgideError } from '../errors.js';
import { closedBank, databaseError } from './database-error.js';

/**
 * A pool for Kysely whose failures name neither key, host nor connection string. A connection that was lost while nobody used it (a server
 * that was started again, a firewall) is found out by the first query, which is asked again over another one: it begins a transaction, or is
 * one by itself that may be asked twice.
 */
export class LastingPool implements PostgresPool {
  readonly #pool: Pool;
  /** Connections that were used before. */
  readonly #seen = new WeakSet<PoolClient>();
  /** Who waits for a connection. */
  readonly #waiting = new Set<(error: EgideError) => void>();
  #isClosed = false;

  constructor(pool: Pool) {
    this.#pool = pool;
    pool.on('error', () => undefined); // of a connection that nobody uses: the next use opens another
    pool.on('connect', (client) => client.on('error', () => undefined)); // of one in use: the query that is under way, or the next, fails with it
  }

  async connect(): Promise<PostgresPoolClient> {
    const use = new PoolUse(this);
    await use.connect();
    return use as unknown as PostgresPoolClient; // without cursors, which Kysely asks for only where it was given one
  }

  /**
   * A connection of the pool, and whether it may have been lost already.
   *
   * @throws {EgideError} `NOT_FOUND`, `BUSY`, `INVALID_ARGUMENT`, `DISPOSED`.
   */
  async take(): Promise<{ readonly client: PoolClient; readonly doubtful: boolean }> {
    if (this.#isClosed) throw closedBank();
    const client = await this.#taken();
    const doubtful = this.#seen.has(client);
    this.#seen.add(client);
    return { client, doubtful };
  }

  /** A pool that ends forgets who waits for it. */
  #taken(): Promise<PoolClient> {
    return new Promise((resolve, reject) => {
      this.#waiting.add(reject);
      this.#pool.connect().then(
        (client) => (this.#waiting.delete(reject) ? resolve(client) : client.release(true)),
        (error) => this.#waiting.delete(reject) && reject(databaseError('postgres', error)),
      );
    });
  }

  /**
   * Lets nobody else have a connection, and closes each when it was given back. To be called instead of Kysely's `destroy`, after which Kysely
   * throws what is no error of a bank.
   */
  async end(): Promise<void> {
    this.#isClosed = true;
    for (const refuse of this.#waiting) refuse(closedBank());
    this.#waiting.clear();
    await this.#pool.end();
  }
}

/** A connection from when it is taken out of the pool until it is given back. */
class PoolUse {
  readonly #pool: LastingPool;
  #client: PoolClient | undefined;
  /** Whether it may have been lost already when it was taken. */
  #doubtful = false;
  #lost = false;

  constructor(pool: LastingPool) {
    this.#pool = pool;
  }

  /** Throws as {@link LastingPool.take}. */
  async connect(): Promise<void> {
    const { client, doubtful } = await this.#pool.take();
    [this.#client, this.#doubtful] = [client, doubtful];
  }

  async query(text: string, parameters: readonly unknown[]): Promise<unknown> {
    for (;;) {
      if (this.#lost && text === 'rollback') return { rows: [] }; // the server undoes what it hears no more of
      try {
        const result = await this.#client?.query(text, [...parameters]);
        this.#doubtful = false;
        return result;
      } catch (error) {
        const failure = databaseError('postgres', error);
        this.#lost = isLost(failure);
        if (this.#lost && this.#doubtful) await this.#replace();
        else if (!this.#lost || text !== 'rollback') throw failure;
      }
    }
  }

  async #replace(): Promise<void> {
    this.release();
    await this.connect();
    this.#lost = false;
  }

  release(): void {
    this.#client?.release(this.#lost);
    this.#client = undefined;
  }
}

/** A query fails so only when there is no server at the other end any more. */
function isLost({ code }: EgideError): boolean {
  return code === 'NOT_FOUND';
}
