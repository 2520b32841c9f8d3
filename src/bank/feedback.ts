import type { Kysely } from 'kysely';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { nextTurn } from '../input.js';
import type { Decision, FeedbackQueue, PendingFeedback, SendFeedbackOptions, SendFeedbackReport } from './bank.js';
import { laterThan, storedJson } from './database-error.js';
import type { Exchange, Feedback } from './exchange.js';
import { listRow } from './lists.js';
import { checkKey, checkSignal, entryWithKey, setOpinion } from './own.js';
import { MAX_PROBLEMS } from './report.js';
import { signalOf } from './rows.js';
import { SIGNAL_NUMBERS, type Tables } from './schema.js';
import { BANK_SIGNALS } from './signal.js';
import type { Store } from './store.js';
import { checked, summed } from './sum.js';

/** What `pending` gives at most if it is not told (our own choice). */
const LIMIT = 1_000;
/** Kinds of lists that have no source to tell. */
const WITHOUT_SOURCE: readonly string[] = ['file', 'own', 'canary'];

/** The queue of a bank. */
export function feedbackQueue(open: () => Store): FeedbackQueue {
  return {
    async add(list, feedback, { now = Date.now() } = {}) {
      checkFeedback(feedback);
      return open().write(async (db) => addFeedback(db, (await listRow(db, list)).id, feedback, now));
    },
    async pending({ list, limit = LIMIT } = {}) {
      wholeNumber('limit', limit, 1, 100_000);
      return pendingAfter(open().reading, 0, list, limit);
    },
    async markSent(id, { now = Date.now() } = {}) {
      if (!(await mark(open(), id, now)))
        throw new EgideError('INVALID_ARGUMENT', 'id: expected that of feedback that is still to be sent');
    },
    async send(list, exchange, options = {}) {
      checkCallOptions(options);
      const { kind } = await listRow(open().reading, list);
      return sendAll(open(), list, givingOf(exchange, kind), options);
    },
  };
}

type GiveFeedback = NonNullable<Exchange['giveFeedback']>;

/** What tells the source of a list of this kind. Throws `INVALID_ARGUMENT` if the exchange does not. */
function givingOf(exchange: Exchange, kind: string): GiveFeedback {
  if (typeof exchange !== 'object' || exchange === null) throw invalid('exchange', 'an exchange', exchange);
  if (exchange.kind !== kind) throw invalid('exchange', `one of the kind of the list, ${kind}`, exchange.kind);
  const { giveFeedback } = exchange;
  if (giveFeedback) return giveFeedback.bind(exchange);
  throw new EgideError('INVALID_ARGUMENT', `exchange: ${kind} takes no feedback, or not without a credential of its own`);
}

async function sendAll(
  store: Store,
  list: string,
  give: GiveFeedback,
  { signal, onProgress, now }: SendFeedbackOptions,
): Promise<SendFeedbackReport> {
  const problems: { id: number; reason: string }[] = [];
  let [sent, failed, after] = [0, 0, 0];
  for (;;) {
    const some = await pendingAfter(store.reading, after, list, LIMIT);
    for (const { id, feedback } of some) {
      signal?.throwIfAborted();
      after = laterThan(after, id); // before anything is given: it would be given twice
      const reason = await failureOf(() => give(feedback, signal ? { signal } : {}), signal);
      if (reason === undefined) {
        await mark(store, id, now ?? Date.now());
        sent += 1;
      } else {
        failed += 1;
        if (problems.length < MAX_PROBLEMS) problems.push({ id, reason });
      }
      onProgress?.({ list, sent, failed });
      await nextTurn(signal);
    }
    if (some.length < LIMIT) return { list, sent, failed, problems };
  }
}

/** Why it failed; `undefined` if it did not. What is no deliberate failure is told by its class alone: its message may quote anything. */
async function failureOf(work: () => Promise<void>, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    signal?.throwIfAborted();
    if (error instanceof EgideError) return error.message;
    return `the exchange failed: ${error instanceof Error ? error.name : typeof error}`;
  }
}

/** Marks feedback as sent. Returns whether it was still to be sent. */
async function mark(store: Store, id: number, now: number): Promise<boolean> {
  const { numUpdatedRows } = await store.write((db) =>
    db.updateTable('feedback').set({ sent_at: now }).where('id', '=', id).where('sent_at', 'is', null).executeTakeFirstOrThrow(),
  );
  return numUpdatedRows > 0n;
}

