// Reads the containers of Qt's resource system (.rcc), in which GCompris keeps its pictures.
import { inflateSync } from 'node:zlib';

// Flags of an entry, and the sizes of an entry's record by version (Qt 5, qresource.cpp; a version 2 record ends with a time stamp).
const COMPRESSED = 1;
const DIRECTORY = 2;
const COMPRESSED_ZSTD = 4;
const RECORD_BYTES = [14, 22];

/** Yields [path, bytes] of each file in a container. Throws on bytes that are none, and on files that Zstandard compressed. */
export function* qtResources(container) {
  if (container.toString('latin1', 0, 4) !== 'qres') throw new Error('not a Qt resource container: it does not begin with "qres"');
  const version = container.readUInt32BE(4);
  const [treeAt, contentsAt, namesAt] = [8, 12, 16].map((at) => container.readUInt32BE(at));
  const recordBytes = RECORD_BYTES[version === 1 ? 0 : 1];
  yield* below(0, '');

  function* below(record, parent) {
    const at = treeAt + record * recordBytes;
    const flags = container.readUInt16BE(at + 4);
    const path = record === 0 ? '' : `${parent && `${parent}/`}${name(container.readUInt32BE(at))}`;
    if (flags & DIRECTORY) {
      const [children, first] = [container.readUInt32BE(at + 6), container.readUInt32BE(at + 10)];
      for (let child = first; child < first + children; ++child) yield* below(child, path);
    } else yield [path, content(container.readUInt32BE(at + 10), flags, path)];
  }

  // A length in UTF-16 units, a hash of four bytes, the units.
  function name(offset) {
    const at = namesAt + offset;
    const end = at + 6 + 2 * container.readUInt16BE(at);
    return Buffer.from(container.subarray(at + 6, end))
      .swap16()
      .toString('utf16le');
  }

  // A length, then the bytes; what zlib compressed begins with the length of what comes out.
  function content(offset, flags, path) {
    const at = contentsAt + offset;
    const stored = container.subarray(at + 4, at + 4 + container.readUInt32BE(at));
    if (flags & COMPRESSED_ZSTD) throw new Error(`${path}: compressed by Zstandard, which this reader does not know`);
    return flags & COMPRESSED ? inflateSync(stored.subarray(4)) : stored;
  }
}
