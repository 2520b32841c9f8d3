import { EgideError, type ErrorCode } from '../errors.js';

/** What to do with a damaged bank. */
const RESTORE = 'restore it from a copy, or make a new one and sync its lists';

/** What the codes of SQLite mean for a bank (sqlite.org/rescode.html); an extended one begins with its primary one. */
const SQLITE: readonly (readonly [prefix: string, code: ErrorCode, what: string])[] = [
  ['SQLITE_BUSY', 'BUSY', 'another process is writing to the bank: try again when it is done'],
  ['SQLITE_LOCKED', 'BUSY', 'the bank is in use: try again'],
  ['SQLITE_NOTADB', 'INVALID_BANK', 'bank.db is no bank: expected one that egide made'],
  ['SQLITE_CORRUPT', 'INVALID_BANK', `the bank is damaged: ${RESTORE}`],
  ['SQLITE_FULL', 'WRITE_FAILED', 'the disk is full: nothing of this step was kept'],
  ['SQLITE_READONLY', 'WRITE_FAILED', 'the bank cannot be written: look at the permissions of its folder and of bank.db'],
  ['SQLITE_CANTOPEN', 'WRITE_FAILED', 'the bank cannot be opened for writing: look at the permissions of its folder and of bank.db'],
  ['SQLITE_PERM', 'WRITE_FAILED', 'the bank cannot be written: look at the permissions of its folder and of bank.db'],
  ['SQLITE_IOERR', 'WRITE_FAILED', 'the disk failed: nothing of this step was kept'],
  ['SQLITE_NOMEM', 'OUT_OF_MEMORY', 'there is no memory for this step'],
];

/** What is true of a step whose end was not heard: the answer to `commit` may be what was lost. */
const WHOLE = 'the step under way was kept as a whole or not at all, so do it again';

/** What the classes of SQLSTATE mean for a bank (PostgreSQL 15, appendix A), and what the network says. */
const POSTGRES: readonly (readonly [prefix: string, code: ErrorCode, what: string])[] = [
  ['55P03', 'BUSY', 'another process is writing to the bank: try again when it is done'],
  ['40', 'BUSY', 'another process was writing to the bank: try again'],
  ['53300', 'BUSY', 'the server takes no more connections: try again, or let fewer processes connect'],
  ['53', 'WRITE_FAILED', 'the server has no room or no memory: nothing of this step was kept'],
  ['58', 'WRITE_FAILED', "the server's disk failed: nothing of this step was kept"],
  ['25006', 'WRITE_FAILED', 'the server takes no changes: connect to the primary one'],
  ['42501', 'WRITE_FAILED', 'the user may not write here: grant what docs/bank.md names'],
  ['57014', 'BUSY', 'the server was told to end this statement, or it took too long (statement_timeout): nothing of this step was kept'],
  ['57P03', 'NOT_FOUND', 'the server is starting or stopping: try again'],
  ['25P03', 'NOT_FOUND', 'the server ended a connection on which nothing was said for too long: nothing of this step was kept'],
  ['28', 'NOT_FOUND', 'the server refused the user or the password'],
  ['3D000', 'NOT_FOUND', 'the server has no database of this name: create it'],
  ['XX001', 'INVALID_BANK', 'the server reports damaged pages: restore the database from a copy'],
  ['XX002', 'INVALID_BANK', 'the server reports a damaged index: restore the database from a copy'],
  ['08', 'NOT_FOUND', `the connection to the server was lost: ${WHOLE}`],
  ['57', 'NOT_FOUND', `the server ended the connection: ${WHOLE}`],
  ['ECONNRESET', 'NOT_FOUND', `the connection to the server was lost: ${WHOLE}`],
  ['EPIPE', 'NOT_FOUND', `the connection to the server was lost: ${WHOLE}`],
  ['ERR_INVALID_URL', 'INVALID_ARGUMENT', 'postgres: expected a connection string such as postgres://user:password@host/database'],
  ['E', 'NOT_FOUND', 'the server cannot be reached'],
];

/** What pg says without a code. */
const UNCODED: readonly (readonly [beginning: string, code: ErrorCode, what: string])[] = [
  ['Connection terminated', 'NOT_FOUND', `the connection to the server was lost: ${WHOLE}`],
  ['Client ', 'NOT_FOUND', `the connection to the server was lost: ${WHOLE}`], // "… is not queryable"
  ['Query read timeout', 'NOT_FOUND', `the server did not answer in time (query_timeout): ${WHOLE}`],
  ['timeout exceeded', 'BUSY', 'all connections of the pool are in use: try again, or let it have more (max)'],
  ['The server does not support SSL', 'NOT_FOUND', 'the server takes no TLS connections: allow them there, or do not ask for one'],
  ['SASL', 'NOT_FOUND', 'the server and the password given do not go together'],
];

/**
 * A failure of the database as one of this library's. Its own message and details are left out, and so is it as a `cause`: they can quote a
 * key, a host or a connection string.
 */
export function databaseError(kind: 'embedded' | 'postgres', error: unknown): EgideError {
  if (error instanceof EgideError) return error;
  const { code, message } = error as { code?: unknown; message?: unknown };
  const name = typeof code === 'string' ? code : '';
  const known = (kind === 'embedded' ? SQLITE : POSTGRES).find(([prefix]) => name.startsWith(prefix));
  if (known) return new EgideError(known[1], `${known[2]} (${name})`);
  if (kind === 'embedded' && String(message).includes('ConnectionFailed'))
    return new EgideError('NOT_FOUND', 'bank.db cannot be opened: look at the permissions of its folder');
  const uncoded = kind === 'postgres' && UNCODED.find(([beginning]) => String(message).startsWith(beginning));
  if (uncoded) return new EgideError(uncoded[1], uncoded[2]);
  return new EgideError('INVALID_BANK', `the database refused a step (${name || 'no code'}): expected the tables that this version makes`);
}

/** The error for what is asked of a bank that was closed. */
export function closedBank(): EgideError {
  return new EgideError('DISPOSED', 'this bank has been closed: open it again');
}

/** The error for what no bank can hold. */
export function damagedBank(what: string): EgideError {
  return new EgideError('INVALID_BANK', `the bank is damaged, it holds ${what}: ${RESTORE}`);
}

/** The number to go on after, of what is read slice by slice in their order: damage may break it, and the reading would never come to its end. */
export function laterThan(before: number, next: number): number {
  if (!(next > before)) throw damagedBank('rows that are out of order');
  return next;
}

/** The object or the array that a column of JSON holds. Throws `INVALID_BANK` if it is none; the text is left out of the error. */
export function storedJson(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    // told below, as for JSON of another kind
  }
  if (typeof value === 'object' && value !== null) return value;
  throw damagedBank('JSON that is none');
}