/** Feedback that is still to be sent, with a higher number than `after`. */
async function pendingAfter(db: Kysely<Tables>, after: number, list: string | undefined, limit: number): Promise<PendingFeedback[]> {
  let query = db
    .selectFrom('feedback')
    .innerJoin('list', 'list.id', 'feedback.list')
    .select(['feedback.id', 'feedback.list', 'list.name', 'key', 'type', 'value', 'opinion', 'reasons', 'at', 'feedback.sum'])
    .where('sent_at', 'is', null)
    .where('feedback.id', '>', after);
  if (list !== undefined) query = query.where('feedback.list', '=', (await listRow(db, list)).id);
  const rows = await query.orderBy('feedback.id').limit(limit).execute();
  return rows.map(({ name, ...row }): PendingFeedback => {
    const { id, key, type, value, opinion, reasons, at } = checked(row);
    return { id, list: name, at, feedback: { key, signal: signalOf(type), value, opinion, reasons: storedJson(reasons) as string[] } };
  });
}

/** Puts feedback into the queue, in the caller's transaction. Returns its number. */
async function addFeedback(db: Kysely<Tables>, list: number, feedback: Feedback, now: number): Promise<number> {
  const { key, signal, value, opinion, reasons = [] } = feedback;
  const { id } = await db.selectFrom('bank').select('next_feedback as id').executeTakeFirstOrThrow();
  const row = summed({ id, list, key, type: SIGNAL_NUMBERS[signal], value, opinion, reasons: JSON.stringify(reasons), at: now });
  await db
    .insertInto('feedback')
    .values({ ...row, sent_at: null })
    .execute();
  await db
    .updateTable('bank')
    .set({ next_feedback: id + 1 })
    .execute();
  return id;
}

/** Keeps a decision as an opinion and, where there is somebody to tell, as feedback, in the caller's transaction. */
export async function keepDecision(
  db: Kysely<Tables>,
  list: string,
  key: string,
  { opinion, signal, reasons = [] }: Decision,
  now: number,
): Promise<number | undefined> {
  const { id, kind } = await listRow(db, list);
  const entry = await entryWithKey(db, list, key);
  if (!entry) throw new EgideError('INVALID_ARGUMENT', 'key: expected the key of an entry that the list has');
  const seen = entry.record.signals.find(({ type }) => type === signal);
  if (!seen) throw new EgideError('INVALID_ARGUMENT', `decision.signal: the entry has no signal of type ${signal}`);
  await setOpinion(db, list, key, { value: opinion, tags: reasons }, now);
  if (WITHOUT_SOURCE.includes(kind)) return undefined;
  await db
    .deleteFrom('feedback')
    .where('list', '=', id)
    .where('key', '=', key)
    .where('type', '=', SIGNAL_NUMBERS[signal])
    .where('sent_at', 'is', null)
    .execute();
  return addFeedback(db, id, { key, signal, value: seen.value, opinion, reasons }, now);
}

/** Checks a decision. Throws `INVALID_ARGUMENT`. */
export function checkDecision(decision: Decision): void {
  if (typeof decision !== 'object' || decision === null) throw invalid('decision', '{ opinion, signal, reasons? }', decision);
  if (!BANK_SIGNALS.includes(decision.signal)) throw invalid('decision.signal', `one of ${BANK_SIGNALS.join(', ')}`, decision.signal);
  checkSaid('decision', decision);
}

function checkFeedback(feedback: Feedback): void {
  if (typeof feedback !== 'object' || feedback === null) throw invalid('feedback', '{ key, signal, value, opinion, reasons? }', feedback);
  checkKey(feedback.key);
  checkSignal(feedback.signal, feedback.value);
  checkSaid('feedback', feedback);
}

function checkSaid(name: string, { opinion, reasons = [] }: Pick<Feedback, 'opinion' | 'reasons'>): void {
  if (opinion !== 'positive' && opinion !== 'negative') throw invalid(`${name}.opinion`, "'positive' or 'negative'", opinion);
  if (!Array.isArray(reasons) || reasons.some((reason) => typeof reason !== 'string'))
    throw invalid(`${name}.reasons`, 'an array of texts', reasons);
}
