import { type Backend, HASH_BYTES } from '../backend.js';
import { invalid } from '../errors.js';
import { canonicalUrl } from '../hash/url.js';
import { type PatchIndex, searchSegments } from '../patch/patch-index.js';
import { checkedSearch, nearestFirst, type PdqIndex, type QueryHit, type SearchResult, wholeHashes } from '../search/pdq-index.js';
import type { PhotoDnaIndex } from '../search/photodna-index.js';
import { MAX_HITS } from '../search/stored-index.js';
import type { UrlHit } from '../search/url-hashing.js';
import type { UrlIndex } from '../search/url-index.js';
import { expressionsOf } from '../search/url-rule.js';
import { type ListSearch, Snapshot, SnapshotList } from './snapshot.js';
import { damaged, type IndexSection } from './snapshot-format.js';
import type { PartList, SnapshotPart } from './snapshot-part.js';

/** A snapshot of a file, and perhaps of its overlay, each of which it takes over. Throws `INVALID_BANK` if one does not go with the other. */
export function snapshotOf(backend: Backend, base: SnapshotPart, overlay?: SnapshotPart): Snapshot {
  if (!overlay) return new Snapshot(base.lists.map(wholeList), base, undefined);
  if (base.lists.some(({ manifest }) => !overlay.list(manifest.name))) throw damaged('has an overlay that lacks a list');
  const lists = overlay.lists.map((over) => {
    const under = base.list(over.manifest.name);
    if (over.manifest.first !== (under?.manifest.entries ?? 0)) throw damaged('has an overlay that counts other entries');
    return under ? layeredList(backend, under, over) : wholeList(over);
  });
  return new Snapshot(lists, base, overlay);
}

function wholeList(list: PartList): SnapshotList {
  const { name, entries: entryCount, syncedAt, unreadableUrls = 0 } = list.manifest;
  return new SnapshotList({ name, entryCount, syncedAt, unreadableUrls }, list.indexes, (id) => list.entry(id));
}

/** The entries of one list that are not gone, and those that an overlay adds, whose numbers go on from there. */
function layeredList(backend: Backend, under: PartList, over: PartList): SnapshotList {
  const { name, entries, syncedAt, first = 0, gone: numbers = [], left = {} } = over.manifest;
  const gone = new Set(numbers);
  const layered = <Kind extends IndexSection>(kind: Kind, both: (size: number) => ListSearch[Kind]): ListSearch[Kind] => {
    const [a, b] = [under.indexes[kind], over.indexes[kind]] as [ListSearch[Kind], ListSearch[Kind]];
    if (a.size === 0) return b;
    return b.size === 0 && gone.size === 0 ? a : both((left[kind] ?? 0) + b.size);
  };
  const digests = (kind: 'md5' | 'sha1' | 'sha256' | 'url-md5') =>
    layered(kind, (size) => ({
      size,
      find: (digest) => [...under.indexes[kind].find(digest).filter((id) => !gone.has(id)), ...over.indexes[kind].find(digest)],
    }));
  const [a, b] = [under.indexes, over.indexes];
  const search: ListSearch = {
    pdq: layered('pdq', (size) => layeredPdq(a.pdq, b.pdq, gone, size)),
    md5: digests('md5'),
    sha1: digests('sha1'),
    sha256: digests('sha256'),
    'url-md5': digests('url-md5'),
    patches: layered('patches', (size) => layeredPatches(backend, a.patches, b.patches, gone, size)),
    urls: layered('urls', (size) => layeredUrls(a.urls, b.urls, gone, size)),
    photodna: layered('photodna', (size) => layeredPhotoDna(a.photodna, b.photodna, gone, size)),
  };
  const facts = {
    name,
    entryCount: under.manifest.entries - gone.size + entries,
    syncedAt,
    unreadableUrls: (under.manifest.unreadableUrls ?? 0) + (over.manifest.unreadableUrls ?? 0),
  };
  return new SnapshotList(facts, search, (id) => (id < first ? under.entry(id) : over.entry(id)));
}

