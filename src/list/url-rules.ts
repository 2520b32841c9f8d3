import { checkCallOptions, EgideError } from '../errors.js';
import { type CanonicalUrlOptions, checkUrlOptions, MAX_URL_LENGTH } from '../hash/url.js';
import { chunksOf, feedSlices, type Input } from '../input.js';
import type { Platform } from '../platform.js';
import { parseUrlRule } from '../search/url-rule.js';
import type { ImportReport, Refusal } from './hash-list.js';
import { LineSplitter } from './line-splitter.js';

/** How to read a list of URLs. */
export interface ReadUrlOptions extends CanonicalUrlOptions {
  readonly signal?: AbortSignal;
  /** Called about every 64 KiB, and at the end, with the bytes read. */
  readonly onProgress?: (bytes: number) => void;
}

/** Rules of a list, ready for `buildUrlIndex`. */
export interface UrlRuleList {
  /** As they are written, without those that say what an earlier one says. */
  readonly rules: readonly string[];
  /** The line of each, from 1. */
  readonly lines: Uint32Array;
  /** What became of every line; blank ones and comments are no records. `read = kept + duplicates + refused`, always. */
  readonly report: Pick<ImportReport, 'read' | 'kept' | 'duplicates' | 'refused' | 'refusals'>;
}

/** Bytes of list between two turns of the event loop: 20 ms of reading on a busy machine (measured with Node 20 on x86-64). */
const SLICE_BYTES = 1 << 16;
/** Reasons that are kept: as many as of a list of hashes. */
const MAX_REFUSALS = 1_000;
/** Bytes of a line: four for each character of the longest URL. */
const MAX_LINE_BYTES = 4 * MAX_URL_LENGTH;

/**
 * Reads a list of rules about URLs, one on each line, as `parseUrlRule` does; blank lines and those that begin with `#` are skipped. A line that
 * cannot be used is counted and reported, and stops nothing.
 *
 * @throws {EgideError} `INVALID_LIST` if not one line of it can be used: nothing would match it; `INVALID_ARGUMENT`, `NO_FILESYSTEM`,
 *   `NOT_FOUND`; or the signal's reason.
 */
export async function readUrlRules(platform: Platform, source: Input, options: ReadUrlOptions = {}): Promise<UrlRuleList> {
  checkCallOptions(options);
  const reader = new UrlRuleReader(options);
  const { signal, onProgress } = options;
  const chunks = chunksOf(source, platform.openFile, signal);
  const take = (part: Uint8Array): void => reader.push(part);
  const bytes = await feedSlices(chunks, { sliceBytes: SLICE_BYTES, signal, take, onSlice: (read) => onProgress?.(read) });
  onProgress?.(bytes);
  return reader.finish();
}

class UrlRuleReader {
  readonly #options: CanonicalUrlOptions;
  readonly #splitter = new LineSplitter(MAX_LINE_BYTES, (bytes, line) => this.#line(bytes, line));
  readonly #decoder = new TextDecoder('utf-8', { fatal: true }); // takes a byte order mark away
  readonly #known = new Set<string>();
  readonly #rules: string[] = [];
  readonly #lines: number[] = [];
  readonly #refusals: Refusal[] = [];
  #read = 0;
  #refused = 0;

  constructor(options: CanonicalUrlOptions) {
    this.#options = checkUrlOptions(options);
  }

  push(chunk: Uint8Array): void {
    this.#splitter.push(chunk);
  }

  finish(): UrlRuleList {
    this.#splitter.end();
    const [read, kept, refused, first] = [this.#read, this.#rules.length, this.#refused, this.#refusals[0]];
    if (kept === 0)
      throw new EgideError(
        'INVALID_LIST',
        `not one of ${read} lines is a rule about URLs${first ? `; line ${first.line}: ${first.reason}` : ''} (docs/urls.md)`,
      );
    const report = { read, kept, duplicates: read - kept - refused, refused, refusals: this.#refusals };
    return { rules: this.#rules, lines: Uint32Array.from(this.#lines), report };
  }

  #line(bytes: Uint8Array | null, line: number): void {
    const text = this.#decode(bytes);
    if (text === '' || (typeof text === 'string' && text.startsWith('#'))) return;
    ++this.#read;
    const problem = typeof text === 'string' ? this.#take(text, line) : text.problem;
    if (problem === undefined) return;
    ++this.#refused;
    if (this.#refusals.length < MAX_REFUSALS) this.#refusals.push({ line, reason: problem });
  }

  #decode(bytes: Uint8Array | null): string | { problem: string } {
    if (bytes === null) return { problem: `longer than ${MAX_LINE_BYTES} bytes` };
    try {
      return this.#decoder.decode(bytes).trim();
    } catch (cause) {
      if (!(cause instanceof TypeError)) throw cause; // TypeError is what a fatal decoder throws for malformed bytes
      return { problem: 'not UTF-8 text' };
    }
  }

  /** Keeps a rule unless it is known; says why it is none. */
  #take(text: string, line: number): string | undefined {
    try {
      const { kind, expression } = parseUrlRule(text, this.#options);
      if (this.#known.has(`${kind} ${expression}`)) return undefined;
      this.#known.add(`${kind} ${expression}`);
      this.#rules.push(text);
      this.#lines.push(line);
      return undefined;
    } catch (cause) {
      if (!(cause instanceof EgideError) || cause.code !== 'INVALID_URL') throw cause;
      return cause.message.replace(/^url: /, '');
    }
  }
}
