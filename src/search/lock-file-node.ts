import { open, rm, stat } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { EgideError } from '../errors.js';
import { systemCode } from './save-file-node.js';

/** Milliseconds between two tries: as long as a holder has it (our own choice). */
const RETRY_MS = 5;
/** Milliseconds after which a holder is taken for dead: a thousand times what it takes to rename a file (our own choice). */
const DEAD_MS = 10_000;

/**
 * Does something while nobody else does so for the same path, in whatever process. It is for moments: a lock (`<path>.lock`) that is there for ten
 * seconds was left by a process that was killed, and is taken away.
 *
 * @throws {EgideError} `WRITE_FAILED`; or what `work` throws.
 */
export async function alone<T>(path: string, work: () => Promise<T>, deadMs = DEAD_MS): Promise<T> {
  const lock = `${path}.lock`;
  let [seen, since] = ['', 0];
  while (!(await take(lock))) {
    const holder = await stampOf(lock);
    if (holder !== seen) [seen, since] = [holder, performance.now()];
    else if (performance.now() - since > deadMs) await alone(lock, () => removeDead(lock, seen), deadMs);
    await delay(RETRY_MS);
  }
  try {
    return await work();
  } finally {
    await rm(lock, { force: true });
  }
}

/** Only one at a time may do so: of two, the second would take away the lock of whoever came next. */
async function removeDead(lock: string, stamp: string): Promise<void> {
  if ((await stampOf(lock)) === stamp) await rm(lock, { force: true });
}

async function take(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close();
    return true;
  } catch (cause) {
    if (systemCode(cause) === 'EEXIST') return false;
    throw new EgideError('WRITE_FAILED', `${lock} could not be made (${systemCode(cause)}): what was there is as it was`, { cause });
  }
}

/** What tells a lock from the next one; empty if there is none. */
async function stampOf(lock: string): Promise<string> {
  try {
    const { ino, mtimeNs } = await stat(lock, { bigint: true });
    return `${ino} ${mtimeNs}`;
  } catch (cause) {
    if (systemCode(cause) === 'ENOENT') return '';
    throw new EgideError('WRITE_FAILED', `${lock} could not be looked at (${systemCode(cause)})`, { cause });
  }
}
