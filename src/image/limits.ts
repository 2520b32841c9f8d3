import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import type { DecodeOptions, ResolvedDecodeOptions } from './decoder.js';
import { MAX_SIDE } from './image.js';

/** What holds when a caller names no limit; each source is in {@link DecodeLimits} and docs/images.md. */
export const DEFAULT_LIMITS = {
  maxBytes: 100_000_000,
  maxPixels: 89_478_485,
  maxFrames: 64,
  maxTotalPixels: 715_827_880,
  timeoutMs: 10_000,
} as const;

/**
 * The largest value that each limit may be raised to. `maxBytes`: 2 GiB - 1, one buffer of Node 20. `maxPixels`: 16,383 squared,
 * sharp's own default ceiling. `maxFrames`: our own choice, far above any animation seen. `maxTotalPixels`: the product of these two.
 * `timeoutMs`: the hour that sharp's timer takes.
 */
const LARGEST_LIMITS = {
  maxBytes: 2_147_483_647,
  maxPixels: 268_402_689,
  maxFrames: 100_000,
  maxTotalPixels: 26_840_268_900_000,
  timeoutMs: 3_600_000,
} as const;

/**
 * Fills in the defaults.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` for a limit that is not a whole number from 1 to {@link LARGEST_LIMITS}, an unknown profile,
 *   or a signal that is none.
 */
export function resolveDecodeOptions(options: DecodeOptions = {}): ResolvedDecodeOptions {
  checkCallOptions(options);
  const { profile = 'default', signal } = options;
  if (profile !== 'default' && profile !== 'pytx') throw invalid('profile', "'default' or 'pytx'", profile);
  const limit = (name: keyof typeof DEFAULT_LIMITS): number =>
    wholeNumber(name, options[name] === undefined ? DEFAULT_LIMITS[name] : options[name], 1, LARGEST_LIMITS[name]);
  return {
    maxBytes: limit('maxBytes'),
    maxPixels: limit('maxPixels'),
    maxFrames: limit('maxFrames'),
    maxTotalPixels: limit('maxTotalPixels'),
    timeoutMs: limit('timeoutMs'),
    profile,
    signal,
  };
}

/**
 * Holds a size from a file's header against the limits, before any pixel is decoded.
 *
 * @throws {EgideError} `TOO_MANY_PIXELS`.
 */
export function checkSize(width: number, height: number, { maxPixels }: { readonly maxPixels: number }): void {
  if (width > MAX_SIDE || height > MAX_SIDE)
    throw new EgideError('TOO_MANY_PIXELS', `image: ${width} x ${height}; no side may be longer than ${MAX_SIDE} pixels`);
  if (width * height > maxPixels)
    throw new EgideError(
      'TOO_MANY_PIXELS',
      `image: ${width} x ${height} is more than the limit of ${maxPixels} pixels (raise maxPixels if this is expected)`,
    );
}
