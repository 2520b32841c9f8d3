import { isUtf8 } from 'node:buffer';
import type { Kysely, Sql } from 'kysely';
import { inPieces } from './bulk.js';
import { damagedBank, storedJson } from './database-error.js';
import type { NameRow, Reads, Stream } from './reads.js';
import type { Tables } from './schema.js';

/** Characters of what an entry says that come with many others: so many of them are far from what SQLite gives as one value (our own choice). */
const MAX_PACKED_LENGTH = 4_096;

/** An entry in JSON: `[id, list, key, length of rest, rest unless it is long]`. */
type NameItem = readonly [number, number, string, number | null, string | null];

/** The reads of an embedded bank: SQLite packs rows into few texts, because to hand a row over takes ten times as long as to read it (measured here). */
export function packedReads(db: Kysely<Tables>, { raw }: Sql, stream: Stream): Reads {
  const only = async <Row>(sql: string, parameters: readonly unknown[]): Promise<Row> => {
    const { rows } = await db.executeQuery<Row>({ ...raw<Row>(sql).compile(db), parameters });
    return rows[0] as Row;
  };
  return {
    stream,
    async signals({ sql, parameters }) {
      const packed = await only<{ hex: string | null; lengths: string; entries: string }>(
        `select group_concat(hex(value), '') as hex, json_group_array(length(value)) as lengths, json_group_array(entry) as entries from (${sql})`,
        parameters,
      );
      const ends = Uint32Array.from(JSON.parse(packed.lengths) as number[]);
      for (let i = 1; i < ends.length; ++i) ends[i] = (ends[i] as number) + (ends[i - 1] as number);
      const values = new Uint8Array(Buffer.from(packed.hex ?? '', 'hex')); // of its own: Node's buffers share one
      if (values.length !== (ends.at(-1) ?? 0)) throw damagedBank('a value that is no bytes');
      return { values, ends, entries: Float64Array.from(JSON.parse(packed.entries) as number[]) };
    },
    async names({ from, to }) {
      const packed = await only<{ items: Uint8Array }>(
        `select cast(json_group_array(json_array(id, list, key, length(rest), case when length(rest) <= ${MAX_PACKED_LENGTH} then rest end)) as blob) as items
         from (select id, list, key, rest from entry where id > ? and id <= ? order by id)`,
        [from, to],
      );
      if (!isUtf8(packed.items)) throw damagedBank('text that is none'); // which, read as text, would end the process (libsql-driver-node.ts)
      const items = storedJson(new TextDecoder().decode(packed.items)) as NameItem[];
      const long = new Map<number, string | null>();
      const longIds = items.filter(([, , , length, rest]) => length !== null && rest === null).map(([id]) => id);
      for (const some of inPieces(longIds))
        for (const { id, rest } of await db.selectFrom('entry').select(['id', 'rest']).where('id', 'in', some).execute())
          long.set(id, rest);
      return items.map(([id, list, key, , rest]): NameRow => ({ id, list, key, rest: rest ?? long.get(id) ?? null }));
    },
  };
}
