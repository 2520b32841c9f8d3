import { type ListRecord, type RecordParser, type RecordSink, recordOf, signalTypeOf } from './record.js';

/** Records of python-threatexchange's `local_file` exchange: `<signal_type> <signal>` on each line, or `<signal>` if the type is known. */
export class LocalFileRecords implements RecordParser {
  readonly #signalType: string | undefined;
  readonly #sink: RecordSink;

  constructor(signalType: string | undefined, sink: RecordSink) {
    this.#signalType = signalType;
    this.#sink = sink;
  }

  push(text: string, line: number): void {
    const trimmed = text.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) this.#sink.take(line, this.#record(trimmed, line));
  }

  #record(text: string, line: number): ListRecord | string {
    const space = text.search(/\s/);
    if (space < 0 && this.#signalType === undefined) return 'one word, and no signalType that says what it is';
    const type = space < 0 ? (this.#signalType as string) : text.slice(0, space);
    if (signalTypeOf(type) === null) return 'does not begin with a signal type';
    return recordOf(line, { type, value: text.slice(space + 1).trim() }, undefined);
  }

  end(): void {} // a record never spans lines
}
