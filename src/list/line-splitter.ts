import { ByteBuffer } from './byte-buffer.js';

const LF = 10;
const CR = 13;

/** Gets each line without its end, or `null` for one that was too long; `line` counts from 1. The bytes are valid during the call only. */
export type OnLine = (bytes: Uint8Array | null, line: number) => void;

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

  push(chunk: Uint8Array): void {
    if (chunk.length === 0) return;
    let start = this.#afterCr && chunk[0] === LF ? 1 : 0;
    this.#afterCr = false;
    for (let i = start; i < chunk.length; ++i) {
      const byte = chunk[i];
      if (byte !== LF && byte !== CR) continue;
      this.#finish(chunk.subarray(start, i));
      if (byte === CR && i + 1 === chunk.length) this.#afterCr = true;
      else if (byte === CR && chunk[i + 1] === LF) ++i;
      start = i + 1;
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
