import type { SignalType } from './hash-list.js';
import { type RecordParser, type RecordSink, signalTypeOf } from './record.js';

/** Records of python-threatexchange's `local_file` exchange: `<signal_type> <signal>` on each line, or `<signal>` if the type is known. */
export class LocalFileRecords implements RecordParser {
  readonly #signalType: SignalType | undefined;
  readonly #sink: RecordSink;

  constructor(signalType: SignalType | undefined, sink: RecordSink) {
    this.#signalType = signalType;
    this.#sink = sink;
  }

  push(text: string, line: number): void {
    const trimmed = text.trim();
    if (trimmed === '' || trimmed.startsWith('#')) return;
    const space = trimmed.search(/\s/);
    if (space < 0 && this.#signalType === undefined) return this.#sink.refuse(line, 'one word, and no signalType that says what it is');
    const type = space < 0 ? (this.#signalType as string) : trimmed.slice(0, space);
    if (signalTypeOf(type) === null) return this.#sink.refuse(line, 'does not begin with a signal type');
    this.#sink.record({ line, id: '', list: '', category: '', quality: '', signals: [{ type, value: trimmed.slice(space + 1).trim() }] });
  }

  end(): void {} // a record never spans lines
}
