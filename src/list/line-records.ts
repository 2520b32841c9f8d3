import type { Cells, RecordParser, RecordSink } from './record.js';

/** Records of one line each; empty lines and those that begin with `#` are none. */
export class LineRecords implements RecordParser {
  readonly #sink: RecordSink;
  readonly #read: (text: string, line: number) => Cells | string;

  /** @param read Makes a record of a line without white space around it, or says why it is none. */
  constructor(sink: RecordSink, read: (text: string, line: number) => Cells | string) {
    this.#sink = sink;
    this.#read = read;
  }

  push(text: string, line: number): void {
    const trimmed = text.trim();
    if (trimmed !== '' && !trimmed.startsWith('#')) this.#sink.take(line, this.#read(trimmed, line));
  }

  end(): void {} // a record never spans lines
}
