import type { FetchOptions } from '../../bank/exchange.js';
import type { BankRecord, Checkpoint, RecordBatch, RecordProblem } from '../../bank/record.js';
import type { Signal } from '../../bank/signal.js';
import { type NcmecPage, parseNcmecPage } from '../formats/ncmec-xml.js';
import { type HttpAnswer, notTheProtocol, textOf } from '../http-client.js';
import { isWanted } from './fields.js';
import type { AskNcmec } from './ncmec.js';

/** How the database is read. */
export interface WindowOptions extends FetchOptions {
  readonly largeFingerprints: boolean;
  readonly windowRecords: number;
}

/**
 * Seconds before now in which nothing is asked for yet: entries that are being written, and clocks that differ. Our own choice;
 * python-threatexchange leaves 5.
 */
const SETTLING_S = 300;
/** Milliseconds for which the URL of a page may be used again: NCMEC's 12 hours (#1744), less one to be on the safe side. */
const PAGE_URL_MS = 11 * 3600 * 1000;
/** What an old URL of a page may be answered with. */
const REFUSED_PAGE: readonly number[] = [400, 404, 409, 410, 416, 422];
/** Times that the pages of one window are begun again because the URL of one was refused. */
const MAX_RESTARTS = 2;
/** Records of a batch: our own choice, so that one transaction stays short. */
const BATCH_RECORDS = 2000;

/** Where the reading stands: everything before `from` has been told of. Seconds since 1970. */
type Position = {
  readonly from: number;
  /** Length of the window that is to be asked for. */
  readonly span: number;
  /** Whether everything is being read from the beginning, and the end has not been reached. */
  readonly whole?: boolean;
  /** Inside the second that begins with `from`: the URL of its next page, and when it was given (ms since 1970). */
  readonly next?: string;
  readonly nextAt?: number;
};

/** Whether a checkpoint is none of this client's: then everything is read anew. NCMEC keeps its withdrawals, so that none grows old. */
export function isUnreadable({ from }: Checkpoint): boolean {
  return typeof from !== 'number';
}

/**
 * Reads on, window of time by window of time.
 *
 * Inside a window entries come in no order (ThreatExchange #1118), one may come twice, and a withdrawal before what it withdraws. So a
 * window is held until it is whole, the newest of each key counts, and the checkpoint moves to its end. A window with too many records is
 * halved, and the one after a window with few is longer. A second cannot be halved, however much is in it (#1679): its pages are handed on
 * as they come, and the checkpoint has the URL of the next one, which is used for this second only (#1744).
 */
export async function* fetchWindows(ask: AskNcmec, last: Checkpoint | undefined, options: WindowOptions): AsyncGenerator<RecordBatch> {
  const { windowRecords, signal, now = Date.now() } = options;
  const end = Math.floor(now / 1000) - SETTLING_S;
  let begins = last === undefined || isUnreadable(last);
  const start: Position = begins ? { from: 0, span: end, whole: true } : (last as Position);
  let { from, span } = start;
  const whole = start.whole ? { whole: true } : {};
  let stored = start.nextAt !== undefined && now - start.nextAt < PAGE_URL_MS ? start.next : undefined;
  const batchOf = async (part: Part, checkpoint: Position | undefined, isEnd: boolean): Promise<RecordBatch> => {
    const mark = begins && isEnd ? 'both' : begins ? 'begin' : isEnd && start.whole ? 'end' : undefined;
    begins = false;
    const { updates, problems } = await finished(ask, part, options);
    return { updates, problems, read: part.read, ...(checkpoint && { checkpoint }), ...(mark && { whole: mark }) };
  };
  while (from < end) {
    const to = Math.min(end, from + span);
    const isEnd = to === end;
    let records = 0;
    if (to - from === 1) {
      for await (const { page } of pagesOf(ask, from, to, stored, signal)) {
        const { next } = page;
        records += page.read;
        span = records > windowRecords / 4 ? 1 : 2;
        const there: Position =
          next === undefined ? { from: to, span, ...(!isEnd && whole) } : { from, span: 1, ...whole, next, nextAt: now };
        yield await batchOf({ ...page, updates: [...page.updates] }, there, isEnd && next === undefined);
      }
      stored = undefined;
    } else {
      const window = await windowOf(ask, from, to, options);
      if (!window) {
        span = Math.floor((to - from) / 2);
        continue;
      }
      records = window.read;
      span = Math.max(1, records > windowRecords / 4 ? to - from : 2 * (to - from));
      // An empty window before the last needs no transaction: it is soon read again.
      const parts = records === 0 && !isEnd ? [] : partsOf(window);
      for (const part of parts) {
        const isLast = part === parts.at(-1);
        yield await batchOf(part, isLast ? { from: to, span, ...(!isEnd && whole) } : undefined, isLast && isEnd);
      }
    }
    from = to;
  }
}

