import { HASH_BYTES } from '../../backend.js';
import { DIGEST_BYTES } from '../../hash/digests.js';
import { damagedBank } from '../database-error.js';
import type { UploadTable } from '../schema.js';
import { checked, sealed, summed, unsealed } from '../sum.js';
import { filterOf } from './id-filter.js';
import { UPLOAD_DIGESTS } from './upload.js';

/** Uploads of a block that is full: half a megabyte, which is read and written in a millisecond or two (our own choice). */
export const BLOCK_UPLOADS = 8_192;

/** Bits of a byte of `shapes` that count hashes; each further one says that there is a digest, in the order of {@link UPLOAD_DIGESTS}. */
const HASH_COUNT_BITS = 5;
/** Hashes of an upload: eight orientations of three views, and some more. */
export const MAX_HASHES = 2 ** HASH_COUNT_BITS - 1;
/** Bytes of an id: its length is one byte. */
export const MAX_ID_BYTES = 255;
/** Bytes of a time: milliseconds to the year 10,889. */
const TIME_BYTES = 6;
export const MAX_TIME = 2 ** (8 * TIME_BYTES) - 1;

/** One upload of a block. */
export interface UploadRow {
  /** UTF-8. */
  readonly id: Uint8Array;
  readonly at: number;
  /** Empty where there is none. */
  readonly pdq: Uint8Array;
  readonly md5: Uint8Array;
  readonly sha1: Uint8Array;
  readonly sha256: Uint8Array;
}

/** The columns of a block that are bytes. */
const BYTES = ['filter', 'shapes', 'pdq', ...UPLOAD_DIGESTS, 'times', 'ids'] as const;

/** What uploads are packed into. */
export type BlockColumns = Pick<UploadTable, 'count' | 'hashes' | 'first_at' | 'last_at'> & Record<(typeof BYTES)[number], Uint8Array>;

/** The columns of a block that are numbers, with their sum. */
export const HEAD = ['id', 'level', 'newest', 'seen', 'count', 'hashes', 'first_at', 'last_at', 'sum'] as const;

/** The numbers of a block. */
export type BlockHead = Pick<UploadTable, (typeof HEAD)[number]>;

/** The row of a block. */
export function tableRow(place: Pick<UploadTable, 'id' | 'level' | 'newest' | 'seen'>, block: BlockColumns): UploadTable {
  const { id, level, newest, seen } = place;
  const { count, hashes, first_at, last_at } = block;
  const bytes = Object.fromEntries(BYTES.map((column) => [column, sealed(block[column])])) as Pick<UploadTable, (typeof BYTES)[number]>;
  return { ...summed({ id, level, newest, seen, count, hashes, first_at, last_at }), ...bytes };
}

/** The block of a row. Throws `INVALID_BANK` if it is not as it was kept. */
export function blockOfRow(row: UploadTable): BlockColumns {
  const bytes = Object.fromEntries(BYTES.map((column) => [column, unsealed(row[column])])) as Record<(typeof BYTES)[number], Uint8Array>;
  return { ...checkedHead(row), ...bytes };
}

/** The numbers of a block. Throws `INVALID_BANK` if they are not as they were kept. */
export function checkedHead({ id, level, newest, seen, count, hashes, first_at, last_at, sum }: BlockHead): BlockHead {
  return checked({ id, level, newest, seen, count, hashes, first_at, last_at, sum });
}

/** Packs uploads by time into blocks: all but the last are full. */
export function blocksOf(rows: readonly UploadRow[]): BlockColumns[] {
  const sorted = [...rows].sort((a, b) => a.at - b.at);
  const blocks: BlockColumns[] = [];
  for (let start = 0; start < sorted.length; start += BLOCK_UPLOADS) blocks.push(blockOf(sorted.slice(start, start + BLOCK_UPLOADS)));
  return blocks;
}

