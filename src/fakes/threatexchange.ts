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

/**
 * A fake of a privacy group of Meta's ThreatExchange, as python-threatexchange's client and Meta's pages show it. The URL of a next page
 * carries the access token, and withdrawals are forgotten after 90 days, whatever faults are switched on.
 */
export const fakeThreatExchange: FakeKind = {
  kind: 'threatexchange',
  faults: [
    { name: 'withdrawn', what: 'indicators are withdrawn later' },
    { name: 'no-owner', what: 'descriptors without an owner, of some indicators all' },
    { name: 'odd-tags', what: 'tags as `{ data: [{ text }] }`, null, or not at all' },
    {
      name: 'empty-descriptors',
      what: 'indicators are withdrawn later, and are not marked as such but have no descriptors (ThreatExchange #834)',
    },
    { name: 'url-types', what: 'URLs as URI, RAW_URI and UNCLICKABLE_URL at once, of which one is withdrawn later' },
    { name: 'early-stop', what: 'every third page is empty, and pages name no next one (ThreatExchange #1191)' },
    { name: 'empty-page', what: 'the first page of each question has no update and says that there are more' },
    { name: 'same-second', what: 'a third of the updates is of one second' },
    { name: 'changing', what: 'after each page an indicator that was given changes and moves to the end' },
    { name: 'malformed-record', what: 'one update of twenty is malformed' },
    { name: 'unknown-types', what: 'types that nothing matches, or that no document names' },
    { name: 'out-of-order', what: 'updates come in no order of time', fatal: true },
    { name: 'foreign-next', what: '`paging.next` is on another host, which a client must not ask', fatal: true },
  ],
  create: (world) => new ThreatExchange(world),
};

/** Types with what egide calls them. */
const TYPES: readonly (readonly [name: string, signal: string, bytes: number])[] = [
  ['HASH_PDQ', 'pdq', 32],
  ['HASH_MD5', 'md5', 16],
  ['HASH_SHA1', 'sha1', 20],
  ['HASH_SHA256', 'sha256', 32],
  ['HASH_VIDEO_MD5', 'video-md5', 16],
  ['HASH_URL_MD5', 'url-md5', 16],
  ['URI', 'url', 0],
  ['HASH_TMK', 'other', 64],
  ['TREND_QUERY', 'other', 20],
  ['HASH_OF_TOMORROW', 'other', 24],
];
const KNOWN_TYPES = 7;
const URL_TYPES: readonly string[] = ['URI', 'RAW_URI', 'UNCLICKABLE_URL'];
const STATUSES: readonly string[] = ['MALICIOUS', 'NON_MALICIOUS', 'SUSPICIOUS', 'UNKNOWN'];
const REACTIONS: readonly string[] = ['HELPFUL', 'DISAGREE_WITH_TAGS', 'NON_MALICIOUS', 'SAW_THIS_TOO', 'NOT_HELPFUL'];
const APP = '100000000000001';
const OTHER_APPS: readonly string[] = ['200000000000002', '300000000000003'];
const LARGEST_PAGE = 1000;
const DAY_S = 86_400;
/** For so long a withdrawal is told of. */
const REMEMBERED_S = 90 * DAY_S;

interface Indicator {
  readonly i: number;
  readonly id: string;
  /** Seconds since 1970. */
  readonly created: number;
  /** When it was withdrawn, if it was. */
  readonly withdrawn: number;
  /** When what is said of it changed last. */
  changed: number;
}

class ThreatExchange implements FakeSource {
  readonly basePath = '/v21.0';
  readonly settings = { privacyGroup: '400000000000004' };
  readonly credentials = { accessToken: `${APP}|${FAKE_SECRET}19c2` };
  readonly #world: FakeWorld;
  readonly #indicators: readonly Indicator[];
  #pages = 0;