/** What one batch is made of. */
interface Part {
  readonly updates: readonly (readonly [string, BankRecord | null])[];
  readonly problems: readonly RecordProblem[];
  readonly read: number;
}

/** All of `[from, to)`, or `null` once it has too many records. */
async function windowOf(ask: AskNcmec, from: number, to: number, { windowRecords, signal }: WindowOptions): Promise<Part | null> {
  const updates = new Map<string, BankRecord | null>();
  const times = new Map<string, number>();
  let problems: RecordProblem[] = [];
  let read = 0;
  for await (const { page, isFirst } of pagesOf(ask, from, to, undefined, signal)) {
    if (isFirst) {
      problems = []; // begun again: what is held by key stays right
      read = 0;
    }
    for (const [key, record] of page.updates) {
      const time = page.times.get(key);
      if ((times.get(key) ?? 0) > (time ?? Number.POSITIVE_INFINITY)) continue;
      updates.set(key, record);
      if (time !== undefined) times.set(key, time);
    }
    problems.push(...page.problems);
    read += page.read;
    if (read > windowRecords) return null;
  }
  return { updates: [...updates], problems, read };
}

/** A window in batches; at least one, since its end may move the checkpoint. */
function partsOf({ updates, problems, read }: Part): Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < updates.length; at += BATCH_RECORDS)
    parts.push({ updates: updates.slice(at, at + BATCH_RECORDS), problems: [], read: 0 });
  return [...parts.slice(0, -1), { updates: parts.at(-1)?.updates ?? [], problems, read }];
}

/** The pages of `[from, to)`, on from a stored URL if there is one, and from the first again where a URL is refused. */
async function* pagesOf(
  ask: AskNcmec,
  from: number,
  to: number,
  stored: string | undefined,
  signal: AbortSignal | undefined,
): AsyncGenerator<{ readonly page: NcmecPage; readonly isFirst: boolean }> {
  let next = stored;
  const seen = new Set<string>();
  for (let restarts = 0; ; ) {
    const isFirst = next === undefined;
    const answer = isFirst
      ? await ask({ path: '/v2/entries', query: { from: isoSecond(from), to: isoSecond(to) }, signal })
      : await ask({ path: next as string, expected: REFUSED_PAGE, signal });
    if (answer.status >= 400) {
      if (++restarts > MAX_RESTARTS) throw notTheProtocol(answer, `the URL of a page was refused ${restarts} times`);
      next = undefined;
      seen.clear();
      continue;
    }
    const page = pageOf(answer);
    yield { page, isFirst };
    next = page.next;
    if (next === undefined) return;
    if (seen.has(next)) throw notTheProtocol(answer, 'its pages do not end');
    seen.add(next);
  }
}

function pageOf(answer: HttpAnswer): NcmecPage {
  const page = parseNcmecPage(textOf(answer));
  if (page.fault !== undefined) throw notTheProtocol(answer, `the page ${page.fault}`);
  return page;
}

/** `2017-10-20T00:00:00Z`: UTC, whatever the machine's zone. */
function isoSecond(seconds: number): string {
  return `${new Date(1000 * seconds).toISOString().slice(0, 19)}Z`;
}

/** Leaves out what is not wanted, and fetches what stands elsewhere. */
async function finished(ask: AskNcmec, part: Part, { types, largeFingerprints, signal }: WindowOptions) {
  const updates = new Map<string, BankRecord | null>();
  const problems = [...part.problems];
  for (const [key, record] of part.updates) {
    if (record === null) {
      updates.set(key, null);
      continue;
    }
    const signals: Signal[] = [];
    for (const held of record.signals.filter(({ type }) => isWanted(type, types))) {
      const path = largeFingerprints && held.type === 'other' ? pathOf(held.value) : undefined;
      const answer = path && (await ask({ path, expected: REFUSED_PAGE, signal }));
      if (answer && answer.status >= 400)
        problems.push({ key, reason: `${held.name}: it stands elsewhere and is not there`, partial: true });
      signals.push(answer && answer.status < 400 ? { ...held, value: answer.bytes } : held);
    }
    updates.set(key, { ...record, signals });
  }
  return { updates, problems };
}

/** The path to a fingerprint that stands elsewhere. */
function pathOf(value: Uint8Array): string | undefined {
  const text = new TextDecoder().decode(value.subarray(0, 1000));
  return text.startsWith('/v2/entries/') ? text : undefined;
}
