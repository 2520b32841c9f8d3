import type { Exchange, FetchOptions } from '../../bank/exchange.js';
import type { BankRecord, Checkpoint, RecordBatch, RecordProblem } from '../../bank/record.js';
import type { Signal } from '../../bank/signal.js';
import { EgideError, invalid, wholeNumber } from '../../errors.js';
import { type HttpAnswer, HttpClient, type HttpOptions, jsonOf, notTheProtocol } from '../http-client.js';
import { bankSignalOf, readSignal } from '../signal-text.js';
import { fieldsOf, isWanted, textOfField } from './fields.js';
import { inLanes } from './lanes.js';

/** How to reach a bank of somebody's Hasher-Matcher-Actioner. */
export interface HmaOptions extends HttpOptions {
  /** Where it runs, such as `https://hma.example`. */
  readonly baseUrl: string;
  /** Name of the bank: capitals, digits and underscores. */
  readonly bank: string;
  /** Value of the header `authorization` for a proxy in front of it; HMA itself asks for none. */
  readonly authorization?: string;
  /** Ids of one batch, 1 to 10,000. Default 200 (our own choice). */
  readonly idsPerStep?: number;
  /** Questions at a time, 1 to 64. Default 1. */
  readonly parallel?: number;
  /** Ids in a row that may be missing before the reading is given up, 1 to 10,000,000. Default 10,000 (our own choice). */
  readonly maxGap?: number;
}

/**
 * A bank of Hasher-Matcher-Actioner (Meta's, version 2), read item by item over its curation routes, since it has none that lists what a
 * bank holds (`hasher-matcher-actioner/src/OpenMediaMatch/blueprints/curation.py`; docs/exchanges.md says how the end is known).
 *
 * @throws {EgideError} `INVALID_ARGUMENT`.
 */
export function hmaExchange(options: HmaOptions): Exchange {
  const { baseUrl, bank, authorization } = options;
  if (typeof bank !== 'string' || !/^[A-Z0-9_]+$/.test(bank)) throw invalid('bank', 'capitals, digits and underscores', typeof bank);
  if (authorization === '') throw invalid('authorization', 'the value of a header, or nothing at all', 'an empty text');
  const http = new HttpClient(baseUrl, options);
  const reading: Reading = {
    bank,
    idsPerStep: wholeNumber('idsPerStep', options.idsPerStep ?? 200, 1, 10_000),
    parallel: wholeNumber('parallel', options.parallel ?? 1, 1, 64),
    maxGap: wholeNumber('maxGap', options.maxGap ?? 10_000, 1, 10_000_000),
    ask: (path, query, signal) =>
      http.send({ path, query, expected: [404], signal, ...(authorization !== undefined && { headers: { authorization } }) }),
  };
  return { kind: 'hma', host: http.base.host, isStale, fetch: (checkpoint, how = {}) => readOn(reading, checkpoint, how) };
}

interface Reading {
  readonly bank: string;
  readonly idsPerStep: number;
  readonly parallel: number;
  readonly maxGap: number;
  readonly ask: (path: string, query: Readonly<Record<string, string>>, signal: AbortSignal | undefined) => Promise<HttpAnswer>;
}

/** How far a reading has come. */
interface Position {
  /** The id to go on from. */
  readonly next: number;
  /** The highest id that was ever found: no reading ends before it. */
  readonly highest: number;
  /** Signals that this reading was told of, by the source's own type, in all banks. */
  readonly told: Readonly<Record<string, number>>;
  /** Items that could not be read: what they hold is not counted. */
  readonly unread: number;
}

/** Each reading goes through everything, so that none grows old. */
function isStale({ highest }: Checkpoint): boolean {
  return typeof highest !== 'number';
}

