import type { Digester } from './hash/digests.js';
import type { Decoder } from './image/decoder.js';
import type { OpenFile } from './input.js';
import type { IndexFiles } from './search/index-file.js';

/** What differs between runtimes besides the core: an entry puts one together. */
export interface Platform {
  /** `node`, `edge` or `browser`. */
  readonly runtime: string;
  /** MD5, SHA-1 and SHA-256 of one stream of bytes. */
  readonly createDigester: () => Digester;
  /** Absent where there are no files. */
  readonly openFile?: OpenFile;
  /** Absent where there are no files. */
  readonly indexFiles?: IndexFiles;
  /** Absent where the caller must bring pixels. */
  readonly decoder?: Decoder;
}
