import { EgideError } from '../errors.js';
import { bytesToHex } from '../hash/encoding.js';

/** `EGSNP`, and what a copy that a text mode has mangled would lack. */
const MAGIC = Uint8Array.of(0x45, 0x47, 0x53, 0x4e, 0x50, 0x0d, 0x0a, 0x1a);
const VERSION = 1;
/** Bytes of the header and of the footer, and what every section begins at a multiple of: a cache line. */
export const LINE_BYTES = 64;
/** Bytes of a manifest at most: some 10,000 lists (our own choice). */
const MAX_MANIFEST_BYTES = 1 << 24;
const SHA256_BYTES = 32;

/** The kinds of section that a list can have besides its entries: indexes of what they are named after. */
export const INDEX_SECTIONS = ['pdq', 'md5', 'sha1', 'sha256', 'patches', 'urls', 'photodna', 'url-md5'] as const;
export type IndexSection = (typeof INDEX_SECTIONS)[number];

/** Where a section lies, in bytes from the beginning of the file, and what it and the zeros after it sum up to ({@link ChunkedDigest}). */
export interface Section {
  readonly at: number;
  readonly length: number;
  /** Hex. */
  readonly sha256: string;
}

/** What a snapshot says of one of its lists. */
export interface ManifestList {
  readonly name: string;
  /** Entries. */
  readonly entries: number;
  /** When its source was last read to the end, in milliseconds since 1970. */
  readonly syncedAt?: number;
  /** The category texts that entries have, by number. */
  readonly categories: readonly string[];
  /** URLs that are none, and are left out. */
  readonly unreadableUrls?: number;
  /** `ids`: which ids of the bank the entries have, if it is no overlay. */
  readonly sections: { readonly entries: Section; readonly ids?: Section } & { readonly [Kind in IndexSection]?: Section };
  /** Of an overlay: the number of its first entry, which is how many entries the list has in the base. */
  readonly first?: number;
  /** Of an overlay: the numbers of the base's entries that are gone or replaced, ascending. */
  readonly gone?: readonly number[];
  /** Of an overlay: how many signals of each kind the base's other entries have. */
  readonly left?: { readonly [Kind in IndexSection]?: number };
}

/** What a snapshot says of itself. */
export interface Manifest {
  readonly version: 1;
  /** Milliseconds since 1970. */
  readonly createdAt: number;
  /** How many changes the bank had seen. */
  readonly change: number;
  /** What tells that state of the bank from any other. */
  readonly mark: string;
  /** The highest id that an entry had, and that a list had: what has a higher one came later. */
  readonly lastEntry: number;
  readonly lastList: number;
  /** Of an overlay: the identity of the snapshot that it goes with. */
  readonly base?: string;
  readonly lists: readonly ManifestList[];
}

/** What the first {@link LINE_BYTES} of a snapshot are. */
export function snapshotHeader(): Uint8Array {
  const header = new Uint8Array(LINE_BYTES);
  header.set(MAGIC);
  new DataView(header.buffer).setUint32(8, VERSION, true);
  return header;
}

/** What the last {@link LINE_BYTES} are: where the manifest lies, and its SHA-256. */
export function snapshotFooter(at: number, length: number, sha256: Uint8Array): Uint8Array {
  const footer = new Uint8Array(LINE_BYTES);
  const view = new DataView(footer.buffer);
  view.setBigUint64(0, BigInt(at), true);
  view.setBigUint64(8, BigInt(length), true);
  footer.set(sha256, 16);
  footer.set(MAGIC, LINE_BYTES - MAGIC.length);
  return footer;
}

/** Reads bytes of a snapshot, wherever it lies. */
export type ReadBytes = (offset: number, length: number) => Uint8Array;

/**
 * Reads the manifest, and checks everything that can be told without reading a section.
 *
 * @returns The manifest, and its SHA-256 in hex: the identity of the snapshot.
 * @throws {EgideError} `INVALID_BANK`.
 */
