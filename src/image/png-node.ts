import { crc32 } from 'node:zlib';
import { EgideError } from '../errors.js';

/** The eight bytes that every PNG begins with (PNG specification, 5.2). */
export const PNG_SIGNATURE = Buffer.from('\x89PNG\r\n\x1a\n', 'latin1');

/** One chunk of a PNG (5.3). */
export interface PngChunk {
  readonly type: string;
  readonly content: Buffer;
  /** The chunk with its length, type and checksum. */
  readonly whole: Buffer;
}

/**
 * The chunks of a PNG in order up to `IEND`, as views. Checksums are left to the decoder.
 *
 * @throws {EgideError} `CORRUPT_IMAGE` if the file ends within a chunk.
 */
export function* pngChunks(png: Buffer): Generator<PngChunk> {
  for (let at = PNG_SIGNATURE.length; at < png.length; ) {
    const end = at + 12 > png.length ? Number.POSITIVE_INFINITY : at + 12 + png.readUInt32BE(at);
    if (end > png.length) throw new EgideError('CORRUPT_IMAGE', 'input: the PNG ends within a chunk: send the whole file');
    const type = png.toString('latin1', at + 4, at + 8);
    yield { type, content: png.subarray(at + 8, end - 4), whole: png.subarray(at, end) };
    if (type === 'IEND') return;
    at = end;
  }
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
