import { writeSync } from 'node:fs';
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { EgideError, load, type SearchableBank } from 'egide';
import Database from 'libsql';
import { batch, entriesOf, record, signal, valueFor } from './fixtures.js';

/** What the program is told to do. */
export interface DamageTask {
  /** An empty folder. */
  readonly folder: string;
  /** Such as `entry.md5`; empty for all that there are. */
  readonly columns: readonly string[];
}

/** By call on a bank of which one cell was damaged: `well`, or the code of its error. */
export type Outcomes = Readonly<Record<string, string>>;

/** Text that is no UTF-8: in a column of numbers, too, it stays text. */
const NO_TEXT = "cast(x'61ff62' as text)";

// Damages a cell of each column of a bank, one after the other, and says what becomes of every call.
const { folder, columns } = JSON.parse(process.argv[2] as string) as DamageTask;
const say = (...words: unknown[]): unknown => writeSync(1, `${JSON.stringify([Date.now(), ...words])}\n`);
const egide = await load();

async function make(path: string): Promise<void> {
  await using bank = await egide.openBank(path);
  const types = ['md5', 'sha1', 'sha256', 'pdq', 'photodna', 'url'] as const;
  const said = { note: 'ñ', tags: ['x'], category: 'c' };
  await bank.apply(
    'a',
    batch([0, 1, 2].map((i) => ({ ...record(`key ${i}`, ...types.map((type) => signal(type, i)), signal('md5', 100 + i)), ...said }))),
  );
  await bank.addList('b', { kind: 'ncmec' });
  await bank.apply('b', batch([record('other', signal('md5', 7))], { checkpoint: { at: 1 }, whole: 'both' }));
  await bank.addCanary(record('canary', signal('md5', 50)));
  await bank.opine('a', 'key 1', { value: 'positive', tags: ['t'] });
  await bank.decide('b', 'other', { opinion: 'negative', signal: 'md5', reasons: ['r'] });
  await bank.quarantine('md5', valueFor('md5', 2), { reason: 'why' });
  await bank.uploads.keep([{ id: 'u', at: 1, md5: valueFor('md5', 0), pdq: valueFor('pdq', 0) }]);
}

async function outcomesOf(path: string): Promise<Outcomes> {
  const outcomes: Record<string, string> = {};
  const tried = async (name: string, work: () => Promise<unknown>): Promise<void> => {
    try {
      await work();
      outcomes[name] = 'well';
    } catch (error) {
      outcomes[name] = error instanceof EgideError ? error.code : String(error);
    }
  };
  let bank: SearchableBank | undefined;
  await tried('open', async () => (bank = await egide.openBank(path, { create: false })));
  if (!bank) return outcomes;
  const open = bank;
  const all = async (some: AsyncIterable<unknown>): Promise<void> => {
    for await (const _ of some);
  };
  await tried('verify', async () => {
    const { ok } = await open.verify();
    if (!ok) throw new EgideError('INVALID_BANK', 'as it should');
  });
  await tried('lists', () => open.lists());
  await tried('status', () => open.status({ signals: true }));
  await tried('views', () => entriesOf(open));
  await tried('entries', () => all(open.entries('a')));
  await tried('entry', () => open.entry('a', 'key 1'));
  await tried('find', () => open.find('md5', valueFor('md5', 1)));
  await tried('quarantined', () => open.quarantined());
  await tried('pending', () => open.feedback.pending());
  await tried('signals', () =>
    open.snapshots.view(async (view) => {
      await all(view.signals(['md5', 'pdq', 'url']));
      await all(view.scan());
      await view.carriers([{ type: 'md5', value: valueFor('md5', 1) }]);
      await view.changesSince(0);
    }),
  );
  await tried('snapshot', () => egide.saveSnapshot(open, join(path, 'snapshot')));
  await tried('rematch', () => all(open.rematch({ maxDistance: 31, since: 0 })));
  await tried('apply', () => open.apply('a', batch([record('key 0', signal('md5', 0)), record('new', signal('md5', 9))])));
  await tried('opine', () => open.opine('a', 'key 1', { value: 'negative', tags: [] }));
  await tried('decide', () => open.decide('b', 'other', { opinion: 'positive', signal: 'md5' }));
  await tried('quarantineEntry', () => open.quarantineEntry('a', 'key 1', 'md5', { reason: 'x' }));
  await tried('releaseEntry', () => open.releaseEntry('a', 'key 1', 'md5'));
  await tried('remove', () => open.remove('a', ['key 1']));
  await tried('keep', () => open.uploads.keep([{ id: 'v', at: 2, md5: valueFor('md5', 1) }]));
  await tried('expire', () => open.uploads.expire({ before: 1 }));
  await tried('forget', () => open.uploads.forget('u'));
  await tried('close', () => open.close());
  return outcomes;
}

/** All but the numbers of rows, which SQLite lets be nothing else. */
function columnsOf(path: string): string[] {
  const database = new Database(join(path, 'bank.db'));
  const rows = database
    .prepare(
      `select t.name || '.' || c.name as name from sqlite_master t, pragma_table_info(t.name) c
       where t.type = 'table' and t.name not like 'sqlite%' and c.name != 'id'`,
    )
    .all() as { readonly name: string }[];
  database.close();
  return rows.map(({ name }) => name);
}

/** Puts text that is none into one row of a table. */
function damage(path: string, place: string): void {
  const [table, column] = place.split('.');
  const database = new Database(join(path, 'bank.db'));
  const { count } = database.prepare(`select count(*) as count from ${table}`).get() as { readonly count: number };
  if (count === 0) throw new Error(`${table} is empty`);
  const greatest = `(select max("${column}") from ${table})`;
  database.exec(`update ${table} set "${column}" = ${NO_TEXT} where "${column}" is ${greatest}`);
  database.close();
}

await make(join(folder, 'made'));
for (const column of columns.length > 0 ? columns : columnsOf(join(folder, 'made'))) {
  const path = join(folder, column);
  await mkdir(path);
  await copyFile(join(folder, 'made/bank.db'), join(path, 'bank.db'));
  damage(path, column);
  say('damaged', column);
  say('outcomes', await outcomesOf(path));
}
say('end');
