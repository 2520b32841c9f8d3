import { EgideError, invalid } from './errors.js';

/** What the library reads: bytes at hand, a Blob or File, a stream, or (in Node) the path of a file. */
export type Input = Uint8Array | ArrayBuffer | Blob | ReadableStream<Uint8Array> | AsyncIterable<Uint8Array> | string;

/** Opens a file as a stream of bytes; only Node has one. Throws `NOT_FOUND`. */
export type OpenFile = (path: string) => AsyncIterable<Uint8Array>;

/** Throws unless `bytes` is a live Uint8Array: a transferred buffer reads as length 0, which must not pass for "empty". */
export function liveBytes(parameter: string, bytes: unknown): Uint8Array {
  if (!(bytes instanceof Uint8Array)) throw invalid(parameter, 'a Uint8Array', bytes);
  if (isDetached(bytes)) throw invalid(parameter, 'a buffer that is still attached', 'a buffer that was transferred away');
  return bytes;
}

/** A detached view reports offset 0 and length 0 and cannot be wrapped again. */
function isDetached(view: Uint8Array): boolean {
  if (view.byteLength > 0) return false;
  try {
    new Uint8Array(view.buffer);
    return false;
  } catch {
    return true; // TypeError: "Cannot perform Construct on a detached ArrayBuffer"
  }
}

/**
 * Any {@link Input} as a sequence of chunks. Waiting for a chunk ends when the signal is raised: a stream may never give another.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, `NO_FILESYSTEM`, `NOT_FOUND`; the signal's reason; or what the stream throws.
 */
export async function* chunksOf(input: Input, openFile: OpenFile | undefined, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (input instanceof Uint8Array) yield liveBytes('input', input);
  else if (input instanceof ArrayBuffer) yield bytesOf(input);
  else yield* streamedChunks(sourceOf(input, openFile), signal);
}

async function* streamedChunks(source: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): AsyncGenerator<Uint8Array> {
  for await (const value of untilAborted(source, signal)) {
    if (!(value instanceof Uint8Array)) throw invalid('input', 'a stream of Uint8Array', value);
    yield liveBytes('input', value);
  }
}

/** The items of a source, until the signal is raised: waiting for the next one ends then, for it may never come. */
export async function* untilAborted<Item>(items: AsyncIterable<Item>, signal: AbortSignal | undefined): AsyncGenerator<Item> {
  signal?.throwIfAborted();
  const source = items[Symbol.asyncIterator]();
  let pending = false;
  try {
    for (;;) {
      pending = true;
      const { done, value } = await orAborted(source.next(), signal);
      pending = false;
      if (done) return;
      signal?.throwIfAborted();
      yield value;
    }
  } finally {
    const closed = source.return?.();
    // A source that was left in the middle of a step may answer only after that step, or never.
    if (pending) closed?.catch(() => undefined);
    else await closed;
  }
}

/** Settles with the work, or with the signal's reason if that is raised before. */
export function orAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    signal.addEventListener('abort', abort);
    if (signal.aborted) abort();
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Calls back when the event loop has turned. Where there is no `setImmediate`, as in browsers, the least timeout takes a millisecond or four. */
const afterTurn: (call: () => void) => void = globalThis.setImmediate ?? ((call) => setTimeout(call, 0));

/** Lets the event loop turn in the middle of long work, then throws the signal's reason if it was raised. */
export async function nextTurn(signal: AbortSignal | undefined): Promise<void> {
  await new Promise<void>((resolve) => void afterTurn(resolve));
  signal?.throwIfAborted();
}

/** How {@link feedSlices} goes about it. */
export interface Feeding {
  /** Bytes between two turns of the event loop. */
  readonly sliceBytes: number;
  readonly signal: AbortSignal | undefined;
  /** Takes the next bytes, which are good during the call. */
  readonly take: (part: Uint8Array) => void;
  /** Called before each turn with all bytes so far. */
  readonly onSlice: (bytes: number) => void;
}

/**
 * Hands all bytes of an input on, in order, and lets the event loop turn in between. Returns how many there were.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` if a chunk is transferred away meanwhile: it would pass for the end; what the chunks or `take`
 *   throw; or the signal's reason.
 */
export async function feedSlices(chunks: AsyncIterable<Uint8Array>, { sliceBytes, signal, take, onSlice }: Feeding): Promise<number> {
  let bytes = 0;
  let sinceTurn = 0;
  for await (const chunk of chunks) {
    const { byteLength } = liveBytes('source', chunk);
    for (let start = 0; start < byteLength; ) {
      const part = liveBytes('source', chunk).subarray(start, start + sliceBytes - sinceTurn);
      take(part);
      start += part.byteLength;
      bytes += part.byteLength;
      sinceTurn += part.byteLength;
      if (sinceTurn < sliceBytes) continue;
      sinceTurn = 0;
      onSlice(bytes);
      await nextTurn(signal);
    }
  }
  return bytes;
}