  constructor(world: FakeWorld) {
    this.#world = world;
    this.#indicators = Array.from({ length: world.entries }, (_, i) => {
      const crowded = world.has('same-second') && i * 3 >= world.entries && i * 3 < 2 * world.entries;
      const created = Math.floor((FIRST_DAY + ((LAST_DAY - FIRST_DAY) * (crowded ? world.entries / 3 : i)) / world.entries) / 1000);
      const goes = i % 5 === 1 ? world.has('withdrawn') || world.has('empty-descriptors') : i % 6 === 4 && world.has('url-types');
      const withdrawn = goes ? created + 30 * DAY_S : Number.POSITIVE_INFINITY;
      return { i, id: String(4_000_000_000_000_000 + 7 * i), created, withdrawn, changed: created };
    });
  }

  truth(): Truth {
    const now = this.#world.now() / 1000;
    const held = this.#indicators.filter(({ created, withdrawn }) => created <= now && withdrawn > now);
    return new Map(held.map(({ i, id }) => [id, [this.#describe(i).signal]]));
  }

  answer({ method, path, query, headers, body }: FakeRequest): FakeAnswer {
    if (headers['authorization'] !== `Bearer ${this.credentials.accessToken}`) return refused(190, 'Invalid OAuth access token.');
    const [, , first = '', second] = path.split('/');
    if (method === 'GET' && first === this.settings.privacyGroup && second === 'threat_updates')
      return this.#page(query, headers['host'] ?? '');
    if (method === 'GET' && second === undefined) {
      const found = this.#indicators.find(({ id }) => id === first);
      if (found) return { body: { id: first, descriptors: { data: this.#descriptors(found.i) } } };
    }
    if (method === 'POST' && second === undefined && this.#indicators.some(({ id }) => first.startsWith(id))) {
      const reactions = new URLSearchParams(body).get('reactions')?.split(',') ?? [];
      if (reactions.length > 0 && reactions.every((reaction) => REACTIONS.includes(reaction))) return { body: { success: true } };
      return refused(100, 'Invalid parameter');
    }
    return refused(100, 'Unsupported request: object does not exist');
  }

  /** When there was last something to tell of an indicator; `undefined` if there is nothing to tell. */
  #updated({ created, withdrawn, changed }: Indicator, now: number): number | undefined {
    if (created > now || now - withdrawn > REMEMBERED_S) return undefined;
    return withdrawn <= now ? withdrawn : changed;
  }

  #page(query: URLSearchParams, host: string): FakeAnswer {
    const now = Math.floor(this.#world.now() / 1000);
    const [start, stop] = [Number(query.get('start_time') ?? 0), Number(query.get('stop_time') ?? Number.POSITIVE_INFINITY)];
    const all = this.#indicators
      .flatMap((indicator) => {
        const updated = this.#updated(indicator, now);
        return updated !== undefined && updated >= start && updated < stop ? [{ indicator, updated }] : [];
      })
      .sort((a, b) => a.updated - b.updated || a.indicator.i - b.indicator.i);
    const size = Math.min(Number(query.get('limit') ?? 25), this.#world.pageSize, LARGEST_PAGE);
    const after = query.get('after');
    const [time = start, i = -1] = (after ?? '').split('.').filter(Boolean).map(Number);
    const rest = all.filter(({ indicator, updated }) => updated > time || (updated === time && indicator.i > i));
    if (this.#world.has('out-of-order')) rest.reverse();
    this.#pages += 1;
    if (this.#world.has('early-stop') && this.#pages % 3 === 0) return { body: { data: [] } };
    const page = this.#world.has('empty-page') && after === null ? [] : rest.slice(0, size);
    const data: unknown[] = page.flatMap(({ indicator, updated }) => {
      const update = this.#updateOf(indicator, updated, now);
      return this.#world.has('malformed-record') && indicator.i % 20 === 10 ? [malformed(this.#pages), update] : [update];
    });
    const [last, following] = [page.at(-1), rest[page.length]];
    if (this.#world.has('changing') && page[0]) this.#change(page[0].indicator, now);
    // A page that ended within a second without naming the next one would hide the rest of it from anybody.
    const stops = this.#world.has('early-stop') && last?.updated !== following?.updated && page.length > 0;
    if (!following || stops) return { body: { data } };
    const next = new URLSearchParams(query);
    next.set('access_token', this.credentials.accessToken);
    // A cursor marks an item, as the Graph API's documentation says, so that it still fits when others move.
    next.set('after', last ? `${last.updated}.${last.indicator.i}` : `${start}.-1`);
    const origin = this.#world.has('foreign-next') ? 'https://example.invalid' : `http://${host}`;
    return { body: { data, paging: { cursors: { after: next.get('after') }, next: `${origin}${this.#pathOf()}?${next}` } } };
  }

  #pathOf(): string {
    return `${this.basePath}/${this.settings.privacyGroup}/threat_updates`;
  }

  /** Once for each indicator, so that there is an end. */
  #change(indicator: Indicator, now: number): void {
    if (indicator.changed === indicator.created) indicator.changed = now;
  }

  #updateOf({ i, id, withdrawn }: Indicator, updated: number, now: number): object {
    const { type, indicator } = this.#describe(i);
    const isGone = withdrawn <= now;
    const isMarked = isGone && !this.#world.has('empty-descriptors');
    const nothing = i % 2 ? {} : { descriptors: { data: [] } };
    const descriptors = isGone ? nothing : { descriptors: { data: this.#descriptors(i) } };
    return { id, indicator, type, last_updated: updated, should_delete: isMarked, ...descriptors };
  }

  #describe(i: number): { readonly type: string; readonly indicator: string; readonly signal: string } {
    if (this.#world.has('url-types') && i % 6 > 2) {
      const url = `https://example.invalid/${fakeHex(16, this.#world.seed, `threatexchange url ${i - (i % 3)}`)}`;
      const type = URL_TYPES[i % 3] as string;
      return {
        type,
        indicator: type === 'UNCLICKABLE_URL' ? `[h]${url.slice(1)}` : url,
        signal: `url:${Buffer.from(url).toString('hex')}`,
      };
    }
    const [type, signal, bytes] = TYPES[i % (this.#world.has('unknown-types') ? TYPES.length : KNOWN_TYPES)] as (typeof TYPES)[number];
    const hex = fakeHex(Math.max(16, bytes), this.#world.seed, `threatexchange ${type} ${i}`);
    const indicator = bytes === 0 ? `https://example.invalid/${hex}` : hex;
    const isText = signal === 'url' || signal === 'other';
    const name = this.#isVideo(i) && (signal === 'md5' || signal === 'sha256') ? `video-${signal}` : signal;
    return { type, indicator, signal: `${name}:${isText ? Buffer.from(indicator).toString('hex') : hex}` };
  }

  /** Said of a digest by a tag; where a fault takes the tag away, of none. */
  #isVideo(i: number): boolean {
    return i % 3 === 0 && !this.#world.has('odd-tags') && !this.#world.has('no-owner');
  }

  #descriptors(i: number): object[] {
    const owners = [APP, ...OTHER_APPS].slice(i % 3, (i % 3) + 1 + (i % 2));
    return owners.map((owner, n) => {
      const kept = { id: `${4_000_000_000_000_000 + 7 * i}${n + 1}`, status: STATUSES[(i + n) % STATUSES.length] };
      const reactions = i % 4 === 0 ? [{ key: REACTIONS[i % REACTIONS.length], value: OTHER_APPS.join(',') }] : [];
      const nobody = this.#world.has('no-owner') && (i % 4 === 2 || (n > 0 && i % 3 === 0));
      return { ...kept, ...this.#tagsOf(i), ...(nobody ? {} : { owner: { id: owner } }), ...(reactions.length > 0 && { reactions }) };
    });
  }

  #tagsOf(i: number): object {
    const tags = this.#isVideo(i) ? ['media_type_video', 'example'] : ['example', 'media_type_photo'];
    if (!this.#world.has('odd-tags')) return { tags };
    return [{ tags: { data: tags.map((text, n) => ({ id: `${n}`, text })) } }, { tags: null }, {}][i % 3] as object;
  }
}

function refused(code: number, message: string): FakeAnswer {
  return { status: 400, body: { error: { message, type: 'OAuthException', code, fbtrace_id: 'fake' } } };
}

/** Things that were no updates, one after the other. */
function malformed(page: number): unknown {
  return [null, {}, 'a text', { id: null, indicator: 'no hash' }, { id: '5', type: 'HASH_PDQ', descriptors: 'none' }][page % 5];
}
