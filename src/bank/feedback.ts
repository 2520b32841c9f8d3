import { EgideError, invalid, wholeNumber } from '../errors.js';
import type { FeedbackQueue, PendingFeedback } from './bank.js';
import type { Feedback } from './exchange.js';
import { listRow } from './lists.js';
import { checkKey, checkSignal } from './own.js';
import { signalOf } from './rows.js';
import { SIGNAL_NUMBERS } from './schema.js';
import type { Store } from './store.js';

/** What `pending` gives at most if it is not told (our own choice). */
const LIMIT = 1_000;

/** The queue of a bank. */
export function feedbackQueue(open: () => Store): FeedbackQueue {
  return {
    async add(list, feedback, { now = Date.now() } = {}) {
      checkFeedback(feedback);
      const { key, signal, value, opinion, reasons = [] } = feedback;
      return open().write(async (db) => {
        const { id: of } = await listRow(db, list);
        const { id } = await db.selectFrom('bank').select('next_feedback as id').executeTakeFirstOrThrow();
        const row = { key, type: SIGNAL_NUMBERS[signal], value, opinion, reasons: JSON.stringify(reasons), at: now, sent_at: null };
        await db
          .insertInto('feedback')
          .values({ id, list: of, ...row })
          .execute();
        await db
          .updateTable('bank')
          .set({ next_feedback: id + 1 })
          .execute();
        return id;
      });
    },
    async pending({ list, limit = LIMIT } = {}) {
      wholeNumber('limit', limit, 1, 100_000);
      const { reading: db } = open();
      let query = db
        .selectFrom('feedback')
        .innerJoin('list', 'list.id', 'feedback.list')
        .select(['feedback.id', 'list.name', 'key', 'type', 'value', 'opinion', 'reasons', 'at'])
        .where('sent_at', 'is', null);
      if (list !== undefined) query = query.where('feedback.list', '=', (await listRow(db, list)).id);
      const rows = await query.orderBy('feedback.id').limit(limit).execute();
      return rows.map(({ id, name, key, type, value, opinion, reasons, at }): PendingFeedback => {
        return { id, list: name, at, feedback: { key, signal: signalOf(type), value, opinion, reasons: JSON.parse(reasons) as string[] } };
      });
    },
    async markSent(id, { now = Date.now() } = {}) {
      const { numUpdatedRows } = await open().write((db) =>
        db.updateTable('feedback').set({ sent_at: now }).where('id', '=', id).where('sent_at', 'is', null).executeTakeFirstOrThrow(),
      );
      if (numUpdatedRows === 0n) throw new EgideError('INVALID_ARGUMENT', 'id: expected that of feedback that is still to be sent');
    },
  };
}

function checkFeedback(feedback: Feedback): void {
  if (typeof feedback !== 'object' || feedback === null) throw invalid('feedback', '{ key, signal, value, opinion, reasons? }', feedback);
  checkKey(feedback.key);
  checkSignal(feedback.signal, feedback.value);
  if (feedback.opinion !== 'positive' && feedback.opinion !== 'negative')
    throw invalid('feedback.opinion', "'positive' or 'negative'", feedback.opinion);
  const { reasons = [] } = feedback;
  if (!Array.isArray(reasons) || reasons.some((reason) => typeof reason !== 'string'))
    throw invalid('feedback.reasons', 'an array of texts', reasons);
}
