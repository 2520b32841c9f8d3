import type { BankRecord } from '../../bank/record.js';
import { signalTypeOf } from '../record.js';
import { type LeaveOut, type RecordWriter, signalTexts, timeText } from './writer.js';

/** NDJSON: all that a bank keeps, one record on each line. */
export function ndjsonWriter(leaveOut: LeaveOut): RecordWriter {
  return { head: '', recordText: (record) => `${JSON.stringify(fieldsOf(record, leaveOut))}\n`, tail: '' };
}

function fieldsOf({ key, category, tags, note, updatedAt, signals, opinions }: BankRecord, leaveOut: LeaveOut): object {
  const time = timeText(updatedAt, leaveOut);
  const listed = signals.flatMap((signal) => {
    const texts = signalTexts(signal);
    if (texts === null) leaveOut('signals that have no text');
    const { quality, mode } = signal;
    return texts ? [{ ...texts, ...(quality !== undefined && { quality }), ...(mode !== undefined && { mode }) }] : [];
  });
  return { id: key, category, tags, note, updated_at: time, signals: listed, opinions };
}

/** Lines of python-threatexchange's `local_file`: `<signal_type> <signal>`, and nothing else of a record. */
export function localFileWriter(leaveOut: LeaveOut): RecordWriter {
  return {
    head: '',
    recordText: ({ signals }) => {
      let lines = '';
      for (const signal of signals) {
        const texts = signalTexts(signal);
        const isLine = texts && signalTypeOf(texts.type) !== null && !/\s/.test(texts.type) && !/[\r\n]/.test(texts.value);
        if (isLine) lines += `${texts.type} ${texts.value}\n`;
        else leaveOut('signals that have no text on one line');
      }
      return lines;
    },
    tail: '',
  };
}
