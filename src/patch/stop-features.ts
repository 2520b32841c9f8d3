import { type Backend, STOP_KEYS } from '../backend.js';
import { checkCallOptions, invalid } from '../errors.js';
import { joinedBytes, liveBytes, nextTurn } from '../input.js';
import { PatchIndex } from './patch-index.js';
import { type PatchProfile, PROFILES } from './record.js';
import { STOP_BANK } from './stop-bank.js';

/** Units of collecting at a time: about 4 ms. */
const COLLECT_UNITS = 1 << 21;
/** Bytes of an entry as it is shipped: a key and a mask of 3 bytes each, and a code of 16. */
const SHIPPED = { key: 0, mask: 3, code: 6, bytes: 22 } as const;
/** The same of a table, before the code. */
const ENTRY = { key: 0, mask: 4, code: 8 } as const;

/**
 * Finds the stop features of a bank: what several of its pictures share without being copies of each other, such as the buttons of a
 * screen or the letters of a caption. The table holds them and those that come with the library. Every part of a bank that is marked
 * with the same table answers as one index would.
 *
 * @internal
 */
export async function collectStops(backend: Backend, indexes: readonly PatchIndex[], signal?: AbortSignal): Promise<Uint8Array> {
  const { profile } = indexes[0] ?? { profile: 'standard' as const };
  for (const [i, index] of indexes.entries())
    if (index.profile !== profile) throw invalid(`indexes[${i}]`, `an index of ${profile} records, as the first one is`, index.profile);
  const found: Uint8Array[] = [shippedEntries(profile)];
  for (let key = 0; key < STOP_KEYS; ) {
    const segments = indexes.map((index) => index.segment());
    const { nextKey, entries } = backend.patchIndex.collectStops(segments, key, COLLECT_UNITS);
    if (entries.byteLength > 0) found.push(entries);
    key = nextKey;
    await nextTurn(signal);
  }
  return backend.patchIndex.writeStops(joinedBytes(found), PROFILES[profile].codeBytes);
}

/** What comes with the library, as entries of a table. A compact code is the first half of a standard one. */
function shippedEntries(profile: PatchProfile): Uint8Array {
  const shipped = Uint8Array.from(atob(STOP_BANK), (character) => character.charCodeAt(0));
  const { codeBytes } = PROFILES[profile];
  const count = shipped.byteLength / SHIPPED.bytes;
  const entryBytes = ENTRY.code + codeBytes;
  const entries = new Uint8Array(count * entryBytes);
  for (let i = 0; i < count; ++i) {
    const [from, to] = [i * SHIPPED.bytes, i * entryBytes];
    entries.set(shipped.subarray(from + SHIPPED.key, from + SHIPPED.mask), to + ENTRY.key);
    entries.set(shipped.subarray(from + SHIPPED.mask, from + SHIPPED.code), to + ENTRY.mask);
    entries.set(shipped.subarray(from + SHIPPED.code, from + SHIPPED.code + codeBytes), to + ENTRY.code);
  }
  return entries;
}

/** @internal The same of what a caller gave. */
export async function stopFeatures(
  backend: Backend,
  indexes: readonly PatchIndex[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<Uint8Array> {
  checkCallOptions(options);
  if (!Array.isArray(indexes) || !indexes.every((index) => index instanceof PatchIndex))
    throw invalid('indexes', 'an array of indexes of patches', indexes);
  return collectStops(backend, indexes, options.signal);
}

/** @internal Checks a table that a caller gave. */
export function checkStops(backend: Backend, table: unknown, profile: PatchProfile): void {
  if (!(table instanceof Uint8Array)) throw invalid('stops', "'collect', 'keep' or a table that stopFeatures gave", table);
  const { codeBytes } = backend.patchIndex.openStops(liveBytes('stops', table));
  if (codeBytes !== PROFILES[profile].codeBytes)
    throw invalid('stops', `a table of ${profile} features`, codeBytes === 8 ? 'a compact one' : 'a standard one');
}
