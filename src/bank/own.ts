import type { Kysely } from 'kysely';
import { EgideError, invalid } from '../errors.js';
import { compareBytes } from '../hash/encoding.js';
import type { BankEntry, OwnOpinion, Quarantined } from './bank.js';
import { noteChange } from './changes.js';
import { damagedBank } from './database-error.js';
import { listRow } from './lists.js';
import { isPlain } from './plain-text.js';
import type { OpinionValue } from './record.js';
import { badKey, signalOf } from './rows.js';
import { type EntryTable, INLINE_SIGNALS, type ListTable, SIGNAL_NUMBERS, type Tables } from './schema.js';
import { BANK_SIGNALS, type BankSignal, SIGNAL_BYTES, type Signal, signalName } from './signal.js';
import { checked, summed } from './sum.js';
import { entriesOfRows, entryQuery } from './view.js';

const encoder = new TextEncoder();

/** Characters of a reason, or of a tag, at most (our own choice). */
const MAX_TEXT_LENGTH = 1_000;

/** Sets, or with `null` takes back, what this platform thinks of an entry, in the caller's transaction. */
export async function setOpinion(db: Kysely<Tables>, name: string, key: string, opinion: OwnOpinion | null, now: number): Promise<void> {
  const list = await listRow(db, name);
  const entry = await db.selectFrom('entry').select('id').where('list', '=', list.id).where('key', '=', key).executeTakeFirst();
  if (!entry && opinion) throw new EgideError('INVALID_ARGUMENT', 'key: expected the key of an entry that the list has');
  await db.deleteFrom('opinion').where('list', '=', list.id).where('key', '=', key).execute();
  if (opinion)
    await db
      .insertInto('opinion')
      .values(summed({ list: list.id, key, value: opinion.value, tags: JSON.stringify(opinion.tags ?? []), at: now }))
      .execute();
  if (entry) await noteChange(db, { entries: [entry.id], list: list.id, whole: list.negative === 1 });
}

/** Checks an opinion. Throws `INVALID_ARGUMENT`. */
export function checkOpinion(opinion: OwnOpinion | null): void {
  if (opinion === null) return;
  if (typeof opinion !== 'object') throw invalid('opinion', '{ value, tags? } or null', opinion);
  const values: readonly OpinionValue[] = ['positive', 'negative', 'disputed'];
  if (!values.includes(opinion.value)) throw invalid('opinion.value', "'positive', 'negative' or 'disputed'", opinion.value);
  const { tags = [] } = opinion;
  if (!Array.isArray(tags) || tags.some((tag) => typeof tag !== 'string' || tag.length > MAX_TEXT_LENGTH))
    throw invalid('opinion.tags', `an array of texts of ${MAX_TEXT_LENGTH} characters at most`, tags);
}

/** Checks a key. Throws `INVALID_ARGUMENT`, without the key. */
export function checkKey(key: string): string {
  const reason = badKey(key);
  if (reason !== undefined) throw new EgideError('INVALID_ARGUMENT', `key: ${reason}`);
  return key;
}

/** Checks a signal of a type that has values of its own. Throws `INVALID_ARGUMENT`, without the value. */
export function checkSignal(type: BankSignal, value: Uint8Array): void {
  if (!BANK_SIGNALS.includes(type)) throw invalid('type', `one of ${BANK_SIGNALS.join(', ')}`, type);
  const bytes = SIGNAL_BYTES[type];
  if (!(value instanceof Uint8Array) || (bytes !== null && value.length !== bytes) || value.length === 0)
    throw invalid('value', bytes === null ? 'a Uint8Array that is not empty' : `${bytes} bytes`, value);
}

/** Takes a value out of the search, in the caller's transaction; one that is out stays with the first reason. */
export async function putInQuarantine(db: Kysely<Tables>, type: BankSignal, value: Uint8Array, reason: string, at: number): Promise<void> {
  if (typeof reason !== 'string' || reason.trim() === '' || reason.length > MAX_TEXT_LENGTH || !isPlain(reason))
    throw invalid('reason', `a text of 1 to ${MAX_TEXT_LENGTH} characters`, reason);
  const number = SIGNAL_NUMBERS[type];
  const known = await db.selectFrom('quarantine').select('at').where('type', '=', number).where('value', '=', value).executeTakeFirst();
  if (known) return;
  await db
    .insertInto('quarantine')
    .values(summed({ type: number, value, reason, at }))
    .execute();
  await noteChange(db, { value: { type: number, value } });
}

