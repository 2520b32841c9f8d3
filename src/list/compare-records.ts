import type { BankRecord } from '../bank/record.js';
import { bytesToHex } from '../hash/encoding.js';

/** What a record says, besides its key. */
export const RECORD_FIELDS = ['signals', 'category', 'tags', 'opinions', 'updatedAt', 'note'] as const;

/** One of {@link RECORD_FIELDS}. */
export type RecordField = (typeof RECORD_FIELDS)[number];

/** What became of one entry from one list to the next. */
export interface EntryChange {
  readonly change: 'added' | 'withdrawn' | 'changed' | 'equal';
  /** As the later list has it, or the earlier one where that alone does. */
  readonly record: BankRecord;
  /** What differs, where it is in both. */
  readonly fields: readonly RecordField[];
}

/**
 * Compares two lists, each in the order of its keys as UTF-8 (that of {@link Bank.entries}), and holds one record of each. The order of
 * signals, tags and opinions makes no difference.
 */
export async function* compareRecords(before: AsyncIterable<BankRecord>, after: AsyncIterable<BankRecord>): AsyncGenerator<EntryChange> {
  const [olds, news] = [before[Symbol.asyncIterator](), after[Symbol.asyncIterator]()];
  try {
    let [old, now] = [await nextOf(olds), await nextOf(news)];
    while (old || now) {
      const order = old && now ? compareKeys(old.key, now.key) : old ? -1 : 1;
      if (old && now && order === 0) {
        const fields = differences(old, now);
        yield { change: fields.length > 0 ? 'changed' : 'equal', record: now, fields };
      } else yield { change: order < 0 ? 'withdrawn' : 'added', record: (order < 0 ? old : now) as BankRecord, fields: [] };
      if (order <= 0) old = await nextOf(olds);
      if (order >= 0) now = await nextOf(news);
    }
  } finally {
    await olds.return?.();
    await news.return?.();
  }
}

async function nextOf(records: AsyncIterator<BankRecord>): Promise<BankRecord | undefined> {
  const { done, value } = await records.next();
  return done ? undefined : value;
}

/** Texts in the order of their code points, which is that of their bytes in UTF-8. */
function compareKeys(a: string, b: string): number {
  for (let i = 0; ; ++i) {
    const [one, other] = [a.codePointAt(i), b.codePointAt(i)];
    if (one !== other) return (one ?? -1) - (other ?? -1);
    if (one === undefined) return 0;
  }
}

function differences(a: BankRecord, b: BankRecord): RecordField[] {
  return RECORD_FIELDS.filter((field) => said(a, field) !== said(b, field));
}

/** What a record says in one field, as a text that is the same for the same. */
function said({ signals, category, tags = [], opinions = [], updatedAt, note }: BankRecord, field: RecordField): string {
  const texts = {
    signals: () => signals.map(({ type, value, quality, mode, name }) => [type, bytesToHex(value), quality, mode, name]),
    opinions: () => opinions.map(({ by, value, tags: words = [] }) => [by, value, [...words].sort()]),
    tags: () => tags,
    category: () => [category],
    updatedAt: () => [updatedAt],
    note: () => [note],
  };
  return texts[field]()
    .map((item) => JSON.stringify(item))
    .sort()
    .join();
}
