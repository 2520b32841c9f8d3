import type { Kysely } from 'kysely';
import { HASH_BYTES } from '../../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../../errors.js';
import { DIGEST_BYTES } from '../../hash/digests.js';
import { nextTurn } from '../../input.js';
import { laterThan } from '../database-error.js';
import { isPlain } from '../plain-text.js';
import type { BankTable, Tables, UploadTable } from '../schema.js';
import type { Store } from '../store.js';
import { unsealed } from '../sum.js';
import {
  BLOCK_UPLOADS,
  type BlockColumns,
  blockOfRow,
  blocksOf,
  checkedHead,
  HEAD,
  MAX_HASHES,
  MAX_ID_BYTES,
  MAX_TIME,
  rowsOf,
  tableRow,
  type UploadRow,
} from './block.js';
import { type IdMarks, marksOf, mayHold } from './id-filter.js';
import { Pace } from './pace.js';
import { type KeptUpload, UPLOAD_DIGESTS, type UploadStatus, type Uploads } from './upload.js';

/** Uploads that are kept at once: packing them takes some 20 ms, without a turn (measured here). */
const MAX_KEPT = 20_000;
/** Blocks that are not full and are packed together, at most: a merge of less than that many waits (our own choice). */
const MERGED_TOGETHER = 32;
/** What `upload.level` is of a full block. */
const FULL = -1;
/** Blocks whose filters or times are looked at between two turns: some milliseconds (our own choice). */
const LOOKED_AT = 128;
/** Bytes that ids share (our own choice). */
const ID_ROOM = 1 << 16;
const NO_BYTES = new Uint8Array(0);

/** The uploads of a bank. */
export function uploadsOf(open: () => Store): Uploads {
  return {
    async keep(uploads, { change = 0 } = {}) {
      const all = Array.isArray(uploads) ? (uploads as readonly KeptUpload[]) : [uploads as KeptUpload];
      wholeNumber('change', change, 0, Number.MAX_SAFE_INTEGER);
      if (all.length > MAX_KEPT) throw invalid('uploads', `${MAX_KEPT} uploads at most`, all);
      const blocks = blocksOf(checkedRows(all));
      await open().write((db) => addBlocks(db, blocks, change));
    },
    async forget(ids, options = {}) {
      checkCallOptions(options);
      const wanted = new Map<string, IdMarks>();
      const all = new IdBytes();
      for (const id of typeof ids === 'string' ? [ids] : ids) {
        const bytes = all.of(id);
        if (!bytes) throw badId('ids');
        wanted.set(nameOf(bytes), marksOf(bytes));
      }
      const marks = [...wanted.values()];
      return without(open(), options.signal, {
        mayGo: ({ filter }) => marks.some((one) => mayHold(filter, one)),
        goes: ({ id }) => wanted.has(nameOf(id)),
      });
    },
    async expire({ before, retentionMs, now = Date.now(), signal } = {}) {
      checkCallOptions({ signal });
      const limit = before === undefined ? await timeAgo(open(), retentionMs, now) : wholeNumber('before', before, 0, MAX_TIME);
      return without(open(), signal, { mayGo: ({ first_at }) => first_at < limit, goes: ({ at }) => at < limit });
    },
    async retain(retentionMs) {
      const retention = retentionMs === null ? null : wholeNumber('retentionMs', retentionMs, 0, MAX_TIME);
      await open().write((db) => db.updateTable('bank').set({ retention }).execute());
    },
  };
}

/** Rows of uploads, if all of them can be kept. Throws `INVALID_ARGUMENT`, without any id. */
function checkedRows(uploads: readonly KeptUpload[]): UploadRow[] {
  const ids = new IdBytes();
  return uploads.map((upload, i) => {
    if (typeof upload !== 'object' || upload === null) throw invalid(`uploads[${i}]`, '{ id, at, … }', upload);
    const { id, at, pdq = NO_BYTES, md5 = NO_BYTES, sha1 = NO_BYTES, sha256 = NO_BYTES } = upload;
    const bytes = ids.of(id);
    if (!bytes) throw badId(`uploads[${i}].id`);
    if (!Number.isInteger(at) || at < 0 || at > MAX_TIME) throw invalid(`uploads[${i}].at`, 'milliseconds since 1970', at);
    const row = { id: bytes, at, pdq, md5, sha1, sha256 };
    for (const column of ['pdq', ...UPLOAD_DIGESTS] as const)
      if (row[column] !== NO_BYTES && !fits(column, row[column])) throw badSignal(i, column, row[column]);
    if (pdq.length + md5.length + sha1.length + sha256.length > 0) return row;
    throw new EgideError('INVALID_ARGUMENT', `uploads[${i}]: expected a PDQ hash or a digest, got none`);
  });
}

