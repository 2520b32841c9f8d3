import { ByteBuffer } from './byte-buffer.js';

const LF = 10;
const CR = 13;

/** Gets each line without its end, or `null` for one that was too long; `line` counts from 1. The bytes are valid during the call only. */
export type OnLine = (bytes: Uint8Array | null, line: number) => void;

/** Where a byte stands next: one search through a chunk for each end of a line is what makes reading fast. */
function indexOrEnd(chunk: Uint8Array, byte: number, from: number): number {
  const found = chunk.indexOf(byte, from);
  return found < 0 ? chunk.length : found;
}

/**
 * Cuts chunks of bytes into lines that end with LF, CRLF or CR, wherever the chunks begin and end. Holds one unfinished
 * line of at most `maxLineBytes`; a longer one is skipped without being held.
 */
export class LineSplitter {
  readonly #maxLineBytes: number;
  readonly #onLine: OnLine;
  readonly #unfinished: ByteBuffer = new ByteBuffer(256);
  #tooLong = false;
  #afterCr = false; // the LF of a CRLF may open the next chunk
  #line = 0;

  constructor(maxLineBytes: number, onLine: OnLine) {
    this.#maxLineBytes = maxLineBytes;
    this.#onLine = onLine;
  }

  /** Lines that have ended. */
  get count(): number {
    return this.#line;
  }

  /** Counts lines that somebody else has cut off, between two pushes that each end with a line. */
  skip(lines: number): void {
    this.#line += lines;
  }

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    let start = this.#afterCr && chunk[0] === LF ? 1 : 0;
    this.#afterCr = false;
    let lf = indexOrEnd(chunk, LF, start);
    let cr = indexOrEnd(chunk, CR, start);
    while (lf < chunk.length || cr < chunk.length) {
      const end = Math.min(lf, cr);
      this.#finish(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        if (start === chunk.length) this.#afterCr = true;
        else if (start === lf) ++start;
        cr = indexOrEnd(chunk, CR, start);
      }
      if (lf < start) lf = indexOrEnd(chunk, LF, start);
    }
    this.#hold(chunk.subarray(start));
  }

  /** The last line may lack its end: returns whether it did. */
  end(): boolean {
    const lacksEnd = this.#tooLong || this.#unfinished.length > 0;
    if (lacksEnd) this.#finish(new Uint8Array(0));
    return lacksEnd;
  }

  #hold(part: Uint8Array): void {
    if (this.#unfinished.length + part.length > this.#maxLineBytes) this.#tooLong = true;
    if (this.#tooLong) this.#unfinished.length = 0;
    else this.#unfinished.push(part);
  }

  #finish(part: Uint8Array): void {
    if (this.#unfinished.length > 0 || this.#tooLong || part.length > this.#maxLineBytes) this.#hold(part);
    const bytes = this.#tooLong ? null : this.#unfinished.length > 0 ? this.#unfinished.bytes() : part;
    this.#onLine(bytes, ++this.#line);
    this.#unfinished.length = 0;
    this.#tooLong = false;
  }
}
