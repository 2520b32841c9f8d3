import { HASH_BYTES } from '../backend.js';
import type { BankSignal } from '../bank/signal.js';
import type { EntrySignal, EntrySlice } from '../bank/snapshot-source.js';
import { DIGEST_BYTES } from '../hash/digests.js';
import { bytesToHex } from '../hash/encoding.js';
import { PHOTODNA_BYTES } from '../hash/photodna.js';
import type { IndexSection } from './snapshot-format.js';

/** Which signals each index holds, and bytes of each. A video's digest is a file's like any other; further types are kept by the bank alone. */
export const HELD: Readonly<Record<IndexSection, { readonly types: readonly BankSignal[]; readonly width: number | null }>> = {
  pdq: { types: ['pdq'], width: HASH_BYTES },
  md5: { types: ['md5', 'video-md5'], width: DIGEST_BYTES.md5 },
  sha1: { types: ['sha1'], width: DIGEST_BYTES.sha1 },
  sha256: { types: ['sha256', 'video-sha256'], width: DIGEST_BYTES.sha256 },
  patches: { types: ['patches'], width: null },
  urls: { types: ['url'], width: null },
  photodna: { types: ['photodna'], width: PHOTODNA_BYTES },
  'url-md5': { types: ['url-md5'], width: DIGEST_BYTES.md5 },
};

/** What one index holds of some entries: an entry that carries a value as two types, a file's and a video's digest, has it once. */
export function heldSignals(kind: IndexSection, { signals }: EntrySlice): readonly EntrySignal[] {
  const [first = [], ...others] = HELD[kind].types.map((type) => signals.get(type) ?? []).filter(({ length }) => length > 0);
  if (others.length === 0) return first;
  const known = new Set<string>();
  return [first, ...others].flat().filter(({ value, at }) => {
    const name = `${at} ${bytesToHex(value)}`;
    return !known.has(name) && known.add(name);
  });
}