function positionOf(last: Checkpoint | undefined): Position {
  const { next, highest, told, unread } = last ?? {};
  const whole = (value: unknown, otherwise: number): number => (Number.isSafeInteger(value) ? (value as number) : otherwise);
  return {
    next: whole(next, 1),
    highest: whole(highest, 0),
    told: (fieldsOf(told) as Readonly<Record<string, number>> | null) ?? {},
    unread: whole(unread, 0),
  };
}

/**
 * Asks for id after id; what is not there, and what is of another bank, is withdrawn by name. An item that comes or goes meanwhile can end a
 * reading before the newest items, and never takes anything away: what lies behind the end is as it was.
 */
async function* readOn(reading: Reading, last: Checkpoint | undefined, how: FetchOptions): AsyncGenerator<RecordBatch> {
  const { idsPerStep, parallel, maxGap } = reading;
  await checkBank(reading, how.signal);
  let at = positionOf(last);
  let gap = 0;
  if (at.next > at.highest && (await isAll(reading, at, how.signal))) return;
  for (;;) {
    const ids = Array.from({ length: idsPerStep }, (_, i) => at.next + i);
    const items = await inLanes(parallel, ids, (id) => itemOf(reading, id, how.signal));
    const step = stepOf(reading, ids, items, how);
    gap = step.lastFound === undefined ? gap + ids.length : ids.length - 1 - step.lastFound;
    at = positionAfter(at, ids, step);
    const isLast = at.next > at.highest && (await isAll(reading, at, how.signal));
    yield {
      updates: step.updates,
      problems: step.problems,
      read: step.updates.size,
      checkpoint: isLast ? { highest: at.highest } : { ...at },
    };
    if (isLast) return;
    if (at.next > at.highest && gap > maxGap)
      throw new EgideError(
        'EXCHANGE_FAILED',
        `bank ${reading.bank}: the source says that it holds more than it showed, and has none of ${gap} ids in a row: raise maxGap, or look whether its version shows signals`,
      );
  }
}

/** Without the bank nothing would be found, and everything would be withdrawn. */
async function checkBank({ bank, ask }: Reading, signal: AbortSignal | undefined): Promise<void> {
  const answer = await ask(`/c/bank/${bank}`, {}, signal);
  if (answer.status === 404)
    throw new EgideError('EXCHANGE_FAILED', `${answer.asked}: answered 404: check the address and the name of the bank`);
  if (fieldsOf(jsonOf(answer))?.['name'] !== bank) throw notTheProtocol(answer, 'it is not about the bank that was asked for');
}

/** Whether as many signals of each type were shown as the source holds, in all its banks. */
async function isAll({ ask }: Reading, { told, unread }: Position, signal: AbortSignal | undefined): Promise<boolean> {
  const answer = await ask('/c/signal_type/index', {}, signal);
  const types = answer.status === 404 ? null : fieldsOf(jsonOf(answer));
  if (!types) throw notTheProtocol(answer, 'the sizes of the types are no object');
  return Object.entries(types).every(([type, sizes]) => {
    const held = fieldsOf(sizes)?.['db_size'];
    if (typeof held !== 'number' || !Number.isSafeInteger(held) || held < 0) throw notTheProtocol(answer, 'db_size is no size');
    return (Object.hasOwn(told, type) ? (told[type] as number) : 0) + unread >= held;
  });
}

/** One item of any bank; `null` if there is none of this id. */
async function itemOf({ bank, ask }: Reading, id: number, signal: AbortSignal | undefined): Promise<unknown> {
  const answer = await ask(`/c/bank/${bank}/content/${id}`, { include_signals: 'true' }, signal);
  const json = jsonOf(answer);
  if (answer.status !== 404) return json;
  // Any other 404, of a proxy or of a bank that is gone, says nothing about the item.
  const message = fieldsOf(json)?.['message'];
  if (typeof message !== 'string' || !/^content '?\d+'? not found$/.test(message))
    throw notTheProtocol(answer, 'a 404 that is not about the item');
  return null;
}

