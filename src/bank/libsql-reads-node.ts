import { isUtf8 } from 'node:buffer';
import type { Kysely, Sql } from 'kysely';
import type { PdqMode } from '../backend.js';
import { inPieces } from './bulk.js';
import { damagedBank, storedJson } from './database-error.js';
import type { EntryRange, EntryRow, Reads, Stream } from './reads.js';
import { INLINE_SIGNALS, type InlineSignal, type Tables } from './schema.js';
import { SIGNAL_BYTES } from './signal.js';

/** Characters of what an entry says that come with many others: so many of them are far from what SQLite gives as one value (our own choice). */
const MAX_PACKED_LENGTH = 4_096;

/** A row that is read by itself: it says much, or has a fraction, of which JSON has fewer digits. */
const ALONE = `coalesce(length(rest) > ${MAX_PACKED_LENGTH}, 0) or coalesce(quality <> cast(quality as integer), 0)`;

/** An entry in JSON, without its signals; `types`: a bit for each of {@link INLINE_SIGNALS} that it has. One that is read by itself has no list here. */
type Item = readonly [
  id: number,
  types: number,
  list: number | null,
  key: string,
  quality: number | null,
  mode: PdqMode | null,
  further: number | null,
  rest: string | null,
  sum: number,
];

const TYPES = INLINE_SIGNALS.map((type, i) => `${2 ** i} * (${type} is not null)`).join(' + ');
const ITEM = `json_array(id, ${TYPES}, list, key, cast(quality as integer), mode, further, rest, sum)`;
const VALUES = INLINE_SIGNALS.map((type) => `cast(group_concat(${type}, '') as blob) as ${type}`).join(', ');

type Packed = { readonly items: Uint8Array } & Readonly<Record<InlineSignal, Uint8Array | null>>;

/** The reads of an embedded bank: SQLite packs rows into few values, because to hand a row over takes ten times as long as to read it (measured here). */
export function packedReads(db: Kysely<Tables>, { raw }: Sql, stream: Stream): Reads {
  const query = raw<Packed>(
    `select cast(json_group_array(case when ${ALONE} then json_array(id, ${TYPES}, null) else ${ITEM} end) as blob) as items, ${VALUES}
     from (select * from entry where id > ? and id <= ? order by id)`,
  ).compile(db);
  return {
    stream,
    async entries({ from, to }: EntryRange) {
      const { rows } = await db.executeQuery<Packed>({ ...query, parameters: [from, to] });
      const { items: text, ...values } = rows[0] as Packed;
      if (!isUtf8(text)) throw damagedBank('text that is none'); // which, read as text, would end the process (libsql-driver-node.ts)
      const items = storedJson(new TextDecoder().decode(text)) as Item[];
      const alone = new Map<number, EntryRow>();
      const aloneIds = items.filter((item) => item[2] === null).map(([id]) => id);
      for (const some of inPieces(aloneIds))
        for (const row of await db.selectFrom('entry').selectAll().where('id', 'in', some).execute()) alone.set(row.id, row);
      const unpacked = unpackedRows(items, values);
      return alone.size === 0 ? unpacked : unpacked.map((row) => alone.get(row.id) ?? row);
    },
  };
}

/** Gives each entry its signals. */
function unpackedRows(items: readonly Item[], values: Omit<Packed, 'items'>): EntryRow[] {
  const ends = { pdq: 0, md5: 0, sha1: 0, sha256: 0 };
  const next = (type: InlineSignal, types: number): Uint8Array | null => {
    if ((types & (1 << INLINE_SIGNALS.indexOf(type))) === 0) return null;
    const begin = ends[type];
    ends[type] += SIGNAL_BYTES[type] as number;
    return values[type]?.subarray(begin, ends[type]) ?? null;
  };
  const rows = items.map(([id, types, list, key, quality, mode, further, rest, sum]): EntryRow => {
    const signals = { pdq: next('pdq', types), md5: next('md5', types), sha1: next('sha1', types), sha256: next('sha256', types) };
    return { id, list: list as number, key, quality, mode, further, rest, sum, ...signals };
  });
  for (const type of INLINE_SIGNALS) if (ends[type] !== (values[type]?.length ?? 0)) throw damagedBank('a value that is no signal');
  return rows;
}