export async function readManifest(byteLength: number, read: ReadBytes): Promise<{ manifest: Manifest; id: string }> {
  if (byteLength < 2 * LINE_BYTES) throw damaged(`is ${byteLength} bytes long, too short for one`);
  const header = read(0, LINE_BYTES);
  if (!MAGIC.every((byte, i) => header[i] === byte)) throw damaged('does not begin as one');
  const version = new DataView(header.buffer, header.byteOffset).getUint32(8, true);
  if (!header.subarray(12).every((byte) => byte === 0)) throw damaged('has a damaged header');
  if (version !== VERSION) throw damaged(`is of version ${version}, and this library reads version ${VERSION}`);
  const footer = read(byteLength - LINE_BYTES, LINE_BYTES);
  if (!MAGIC.every((byte, i) => footer[LINE_BYTES - MAGIC.length + i] === byte)) throw damaged('is cut off');
  const view = new DataView(footer.buffer, footer.byteOffset);
  const [at, length] = [Number(view.getBigUint64(0, true)), Number(view.getBigUint64(8, true))];
  const rest = byteLength - LINE_BYTES - at - length; // zeros, less than a line of them
  if (length > MAX_MANIFEST_BYTES || at < LINE_BYTES || rest < 0 || rest >= LINE_BYTES || view.getBigUint64(48, true) !== 0n)
    throw damaged('has a footer that contradicts its length');
  const bytes = read(at, length);
  if (!read(at + length, rest).every((byte) => byte === 0)) throw damaged('has a damaged manifest');
  const sha256 = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes.slice()));
  if (!sha256.every((byte, i) => footer[16 + i] === byte)) throw damaged('has a damaged manifest');
  return { manifest: checkManifest(parsed(bytes), at), id: bytesToHex(sha256) };
}

function parsed(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (cause) {
    throw damaged('has a manifest that is no JSON', cause);
  }
}

/** What a snapshot has to say for an overlay to go with it; an earlier one does not, and is made anew instead. */
const NO_OVERLAYS: Pick<Manifest, 'mark' | 'lastEntry' | 'lastList'> = { mark: '', lastEntry: 0, lastList: 0 };

/** The sum of the manifest was right, so this finds what a wrong program wrote. */
function checkManifest(value: unknown, end: number): Manifest {
  const manifest = { ...NO_OVERLAYS, ...(value as Partial<Manifest> | null) };
  const { version, createdAt, change, mark, lastEntry, lastList, base = '', lists } = manifest;
  const texts = typeof mark === 'string' && typeof base === 'string';
  if (version !== VERSION || ![createdAt, change, lastEntry, lastList].every(isCount) || !texts || !Array.isArray(lists))
    throw damaged('has a malformed manifest');
  for (const list of lists as Partial<ManifestList>[]) {
    const { name, entries, categories, sections, first = 0, gone = [], left = {} } = list;
    const counts = isCount(first) && Array.isArray(gone) && [...gone, ...Object.values(left)].every(isCount);
    if (typeof name !== 'string' || !isCount(entries) || !Array.isArray(categories) || !sections?.entries || !counts)
      throw damaged('has a malformed manifest');
    for (const { at, length, sha256 } of Object.values(sections))
      if (
        !isCount(at) ||
        !isCount(length) ||
        at % LINE_BYTES !== 0 ||
        at + paddedLength(length) > end ||
        sha256?.length !== 2 * SHA256_BYTES
      )
        throw damaged('has a section out of its place');
  }
  return manifest as Manifest;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

/** Bytes of a section and the zeros after it. */
export function paddedLength(length: number): number {
  return Math.ceil(length / LINE_BYTES) * LINE_BYTES;
}

/** The error for a snapshot that cannot be used. `how` goes on from "this snapshot". */
export function damaged(how: string, cause?: unknown): EgideError {
  return new EgideError('INVALID_BANK', `this snapshot ${how}: fetch it again, or make a new one from the bank`, { cause });
}
