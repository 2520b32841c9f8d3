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
 * The chunks of a PNG in order up to `IEND`, one at a time: a file may consist of millions. Checksums are left to the decoder.
 *
 * @param from Where a chunk begins.
 * @throws {EgideError} `CORRUPT_IMAGE` if the file ends within a chunk.
 */
export function* pngChunks(png: Buffer, from = PNG_SIGNATURE.length): Generator<PngChunk> {
  for (let start = from; start < png.length; ) {
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
