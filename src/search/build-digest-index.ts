import type { Backend } from '../backend.js';
import { checkCallOptions, invalid } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import type { Input } from '../input.js';
import type { Platform } from '../platform.js';
import { buildIndex, checkedIds, feedRows, type IndexPlan, openIndex } from './build-index.js';
import { DigestIndex } from './digest-index.js';
import type { BuildOptions, CheckOptions } from './index-bytes.js';
import { wholeRows } from './stored-index.js';

/** How to build an index of digests. */
export interface BuildDigestOptions extends BuildOptions {
  /** An id for each digest, 0 to 2^32 - 1; several digests may share one. Default: each digest's number, from 0. */
  readonly ids?: Uint32Array;
  /** Build in a SharedArrayBuffer, for `openDigestIndex` in other workers. Native backend only. Default false. */
  readonly shared?: boolean;
}

/**
 * Builds an index of digests of one type, in slices that do not hold the event loop.
 *
 * @param digests Whole digests, one after the other; not to be changed or transferred before the answer.
 * @throws {EgideError} `INVALID_ARGUMENT`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function buildDigestIndex(
  backend: Backend,
  platform: Platform,
  type: DigestType,
  digests: Uint8Array,
  options: BuildDigestOptions = {},
): Promise<DigestIndex> {
  checkCallOptions(options);
  if (!Object.hasOwn(DIGEST_BYTES, type)) throw invalid('type', "'md5', 'sha1' or 'sha256'", type);
  const { index: core } = backend;
  const { shared = false, signal } = options;
  const width = DIGEST_BYTES[type];
  const count = wholeRows('digests', digests, width);
  const ids = checkedIds(options.ids, count);
  const plan: IndexPlan = {
    count,
    rows: 'digests',
    width,
    sizeOf: (rows) => core.digestBytes({ width, count: rows }),
    begin: (build) => core.digestBegin(build, { width, count }),
  };
  return new DigestIndex(
    backend,
    platform,
    await buildIndex(core, plan, shared, options, (add) => feedRows(plan, digests, ids, signal, add)),
  );
}

/**
 * Opens an index that `save` has written, as `openPdqIndex` does.
 *
 * @throws {EgideError} `INVALID_INDEX`, `INVALID_ARGUMENT`, `NOT_FOUND`, `NO_FILESYSTEM`, `OUT_OF_MEMORY`; or the signal's reason.
 */
export async function openDigestIndex(
  backend: Backend,
  platform: Platform,
  source: Input | SharedArrayBuffer,
  options: CheckOptions = {},
): Promise<DigestIndex> {
  return openIndex(backend, platform, source, options, (opened) => new DigestIndex(backend, platform, opened));
}
