import type { Kysely, SelectQueryBuilder } from 'kysely';
import { inPieces } from '../bulk.js';
import { changesAfter, type NotedChange } from '../changes.js';
import { laterThan } from '../database-error.js';
import type { SignalRow } from '../reads.js';
import type { Tables } from '../schema.js';
import { type BankSignal, signalName } from '../signal.js';
import { searchableRows } from '../view.js';
import { Gathered, type NewSignals } from './gathered.js';
import type { Pace } from './pace.js';
import type { Rematch } from './upload.js';

/** What of a list is compared with what of an upload. A video's digest is a file's like any other. */
const COMPARED: Readonly<Record<Rematch['signal'], readonly BankSignal[]>> = {
  pdq: ['pdq'],
  md5: ['md5', 'video-md5'],
  sha1: ['sha1'],
  sha256: ['sha256', 'video-sha256'],
};
/** Types of signal that uploads are matched by. */
export const MATCHED = Object.keys(COMPARED) as readonly Rematch['signal'][];

/** Entries, or values, that are looked up one by one; of more, all entries are read (our own choice). */
const MAX_NAMED_ENTRIES = 50_000;
const MAX_NAMED_VALUES = 20;
/** Entries whose signals are read together: some tens of milliseconds at most (our own choice). */
const SLICE = 4_096;

/** What came into the search, by type. */
export type Fresh = Readonly<Record<Rematch['signal'], NewSignals>>;

/**
 * What came into the search after a change: everything that is searched now, and whose entry, list or value was changed since. Of what the bank
 * no longer knows, it is everything. What a negative list carries is none of it.
 *
 * @param lists Those that are asked about.
 */
export async function newSignals(db: Kysely<Tables>, since: number, lists: readonly number[], pace: Pace): Promise<Fresh> {
  const found = Object.fromEntries(MATCHED.map((type) => [type, new Gathered()])) as Record<Rematch['signal'], Gathered>;
  const { known, changes } = await changesAfter(db, since);
  const dates = new Dates(since, known, changes, lists);
  if (lists.length > 0)
    for await (const { types, within, listOf } of portions(db, dates))
      for (const type of types)
        for (const rows of searchableRows(db, type, lists)) {
          await pace.turn();
          const searched = await within(db.selectFrom(rows.as('searched')).select(['value', 'entry'])).execute();
          for (const row of searched) {
            const change = dates.of(row, type, listOf.get(row.entry));
            if (change > since) found[matchedAs(type)].add(row, change);
          }
        }
  await leaveOutVetoed(db, found, pace);
  const fresh: Partial<Record<Rematch['signal'], NewSignals>> = {};
  for (const type of MATCHED) fresh[type] = await found[type].sorted(pace);
  return fresh as Fresh;
}

/** Leaves out what a negative list carries as a signal of the same type, as a snapshot does. */
async function leaveOutVetoed(db: Kysely<Tables>, found: Readonly<Record<Rematch['signal'], Gathered>>, pace: Pace): Promise<void> {
  const rows = await db.selectFrom('list').select('id').where('enabled', '=', 1).where('negative', '=', 1).execute();
  const lists = rows.map(({ id }) => id);
  const types = MATCHED.filter((as) => !found[as].isEmpty).flatMap((as) => COMPARED[as]);
  if (lists.length === 0 || types.length === 0) return;
  for await (const { from, to } of slices(db))
    for (const type of types)
      for (const vetoes of searchableRows(db, type, lists)) {
        const slice = db.selectFrom(vetoes.as('searched')).select('value').where('entry', '>', from).where('entry', '<=', to);
        await pace.turn();
        const values = (await slice.execute()).map(({ value }) => value);
        if (values.length > 0) await found[matchedAs(type)].leaveOut(values, pace);
      }
}

function matchedAs(type: BankSignal): Rematch['signal'] {
  return MATCHED.find((as) => COMPARED[as].includes(type)) as Rematch['signal'];
}

type Searched = SelectQueryBuilder<Tables & { searched: SignalRow }, 'searched', SignalRow>;

