import type { Kysely, Sql } from 'kysely';
import type { Reads } from './reads.js';
import type { Tables } from './schema.js';

/** The database below a bank: what the embedded one and PostgreSQL have in common is Kysely, the rest is here. */
export interface Store {
  readonly kind: 'embedded' | 'postgres';
  /** For reading by single queries; each sees what was committed before it. */
  readonly reading: Kysely<Tables>;
  readonly sql: Sql;
  /**
   * One transaction, alone: writers of all processes take turns from its beginning on.
   *
   * @throws {EgideError} `BUSY` if another writer does not end within {@link BUSY_MS}; what `work` throws, after which nothing is changed.
   */
  write<T>(work: (db: Kysely<Tables>) => Promise<T>): Promise<T>;
  /** One transaction that sees the bank as it is at its beginning, and holds up no writer. */
  view<T>(work: (db: Kysely<Tables>, reads: Reads) => Promise<T>): Promise<T>;
  /** Damage that the database itself can find, in words; empty if there is none. */
  verify(): Promise<string[]>;
  /** Gives back the room of what was withdrawn. */
  compact(): Promise<void>;
  /** Bytes that the bank takes. */
  byteLength(): Promise<number>;
  /** Lets nothing new begin, which throws `DISPOSED`, and closes when what is under way is done. */
  close(): Promise<void>;
}

/** How long a writer waits for another one: longer than any step of a sync that keeps to the sizes of batches named here (our own choice). */
export const BUSY_MS = 10_000;
