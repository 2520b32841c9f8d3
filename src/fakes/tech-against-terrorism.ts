import {
  type FakeAnswer,
  type FakeKind,
  type FakeRequest,
  type FakeSource,
  type FakeWorld,
  FIRST_DAY,
  LAST_DAY,
  type Truth,
} from './fake.js';
import { FAKE_SECRET, fakeHex } from './synthetic.js';

/** A fake of the hash list of Tech Against Terrorism, version 2, as python-threatexchange's client and the list's public page show it. */
export const fakeTechAgainstTerrorism: FakeKind = {
  kind: 'tech-against-terrorism',
  faults: [
    { name: 'expired-token', what: 'a token is good for two pages' },
    { name: 'deleted', what: 'entries are deleted later' },
    { name: 'unknown-types', what: 'SHA-512, algorithms and types of file that no document names' },
    { name: 'malformed-record', what: 'one entry of each page is malformed' },
    { name: 'changing', what: 'after each page an entry that was given changes and moves to the end' },
    { name: 'foreign-next', what: '`next` is on another host, which a client must not ask', fatal: true },
  ],
  create: (world) => new TechAgainstTerrorism(world),
};

/** Algorithms with what egide calls them, for a picture and for a video. */
const ALGORITHMS: readonly (readonly [name: string, picture: string, video: string, bytes: number])[] = [
  ['MD5', 'md5', 'video-md5', 16],
  ['SHA256', 'sha256', 'video-sha256', 32],
  ['PDQ', 'pdq', 'pdq', 32],
  ['SHA512', 'sha512', 'sha512', 64],
  ['BLAKE3', 'other', 'other', 32],
];
const KNOWN_ALGORITHMS = 3;
const LARGEST_PAGE = 1000;

interface Entry {
  readonly id: number;
  readonly created: number;
  /** Seconds since 1970, with a fraction. */
  updated: number;
  /** When it was deleted, if it was. */
  readonly deleted: number;
}

class TechAgainstTerrorism implements FakeSource {
  readonly basePath = '';
  readonly credentials = { username: 'fake-analyst@example.invalid', password: `${FAKE_SECRET}c07d` };
  readonly #world: FakeWorld;
  readonly #entries: readonly Entry[];
  #tokens = 0;
  #pagesLeft = 0;

  constructor(world: FakeWorld) {
    this.#world = world;
    const secondOf = (i: number): number => (FIRST_DAY + ((LAST_DAY - FIRST_DAY) * i) / world.entries) / 1000;
    this.#entries = Array.from({ length: world.entries }, (_, i) => {
      const created = secondOf(i);
      return { id: 7 * i + 3, created, updated: created, deleted: world.has('deleted') && i % 4 === 1 ? created + 30 * 86_400 : Infinity };
    });
  }

  truth(): Truth {
    const now = this.#world.now() / 1000;
    const held = this.#entries.filter(({ created, deleted }) => created <= now && deleted > now);
    return new Map(held.map((entry) => [String(entry.id), [this.#describe(entry).signal]]));
  }

  answer({ method, path, headers, query, body }: FakeRequest): FakeAnswer {
    const { username, password } = this.credentials;
    if (`${method} ${path}` === 'POST /token-auth/tcap/') {
      const given = JSON.parse(body) as Record<string, unknown>;
      if (given['username'] !== username || given['password'] !== password)
        return { status: 400, body: { non_field_errors: ['Unable to log in with provided credentials.'] } };
      this.#pagesLeft = this.#world.has('expired-token') ? 2 : Infinity;
      return { body: { user: { email: username }, token: `${FAKE_SECRET}${++this.#tokens}` } };
    }
    if (`${method} ${path}` !== 'GET /api/hash-list/v2/all') return { status: 404, body: { detail: 'Not found.' } };
    if (headers['authorization'] !== `Bearer ${FAKE_SECRET}${this.#tokens}` || this.#pagesLeft-- <= 0)
      return { status: 401, body: { detail: 'Signature has expired.' } };
    return this.#page(query, headers['host'] ?? '');
  }

  /** When an entry last changed, as far as is known now. */
  #updated({ updated, deleted }: Entry): number {
    return deleted <= this.#world.now() / 1000 ? Math.max(deleted, updated) : updated;
  }

  #page(query: URLSearchParams, host: string): FakeAnswer {
    const now = this.#world.now() / 1000;
    const [time = -1, id = -1] = (query.get('after') ?? '').split(',').filter(Boolean).map(Number);
    const all = this.#entries
      .filter(({ created }) => created <= now)
      .map((entry) => ({ entry, updated: this.#updated(entry) }))
      .filter(({ entry, updated }) => updated > time || (updated === time && entry.id > id))
      .sort((a, b) => a.updated - b.updated || a.entry.id - b.entry.id);
    const size = Math.min(Number(query.get('limit') ?? LARGEST_PAGE), this.#world.pageSize, LARGEST_PAGE);
    const offset = Number(query.get('offset') ?? 0);
    const page = all.slice(offset, offset + size);
    const last = page.at(-1);
    const results: unknown[] = page.map(({ entry, updated }) => ({
      ...this.#describe(entry).json,
      deleted: entry.deleted <= now,
      updated_on: updated,
    }));
    if (this.#world.has('malformed-record') && results.length > 0) results.splice(results.length >> 1, 0, malformed(results.length));
    const nextQuery = new URLSearchParams(query);
    nextQuery.set('offset', String(offset + size));
    const origin = this.#world.has('foreign-next') ? 'https://example.invalid' : `http://${host}`;
    const more = offset + size < all.length;
    if (more && this.#world.has('changing') && page[0]) this.#change(page[0].entry, now);
    return {
      body: {
        count: all.length,
        next: more ? `${origin}/api/hash-list/v2/all?${nextQuery}` : null,
        previous: null,
        checkpoint: last ? `${last.updated},${last.entry.id}` : (query.get('after') ?? ''),
        results,
      },
    };
  }

  /** Once for each entry, so that there is an end. */
  #change(entry: Entry, now: number): void {
    if (entry.updated === entry.created) entry.updated = now;
  }

  #describe({ id, created }: Entry): { readonly json: Readonly<Record<string, unknown>>; readonly signal: string } {
    const unknown = this.#world.has('unknown-types');
    const [algorithm, picture, video, bytes] = ALGORITHMS[
      id % (unknown ? ALGORITHMS.length : KNOWN_ALGORITHMS)
    ] as (typeof ALGORITHMS)[number];
    const isVideo = id % 2 === 0;
    const hash = fakeHex(bytes, this.#world.seed, `tcap ${id}`);
    const type = isVideo ? video : picture;
    return {
      json: {
        hash_digest: hash,
        algorithm,
        ideology: id % 4 ? 'islamist' : 'far-right',
        file_type: isVideo ? 'mp4' : unknown && id % 3 === 0 ? 'hologram' : 'jpg',
        created_on: new Date(1000 * created).toISOString(),
        id,
      },
      signal: `${type}:${type === 'other' ? Buffer.from(hash).toString('hex') : hash}`,
    };
  }
}

function malformed(count: number): unknown {
  return [null, {}, { id: null, hash_digest: 'no hash' }, 'a text'][count % 4];
}
