import type { ColumnDataType, Kysely, RawBuilder } from 'kysely';
import type { PdqMode } from '../backend.js';
import type { OpinionValue } from './record.js';
import type { BankSignal } from './signal.js';
import type { Sealed } from './sum.js';

/** Version of these tables: a bank of another one is refused. */
export const BANK_FORMAT = 1;

/** What an embedded bank says of itself in its header (`PRAGMA application_id`): "EgdB". */
export const APPLICATION_ID = 0x45676442;

/** A type of signal as `signal.type` has it. The numbers are part of the format: a new type gets the next. */
export const SIGNAL_NUMBERS: Readonly<Record<BankSignal, number>> = {
  pdq: 0,
  md5: 1,
  sha1: 2,
  sha256: 3,
  sha512: 4,
  'video-md5': 5,
  'video-sha256': 6,
  photodna: 7,
  url: 8,
  'url-md5': 9,
  other: 10,
  patches: 11,
};

/** The types whose first signal stands in the row of its entry: what nearly all entries of nearly all lists carry, and no more. */
export const INLINE_SIGNALS = ['pdq', 'md5', 'sha1', 'sha256'] as const;

/** One of {@link INLINE_SIGNALS}. */
export type InlineSignal = (typeof INLINE_SIGNALS)[number];

/** One row: the counters that every writer takes in turn. */
export interface BankTable {
  /** Always 1. */
  readonly id: number;
  readonly format: number;
  readonly change: number;
  readonly next_list: number;
  readonly next_entry: number;
  readonly next_feedback: number;
  readonly next_upload: number;
  /** How long uploads are kept, in milliseconds; `null` for no end. */
  readonly retention: number | null;
  /** The change up to which a rematch has compared what was kept up to the block with the next number. */
  readonly rematched: number;
  readonly rematched_upload: number;
}

/** Who began the telling of a list as a whole, after which what was not told is withdrawn. */
export const SWEEP = { none: 0, source: 1, bank: 2 } as const;

/** A source. */
export interface ListTable {
  readonly id: number;
  readonly name: string;
  readonly kind: string;
  /** JSON. */
  readonly settings: string;
  /** 0 or 1. */
  readonly enabled: number;
  /** 0 or 1. */
  readonly negative: number;
  /** What `entry.generation` gets now. */
  readonly generation: number;
  /** One of {@link SWEEP}. */
  readonly sweep: number;
  /** Steps applied so far: two that sync one list at a time see each other by it. */
  readonly revision: number;
  readonly entries: number;
  /** JSON. */
  readonly checkpoint: string | null;
  readonly checkpoint_at: number | null;
  readonly synced_at: number | null;
  /** Of all this (sum.ts). */
  readonly sum: number;
}

/** An item of a list. */
export interface EntryTable {
  readonly id: number;
  readonly list: number;
  readonly key: string;
  readonly generation: number;
  readonly pdq: Uint8Array | null;
  readonly quality: number | null;
  /** How the PDQ hash was made, where its source says. */
  readonly mode: PdqMode | null;
  readonly md5: Uint8Array | null;
  readonly sha1: Uint8Array | null;
  readonly sha256: Uint8Array | null;
  /** Rows of {@link SignalTable}; `null` for none. */
  readonly further: number | null;
  /** JSON of what a record holds besides key and signals; `null` for nothing. */
  readonly rest: string | null;
  /** Of all this and its further signals, but not of the generation (sum.ts). */
  readonly sum: number;
}

/** A signal that its entry's row has no room for. */
export interface SignalTable {
  /** One of {@link SIGNAL_NUMBERS}. */
  readonly type: number;
  readonly entry: number;
  /** From 0, in the order of the record. */
  readonly n: number;
  readonly list: number;
  readonly value: Uint8Array;
  readonly quality: number | null;
  readonly mode: PdqMode | null;
  readonly name: string | null;
}

/** What this platform thinks of an entry; it stays when the entry is replaced or withdrawn. */
export interface OpinionTable {
  readonly list: number;
  readonly key: string;
  readonly value: OpinionValue;
  /** JSON. */
  readonly tags: string;
  readonly at: number;
  readonly sum: number;
}

