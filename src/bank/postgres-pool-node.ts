import type { PostgresPool, PostgresPoolClient } from 'kysely';
import type { Pool, PoolClient } from 'pg';
import type { EgideError } from '../errors.js';
import { databaseError } from './database-error.js';

/**
 * A pool for Kysely whose failures name neither key, host nor connection string. A connection that was lost while nobody used it (a server
 * that was started again, a firewall) is found out by the first query, which is asked again over another one: it begins a transaction, or is
 * one by itself that may be asked twice.
 */
export function lastingPool(pool: Pool): PostgresPool {
  pool.on('error', () => undefined); // of a connection that nobody uses: the next use opens another
  const seen = new WeakSet<PoolClient>();
  return {
    connect: async () => {
      const use = new PoolUse(pool, seen);
      await use.connect();
      return use as unknown as PostgresPoolClient; // without cursors, which Kysely asks for only where it was given one
    },
    end: () => pool.end(),
  };
}

/** A connection from when it is taken out of the pool until it is given back. */
class PoolUse {
  readonly #pool: Pool;
  /** Connections that were used before. */
  readonly #seen: WeakSet<PoolClient>;
  #client: PoolClient | undefined;
  /** Whether it may have been lost already when it was taken. */
  #doubtful = false;
  #lost = false;

  constructor(pool: Pool, seen: WeakSet<PoolClient>) {
    this.#pool = pool;
    this.#seen = seen;
  }

  /** @throws {EgideError} `NOT_FOUND`, `BUSY`, `INVALID_ARGUMENT`. */
  async connect(): Promise<void> {
    try {
      const client = await this.#pool.connect();
      this.#client = client;
      this.#doubtful = this.#seen.has(client);
      if (!this.#doubtful) client.on('error', () => undefined); // the query that is under way fails with it
      this.#seen.add(client);
    } catch (error) {
      throw databaseError('postgres', error);
    }
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
