import { crc32 } from 'node:zlib';
import { EgideError } from '../errors.js';

/** The eight bytes that every PNG begins with (PNG specification, 5.2). */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** One chunk of a PNG (5.3). */
export interface PngChunk {
  /** The four letters, as one big-endian number: see {@link chunkType}. */
  readonly type: number;
  /** Where the chunk begins in the file, and where the next one does. */
  readonly start: number;
  readonly end: number;
}

/** The number that four letters make: comparing numbers keeps a walk over millions of chunks from making as many strings. */
export function chunkType(letters: string): number {
  return Buffer.from(letters, 'latin1').readUInt32BE(0);
}

const IEND = chunkType('IEND');

/**
 * Chunks of one PNG: a walk over as many takes 50 ms, and a file of 100 MB in the usual pieces of 8 KiB has 12,000 (our own choice).
 */
const MAX_CHUNKS = 1_000_000;

/**
 * The chunks of a PNG in order up to `IEND`, one at a time. Checksums are left to the decoder.
 *
 * @param from Where a chunk begins.
 * @throws {EgideError} `CORRUPT_IMAGE` if the file ends within a chunk, or has more than {@link MAX_CHUNKS}.
 */
export function* pngChunks(png: Buffer, from = PNG_SIGNATURE.length): Generator<PngChunk> {
  let count = 0;
  for (let start = from; start < png.length; ) {
    if (++count > MAX_CHUNKS) throw new EgideError('CORRUPT_IMAGE', `input: the PNG is in more than ${MAX_CHUNKS} chunks: write it anew`);
    const end = start + 12 > png.length ? Number.POSITIVE_INFINITY : start + 12 + png.readUInt32BE(start);
    if (end > png.length) throw new EgideError('CORRUPT_IMAGE', 'input: the PNG ends within a chunk: send the whole file');
    const type = png.readUInt32BE(start + 4);
    yield { type, start, end };
    if (type === IEND) return;
    start = end;
  }
}

/** What a chunk holds, as a view. */
export function contentOf(png: Buffer, { start, end }: PngChunk): Buffer {
  return png.subarray(start + 8, end - 4);
}

/** Writes a chunk. */
export function pngChunk(type: string, content: Uint8Array): Buffer {
  const chunk = Buffer.alloc(12 + content.length);
  chunk.writeUInt32BE(content.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(content, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}