/** A value that is out of the search. */
export interface QuarantineTable {
  readonly type: number;
  readonly value: Uint8Array;
  readonly reason: string;
  readonly at: number;
  readonly sum: number;
}

/** What is to be told to a source, or was. */
export interface FeedbackTable {
  readonly id: number;
  readonly list: number;
  readonly key: string;
  readonly type: number;
  readonly value: Uint8Array;
  readonly opinion: 'positive' | 'negative';
  /** JSON. */
  readonly reasons: string;
  readonly at: number;
  /** Of all this. */
  readonly sum: number;
  readonly sent_at: number | null;
}

/** What one transaction changed. */
export interface ChangeTable {
  /** `bank.change` after it. */
  readonly id: number;
  /** JSON (changes.ts). */
  readonly what: string;
  readonly sum: number;
}

/** A block of kept uploads, in columns (uploads/block.ts). What most is read by stands first. */
export interface UploadTable {
  /** A block that takes the place of others has a number above all. */
  readonly id: number;
  /** How often its uploads were packed together; -1: it is full. */
  readonly level: number;
  /** The greatest number of a block that uploads of this one were first kept in. */
  readonly newest: number;
  /** The change up to which all of them were scanned when they were kept. */
  readonly seen: number;
  readonly count: number;
  readonly hashes: number;
  readonly first_at: number;
  readonly last_at: number;
  /** Of all this; what follows has sums of its own. */
  readonly sum: number;
  readonly filter: Sealed;
  readonly shapes: Sealed;
  readonly pdq: Sealed;
  readonly md5: Sealed;
  readonly sha1: Sealed;
  readonly sha256: Sealed;
  readonly times: Sealed;
  readonly ids: Sealed;
}

/** All tables of a bank. */
export interface Tables {
  readonly bank: BankTable;
  readonly list: ListTable;
  readonly entry: EntryTable;
  readonly signal: SignalTable;
  readonly opinion: OpinionTable;
  readonly quarantine: QuarantineTable;
  readonly feedback: FeedbackTable;
  readonly change: ChangeTable;
  readonly upload: UploadTable;
}

/** What the two databases call their types, and how they end a table. */
export interface SchemaWords {
  /** Whole numbers to 2^53. */
  readonly whole: ColumnDataType;
  readonly real: ColumnDataType;
  readonly bytes: ColumnDataType;
  /** Text that is compared byte by byte. */
  readonly text: RawBuilder<unknown>;
  /** For a table whose rows lie in its primary key, where the database makes the difference. */
  readonly clustered: RawBuilder<unknown>;
}

