import { EgideError } from '../../errors.js';
import { chunksOf, type Input, liveBytes, nextTurn } from '../../input.js';
import type { Platform } from '../../platform.js';
import { ByteBuffer } from '../byte-buffer.js';
import { HEAD_BYTES } from './detect.js';

/** Bytes that are handed on at a time: at three a record, as in NDJSON of nothing, they give some thousands of problems. */
const PART_BYTES = 16_384;

/** Bytes between two turns of the event loop: 5 to 50 ms of reading, at 4 us a row of CSV, 12 us a digest and 17 us a Media (measured with Node 20 on x86-64). */
const TURN_BYTES = 1 << 17;

/** The bytes of a source in parts of at most 16 KiB, with a turn of the event loop now and then. A part is valid until the next. */
export async function* partsOf(platform: Platform, source: Input, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, undefined> {
  let sinceTurn = 0;
  for await (const chunk of chunksOf(source, platform.openFile, signal)) {
    const { byteLength } = liveBytes('source', chunk); // transferred since the call, it would pass for the end
    for (let start = 0; start < byteLength; ) {
      const part = liveBytes('source', chunk).subarray(start, start + PART_BYTES);
      start += part.byteLength;
      sinceTurn += part.byteLength;
      yield part;
      signal?.throwIfAborted();
      if (sinceTurn < TURN_BYTES) continue;
      sinceTurn = 0;
      await nextTurn(signal);
    }
  }
}

/** Takes the beginning of a file out of its parts; `isWhole`: there is no more. */
export async function takeHead(parts: AsyncIterator<Uint8Array>): Promise<{ head: Uint8Array; isWhole: boolean }> {
  const head = new ByteBuffer(HEAD_BYTES);
  while (head.length < HEAD_BYTES) {
    const { done, value } = await parts.next();
    if (done) return { head: head.bytes(), isWhole: true };
    head.push(value);
  }
  return { head: head.bytes(), isWhole: false };
}

/** A gzip file that is being unpacked. */
export interface Unpacking {
  readonly parts: AsyncGenerator<Uint8Array, undefined>;
  /** Why it ended before its end; set when `parts` has ended. */
  fault?: string;
}

/**
 * Unpacks gzip. What is damaged or cut short ends the parts, and says so in `fault`; what the source throws is thrown.
 *
 * @param head What was taken out of `parts` before.
 */
export function unpacked(
  platform: Platform,
  head: Uint8Array,
  parts: AsyncIterator<Uint8Array>,
  signal: AbortSignal | undefined,
): Unpacking {
  let thrown: { error: unknown } | undefined;
  let isFirst = true;
  const packed = new ReadableStream<Uint8Array<ArrayBuffer>>({
    async pull(controller) {
      try {
        const { done, value } = isFirst ? { done: false, value: head } : await parts.next();
        isFirst = false;
        if (done) controller.close();
        else controller.enqueue(new Uint8Array(value as Uint8Array)); // a copy: the part is valid until the next
      } catch (error) {
        thrown = { error };
        controller.error(error);
      }
    },
  });
  const unpacking: Unpacking = { parts: read() };
  return unpacking;

  async function* read(): AsyncGenerator<Uint8Array, undefined> {
    try {
      yield* partsOf(platform, packed.pipeThrough(new DecompressionStream('gzip')), signal);
    } catch (error) {
      if (thrown) throw thrown.error;
      if (signal?.aborted || error instanceof EgideError || !(error instanceof Error)) throw error;
      unpacking.fault = 'is damaged, or was cut short, as gzip';
    }
  }
}
