import { type Backend, STOP_KEYS } from '../backend.js';
import { invalid } from '../errors.js';
import { liveBytes, nextTurn } from '../input.js';
import { joined } from './build-patch-index.js';
import type { PatchIndex } from './patch-index.js';
import { type PatchProfile, PROFILES } from './record.js';

/** Units of collecting at a time: about 4 ms. */
const COLLECT_UNITS = 1 << 21;

/**
 * Finds the stop features of a bank: what several of its pictures share without being copies of each other, such as the buttons of a
 * screen or the letters of a caption. Every part of a bank that is marked with the same table answers as one index would.
 *
 * @internal
 */
export async function collectStops(backend: Backend, indexes: readonly PatchIndex[], signal?: AbortSignal): Promise<Uint8Array> {
  const { profile } = indexes[0] ?? { profile: 'standard' as const };
  for (const [i, index] of indexes.entries())
    if (index.profile !== profile) throw invalid(`indexes[${i}]`, `an index of ${profile} records, as the first one is`, index.profile);
  const found: Uint8Array[] = [];
  for (let key = 0; key < STOP_KEYS; ) {
    const segments = indexes.map((index) => index.segment());
    const { nextKey, entries } = backend.patchIndex.collectStops(segments, key, COLLECT_UNITS);
    if (entries.byteLength > 0) found.push(entries);
    key = nextKey;
    await nextTurn(signal);
  }
  return backend.patchIndex.writeStops(joined(found), PROFILES[profile].codeBytes);
}

/** @internal Checks a table that a caller gave. */
export function checkStops(backend: Backend, table: unknown, profile: PatchProfile): void {
  if (!(table instanceof Uint8Array)) throw invalid('stops', "'collect', 'keep' or a table that stopFeatures gave", table);
  const { codeBytes } = backend.patchIndex.openStops(liveBytes('stops', table));
  if (codeBytes !== PROFILES[profile].codeBytes)
    throw invalid('stops', `a table of ${profile} features`, codeBytes === 8 ? 'a compact one' : 'a standard one');
}