/** Makes the tables of an empty bank; the caller gives it a transaction. */
export async function createTables(db: Kysely<Tables>, { whole, real, bytes, text, clustered }: SchemaWords): Promise<void> {
  const { schema } = db;
  await schema
    .createTable('bank')
    .addColumn('id', whole, (c) => c.primaryKey())
    .addColumn('format', whole, (c) => c.notNull())
    .addColumn('change', whole, (c) => c.notNull())
    .addColumn('next_list', whole, (c) => c.notNull())
    .addColumn('next_entry', whole, (c) => c.notNull())
    .addColumn('next_feedback', whole, (c) => c.notNull())
    .addColumn('next_upload', whole, (c) => c.notNull())
    .addColumn('retention', whole)
    .addColumn('rematched', whole, (c) => c.notNull())
    .addColumn('rematched_upload', whole, (c) => c.notNull())
    .execute();
  await schema
    .createTable('list')
    .addColumn('id', whole, (c) => c.primaryKey())
    .addColumn('name', text, (c) => c.notNull().unique())
    .addColumn('kind', text, (c) => c.notNull())
    .addColumn('settings', text, (c) => c.notNull())
    .addColumn('enabled', whole, (c) => c.notNull())
    .addColumn('negative', whole, (c) => c.notNull())
    .addColumn('generation', whole, (c) => c.notNull())
    .addColumn('sweep', whole, (c) => c.notNull())
    .addColumn('revision', whole, (c) => c.notNull())
    .addColumn('entries', whole, (c) => c.notNull())
    .addColumn('checkpoint', text)
    .addColumn('checkpoint_at', whole)
    .addColumn('synced_at', whole)
    .addColumn('sum', whole, (c) => c.notNull())
    .execute();
  await schema
    .createTable('entry')
    .addColumn('id', whole, (c) => c.primaryKey())
    .addColumn('list', whole, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('generation', whole, (c) => c.notNull())
    .addColumn('pdq', bytes)
    .addColumn('quality', real)
    .addColumn('mode', text)
    .addColumn('md5', bytes)
    .addColumn('sha1', bytes)
    .addColumn('sha256', bytes)
    .addColumn('further', whole)
    .addColumn('rest', text)
    .addColumn('sum', whole, (c) => c.notNull())
    .addUniqueConstraint('entry_key', ['list', 'key'])
    .execute();
  await schema
    .createTable('signal')
    .addColumn('type', whole, (c) => c.notNull())
    .addColumn('entry', whole, (c) => c.notNull())
    .addColumn('n', whole, (c) => c.notNull())
    .addColumn('list', whole, (c) => c.notNull())
    .addColumn('value', bytes, (c) => c.notNull())
    .addColumn('quality', real)
    .addColumn('mode', text)
    .addColumn('name', text)
    .addPrimaryKeyConstraint('signal_place', ['type', 'entry', 'n'])
    .modifyEnd(clustered)
    .execute();
  await createSideTables(db, { whole, bytes, text, clustered });
  await createUploads(db, { whole, bytes });
  const counters = { next_list: 1, next_entry: 1, next_feedback: 1, next_upload: 1, rematched: 0, rematched_upload: 0 };
  await db
    .insertInto('bank')
    .values({ id: 1, format: BANK_FORMAT, change: 0, retention: null, ...counters })
    .execute();
}

async function createSideTables({ schema }: Kysely<Tables>, { whole, bytes, text, clustered }: Omit<SchemaWords, 'real'>): Promise<void> {
  await schema
    .createTable('opinion')
    .addColumn('list', whole, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('value', text, (c) => c.notNull())
    .addColumn('tags', text, (c) => c.notNull())
    .addColumn('at', whole, (c) => c.notNull())
    .addColumn('sum', whole, (c) => c.notNull())
    .addPrimaryKeyConstraint('opinion_key', ['list', 'key'])
    .modifyEnd(clustered)
    .execute();
  await schema
    .createTable('quarantine')
    .addColumn('type', whole, (c) => c.notNull())
    .addColumn('value', bytes, (c) => c.notNull())
    .addColumn('reason', text, (c) => c.notNull())
    .addColumn('at', whole, (c) => c.notNull())
    .addColumn('sum', whole, (c) => c.notNull())
    .execute(); // without a key: PostgreSQL takes no value of more than some 2,700 bytes into an index, and records of patches are longer
  await schema
    .createTable('feedback')
    .addColumn('id', whole, (c) => c.primaryKey())
    .addColumn('list', whole, (c) => c.notNull())
    .addColumn('key', text, (c) => c.notNull())
    .addColumn('type', whole, (c) => c.notNull())
    .addColumn('value', bytes, (c) => c.notNull())
    .addColumn('opinion', text, (c) => c.notNull())
    .addColumn('reasons', text, (c) => c.notNull())
    .addColumn('at', whole, (c) => c.notNull())
    .addColumn('sum', whole, (c) => c.notNull())
    .addColumn('sent_at', whole)
    .execute();
  await schema
    .createTable('change')
    .addColumn('id', whole, (c) => c.primaryKey())
    .addColumn('what', text, (c) => c.notNull())
    .addColumn('sum', whole, (c) => c.notNull())
    .execute();
}

async function createUploads({ schema }: Kysely<Tables>, { whole, bytes }: Pick<SchemaWords, 'whole' | 'bytes'>): Promise<void> {
  let table = schema.createTable('upload').addColumn('id', whole, (c) => c.primaryKey());
  for (const column of ['level', 'newest', 'seen', 'count', 'hashes', 'first_at', 'last_at', 'sum'])
    table = table.addColumn(column, whole, (c) => c.notNull());
  for (const column of ['filter', 'shapes', 'pdq', 'md5', 'sha1', 'sha256', 'times', 'ids'])
    table = table.addColumn(column, bytes, (c) => c.notNull());
  await table.execute();
  await schema.createIndex('upload_level').on('upload').column('level').execute();
}
