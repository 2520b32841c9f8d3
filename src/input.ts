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

/** Any {@link Input} as a sequence of chunks. */
export async function* chunksOf(input: Input, openFile: OpenFile | undefined, signal?: AbortSignal): AsyncGenerator<Uint8Array> {
  signal?.throwIfAborted();
  if (input instanceof Uint8Array) yield liveBytes('input', input);
  else if (input instanceof ArrayBuffer) yield bytesOf(input);
  else {
    for await (const chunk of sourceOf(input, openFile)) {
      signal?.throwIfAborted();
      if (!(chunk instanceof Uint8Array)) throw invalid('input', 'a stream of Uint8Array', chunk);
      yield chunk;
    }
  }
}

/** A view of a whole buffer. Throws `INVALID_ARGUMENT` if it was transferred. */
export function bytesOf(buffer: ArrayBuffer): Uint8Array {
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

/** Not every runtime makes a ReadableStream iterable (Safari does not), so this reads it by hand. */
async function* streamChunks(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array> {
  const reader = stream.getReader();
  let finished = false;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      yield value;
    }
    finished = true;
  } finally {
    if (!finished) await reader.cancel();
    reader.releaseLock();
  }
}

/**
 * Gathers an input into one Uint8Array of at most `maxBytes`. Bytes that are already in one piece are not copied.
 *
 * @throws {EgideError} `EMPTY_INPUT`, `TOO_MANY_BYTES`, `INVALID_ARGUMENT`, `NO_FILESYSTEM`, `NOT_FOUND`.
 */
export async function readAll(input: Input, maxBytes: number, openFile: OpenFile | undefined, signal?: AbortSignal): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let total = 0;
  for await (const chunk of chunksOf(input, openFile, signal)) {
    total += chunk.byteLength;
    if (total > maxBytes)
      throw new EgideError('TOO_MANY_BYTES', `input: more than the limit of ${maxBytes} bytes (raise maxBytes if this is expected)`);
    chunks.push(chunk);
  }
  if (total === 0) throw new EgideError('EMPTY_INPUT', 'input: there were no bytes');
  if (chunks.length === 1) return chunks[0] as Uint8Array;
  const bytes = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.byteLength;
  }
  return bytes;
}
