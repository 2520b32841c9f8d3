import { ByteBuffer } from '../byte-buffer.js';

/** An object of a document, as its bytes. */
export interface JsonFrame {
  /** Its bytes, with the arrays that were handed on item by item left empty; `null` if it is longer than the bound, or too deep. */
  readonly bytes: Uint8Array | null;
  /** From 1, where it begins. */
  readonly line: number;
  /** How many arrays that were handed on it stands in: 0 for the document. */
  readonly level: number;
  /** Whether it has an array that was handed on item by item. */
  readonly hasItems: boolean;
}

/** What to make of a document. */
export interface JsonFramesOptions {
  /** The names of the arrays that are handed on item by item, for a document, and for an item of each level. */
  readonly arrays: readonly (readonly string[])[];
  readonly maxFrameBytes: number;
  /** Gets each object when it ends; its bytes are valid during the call. */
  readonly onFrame: (frame: JsonFrame) => void;
  /** Gets the object in which such an array begins; its bytes end with the array's bracket. */
  readonly onArray: (frame: JsonFrame) => void;
  /** Gets the line of an item that is no object. */
  readonly onOther: (line: number) => void;
}

/** Brackets in each other within one object (our own choice; VICS has four). */
const MAX_DEPTH = 32;

const LF = 10;
const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_ARRAY = 91;
const BACKSLASH = 92;
const CLOSE_ARRAY = 93;
const OPEN_OBJECT = 123;
const CLOSE_OBJECT = 125;

/** An object that is open. */
interface OpenFrame {
  readonly bytes: ByteBuffer;
  readonly line: number;
  readonly level: number;
  /** Brackets that are open in it, and their kinds: 1 for an object. */
  depth: number;
  readonly kinds: Uint8Array;
  isLost: boolean;
  hasItems: boolean;
  /** Where the last text directly in it began and ended in `bytes`, and whether a colon followed: the name of what comes next. */
  nameStart: number;
  nameEnd: number;
  isNamed: boolean;
}

/**
 * Cuts a document of JSON into the objects of its large arrays, so that each can be parsed by itself: it holds one object of each level, and one that
 * is malformed within, too long or too deep costs itself. Whether a text is one is left to `JSON.parse`; what is looked at here is brackets, quotes
 * and commas. A line end closes a text: JSON has none in them, so a quote that is missing costs one object of a document that is written on lines.
 */
export class JsonFrames {
  /** Why the document is not read on; none so far if absent. */
  fault: string | undefined;
  readonly #options: JsonFramesOptions;
  readonly #frames: OpenFrame[] = [];
  readonly #buffers: ByteBuffer[] = []; // one for each level, used again
  #inText = false;
  #escaped = false;
  #line = 1;
  #between: 'document' | 'first item' | 'item' | 'comma' | 'junk' | 'end' | undefined = 'document'; // where no frame takes the bytes

  constructor(options: JsonFramesOptions) {
    this.#options = options;
  }

  push(chunk: Uint8Array): void {
    for (let i = 0; i < chunk.length && this.fault === undefined; )
      i = this.#between ? this.#stepBetween(chunk, i) : this.#stepWithin(chunk, i);
  }