function layeredPdq(base: PdqIndex, overlay: PdqIndex, gone: ReadonlySet<number>, size: number): ListSearch['pdq'] {
  const searchMany: PdqIndex['searchMany'] = (queries, options) => {
    const { maxDistance, limit } = checkedSearch(options);
    const stored = nearestLeft(base, queries, maxDistance, limit, gone);
    const added = overlay.searchMany(queries, options);
    const hits = [...stored.hits, ...added.hits].sort(nearestFirst);
    return { hits: hits.slice(0, limit), truncated: stored.truncated || added.truncated || hits.length > limit, method: stored.method };
  };
  return {
    size,
    searchMany,
    search: (query, options) => {
      if (wholeHashes('query', query) !== 1) throw invalid('query', `${HASH_BYTES} bytes`, query);
      const { hits, ...rest } = searchMany(query, options);
      return { hits: hits.map(({ id, distance }) => ({ id, distance })), ...rest };
    },
  };
}

/** Of what is gone some may stand among the nearest: the base is asked for more until enough of the others are certain. */
function nearestLeft(
  base: PdqIndex,
  queries: Uint8Array,
  maxDistance: number,
  limit: number,
  gone: ReadonlySet<number>,
): SearchResult<QueryHit> {
  for (let asked = limit + 1; ; asked *= 4) {
    const result = base.searchMany(queries, { maxDistance, ...(asked <= MAX_HITS && { limit: asked }) });
    const hits = result.hits.filter(({ id }) => !gone.has(id));
    if (!result.truncated || hits.length > limit) return { ...result, hits };
  }
}

function layeredPhotoDna(base: PhotoDnaIndex, overlay: PhotoDnaIndex, gone: ReadonlySet<number>, size: number): ListSearch['photodna'] {
  return {
    size,
    async search(query, options) {
      const { limit = Number.POSITIVE_INFINITY, ...rest } = options;
      const [wanted, added] = [query.slice(), await overlay.search(query, options)];
      for (let asked = limit + 1; ; asked *= 4) {
        const stored = await base.search(wanted, { ...rest, ...(asked <= MAX_HITS && { limit: asked }) });
        const left = stored.hits.filter(({ id }) => !gone.has(id));
        if (stored.truncated && left.length <= limit) continue;
        const hits = [...left, ...added.hits].sort((a, b) => a.distance - b.distance || a.id - b.id);
        return { hits: hits.slice(0, limit), truncated: stored.truncated || added.truncated || hits.length > limit };
      }
    },
  };
}

function layeredPatches(
  backend: Backend,
  base: PatchIndex,
  overlay: PatchIndex,
  gone: ReadonlySet<number>,
  size: number,
): ListSearch['patches'] {
  const removed = new Uint8Array(gone.size > 0 ? Math.ceil(base.size / 8) : 0); // bit i for image i, lowest first
  if (gone.size > 0)
    for (const [image, id] of base.ids().entries())
      if (gone.has(id)) removed[image >> 3] = (removed[image >> 3] as number) | (1 << (image & 7));
  return {
    size,
    search: (query, options = {}) => {
      const segments = [base.segment(removed), ...(overlay.size > 0 ? [overlay.segment()] : [])];
      return searchSegments(backend, segments, query, { ...options, images: options.images ?? Math.max(1, size) });
    },
  };
}

function layeredUrls(base: UrlIndex, overlay: UrlIndex, gone: ReadonlySet<number>, size: number): ListSearch['urls'] {
  const { hashing } = base;
  return {
    size,
    hashing,
    search(url) {
      const [stored, added] = [base.search(url).filter(({ id }) => !gone.has(id)), overlay.search(url)];
      if (added.length === 0) return stored;
      const order = expressionsOf(canonicalUrl(url, hashing)).map(({ kind, expression }) => `${kind} ${expression}`);
      const place = ({ kind, expression }: UrlHit): number => order.indexOf(`${kind} ${expression}`);
      return [...stored, ...added].sort((a, b) => place(a) - place(b) || a.id - b.id);
    },
  };
}

/** Whether an overlay and its base hold patches that cannot be searched together. */
export function hasOtherPatches(base: PatchIndex, overlay: PatchIndex): boolean {
  return base.size > 0 && overlay.size > 0 && base.profile !== overlay.profile;
}
