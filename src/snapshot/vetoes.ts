import { sha256 } from '@noble/hashes/sha2.js';
import type { BankView } from '../bank/snapshot-source.js';
import { bytesToHex } from '../hash/encoding.js';
import { HELD } from './held-signals.js';
import { INDEX_SECTIONS, type IndexSection } from './snapshot-format.js';

/** Bytes of a value that is held as it is; of a longer one, a record of patches or a URL, its SHA-256 is. */
const MAX_HELD_BYTES = 144;

/** What the negative lists of a bank carry: it is in no list of a snapshot. */
export class Vetoes {
  readonly #values = new Map<IndexSection, Set<string>>();

  /** Reads those of a bank, in memory: negative lists are short. */
  static async of(view: BankView, signal: AbortSignal | undefined): Promise<Vetoes> {
    const vetoes = new Vetoes();
    const lists = (await view.lists()).filter(({ negative, enabled }) => negative && enabled).map(({ id }) => id);
    if (lists.length === 0) return vetoes;
    for (const kind of INDEX_SECTIONS) {
      const held = new Set<string>();
      for await (const { values, ends } of view.signals(HELD[kind].types, { lists, ...(signal && { signal }) }))
        for (let i = 0, begin = 0; i < ends.length; begin = ends[i++] as number) held.add(nameOf(values.subarray(begin, ends[i])));
      if (held.size > 0) vetoes.#values.set(kind, held);
    }
    return vetoes;
  }

  has(kind: IndexSection, value: Uint8Array): boolean {
    const held = this.#values.get(kind);
    return held?.has(nameOf(value)) ?? false;
  }
}

function nameOf(value: Uint8Array): string {
  return value.length <= MAX_HELD_BYTES ? String.fromCharCode(...value) : bytesToHex(sha256(value));
}