  /** Nothing follows. Returns {@link fault}. */
  end(): string | undefined {
    if (this.fault === undefined && this.#between !== 'end') this.fault = 'ends before its last bracket: it was cut short';
    return this.fault;
  }

  /** One byte that stands in no object, or between the items of an array. */
  #stepBetween(chunk: Uint8Array, i: number): number {
    const byte = chunk[i] as number;
    if (byte === LF) ++this.#line;
    if (byte === 32 || (byte >= 9 && byte <= 13)) return i + 1;
    if (this.#between === 'document' && (byte === 0xef || byte === 0xbb || byte === 0xbf)) return i + 1; // a byte order mark in UTF-8
    if (this.#between === 'document' || this.#between === 'end') {
      if (byte === OPEN_OBJECT && this.#between === 'document') this.#open();
      else this.#fail(this.#between === 'end' ? 'goes on after its last bracket' : 'does not begin with {');
      return i;
    }
    if (byte === CLOSE_ARRAY) {
      this.#between = undefined;
      const frame = this.#frames.at(-1) as OpenFrame;
      this.#hold(frame, chunk, i, i + 1);
      --frame.depth;
    } else if (byte === COMMA) this.#between = 'item';
    else if (byte === OPEN_OBJECT && this.#between !== 'comma' && this.#between !== 'junk') {
      this.#open();
      return i;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY || byte === QUOTE || byte === CLOSE_OBJECT || this.#between === 'comma')
      this.#fail('has something other than a comma between two records');
    else if (this.#between !== 'junk') {
      this.#options.onOther(this.#line);
      this.#between = 'junk';
    }
    return i + 1;
  }

  #open(): void {
    const level = this.#frames.length;
    const kinds = new Uint8Array(MAX_DEPTH);
    const bytes = (this.#buffers[level] ??= new ByteBuffer(1024));
    bytes.length = 0;
    const names = { nameStart: 0, nameEnd: 0, isNamed: false };
    this.#frames.push({ bytes, line: this.#line, level, depth: 0, kinds, isLost: false, hasItems: false, ...names });
    this.#between = undefined;
  }

  /** Takes bytes up to the next one that says something about the structure, and that one. */
  #stepWithin(chunk: Uint8Array, start: number): number {
    const frame = this.#frames.at(-1) as OpenFrame;
    let i = start;
    if (this.#inText) {
      i = this.#endOfText(chunk, start);
      this.#hold(frame, chunk, start, i);
      if (!this.#inText && frame.depth === 1) frame.nameEnd = frame.bytes.length;
      return i;
    }
    for (; i < chunk.length; ++i) {
      const byte = chunk[i] as number;
      if (byte === LF) ++this.#line;
      if (byte === QUOTE || byte === COLON || byte === COMMA || byte === OPEN_OBJECT || byte === CLOSE_OBJECT) break;
      if (byte === OPEN_ARRAY || byte === CLOSE_ARRAY) break;
    }
    if (i === chunk.length) {
      this.#hold(frame, chunk, start, i);
      return i;
    }
    this.#hold(frame, chunk, start, i + 1);
    this.#take(frame, chunk[i] as number);
    return i + 1;
  }

  #take(frame: OpenFrame, byte: number): void {
    if (byte === QUOTE) {
      this.#inText = true;
      if (frame.depth === 1 && !frame.isNamed) frame.nameStart = frame.bytes.length;
    } else if (byte === COLON || byte === COMMA) {
      if (frame.depth === 1) frame.isNamed = byte === COLON;
    } else if (byte === OPEN_OBJECT || byte === OPEN_ARRAY) {
      const isItems = byte === OPEN_ARRAY && this.#isHandedOn(frame);
      if (frame.depth < MAX_DEPTH) frame.kinds[frame.depth] = byte === OPEN_OBJECT ? 1 : 0;
      else frame.isLost = true;
      ++frame.depth;
      if (isItems) this.#beginItems(frame);
    } else this.#close(frame, byte === CLOSE_OBJECT ? 1 : 0);
  }

  #close(frame: OpenFrame, kind: number): void {
    --frame.depth;
    if (frame.depth < MAX_DEPTH && frame.kinds[frame.depth] !== kind) this.#fail('has brackets that do not belong together');
    else if (frame.depth === 0) {
      this.#frames.pop();
      this.#between = this.#frames.length > 0 ? 'comma' : 'end';
      this.#options.onFrame(shownOf(frame));
    }
  }

  /** Whether the array that begins has one of the names. */
  #isHandedOn(frame: OpenFrame): boolean {
    const names = this.#options.arrays[frame.level];
    if (!names || frame.depth !== 1 || !frame.isNamed || frame.isLost) return false;
    const name = frame.bytes.view(frame.nameStart, frame.nameEnd - 1);
    return names.some((known) => known.length === name.length && [...known].every((letter, i) => letter.charCodeAt(0) === name[i]));
  }

  #beginItems(frame: OpenFrame): void {
    frame.hasItems = true;
    this.#between = 'first item';
    this.#options.onArray(shownOf(frame));
  }

  /** Where the text that is open ends, after its quote, or where the chunk does. */
  #endOfText(chunk: Uint8Array, start: number): number {
    for (let i = start; i < chunk.length; ++i) {
      const byte = chunk[i] as number;
      if (byte === LF) ++this.#line;
      if (byte === LF || (byte === QUOTE && !this.#escaped)) {
        this.#inText = false;
        this.#escaped = false;
        return i + 1;
      }
      this.#escaped = byte === BACKSLASH && !this.#escaped;
    }
    return chunk.length;
  }

  #hold(frame: OpenFrame, chunk: Uint8Array, start: number, end: number): void {
    if (frame.bytes.length + end - start > this.#options.maxFrameBytes) frame.isLost = true;
    if (!frame.isLost) frame.bytes.push(chunk.subarray(start, end));
  }

  #fail(what: string): void {
    this.fault = `${what} (line ${this.#line})`;
  }
}

function shownOf({ bytes, line, level, isLost, hasItems }: OpenFrame): JsonFrame {
  return { bytes: isLost ? null : bytes.bytes(), line, level, hasItems };
}
