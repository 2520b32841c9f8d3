import { EgideError } from '../errors.js';

/** What the core says of the bytes of a record: `RecordError` in native/core/patch/record.hpp. */
const WRONG: Readonly<Record<number, string>> = {
  1: 'these bytes are no record of patches',
  2: 'this record is of another version of the format: enrol the picture again, or use the version of egide that wrote it',
  3: 'this record was made with other learned tables: enrol the picture again, or use the version of egide that wrote it',
  4: 'this record is shorter or longer than it says: it was cut off, or something was added',
  5: 'the checksum of this record fails: it is damaged',
  6: 'this record says what cannot be',
};

/** The error for a number that is not 0. */
export function recordError(number: number): EgideError {
  return new EgideError('INVALID_PATCHES', WRONG[number] ?? `a record could not be read (${number})`);
}

/** The error for patches that the core does not take. */
export function patchesError(cause?: unknown): EgideError {
  return new EgideError('INVALID_PATCHES', 'patches: expected the bytes that extract gave, unchanged, in this version', { cause });
}
