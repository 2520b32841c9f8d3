import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';
import { EgideError } from '../errors.js';

/** Names that pictures end in; other files in a folder are passed over. */
const ENDINGS = /\.(jpe?g|jpe|jfif|png|webp|gif|avif|tiff?)$/i;

/** What a picture is in a run. */
export type Role = 'original' | 'distractor';

/** One file of the corpus. */
export interface Picture {
  /** `originals/` or `distractors/` and the path inside that folder, with `/` on every system. */
  readonly id: string;
  readonly role: Role;
  readonly path: string;
  /** Of the file, in hex. */
  readonly sha256: string;
}

/**
 * The pictures in a folder and the folders in it, in the order of their paths. Symbolic links are not followed.
 *
 * @throws {EgideError} `NOT_FOUND` if the folder cannot be read, `INVALID_ARGUMENT` if it has fewer than `atLeast` pictures; or the
 *   signal's reason.
 */
export async function picturesIn(folder: string, role: Role, atLeast: number, signal?: AbortSignal): Promise<Picture[]> {
  let found: string[];
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    found = entries.filter((entry) => entry.isFile() && ENDINGS.test(entry.name)).map((entry) => join(entry.parentPath, entry.name));
  } catch (cause) {
    throw new EgideError('NOT_FOUND', `${role}s: ${folder} cannot be read: ${(cause as Error).message}`, { cause });
  }
  if (found.length < atLeast)
    throw new EgideError(
      'INVALID_ARGUMENT',
      `${role}s: expected ${atLeast} or more pictures (jpg, png, webp, gif, avif, tiff) in ${folder}, found ${found.length}`,
    );
  const pictures: Picture[] = [];
  for (const path of found) {
    signal?.throwIfAborted();
    pictures.push({ id: `${role}s/${relative(folder, path).split(sep).join('/')}`, role, path, sha256: await sha256Of(path) });
  }
  return pictures.sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}

/** One digest for what a list of pictures is: their paths and contents. */
export function fingerprintOf(pictures: readonly Picture[]): string {
  const hash = createHash('sha256');
  for (const { id, sha256 } of pictures) hash.update(`${id}\t${sha256}\n`);
  return hash.digest('hex');
}

/** The same order for the same seed, whatever else there is: by the digest of seed and name. */
export function shuffled<Item extends { readonly id: string }>(items: readonly Item[], seed: number | string): Item[] {
  const keyed = items.map((item) => ({ item, key: createHash('sha256').update(`${seed}\n${item.id}`).digest('hex') }));
  return keyed.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ item }) => item);
}

/** A seed of 32 bits for one of many draws. */
export function seedOf(seed: number, ...names: readonly string[]): number {
  return createHash('sha256')
    .update([seed, ...names].join('\n'))
    .digest()
    .readUInt32LE();
}

/** Pairs of pictures that do resemble each other: an answer that names one for the other is neither right nor wrong. */
export class Related {
  readonly #byId = new Map<string, Set<string>>();
  /** Pairs, each counted once. */
  pairs = 0;

  add(a: string, b: string): void {
    if (a === b || this.#byId.get(a)?.has(b)) return;
    this.pairs += 1;
    for (const [from, to] of [
      [a, b],
      [b, a],
    ] as const)
      this.#byId.set(from, (this.#byId.get(from) ?? new Set()).add(to));
  }

  of(id: string): ReadonlySet<string> {
    return this.#byId.get(id) ?? new Set();
  }

  /** One digest for what the pairs are. */
  fingerprint(): string {
    const lines = [...this.#byId].flatMap(([id, others]) => [...others].map((other) => `${id}\t${other}\n`));
    return createHash('sha256').update(lines.sort().join('')).digest('hex');
  }
}

/**
 * The pairs that are known: files of the same bytes, and those that a file names.
 *
 * @param file A text of two paths a line with a tab between them, each as inside its folder or with `originals/` or `distractors/`
 *   before it. Lines that begin with # are passed over.
 * @throws {EgideError} `NOT_FOUND` if the file cannot be read, `INVALID_ARGUMENT` if a line is not two pictures of the corpus.
 */
export async function relatedPairs(pictures: readonly Picture[], file: string | undefined): Promise<Related> {
  const related = new Related();
  const groups = new Map<string, string[]>();
  for (const { id, sha256 } of pictures) groups.set(sha256, [...(groups.get(sha256) ?? []), id]);
  for (const ids of groups.values()) for (const a of ids) for (const b of ids) related.add(a, b);
  if (file === undefined) return related;
  const ids = new Set(pictures.map(({ id }) => id));
  const idsOf = (path: string) => [path, `originals/${path}`, `distractors/${path}`].filter((id) => ids.has(id));
  for (const [i, line] of (await textOf(file)).split(/\r?\n/).entries()) {
    if (line.trim() === '' || line.startsWith('#')) continue;
    const [first = '', second = ''] = line.split('\t').map((path) => path.trim());
    const [a, b] = [idsOf(first), idsOf(second)];
    if (a.length === 0 || b.length === 0)
      throw new EgideError(
        'INVALID_ARGUMENT',
        `related: line ${i + 1} of ${file}: expected two paths with a tab between them, but ${JSON.stringify(a.length === 0 ? first : second)} is no picture of the corpus`,
      );
    for (const one of a) for (const other of b) related.add(one, other);
  }
  return related;
}

async function textOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    throw new EgideError('NOT_FOUND', `related: ${file} cannot be read: ${(cause as Error).message}`, { cause });
  }
}
