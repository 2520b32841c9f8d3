import type { BankView, SignalSlice } from '../bank/snapshot-source.js';
import { compareBytes } from '../hash/encoding.js';

/** Entries that are read at once (our own choice). */
const SLICE = 5_000;

/** A view of some entries alone, without those of their values that a negative list carries. */
export function changedView(view: BankView, changed: readonly number[]): BankView {
  const changedView: BankView = {
    ...view,
    async *entries() {
      for (let first = 0; first < changed.length; first += SLICE) yield view.entriesOf(changed.slice(first, first + SLICE));
    },
    async *names() {
      for await (const slice of changedView.entries())
        yield slice.map(({ id, list, record: { key, category } }) => ({ id, list, key, ...(category !== undefined && { category }) }));
    },
    signalsByEntry: (types, options) => changedView.signals(types, options), // so few are put in order by value at no cost
    async *signals(types, options = {}) {
      const slices: SignalSlice[] = [];
      for await (const slice of view.signals(types, { ...options, entries: changed })) slices.push(slice);
      const rows = slices.flatMap((slice) => [...rowsOf(slice)]);
      const negative = (await view.lists()).filter((list) => list.negative && list.enabled).map(({ id }) => id);
      const vetoed = new Set<Row>();
      let next = 0;
      if (negative.length > 0 && rows.length > 0)
        for await (const slice of view.signals(types, { ...options, lists: negative }))
          for (const { value } of rowsOf(slice)) {
            while (next < rows.length && compareBytes((rows[next] as Row).value, value) < 0) ++next;
            for (let i = next; i < rows.length && compareBytes((rows[i] as Row).value, value) === 0; ++i) vetoed.add(rows[i] as Row);
          }
      const left = rows.filter((row) => !vetoed.has(row));
      if (left.length > 0) yield sliceOf(left);
    },
  };
  return changedView;
}

/** One signal. */
interface Row {
  readonly value: Uint8Array;
  readonly entry: number;
}

function* rowsOf({ values, ends, entries }: SignalSlice): Generator<Row> {
  for (let i = 0, begin = 0; i < entries.length; ++i) {
    const end = ends[i] as number;
    yield { value: values.subarray(begin, end), entry: entries[i] as number };
    begin = end;
  }
}

function sliceOf(rows: readonly Row[]): SignalSlice {
  const values = new Uint8Array(rows.reduce((sum, { value }) => sum + value.length, 0));
  const ends = new Uint32Array(rows.length);
  let end = 0;
  for (const [i, { value }] of rows.entries()) {
    values.set(value, end);
    ends[i] = end += value.length;
  }
  return { values, ends, entries: Float64Array.from(rows, ({ entry }) => entry) };
}
