import type { FormatReader, RecordTaker } from './format.js';
import { type JsonFrame, JsonFrames } from './json-frames.js';
import type { RecordKeys } from './record-keys.js';
import { textOf, vicsRecordOf } from './vics-record.js';

/** The arrays of Media: of the document (`value`, or `Media` of a case that stands alone), and of a case in it. */
const ARRAYS = [['value', 'Media'], ['Media']];

/**
 * Reads VICS 1.x and 2.0 (JSON): Media, or cases with theirs, as they come. Holds one Media, and what a case says of itself. The key is the `MediaID`,
 * behind the `CaseID` in a file of cases, because media are numbered anew in each.
 */
export class VicsReader implements FormatReader {
  readonly #frames: JsonFrames;
  readonly #keys: RecordKeys;
  readonly #taker: RecordTaker;
  readonly #maxRecordBytes: number;
  readonly #category: string;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true });
  #casePrefix = '';
  #ordinal = 0;
  #fault: string | undefined;
  #hasArray = false;

  constructor(options: { readonly maxRecordBytes: number; readonly category: string }, keys: RecordKeys, taker: RecordTaker) {
    this.#maxRecordBytes = options.maxRecordBytes;
    this.#category = options.category;
    this.#keys = keys;
    this.#taker = taker;
    this.#frames = new JsonFrames({
      arrays: ARRAYS,
      maxFrameBytes: options.maxRecordBytes,
      onFrame: (frame) => this.#take(frame),
      onArray: (frame) => this.#beginArray(frame),
      onOther: (line) => this.#refuse(line, 'no JSON object'),
    });
  }

  get fault(): string | undefined {
    return this.#fault ?? this.#frames.fault;
  }

  push(bytes: Uint8Array): void {
    this.#frames.push(bytes);
  }

  end(): string | undefined {
    const fault = this.#frames.end() ?? this.#fault;
    return fault ?? (this.#hasArray ? undefined : 'has no array `value` of Media or of cases');
  }

  #take(frame: JsonFrame): void {
    const fields = this.#parse(frame);
    if (frame.level === 0) {
      if (fields === null) this.#fault = 'is no JSON outside of its records';
    } else if (frame.hasItems) {
      this.#casePrefix = '';
      if (fields === null) this.#refuse(frame.line, 'a case whose own fields are no JSON; its media are read');
    } else if (fields === null)
      this.#refuse(frame.line, frame.bytes === null ? `longer than ${this.#maxRecordBytes} bytes, or nested too deeply` : 'no JSON object');
    else this.#takeMedia(fields, frame.line);
  }

  #takeMedia(fields: Readonly<Record<string, unknown>>, line: number): void {
    const { record: read, reasons } = vicsRecordOf(fields, this.#casePrefix);
    if (read.key === '' && read.signals.length === 0) {
      this.#refuse(line, reasons.join('; ')); // neither to be found nor to be withdrawn
      return;
    }
    ++this.#ordinal;
    const record = this.#category === '' ? read : { category: this.#category, ...read };
    const key = this.#keys.keyOf(record);
    this.#taker.update(line, key, { ...record, key }, reasons.length > 0 ? [`record ${this.#ordinal}: ${reasons.join('; ')}`] : []);
  }

  #refuse(line: number, reason: string): void {
    this.#taker.refuse(line, `record ${++this.#ordinal}: ${reason}`);
  }

  #beginArray(frame: JsonFrame): void {
    this.#hasArray = true;
    const ended = frame.bytes && this.#parse({ ...frame, bytes: withEnd(frame.bytes) });
    const caseId = ended ? textOf(ended['CaseID']) : '';
    if (caseId !== '') this.#casePrefix = `${caseId}/`;
  }

  #parse({ bytes }: JsonFrame): Readonly<Record<string, unknown>> | null {
    if (bytes === null) return null;
    try {
      return JSON.parse(this.#decoder.decode(bytes)) as Record<string, unknown>; // a frame begins with {, so it is an object
    } catch {
      return null; // the engine's message quotes the text, and with it a hash: it must not be passed on
    }
  }
}

/** An object that was read up to the bracket of an array, closed. */
function withEnd(bytes: Uint8Array): Uint8Array {
  const ended = new Uint8Array(bytes.length + 2);
  ended.set(bytes);
  ended.set([93, 125], bytes.length); // ]}
  return ended;
}
