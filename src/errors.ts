/**
 * Every code that an {@link EgideError} can carry. Codes are stable: a program may branch on them.
 *
 * - `INVALID_ARGUMENT`: a parameter is of the wrong type or out of range.
 * - `EMPTY_INPUT`: there were no bytes.
 * - `TOO_MANY_BYTES`, `TOO_MANY_PIXELS`: a limit was met before the work was done.
 * - `UNSUPPORTED_FORMAT`: the bytes are not a picture that this decoder reads.
 * - `CORRUPT_IMAGE`: the bytes began as a picture and stopped being one (truncated or damaged).
 * - `DECODE_TIMEOUT`: decoding took longer than allowed.
 * - `NO_DECODER`: this runtime has no decoder: pass pixels.
 * - `NO_FILESYSTEM`: a path was given where there are no files.
 * - `NOT_FOUND`: a file could not be opened.
 * - `WRITE_FAILED`: a file could not be written; the one that was to be replaced is as it was, unless the message says otherwise.
 * - `INVALID_HASH`: a text is not a hash of the type asked for.
 * - `INVALID_URL`: a text is not a URL that can be looked up.
 * - `INVALID_LIST`: a list could not be read at all (a single bad line is counted, not thrown).
 * - `INVALID_INDEX`: bytes are not an index that this version can read, or are damaged.
 * - `INVALID_PATCHES`: bytes are no patches, record of patches or table of stop features that this version can read, or are damaged.
 * - `BACKEND_UNAVAILABLE`: neither the addon nor the WebAssembly module could be loaded.
 * - `OUT_OF_MEMORY`: the core could not get the memory that the work needs.
 * - `DISPOSED`: the object was disposed of earlier.
 * - `TOO_MANY_CHANGES`: an index has room for fewer changes between two merges.
 * - `BUSY`: the same work is under way already.
 * - `READ_ONLY`: an index that was joined is changed where it was created.
 * - `NOT_SHARED`: what other threads were to use lies in this one's memory alone.
 * - `INVALID_BANK`: a bank or a snapshot is none that this version can read, or is damaged.
 * - `EXCHANGE_FAILED`: a source of lists could not be read on, or a service did not say what it knows: credentials, network, or an answer that
 *   is not its protocol.
 * - `MISSING_PACKAGE`: an optional package is not installed; the message says which, and how to install it.
 * - `SUPERSEDED`: what was shared or saved has been replaced by another: ask for what took its place.
 */
export type ErrorCode =
  | 'INVALID_ARGUMENT'
  | 'EMPTY_INPUT'
  | 'TOO_MANY_BYTES'
  | 'TOO_MANY_PIXELS'
  | 'UNSUPPORTED_FORMAT'
  | 'CORRUPT_IMAGE'
  | 'DECODE_TIMEOUT'
  | 'NO_DECODER'
  | 'NO_FILESYSTEM'
  | 'NOT_FOUND'
  | 'WRITE_FAILED'
  | 'INVALID_HASH'
  | 'INVALID_URL'
  | 'INVALID_LIST'
  | 'INVALID_INDEX'
  | 'INVALID_PATCHES'
  | 'BACKEND_UNAVAILABLE'
  | 'OUT_OF_MEMORY'
  | 'DISPOSED'
  | 'TOO_MANY_CHANGES'
  | 'BUSY'
  | 'READ_ONLY'
  | 'NOT_SHARED'
  | 'INVALID_BANK'
  | 'EXCHANGE_FAILED'
  | 'MISSING_PACKAGE'
  | 'SUPERSEDED';

/** A deliberate failure: what was wrong, what was expected and what to do, with a stable `code`. */
export class EgideError extends Error {
  override readonly name = 'EgideError';
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown }) {
    super(message, options);
    this.code = code;
  }
}

/** The error for a parameter that is out of range: names it, what was expected, and what came. */
export function invalid(parameter: string, expected: string, got: unknown): EgideError {
  return new EgideError('INVALID_ARGUMENT', `${parameter}: expected ${expected}, got ${show(got)}`);
}

/** Characters of a text that is shown: the shortest hash that may not be, an MD5 digest in base64, has 22. */
const MAX_SHOWN = 21;

/** A short, safe rendering of any value: no contents of buffers, and no text that could be a hash or a key. */
function show(value: unknown): string {
  if (typeof value === 'string') return value.length > MAX_SHOWN ? `a string of ${value.length} characters` : JSON.stringify(value);
  if (ArrayBuffer.isView(value)) return `${value.constructor.name} of ${value.byteLength} bytes`;
  if (value instanceof ArrayBuffer) return `ArrayBuffer of ${value.byteLength} bytes`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  if (typeof value === 'object' && value !== null) return `an object (${value.constructor?.name ?? 'no class'})`;
  return String(value);
}

/** Checks that `value` is a whole number from `min` to `max`. */
export function wholeNumber(parameter: string, value: unknown, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw invalid(parameter, `a whole number from ${min} to ${max}`, value);
  return value;
}

/**
 * Checks what every long call takes: an object of options, in it perhaps a `signal` to stop and an `onProgress` to follow.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function checkCallOptions(options: unknown): void {
  if (typeof options !== 'object' || options === null) throw invalid('options', 'an object', options);
  const { signal, onProgress } = options as { signal?: unknown; onProgress?: unknown };
  if (signal !== undefined && !(signal instanceof AbortSignal)) throw invalid('signal', 'an AbortSignal', signal);
  if (onProgress !== undefined && typeof onProgress !== 'function') throw invalid('onProgress', 'a function', onProgress);
}
