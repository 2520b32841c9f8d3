import Papa from 'papaparse';

/** Lines that one record may span (our own choice). It bounds what a quote that is never closed can hold up. */
const MAX_RECORD_LINES = 64;

/** What a header says: what each column holds, and what stands between them. */
export interface CsvColumns<Column extends string> {
  readonly delimiter: string;
  readonly columns: readonly (Column | undefined)[];
}

/** Gets each row as the text of each column that it fills, or why what begins at `line` is none; `isShort`: it has fewer fields than the header. */
export type OnRow<Column extends string> = (line: number, cells: Partial<Record<Column, string>> | string, isShort: boolean) => void;

/** A line that a quote holds open. */
interface Line {
  readonly text: string;
  readonly line: number;
}

/**
 * Rows of a CSV file (RFC 4180) whose header was read. A row without a quote is cut at its delimiters; one with a
 * quote goes through papaparse, with as many more lines as its quoted fields span. If that comes to nothing, the first
 * line is refused and the others are looked at again, each as the beginning of a row.
 */
export class CsvRows<Column extends string> {
  readonly #header: CsvColumns<Column>;
  readonly #maxRecordLength: number;
  readonly #onRow: OnRow<Column>;
  #open: Line[] = [];

  constructor(header: CsvColumns<Column>, maxRecordLength: number, onRow: OnRow<Column>) {
    this.#header = header;
    this.#maxRecordLength = maxRecordLength;
    this.#onRow = onRow;
  }

  /** One line without its end. */
  push(text: string, line: number): void {
    if (this.#open.length > 0 || text.includes('"')) {
      this.#open.push({ text, line });
      this.#close(false);
    } else if (text.trim() !== '') this.#row(text.split(this.#header.delimiter), line);
  }

  /** No line follows the last one pushed, or the next could not be read. */
  end(): void {
    this.#close(true);
  }

  /** Takes as many records as there are out of the open lines. `final`: no further line will complete the last one. */
  #close(final: boolean): void {
    while (this.#open.length > 0) {
      const taken = this.#take();
      if (taken === 'open' && !final && this.#mayGoOn()) return;
      if (typeof taken !== 'number') this.#onRow((this.#open[0] as Line).line, 'a quote in the wrong place, or never closed', false);
      this.#open.splice(0, typeof taken === 'number' ? taken : 1);
    }
  }

  #mayGoOn(): boolean {
    return (
      this.#open.length < MAX_RECORD_LINES && this.#open.reduce((length, { text }) => length + text.length, 0) <= this.#maxRecordLength
    );
  }

  /** Reads the record that begins with the first open line. Returns how many lines it spans, or why there is none. */
  #take(): number | 'open' | 'malformed' {
    const { delimiter, columns } = this.#header;
    const { text: first, line } = this.#open[0] as Line;
    if (first.trim() === '') return 1;
    let count = 0;
    let state: 'open' | 'closed' | 'malformed' = 'closed';
    do state = stateAfter((this.#open[count++] as Line).text, delimiter, state === 'open');
    while (state === 'open' && count < this.#open.length);
    if (state !== 'closed') return state;
    const fields = fieldsOf(
      this.#open
        .slice(0, count)
        .map(({ text }) => text)
        .join('\n'),
      delimiter,
    );
    if (fields === null || (count > 1 && fields.length !== columns.length)) return 'malformed'; // two strays are not a pair
    this.#row(fields, line);
    return count;
  }

  #row(fields: readonly string[], line: number): void {
    const { columns } = this.#header;
    const cells: Partial<Record<Column, string>> = {};
    for (let i = 0; i < fields.length; ++i) {
      const text = unguarded((fields[i] as string).trim());
      const column = columns[i];
      if (column !== undefined) cells[column] = text;
      else if (i >= columns.length && text !== '') {
        this.#onRow(line, `more fields than the ${columns.length} of the header`, false);
        return;
      }
    }
    this.#onRow(line, cells, fields.length < columns.length);
  }
}

/** Whether a quoted field is still open at the end of a line, given whether one was at its beginning. */
function stateAfter(line: string, delimiter: string, open: boolean): 'open' | 'closed' | 'malformed' {
  let quoted = open;
  for (let i = 0; ; ) {
    if (!quoted && line[i] === '"') {
      quoted = true;
      ++i;
    } else if (!quoted) {
      i = line.indexOf(delimiter, i) + 1;
      if (i === 0) return 'closed';
    } else {
      i = line.indexOf('"', i) + 1; // after the quote
      if (i === 0) return 'open';
      if (line[i] === '"') ++i;
      else {
        while (line[i] === ' ') ++i; // papaparse allows spaces here, and so do spreadsheets
        if (i === line.length) return 'closed';
        if (line[i++] !== delimiter) return 'malformed';
        quoted = false;
      }
    }
  }
}

/** The fields of one record; `null` if its quotes are malformed. */
export function fieldsOf(text: string, delimiter: string): string[] | null {
  if (!text.includes('"')) return text.split(delimiter);
  const { data, errors } = Papa.parse<string[]>(text, { delimiter, newline: '\n' });
  return errors.length === 0 && data.length === 1 ? (data[0] as string[]) : null;
}

/** A text that a spreadsheet would run as a formula (OWASP, "CSV Injection"), or one that {@link guarded} made of such a text. */
const FORMULA = /^'*[=+\-@]/;

/** Puts an apostrophe before a text that a spreadsheet would run as a formula: ids can be file names that a stranger chose. */
export function guarded(text: string): string {
  return FORMULA.test(text) ? `'${text}` : text;
}

/** Takes back what {@link guarded} did. */
function unguarded(text: string): string {
  return text.startsWith("'") && FORMULA.test(text) ? text.slice(1) : text;
}