function fits(column: 'pdq' | (typeof UPLOAD_DIGESTS)[number], bytes: unknown): boolean {
  if (!(bytes instanceof Uint8Array)) return false;
  if (column !== 'pdq') return bytes.length === DIGEST_BYTES[column];
  return bytes.length % HASH_BYTES === 0 && bytes.length > 0 && bytes.length <= MAX_HASHES * HASH_BYTES;
}

function badSignal(i: number, column: 'pdq' | (typeof UPLOAD_DIGESTS)[number], got: unknown): EgideError {
  const expected = column === 'pdq' ? `1 to ${MAX_HASHES} hashes of ${HASH_BYTES} bytes` : `${DIGEST_BYTES[column]} bytes`;
  return invalid(`uploads[${i}].${column}`, expected, got);
}

/** Ids as UTF-8, many in one piece of memory. */
class IdBytes {
  #room = NO_BYTES;

  /** `undefined` if it is none. */
  of(id: unknown): Uint8Array | undefined {
    if (typeof id !== 'string' || id === '' || id.length > MAX_ID_BYTES || !isPlain(id)) return undefined;
    if (this.#room.length < 3 * id.length) this.#room = new Uint8Array(ID_ROOM);
    const { written } = encoder.encodeInto(id, this.#room);
    const bytes = this.#room.subarray(0, written);
    this.#room = this.#room.subarray(written);
    return written <= MAX_ID_BYTES ? bytes : undefined;
  }
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function badId(parameter: string): EgideError {
  return new EgideError('INVALID_ARGUMENT', `${parameter}: expected a text of 1 to ${MAX_ID_BYTES} bytes of UTF-8, without zeros`);
}

/** The text of an id. */
export function nameOf(id: Uint8Array): string {
  return decoder.decode(id);
}

async function timeAgo(store: Store, retentionMs: number | undefined, now: number): Promise<number> {
  const { retention } = await store.reading.selectFrom('bank').select('retention').executeTakeFirstOrThrow();
  const kept = retentionMs === undefined ? retention : wholeNumber('retentionMs', retentionMs, 0, MAX_TIME);
  if (kept === null)
    throw new EgideError('INVALID_ARGUMENT', 'expire: expected `before` or `retentionMs`, or a retention time of the bank');
  return now - kept;
}

/** The change up to which all uploads of a block were compared with what is searched. */
export function comparedTo(
  { seen, newest }: Pick<UploadTable, 'seen' | 'newest'>,
  { rematched, rematched_upload }: Pick<BankTable, 'rematched' | 'rematched_upload'>,
): number {
  return newest <= rematched_upload ? Math.max(seen, rematched) : seen;
}

/** Adds blocks, and packs together what is not full once there is much of it; in the caller's transaction. */
async function addBlocks(db: Kysely<Tables>, blocks: readonly BlockColumns[], seen: number): Promise<void> {
  const bank = await db.selectFrom('bank').selectAll().executeTakeFirstOrThrow();
  if (seen > bank.change) throw invalid('change', `one that the bank has had, ${bank.change} at most`, seen);
  let id = bank.next_upload;
  for (const block of blocks) await insertBlock(db, block, { id, newest: id++, seen, level: 0 });
  for (let level = 0; ; ++level) {
    const unfull = await db
      .selectFrom('upload')
      .select(({ fn }) => [fn.countAll<number>().as('blocks'), fn.sum<number | null>('count').as('uploads'), fn.max('level').as('level')])
      .where('level', '>=', level)
      .groupBy('level')
      .orderBy('level')
      .executeTakeFirst();
    if (!unfull) break;
    level = unfull.level;
    if (unfull.blocks < MERGED_TOGETHER && (unfull.blocks < 2 || Number(unfull.uploads) < BLOCK_UPLOADS)) continue;
    const merged = await db.selectFrom('upload').selectAll().where('level', '=', level).execute();
    await db.deleteFrom('upload').where('level', '=', level).execute();
    const place = {
      newest: Math.max(...merged.map((block) => block.newest)),
      seen: Math.min(...merged.map((block) => comparedTo(block, bank))),
      level: level + 1,
    };
    for (const block of blocksOf(merged.flatMap((row) => rowsOf(blockOfRow(row))))) await insertBlock(db, block, { ...place, id: id++ });
  }
  await db.updateTable('bank').set({ next_upload: id }).execute();
}

async function insertBlock(
  db: Kysely<Tables>,
  block: BlockColumns,
  place: Pick<UploadTable, 'id' | 'newest' | 'seen' | 'level'>,
): Promise<void> {
  const level = block.count === BLOCK_UPLOADS ? FULL : place.level;
  await db
    .insertInto('upload')
    .values(tableRow({ ...place, level }, block))
    .execute();
}

/** Which uploads go. */
interface Going {
  mayGo(block: Pick<BlockColumns, 'filter' | 'first_at'>): boolean;
  goes(upload: UploadRow): boolean;
}

/**
 * Deletes uploads, some blocks in one transaction, and returns how many. What takes the place of other blocks meanwhile has a number above all, so
 * that it is come to later.
 */
async function without(store: Store, signal: AbortSignal | undefined, { mayGo, goes }: Going): Promise<number> {
  let gone = 0;
  for (let after = 0; ; await nextTurn(signal)) {
    const blocks = await store.reading
      .selectFrom('upload')
      .select([...HEAD, 'filter'])
      .where('id', '>', after)
      .orderBy('id')
      .limit(LOOKED_AT)
      .execute();
    const found = blocks.filter((row) => mayGo({ ...checkedHead(row), filter: unsealed(row.filter) })).map(({ id }) => id);
    if (found.length > 0) gone += await store.write((db) => deleteFrom(db, found, goes));
    if (blocks.length < LOOKED_AT) return gone;
    after = laterThan(after, (blocks.at(-1) as UploadTable).id);
  }
}

async function deleteFrom(db: Kysely<Tables>, ids: readonly number[], goes: Going['goes']): Promise<number> {
  let gone = 0;
  for (const id of ids) {
    const block = await db.selectFrom('upload').selectAll().where('id', '=', id).executeTakeFirst();
    if (!block) continue;
    const left = rowsOf(blockOfRow(block)).filter((row) => !goes(row));
    if (left.length === block.count) continue;
    gone += block.count - left.length;
    const [columns] = blocksOf(left);
    if (columns) await db.updateTable('upload').set(tableRow(block, columns)).where('id', '=', id).execute();
    else await db.deleteFrom('upload').where('id', '=', id).execute();
  }
  return gone;
}

/** What contradicts itself in the blocks of uploads; reads all of them. */
export async function uploadProblems(db: Kysely<Tables>, signal: AbortSignal | undefined): Promise<string[]> {
  const { next_upload } = await db.selectFrom('bank').select('next_upload').executeTakeFirstOrThrow();
  const problems: string[] = [];
  const pace = new Pace(signal);
  for (let after = 0; ; await pace.turn()) {
    const block = await db.selectFrom('upload').selectAll().where('id', '>', after).orderBy('id').limit(1).executeTakeFirst();
    if (!block) break;
    try {
      rowsOf(blockOfRow(block));
    } catch (error) {
      if (!(error instanceof EgideError)) throw error;
      problems.push(`block ${block.id} of uploads: ${error.message}`);
    }
    after = laterThan(after, block.id);
    if (after >= next_upload) problems.push(`block ${after} of uploads is there, and the next is to be ${next_upload}`);
  }
  return problems;
}

/** How the uploads of a bank stand. */
export async function uploadStatusOf(db: Kysely<Tables>): Promise<UploadStatus> {
  const { retention, rematched } = await db.selectFrom('bank').select(['retention', 'rematched']).executeTakeFirstOrThrow();
  const { count, hashes, first_at, last_at } = await db
    .selectFrom('upload')
    .select(({ fn }) => [
      fn.sum<number | null>('count').as('count'),
      fn.sum<number | null>('hashes').as('hashes'),
      fn.min('first_at').as('first_at'),
      fn.max('last_at').as('last_at'),
    ])
    .executeTakeFirstOrThrow();
  return {
    count: count ?? 0,
    hashes: hashes ?? 0,
    ...(count === null ? {} : { firstAt: first_at, lastAt: last_at }),
    ...(retention === null ? {} : { retentionMs: retention }),
    rematchedTo: rematched,
  };
}
