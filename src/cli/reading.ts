import { readFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import type { PdqMode } from '../backend.js';
import { EgideError } from '../errors.js';
import type { Given, Options } from './command.js';
import type { Found } from './files.js';
import { UsageError } from './io.js';

/** Options of the commands that hash pictures by themselves. */
export const READING_OPTIONS: Options = { mode: { type: 'string' }, profile: { type: 'string' } };

export const READING_HELP = `  --mode MODE         full-res (default; python-threatexchange, HMA) or reference-cpp (Meta's C++ pdq-photo-hasher)
  --profile PROFILE   default, or pytx: decode just as python-threatexchange does
`;

export const JOBS_HELP = `  -j, --jobs N        files at a time, 1 to 64; default: the number of cores, at most 4
`;

/** More files at a time mostly cost memory: decoding and hashing share the four threads of libuv's pool (our own choice). */
const DEFAULT_JOBS = 4;

export function modeOf(given: Given): PdqMode {
  return given.choice('mode', ['full-res', 'reference-cpp'], 'full-res');
}

export function profileOf(given: Given): 'default' | 'pytx' {
  return given.choice('profile', ['default', 'pytx'], 'default');
}

export function jobsOf(given: Given): number {
  return given.number('jobs', 1, 64, Math.min(DEFAULT_JOBS, availableParallelism()));
}

/** What came of one file: an answer, or the deliberate failure that took its place. */
export type Attempt<Answer> = { readonly path: string } & ({ readonly answer: Answer } | { readonly error: EgideError });

/** Does something with one file; a failure that belongs to the file is a value, any other is thrown. */
export async function attempt<Answer>({ path, unreadable }: Found, work: (path: string) => Promise<Answer>): Promise<Attempt<Answer>> {
  if (unreadable !== undefined) return { path, error: new EgideError('NOT_FOUND', unreadable) };
  try {
    return { path, answer: await work(path) };
  } catch (error) {
    if (!(error instanceof EgideError)) throw error;
    return { path, error };
  }
}

/** Puts the name of the file into the message of a failure that belongs to it. */
export async function naming<Answer>(path: string, work: () => Promise<Answer>): Promise<Answer> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EgideError)) throw error;
    throw new EgideError(error.code, `${path}: ${error.message.replace(/^input: /, '')}`, { cause: error });
  }
}

/** The 32 bytes of a key file: as they are, or as 64 hex digits. */
export async function readKey(path: string): Promise<Uint8Array> {
  const bytes = await readFile(path);
  const text = bytes.toString('latin1').trim();
  if (bytes.length === 32) return new Uint8Array(bytes);
  if (/^[0-9a-f]{64}$/i.test(text)) return new Uint8Array(Buffer.from(text, 'hex'));
  throw new UsageError(`${path}: expected a key of 32 bytes, or 64 hex digits`);
}
