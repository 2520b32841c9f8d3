import type { Backend } from '../backend.js';
import { checkCallOptions, invalid } from '../errors.js';
import { liveBytes } from '../input.js';
import type { Patches } from './patches.js';

/**
 * What a bank keeps of a picture: `standard`, 256 features with codes of 128 bits (some 6 KB); `compact`, 128 with codes of 64 bits
 * (2 KB), for many pictures or little memory; it finds a little less (docs/patches.md).
 */
export type PatchProfile = 'standard' | 'compact';

/** Features and bytes of a code of each profile. */
export const PROFILES = { standard: { maxFeatures: 256, codeBytes: 16 }, compact: { maxFeatures: 128, codeBytes: 8 } } as const;

/**
 * How well a picture can be recognised in an edited copy. `weak`: it has fewer than 80 features, so that a small part of it may not be
 * found; `pdq-only`: fewer than 20, so that patches hardly ever find it and its PDQ hash must do (measured: docs/patches.md).
 */
export type Protection = 'full' | 'weak' | 'pdq-only';

const WEAK_BELOW = 80;
const PDQ_ONLY_BELOW = 20;

/** What is kept of one picture, to be found by. */
export interface PatchRecord {
  /** What to store (docs/formats.md). */
  readonly bytes: Uint8Array;
  readonly profile: PatchProfile;
  /** Features that can prove something: those seen on screens everywhere are not counted. */
  readonly features: number;
  readonly protection: Protection;
  /** Whether it has the dense grid, which tells a copy from a picture of the same thing. */
  readonly grid: boolean;
  /** Pixels of the enrolled picture, upright. */
  readonly width: number;
  readonly height: number;
}

/** What to keep. */
export interface RecordOptions {
  /** Default `standard`. */
  readonly profile?: PatchProfile;
  /** Keep the dense grid, 512 bytes at most; default `true`. Without it the tier `confirmed` is safe for unrelated pictures only. */
  readonly grid?: boolean;
}

/** @internal */
export function checkRecordOptions(options: RecordOptions): Required<RecordOptions> {
  checkCallOptions(options);
  const { profile = 'standard', grid = true } = options;
  if (!Object.hasOwn(PROFILES, profile)) throw invalid('profile', "'standard' or 'compact'", profile);
  if (typeof grid !== 'boolean') throw invalid('grid', 'true or false', grid);
  return { profile, grid };
}

/** @internal */
export function recordOf(backend: Backend, patches: Patches, options: RecordOptions = {}): PatchRecord {
  const { profile, grid } = checkRecordOptions(options);
  return openRecord(backend, backend.patch.record(patches.bytes, { ...PROFILES[profile], grid }));
}

/** @internal Checks stored bytes. */
export function openRecord(backend: Backend, given: Uint8Array | undefined): PatchRecord {
  const bytes = liveBytes('record', given);
  const { codeBytes, count, stops, columns, width, height } = backend.patch.openRecord(bytes);
  const features = count - stops;
  const protection = features < PDQ_ONLY_BELOW ? 'pdq-only' : features < WEAK_BELOW ? 'weak' : 'full';
  return { bytes, profile: codeBytes === 8 ? 'compact' : 'standard', features, protection, grid: columns > 0, width, height };
}
