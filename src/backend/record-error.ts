import { EgideError } from '../errors.js';

/** What the core says of bytes: `RecordError` in native/core/patch/record.hpp. */
const WRONG: Readonly<Record<number, (what: string, again: string) => string>> = {
  1: (what) => `these bytes are no ${what}`,
  2: (what, again) => `this ${what} is of another version of the format: ${again}, or use the version of egide that wrote it`,
  3: (what, again) => `this ${what} was made with other learned tables: ${again}, or use the version of egide that wrote it`,
  4: (what) => `this ${what} is shorter or longer than it says: it was cut off, or something was added`,
  5: (what) => `the checksum of this ${what} fails: it is damaged`,
  6: (what) => `this ${what} says what cannot be`,
};

/** The error for a number that is not 0, of a record. */
export function recordError(number: number): EgideError {
  return unreadable(number, 'record of patches', 'enrol the picture again');
}

/** The same of a table of stop features. */
export function stopsError(number: number): EgideError {
  return unreadable(number, 'table of stop features', 'make it again with stopFeatures');
}

function unreadable(number: number, what: string, again: string): EgideError {
  return new EgideError('INVALID_PATCHES', WRONG[number]?.(what, again) ?? `a ${what} could not be read (${number})`);
}

/** The error for patches that the core does not take. */
export function patchesError(): EgideError {
  return new EgideError('INVALID_PATCHES', 'patches: expected the bytes that extract gave, unchanged, in this version');
}