function blockOf(rows: readonly UploadRow[]): BlockColumns {
  const times = new Uint8Array(TIME_BYTES * rows.length);
  const ids = new Uint8Array(rows.reduce((bytes, { id }) => bytes + 1 + id.length, 0));
  for (let i = 0, end = 0; i < rows.length; ++i) {
    const { id, at } = rows[i] as UploadRow;
    writeTime(times, TIME_BYTES * i, at);
    ids[end] = id.length;
    ids.set(id, end + 1);
    end += 1 + id.length;
  }
  const pdq = joined(rows, 'pdq');
  return {
    count: rows.length,
    hashes: pdq.length / HASH_BYTES,
    first_at: (rows[0] as UploadRow).at,
    last_at: (rows.at(-1) as UploadRow).at,
    filter: filterOf(rows.map(({ id }) => id)),
    shapes: Uint8Array.from(rows, shapeOf),
    pdq,
    md5: joined(rows, 'md5'),
    sha1: joined(rows, 'sha1'),
    sha256: joined(rows, 'sha256'),
    times,
    ids,
  };
}

function shapeOf({ pdq, md5, sha1, sha256 }: UploadRow): number {
  const digests = Number(md5.length > 0) | (Number(sha1.length > 0) << 1) | (Number(sha256.length > 0) << 2);
  return pdq.length / HASH_BYTES + (digests << HASH_COUNT_BITS);
}

function joined(rows: readonly UploadRow[], column: 'pdq' | (typeof UPLOAD_DIGESTS)[number]): Uint8Array {
  const bytes = new Uint8Array(rows.reduce((length, row) => length + row[column].length, 0));
  let end = 0;
  for (const row of rows) {
    bytes.set(row[column], end);
    end += row[column].length;
  }
  return bytes;
}

/** Unpacks a block. Throws `INVALID_BANK` if its columns contradict one another. */
export function rowsOf(block: BlockColumns): UploadRow[] {
  const rows: UploadRow[] = [];
  const end = { pdq: 0, md5: 0, sha1: 0, sha256: 0, ids: 0 };
  const take = (column: keyof typeof end, length: number): Uint8Array => {
    const bytes = block[column].subarray(end[column], end[column] + length);
    end[column] += length;
    return bytes;
  };
  for (const [i, shape] of block.shapes.entries())
    rows.push({
      id: take('ids', 1 + (block.ids[end.ids] ?? 0)).subarray(1),
      at: timeAt(block.times, i),
      pdq: take('pdq', HASH_BYTES * hashesOf(shape)),
      md5: take('md5', hasDigest(shape, 'md5') ? DIGEST_BYTES.md5 : 0),
      sha1: take('sha1', hasDigest(shape, 'sha1') ? DIGEST_BYTES.sha1 : 0),
      sha256: take('sha256', hasDigest(shape, 'sha256') ? DIGEST_BYTES.sha256 : 0),
    });
  const fits = (Object.keys(end) as (keyof typeof end)[]).every((column) => end[column] === block[column].length);
  if (!fits || rows.length !== block.count || block.times.length !== TIME_BYTES * rows.length || end.pdq !== HASH_BYTES * block.hashes)
    throw damagedBank('a block of uploads that contradicts itself');
  return rows;
}

/** PDQ hashes of the upload of this shape. */
export function hashesOf(shape: number): number {
  return shape & MAX_HASHES;
}

/** Whether the upload of this shape has a digest of this type. */
export function hasDigest(shape: number, type: (typeof UPLOAD_DIGESTS)[number]): boolean {
  return (shape & (1 << (HASH_COUNT_BITS + UPLOAD_DIGESTS.indexOf(type)))) !== 0;
}

function writeTime(times: Uint8Array, at: number, time: number): void {
  for (let i = 0, left = time; i < TIME_BYTES; ++i, left = Math.floor(left / 256)) times[at + i] = left % 256;
}

/** When upload `i` was uploaded. */
export function timeAt(times: Uint8Array, i: number): number {
  let time = 0;
  for (let k = TIME_BYTES - 1; k >= 0; --k) time = 256 * time + (times[TIME_BYTES * i + k] as number);
  return time;
}

/** Where the id of each upload begins: at its length. */
export function idStarts(ids: Uint8Array, count: number): Uint32Array {
  const starts = new Uint32Array(count);
  for (let i = 0, at = 0; i < count; ++i, at += 1 + (ids[at] as number)) starts[i] = at;
  return starts;
}
