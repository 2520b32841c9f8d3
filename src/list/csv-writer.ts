import Papa from 'papaparse';
import { invalid } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import { digestToHex, hashToHex } from '../hash/encoding.js';
import { guarded } from './csv-rows.js';

/** One line of a list that is written: an entry and what is known of it. */
export interface ListRow {
  readonly id: string;
  readonly list?: string;
  readonly category?: string;
  /** 32 bytes. */
  readonly pdq?: Uint8Array;
  /** Of the PDQ hash, 0 to 100. */
  readonly quality?: number;
  /** 16 bytes. */
  readonly md5?: Uint8Array;
  /** 20 bytes. */
  readonly sha1?: Uint8Array;
  /** 32 bytes. */
  readonly sha256?: Uint8Array;
}

/** The columns that are written, in order. */
const CSV_COLUMNS = ['id', 'list', 'category', 'pdq', 'quality', 'md5', 'sha1', 'sha256'] as const;

/** The first line of a list as {@link formatCsvRow} writes it, with its end. */
export const CSV_HEADER = `${CSV_COLUMNS.join(',')}\n`;

/**
 * One line of a CSV list, with its end. A text that a spreadsheet would take for a formula gets an apostrophe in front,
 * which the reader takes away again.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` if a hash or digest has the wrong length.
 */
export function formatCsvRow(row: ListRow): string {
  const fields = [
    guarded(row.id),
    guarded(row.list ?? ''),
    guarded(row.category ?? ''),
    row.pdq ? hashToHex(row.pdq) : '',
    row.quality?.toString() ?? '',
    digestField('md5', row.md5),
    digestField('sha1', row.sha1),
    digestField('sha256', row.sha256),
  ];
  return `${Papa.unparse([fields], { newline: '\n' })}\n`;
}

function digestField(type: DigestType, digest: Uint8Array | undefined): string {
  if (digest === undefined) return '';
  if (digest.length !== DIGEST_BYTES[type]) throw invalid(type, `${DIGEST_BYTES[type]} bytes`, digest);
  return digestToHex(digest);
}