/** Lets a value into the search again, in the caller's transaction. Returns whether it was out. */
export async function takeFromQuarantine(db: Kysely<Tables>, type: BankSignal, value: Uint8Array): Promise<boolean> {
  const number = SIGNAL_NUMBERS[type];
  const { numDeletedRows } = await db
    .deleteFrom('quarantine')
    .where('type', '=', number)
    .where('value', '=', value)
    .executeTakeFirstOrThrow();
  if (numDeletedRows > 0n) await noteChange(db, { value: { type: number, value } });
  return numDeletedRows > 0n;
}

/** What is searched as one type: the digest of a video is a file's like any other. */
const SEARCHED_AS: Partial<Record<BankSignal, readonly BankSignal[]>> = { md5: ['md5', 'video-md5'], sha256: ['sha256', 'video-sha256'] };

/** What an entry carries of a type. Throws `INVALID_ARGUMENT` if there is no such entry, or nothing of the type. */
export async function signalsOfEntry(db: Kysely<Tables>, name: string, key: string, type: BankSignal): Promise<Signal[]> {
  if (!BANK_SIGNALS.includes(type)) throw invalid('type', `one of ${BANK_SIGNALS.join(', ')}`, type);
  const types = SEARCHED_AS[type] ?? [type];
  const entry = await entryWithKey(db, name, key);
  const signals = entry?.record.signals.filter((signal) => types.includes(signal.type)) ?? [];
  if (!entry) throw new EgideError('INVALID_ARGUMENT', 'key: expected the key of an entry that the list has');
  if (signals.length === 0) throw new EgideError('INVALID_ARGUMENT', `type: the entry carries no ${type}`);
  return signals;
}

/** What is out of the search, oldest first. */
export async function quarantineOf(db: Kysely<Tables>): Promise<Quarantined[]> {
  const rows = await db.selectFrom('quarantine').selectAll().orderBy('at').orderBy('type').orderBy('value').execute();
  return rows.map(checked).map(({ type, value, reason, at }) => ({ type: signalOf(type), value, reason, at }));
}

/** The entries of rows, as people ask for them. */
async function bankEntries(db: Kysely<Tables>, rows: Parameters<typeof entriesOfRows>[1]): Promise<BankEntry[]> {
  const lists = new Map((await db.selectFrom('list').select(['id', 'name']).execute()).map(({ id, name }) => [id, name]));
  return (await entriesOfRows(db, rows)).map(({ list, record, own }) => ({
    list: lists.get(list) as string,
    record,
    ...(own === undefined ? {} : { own }),
  }));
}

/** The entry of a list that has this key. */
export async function entryWithKey(db: Kysely<Tables>, name: string, key: string): Promise<BankEntry | undefined> {
  const list = await listRow(db, name);
  return (await bankEntries(db, await entryQuery(db).where('entry.list', '=', list.id).where('entry.key', '=', key).execute()))[0];
}

/** All entries of a list, by key, in slices. */
export async function* entriesOfList(db: Kysely<Tables>, { id }: ListTable, slice: number): AsyncGenerator<BankEntry[]> {
  for (let after = ''; ; ) {
    const rows = await entryQuery(db)
      .where('entry.list', '=', id)
      .where('entry.key', '>', after)
      .orderBy('entry.key')
      .limit(slice)
      .execute();
    if (rows.length > 0) yield await bankEntries(db, rows);
    if (rows.length < slice) return;
    const last = (rows.at(-1) as EntryTable).key;
    if (compareBytes(encoder.encode(last), encoder.encode(after)) <= 0) throw damagedBank('rows that are out of order');
    after = last;
  }
}

/** The entries that carry a value, ascending by id; reads all of them. */
export async function entriesWith(db: Kysely<Tables>, type: BankSignal, value: Uint8Array): Promise<BankEntry[]> {
  const column = INLINE_SIGNALS.find((inline) => inline === type);
  const further = await db
    .selectFrom('signal')
    .select('entry')
    .where('type', '=', SIGNAL_NUMBERS[type])
    .where('value', '=', value)
    .execute();
  const inline = column ? await entryQuery(db).where(`entry.${column}`, '=', value).execute() : [];
  const ids = further.map((row) => row.entry);
  const others = ids.length > 0 ? await entryQuery(db).where('entry.id', 'in', ids).execute() : [];
  return bankEntries(
    db,
    [...inline, ...others].sort((a, b) => a.id - b.id),
  );
}

/** Which of these entries are found: their list is on, nobody refused them, and not one of their signals is in quarantine. */
export async function foundOf(db: Kysely<Tables>, list: ListTable, entries: readonly BankEntry[]): Promise<boolean[]> {
  const held = new Set((await quarantineOf(db)).map(signalName));
  return entries.map(
    ({ record, own }) =>
      list.enabled === 1 && own !== 'negative' && record.signals.length > 0 && !record.signals.some((one) => held.has(signalName(one))),
  );
}