interface Step extends Pick<RecordBatch, 'problems'> {
  readonly updates: ReadonlyMap<string, BankRecord | null>;
  /** Types of the signals that were shown, one for each. */
  readonly shown: readonly string[];
  readonly unread: number;
  /** Place of the last item that there is. */
  readonly lastFound: number | undefined;
}

function stepOf({ bank }: Reading, ids: readonly number[], items: readonly unknown[], how: FetchOptions): Step {
  const updates = new Map<string, BankRecord | null>();
  const problems: RecordProblem[] = [];
  const shown: string[] = [];
  let unread = 0;
  let lastFound: number | undefined;
  for (const [i, id] of ids.entries()) {
    const key = String(id);
    if (items[i] !== null) lastFound = i;
    const item = items[i] === null ? null : readItem(items[i], id);
    if (item === undefined) {
      unread += 1;
      problems.push({ key, reason: 'no item of a bank', partial: false });
      continue;
    }
    shown.push(...Object.keys(item?.signals ?? {}));
    updates.set(key, item?.bank === bank ? recordOf(key, item, how, problems) : null);
  }
  return { updates, problems, shown, unread, lastFound };
}

function positionAfter({ highest, told, unread }: Position, ids: readonly number[], step: Step): Position {
  const counts: Record<string, number> = { ...told };
  for (const type of step.shown) counts[type] = (Object.hasOwn(counts, type) ? (counts[type] as number) : 0) + 1;
  const found = step.lastFound === undefined ? 0 : (ids[step.lastFound] as number);
  return { next: (ids.at(-1) as number) + 1, highest: Math.max(highest, found), told: counts, unread: unread + step.unread };
}

interface Item {
  readonly bank: string;
  /** Share of the questions to which the bank is to answer; 0: it is switched off. */
  readonly enabledRatio: number;
  /** 0: it is in use; 1: it is not; else not until this second since 1970. */
  readonly disabledUntil: number;
  readonly signals: Readonly<Record<string, string>>;
  readonly note: string | undefined;
  /** Exchanges that it came from. */
  readonly sources: readonly string[];
}

/** `undefined` for what is no item with this id. */
function readItem(json: unknown, id: number): Item | undefined {
  const fields = fieldsOf(json);
  const bank = fieldsOf(fields?.['bank']);
  const { id: own, disable_until_ts: disabledUntil, signals = {}, note, metadata } = fields ?? {};
  const { name, matching_enabled_ratio: enabledRatio } = bank ?? {};
  const texts = fieldsOf(signals ?? {});
  if (own !== id || typeof name !== 'string' || typeof enabledRatio !== 'number' || typeof disabledUntil !== 'number') return undefined;
  if (!texts || Object.values(texts).some((text) => typeof text !== 'string')) return undefined;
  const sources = Object.keys(fieldsOf(fieldsOf(metadata)?.['collab']) ?? {});
  return { bank: name, enabledRatio, disabledUntil, signals: texts as Record<string, string>, note: textOfField(note), sources };
}

/** An item that is switched off, by itself or with its bank, is held without its signals, so that nothing matches it. */
function recordOf(key: string, item: Item, { types, now = Date.now() }: FetchOptions, problems: RecordProblem[]): BankRecord {
  const { enabledRatio, disabledUntil, note, sources } = item;
  const isDisabled = enabledRatio <= 0 || disabledUntil === 1 || 1000 * disabledUntil > now;
  const tags = [...sources, ...(isDisabled ? ['disabled'] : [])];
  const signals: Signal[] = [];
  for (const [name, text] of isDisabled ? [] : Object.entries(item.signals)) {
    const type = bankSignalOf(name) ?? 'other';
    const reading = readSignal(type, text, type === 'other' ? { name } : {});
    if (typeof reading === 'string') problems.push({ key, reason: text === '' ? `${type}: empty` : reading, partial: true });
    else if (isWanted(type, types)) signals.push(reading);
  }
  return { key, signals, ...(tags.length > 0 && { tags }), ...(note && { note }) };
}
