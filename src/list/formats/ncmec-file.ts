import type { FormatReader, RecordTaker } from './format.js';
import { NcmecReader } from './ncmec-xml.js';

/** Reads a file in the form of a page of NCMEC's hash sharing. */
export class NcmecFileReader implements FormatReader {
  readonly #page: NcmecReader;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #fault: string | undefined;

  constructor(taker: RecordTaker) {
    this.#page = new NcmecReader(taker);
  }

  get fault(): string | undefined {
    return this.#fault ?? this.#page.fault;
  }

  /** Whether the file names a further page: then it is a part of what there is. */
  get hasNext(): boolean {
    return this.#page.next !== undefined;
  }

  push(bytes: Uint8Array): void {
    const text = this.#decode(bytes, true);
    if (text !== '') this.#page.push(text);
  }

  end(): string | undefined {
    this.#decode(new Uint8Array(0), false);
    return this.#fault ?? this.#page.end();
  }

  #decode(bytes: Uint8Array, stream: boolean): string {
    try {
      return this.#decoder.decode(bytes, { stream });
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal decoder throws for malformed bytes
      this.#fault ??= 'is not UTF-8 text';
      return '';
    }
  }
}