/** A view of a whole buffer. Throws `INVALID_ARGUMENT` if it was transferred. */
function bytesOf(buffer: ArrayBuffer): Uint8Array {
  try {
    return new Uint8Array(buffer);
  } catch (cause) {
    throw new EgideError('INVALID_ARGUMENT', 'input: expected a buffer that is still attached, got one that was transferred away', {
      cause,
    });
  }
}

function sourceOf(input: unknown, openFile: OpenFile | undefined): AsyncIterable<Uint8Array> {
  if (typeof input === 'string') {
    if (!openFile)
      throw new EgideError('NO_FILESYSTEM', 'input: a path was given, but this runtime has no files: pass bytes, a Blob or a stream');
    return openFile(input);
  }
  if (input instanceof Blob) return streamChunks(input.stream());
  if (input instanceof ReadableStream) return streamChunks(input);
  if (typeof input === 'object' && input !== null && Symbol.asyncIterator in input) return input as AsyncIterable<Uint8Array>;
  throw invalid('input', 'a Uint8Array, ArrayBuffer, Blob, ReadableStream, AsyncIterable<Uint8Array> or path', input);
}

/** Not every runtime makes a ReadableStream iterable (Safari does not), and this one can be closed while a read waits. */
function streamChunks(stream: ReadableStream<Uint8Array>): AsyncIterable<Uint8Array> {
  const reader = stream.getReader();
  return {
    [Symbol.asyncIterator]: () => ({
      async next() {
        const { done, value } = await reader.read();
        return done ? { done, value: undefined } : { done, value };
      },
      async return() {
        await reader.cancel(); // nothing to a stream that has ended
        reader.releaseLock();
        return { done: true, value: undefined };
      },
    }),
  };
}

/**
 * Gathers an input into one Uint8Array of its own, of at most `maxBytes`. Bytes at hand are copied before this first gives way, so that
 * the caller may transfer or reuse the buffer at once; those of a stream as they come, so that its maker may use a chunk's buffer again,
 * and tiny chunks take no more memory than large ones.
 *
 * @throws {EgideError} `EMPTY_INPUT`, `TOO_MANY_BYTES`, `INVALID_ARGUMENT`, `NO_FILESYSTEM`, `NOT_FOUND`.
 */
export async function readAll(input: Input, maxBytes: number, openFile: OpenFile | undefined, signal?: AbortSignal): Promise<Uint8Array> {
  signal?.throwIfAborted();
  let bytes: Uint8Array;
  if (input instanceof Uint8Array) bytes = copyOf(liveBytes('input', input), maxBytes);
  else if (input instanceof ArrayBuffer) bytes = copyOf(bytesOf(input), maxBytes);
  else bytes = await gather(chunksOf(input, openFile, signal), maxBytes);
  if (bytes.byteLength === 0) throw new EgideError('EMPTY_INPUT', 'input: there were no bytes');
  return bytes;
}

function copyOf(bytes: Uint8Array, maxBytes: number): Uint8Array {
  if (bytes.byteLength > maxBytes) throw tooMany(maxBytes);
  return new Uint8Array(bytes); // not slice(): a Buffer's does not copy
}

/** Bytes that are made room for at first; twice as many whenever they are used up. */
const FIRST_ROOM = 1 << 16;

async function gather(chunks: AsyncIterable<Uint8Array>, maxBytes: number): Promise<Uint8Array> {
  let bytes = new Uint8Array(FIRST_ROOM);
  let length = 0;
  for await (const chunk of chunks) {
    const end = length + chunk.byteLength;
    if (end > maxBytes) throw tooMany(maxBytes);
    if (end > bytes.length) {
      const larger = new Uint8Array(Math.max(end, 2 * bytes.length));
      larger.set(bytes.subarray(0, length));
      bytes = larger;
    }
    bytes.set(chunk, length);
    length = end;
  }
  return bytes.subarray(0, length);
}

/** @internal Bytes one after the other. */
export function joinedBytes(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.byteLength, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.byteLength;
  }
  return whole;
}

function tooMany(maxBytes: number): EgideError {
  return new EgideError('TOO_MANY_BYTES', `input: more than the limit of ${maxBytes} bytes (raise maxBytes if this is expected)`);
}
