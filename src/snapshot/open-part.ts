import type { Backend, Placed } from '../backend.js';
import { EgideError } from '../errors.js';
import type { DigestType } from '../hash/digests.js';
import { chunksOf, type Input, joinedBytes } from '../input.js';
import { buildPatchIndex } from '../patch/build-patch-index.js';
import { PatchIndex } from '../patch/patch-index.js';
import type { Platform } from '../platform.js';
import { buildDigestIndex } from '../search/build-digest-index.js';
import { buildPdqIndex } from '../search/build-pdq-index.js';
import { buildUrlIndex } from '../search/build-url-index.js';
import { DigestIndex } from '../search/digest-index.js';
import type { CheckOptions, IndexStorage } from '../search/index-bytes.js';
import { PdqIndex } from '../search/pdq-index.js';
import { PhotoDnaIndex } from '../search/photodna-index.js';
import type { OpenedIndex } from '../search/stored-index.js';
import { readUrlHeader, URL_HEADER_BYTES, UrlIndex } from '../search/url-index.js';
import { decrypted, isEncrypted } from './cipher.js';
import { EntryTable } from './entry-table.js';
import { IdRuns } from './id-runs.js';
import {
  damaged,
  type IndexSection,
  LINE_BYTES,
  type ManifestList,
  type ReadBytes,
  readManifest,
  type Section,
} from './snapshot-format.js';
import { PartList, type SnapshotIndexes, SnapshotPart } from './snapshot-part.js';

/** Nothing, where a list carries none of a kind. */
const NONE = new Uint8Array(0);

/** How to open a part. */
export interface OpenPartOptions extends CheckOptions {
  /** The 32 bytes that it was encrypted with. */
  readonly key?: Uint8Array;
}

/**
 * Opens a file, whole or an overlay. Its path (Node) is mapped where it can be, and looked at by its manifest and by the headers of its
 * indexes alone: `verify()` reads it all. Anything else, and what is encrypted, is held in memory and verified.
 *
 * @throws {EgideError} As `openSnapshot`.
 */
export async function openPart(backend: Backend, platform: Platform, source: Input, options: OpenPartOptions): Promise<SnapshotPart> {
  const { placed, storage, encrypted } = await placed64(backend, platform, source, options);
  let part: SnapshotPart | undefined;
  try {
    const read: ReadBytes = (offset, length) => backend.index.read(placed, offset, length);
    const { manifest, id } = await readManifest(placed.byteLength, read);
    const lists: PartList[] = [];
    const empty = await emptyIndexes(backend, platform);
    for (const list of manifest.lists) lists.push(openList(backend, platform, list, { placed, storage, empty }));
    part = new SnapshotPart({ id, manifest, lists, storage, encrypted, placed, read });
    if (storage !== 'mapped') await part.verify(options);
    return part;
  } catch (error) {
    if (part) part.release();
    else placed[Symbol.dispose]();
    throw error;
  }
}

/** The whole of it where the core can search it, with the 64 bytes that a mapped file has: from a cache line on. */
async function placed64(backend: Backend, platform: Platform, source: Input, { key, signal }: OpenPartOptions): Promise<Found> {
  signal?.throwIfAborted();
  const { index: core } = backend;
  const { indexFiles } = platform;
  if (typeof source === 'string' && !indexFiles)
    throw new EgideError('NO_FILESYSTEM', 'source: a path was given, but this runtime has no files: pass bytes or a stream');
  if (typeof source === 'string' && indexFiles && core.adopts) {
    const file = await indexFiles.open(source);
    const placed = core.adoptFile(file);
    if (!isEncrypted(core.read(placed, 0, Math.min(LINE_BYTES, placed.byteLength))))
      return { placed, storage: file.storage, encrypted: false };
    using sealed = placed;
    return copied(backend, await decrypted(core.read(sealed, 0, sealed.byteLength), key), true);
  }
  const bytes = await gathered(typeof source === 'string' && indexFiles ? indexFiles.read(source) : chunksOf(source, undefined, signal));
  const encrypted = isEncrypted(bytes);
  return copied(backend, encrypted ? await decrypted(bytes, key) : bytes, encrypted);
}

