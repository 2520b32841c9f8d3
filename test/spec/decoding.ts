import type { DecodeOptions } from '../../src/image/decoder.js';
import type { Image } from '../../src/image/image.js';
import { resolveDecodeOptions } from '../../src/image/limits.js';
import { sharpDecoder } from '../../src/image/sharp-node.js';

/** The first frame, by Node's decoder. */
export function decode(bytes: Uint8Array, options?: DecodeOptions): Promise<Image> {
  return sharpDecoder.decode(bytes, resolveDecodeOptions(options));
}

/** Every frame, by Node's decoder. */
export async function frames(bytes: Uint8Array, options?: DecodeOptions): Promise<Image[]> {
  const list: Image[] = [];
  for await (const image of sharpDecoder.frames(bytes, resolveDecodeOptions(options))) list.push(image);
  return list;
}
