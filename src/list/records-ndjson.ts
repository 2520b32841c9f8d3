import { type Cells, mayRepeat, meaningOf, type RecordParser, type RecordSink, typed } from './record.js';

/** Records of NDJSON: one JSON object on each line, with the names of the CSV columns. */
export class NdjsonRecords implements RecordParser {
  readonly #signalType: string | undefined;
  readonly #sink: RecordSink;

  constructor(signalType: string | undefined, sink: RecordSink) {
    this.#signalType = signalType;
    this.#sink = sink;
  }

  push(text: string, line: number): void {
    if (text.trim() !== '') this.#sink.take(line, this.#record(text));
  }

  #record(text: string): Cells | string {
    const fields = jsonObject(text);
    if (fields === null) return 'not a JSON object on one line';
    const cells: Cells = {};
    for (const [name, value] of Object.entries(fields)) {
      const meaning = meaningOf(name);
      if (meaning === undefined || value === null) continue;
      if (mayRepeat(meaning)) {
        cells[meaning] ??= typeof value === 'string' ? value.trim() : JSON.stringify(value);
        continue;
      }
      if (cells[meaning] !== undefined) return `more than one field for '${meaning}'`;
      if (typeof value !== 'string' && typeof value !== 'number') return `the field for '${meaning}' is neither text nor a number`;
      cells[meaning] = String(value).trim();
    }
    return typed(cells, this.#signalType);
  }

  end(): void {} // a record never spans lines
}

function jsonObject(text: string): Record<string, unknown> | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null; // the engine's message quotes the line, and with it the hash: it must not be passed on
  }
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : null;
}
