import { LineRecords } from './line-records.js';
import { type RecordParser, type RecordSink, signalTypeOf } from './record.js';

/** Records of python-threatexchange's `local_file` exchange: `<signal_type> <signal>` on each line, or `<signal>` if the type is known. */
export function localFileRecords(signalType: string | undefined, sink: RecordSink): RecordParser {
  return new LineRecords(sink, (text) => {
    const space = text.search(/\s/);
    if (space < 0 && signalType === undefined) return 'one word, and no signalType that says what it is';
    const type = space < 0 ? (signalType as string) : text.slice(0, space);
    if (signalTypeOf(type) === null) return 'does not begin with a signal type';
    return { type, value: text.slice(space + 1).trim() };
  });
}
