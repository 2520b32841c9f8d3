import { BANK_SIGNALS, type BankSignal } from '../bank/signal.js';
import type { BankView, EntrySignal } from '../bank/snapshot-source.js';

/** Entries that are read at once (our own choice). */
const SLICE = 5_000;

/** A view of which only some entries are scanned. */
export function changedView(view: BankView, changed: readonly number[]): BankView {
  return {
    ...view,
    async *scan() {
      for (let first = 0; first < changed.length; first += SLICE) {
        const entries = await view.entriesOf(changed.slice(first, first + SLICE));
        const names = entries.map(({ id, list, record: { key, category } }) => ({
          id,
          list,
          key,
          ...(category !== undefined && { category }),
        }));
        yield {
          names,
          signals: await signalsOf(
            view,
            names.map(({ id }) => id),
          ),
        };
      }
    },
  };
}

/** What is searchable of entries, by type, in their order. */
async function signalsOf(view: BankView, entries: readonly number[]): Promise<Map<BankSignal, EntrySignal[]>> {
  const places = new Map(entries.map((id, at) => [id, at]));
  const signals = new Map<BankSignal, EntrySignal[]>();
  for (const type of BANK_SIGNALS) {
    const found: EntrySignal[] = [];
    for await (const { values, ends, entries: owners } of view.signals(type, { entries }))
      for (let i = 0, begin = 0; i < ends.length; begin = ends[i++] as number)
        found.push({ value: values.subarray(begin, ends[i]), at: places.get(owners[i] as number) as number });
    if (found.length > 0)
      signals.set(
        type,
        found.sort((a, b) => a.at - b.at),
      );
  }
  return signals;
}