interface Found {
  readonly placed: Placed;
  readonly storage: IndexStorage;
  readonly encrypted: boolean;
}

function copied({ index: core }: Backend, bytes: Uint8Array, encrypted: boolean): Found {
  const placed = core.reserve(bytes.byteLength);
  core.write(placed, 0, bytes);
  return { placed, storage: 'memory', encrypted };
}

async function gathered(source: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk.slice()); // a stream may use its buffer again
  return chunks.length === 1 ? (chunks[0] as Uint8Array) : joinedBytes(chunks);
}

/** What a list has where it carries none of a kind: one for all lists. */
async function emptyIndexes(backend: Backend, platform: Platform): Promise<SnapshotIndexes> {
  return {
    pdq: await buildPdqIndex(backend, platform, NONE),
    md5: await buildDigestIndex(backend, platform, 'md5', NONE),
    sha1: await buildDigestIndex(backend, platform, 'sha1', NONE),
    sha256: await buildDigestIndex(backend, platform, 'sha256', NONE),
    patches: await buildPatchIndex(backend, platform, []),
    urls: await buildUrlIndex(backend, platform, []),
    photodna: new PhotoDnaIndex(0, () => NONE),
    'url-md5': await buildDigestIndex(backend, platform, 'md5', NONE),
  };
}

function openList(
  backend: Backend,
  platform: Platform,
  list: ManifestList,
  { placed, storage, empty }: Omit<Found, 'encrypted'> & { readonly empty: SnapshotIndexes },
): PartList {
  const opened = (kind: IndexSection, after = 0): OpenedIndex | undefined => {
    const section = list.sections[kind];
    if (!section) return undefined;
    const part = backend.index.part(placed, section.at + after, section.length - after);
    return { placed: part, facts: backend.index.open(part), storage };
  };
  const urlHashing = () => readUrlHeader(backend.index.read(placed, (list.sections.urls as Section).at, URL_HEADER_BYTES));
  const digestIndex = (type: DigestType, kind: DigestType | 'url-md5' = type): DigestIndex => {
    const found = opened(kind);
    if (!found) return empty[kind];
    const index = new DigestIndex(backend, platform, found);
    if (index.type !== type) throw damaged(`has an index of ${index.type} where one of ${type} should be`);
    return index;
  };
  const [pdq, patches, urls] = [opened('pdq'), opened('patches'), opened('urls', URL_HEADER_BYTES)];
  const { photodna } = list.sections;
  const indexes: SnapshotIndexes = {
    pdq: pdq ? new PdqIndex(backend, platform, pdq) : empty.pdq,
    md5: digestIndex('md5'),
    sha1: digestIndex('sha1'),
    sha256: digestIndex('sha256'),
    patches: patches ? new PatchIndex(backend, platform, patches) : empty.patches,
    urls: urls ? new UrlIndex(platform, urlHashing(), new DigestIndex(backend, platform, urls)) : empty.urls,
    photodna: photodna
      ? new PhotoDnaIndex(photodna.length, (offset, length) => backend.index.read(placed, photodna.at + offset, length))
      : empty.photodna,
    'url-md5': digestIndex('md5', 'url-md5'),
  };
  const { entries, ids } = list.sections;
  const table = new EntryTable(list.entries, entries.length, reader(backend, placed, entries));
  return new PartList(list, indexes, table, ids && new IdRuns(list.entries, ids.length, reader(backend, placed, ids)));
}

/** Reads bytes of a section. */
function reader({ index }: Backend, placed: Placed, { at, length }: Section): ReadBytes {
  return (offset, wanted) => {
    if (offset + wanted > length) throw damaged('has a damaged table of entries');
    return index.read(placed, at + offset, wanted);
  };
}
