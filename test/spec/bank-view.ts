import { BANK_SIGNALS, type BankSignal } from '../../src/bank/signal.js';
import type { BankView, SignalOptions, SourceList } from '../../src/bank/snapshot-source.js';

/** An entry of a bank that is none. */
export interface TestEntry {
  readonly list: number;
  readonly key: string;
  readonly category?: string;
  readonly signals: readonly { readonly type: BankSignal; readonly value: Uint8Array }[];
}

/** What a bank would give, in slices that cut equal values apart. */
export function viewOf(all: readonly TestEntry[], lists: readonly SourceList[]): BankView {
  const isOn = ({ list }: TestEntry) => lists.find(({ id }) => id === list)?.enabled === true;
  async function* inSlices(types: BankSignal | readonly BankSignal[], { lists: wanted }: SignalOptions = {}) {
    const held = all.flatMap((entry, i) =>
      isOn(entry) && (wanted?.includes(entry.list) ?? true)
        ? entry.signals.filter((one) => [types].flat().includes(one.type)).map(({ value }) => ({ value, id: 3 * i + 1 }))
        : [],
    );
    held.sort((a, b) => Buffer.compare(a.value, b.value) || a.id - b.id);
    for (let at = 0; at < held.length; at += 3) {
      const slice = held.slice(at, at + 3);
      let end = 0;
      yield {
        values: new Uint8Array(Buffer.concat(slice.map(({ value }) => value))),
        ends: Uint32Array.from(slice, ({ value }) => (end += value.length)),
        entries: Float64Array.from(slice, ({ id }) => id),
      };
    }
  }
  return {
    change: 17,
    mark: 'seventeen',
    lists: async () => lists,
    async *entries() {
      for (let at = 0; at < all.length; at += 300)
        yield all.slice(at, at + 300).map(({ list, key, category }, i) => ({
          id: 3 * (at + i) + 1,
          list,
          record: { key, signals: [], ...(category !== undefined && { category }) },
        }));
    },
    async *scan() {
      for (let from = 0; from < all.length; from += 300) {
        const some = all.slice(from, from + 300);
        const names = some.map(({ list, key, category }, i) => ({
          id: 3 * (from + i) + 1,
          list,
          key,
          ...(category !== undefined && { category }),
        }));
        const held = some.flatMap((entry, at) => (isOn(entry) ? entry.signals.map(({ type, value }) => ({ type, value, at })) : []));
        yield { names, signals: new Map(BANK_SIGNALS.map((type) => [type, held.filter((one) => one.type === type)])) };
      }
    },
    signals: inSlices,
    entriesOf: async () => [],
    carriers: async () => [],
    changesSince: async () => undefined,
  };
}