/** Some of all searched signals. */
interface Portion {
  readonly types: readonly BankSignal[];
  readonly within: (searched: Searched) => Searched;
  /** The lists of their entries, if that matters. */
  readonly listOf: ReadonlyMap<number, number>;
}

async function* portions(db: Kysely<Tables>, dates: Dates): AsyncGenerator<Portion> {
  const types = Object.values(COMPARED).flat();
  const listOf = new Map<number, number>();
  if (dates.few) {
    for (const ids of inPieces(dates.entries())) yield { types, within: (searched) => searched.where('entry', 'in', ids), listOf };
    for (const { type, value } of dates.values) yield { types: [type], within: (searched) => searched.where('value', '=', value), listOf };
  } else
    for await (const { from, to, listOf } of slices(db))
      yield { types, within: (searched) => searched.where('entry', '>', from).where('entry', '<=', to), listOf };
}

/** All entries, in slices: those above `from`, up to `to`. */
async function* slices(db: Kysely<Tables>): AsyncGenerator<{ from: number; to: number; listOf: ReadonlyMap<number, number> }> {
  for (let from = 0; ; ) {
    const rows = await db.selectFrom('entry').select(['id', 'list']).where('id', '>', from).orderBy('id').limit(SLICE).execute();
    const last = rows.at(-1);
    if (!last) return;
    yield { from, to: last.id, listOf: new Map(rows.map(({ id, list }) => [id, list])) };
    from = laterThan(from, last.id);
  }
}

/** When what is searched came into the search, by the number of the change. */
class Dates {
  /** Whether that is few enough to look it up. */
  readonly few: boolean;
  /** Values of the compared types that came or went as such. */
  readonly values: readonly { readonly type: BankSignal; readonly value: Uint8Array }[];
  readonly #known: number;
  readonly #lists = new Map<number, number>();
  readonly #values = new Map<string, number>();
  readonly #runs: readonly (readonly [first: number, count: number])[];
  readonly #first: number;
  /** By entry from `#first` on: changes after `#known`; 0 for none. */
  readonly #entries: Uint32Array;

  /** @param since What is asked for; `known` is above it if the bank has forgotten some changes, and everything may have come with them. */
  constructor(since: number, known: number, changes: readonly NotedChange[], lists: readonly number[]) {
    this.#known = known;
    const runs = changes.flatMap((change) => change.runs);
    this.#runs = runs;
    this.#first = runs.reduce((least, [first]) => Math.min(least, first), Number.MAX_SAFE_INTEGER);
    const end = runs.reduce((most, [first, count]) => Math.max(most, first + count), this.#first);
    this.#entries = new Uint32Array(end - this.#first);
    const values = new Map<string, { readonly type: BankSignal; readonly value: Uint8Array }>();
    for (const { id, runs, list, value } of changes) {
      for (const [first, count] of runs) this.#entries.fill(id - known, first - this.#first, first - this.#first + count);
      if (list !== undefined && lists.includes(list)) this.#lists.set(list, id);
      if (!value || !Object.values(COMPARED).flat().includes(value.type)) continue;
      values.set(signalName(value), value);
      this.#values.set(signalName(value), id);
    }
    this.values = [...values.values()];
    const named = runs.reduce((sum, [, count]) => sum + count, 0);
    this.few = known === since && this.#lists.size === 0 && named <= MAX_NAMED_ENTRIES && values.size <= MAX_NAMED_VALUES;
  }

  /** Ids of the entries that were changed, ascending; asked for if they are few. */
  entries(): number[] {
    const ids = new Set<number>();
    for (const [first, count] of this.#runs) for (let id = first; id < first + count; ++id) ids.add(id);
    return [...ids].sort((a, b) => a - b);
  }

  /** With which change a signal came, or after which it cannot have come. */
  of({ entry, value }: SignalRow, type: BankSignal, list: number | undefined): number {
    const byEntry = this.#entries[entry - this.#first] ?? 0;
    const byList = list === undefined ? 0 : (this.#lists.get(list) ?? 0);
    const byValue = this.#values.size === 0 ? 0 : (this.#values.get(signalName({ type, value })) ?? 0);
    return Math.max(this.#known + byEntry, byList, byValue);
  }
}
