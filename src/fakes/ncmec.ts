import type { FakeAnswer, FakeKind, FakeRequest, FakeSource, FakeWorld, Truth } from './fake.js';
import { large, ncmecRows, type Row } from './ncmec-rows.js';
import { FAKE_SECRET } from './synthetic.js';

/**
 * A fake of NCMEC's hash sharing, version 2, as python-threatexchange's client and its fixtures show it. The URL of a page counts
 * through the entries of its own `from` and `to` (#1744), and is refused when it is older than 12 hours, whatever faults are switched on.
 */
export const fakeNcmec: FakeKind = {
  kind: 'ncmec',
  faults: [
    { name: 'out-of-order', what: 'entries come in no order of time (ThreatExchange #1118)' },
    { name: 'same-second', what: 'a third of the entries is of one second (ThreatExchange #1679)' },
    { name: 'expired-paging', what: 'the URL of a third page is refused once, as if it were older than 12 hours' },
    { name: 'empty-page', what: 'pages without an entry or a maxTimestamp, of which others follow' },
    { name: 'odd-feedback', what: 'empty feedback, types in mixed case, feedback of an unknown kind' },
    { name: 'large-fingerprints', what: 'TMK+PDQF and Videntifier of videos stand elsewhere' },
    { name: 'unknown-fingerprints', what: 'fingerprints that no document names' },
    { name: 'escaped-next', what: 'the path of the next page is written with numeric entities' },
    { name: 'delete-before-add', what: 'a withdrawal comes before the older entry that it withdraws' },
    { name: 'duplicates', what: 'entries come twice, with different content' },
  ],
  create: (world) => new Ncmec(world),
};

const NAMESPACE = 'https://hashsharing.ncmec.org/hashsharing/v2';
const MEMBER = '<member id="1">Example Member</member>';
const LARGEST_PAGE = 1000;
const PAGE_URL_MS = 12 * 3600 * 1000;
const FEEDBACK_TYPES = ['MD5', 'SHA1', 'PDNA', 'PDQ', 'NETCLEAN', 'VIDENTIFIER', 'TMK_PDQF', 'SSVH_PDNA', 'SSVH_SAFER_HASH'];
const REASONS: readonly (readonly [string, string])[] = [
  ['01234567-abcd-0123-4567-012345678900', 'Example Reason 1'],
  ['01234567-abcd-0123-4567-012345678901', 'Example Reason 2'],
];

class Ncmec implements FakeSource {
  readonly basePath = '/hashsharing';
  readonly credentials = { username: 'fake-member', password: `${FAKE_SECRET}58e1` };
  readonly #world: FakeWorld;
  readonly #rows: readonly Row[];
  /** When the URL of a page was given, in milliseconds since 1970. */
  readonly #given = new Map<string, number>();
  #expired = false;

  constructor(world: FakeWorld) {
    this.#world = world;
    this.#rows = ncmecRows(world);
  }

  truth(): Truth {
    const newest = new Map<string, Row>();
    for (const row of this.#present(0, Number.POSITIVE_INFINITY))
      if (row.second >= (newest.get(row.key)?.second ?? 0)) newest.set(row.key, row);
    return new Map([...newest].flatMap(([key, { signals }]) => (signals ? [[key, [...signals].sort()] as const] : [])));
  }

  answer({ method, path, query, headers, body }: FakeRequest): FakeAnswer {
    const { username, password } = this.credentials;
    if (headers['authorization'] !== `Basic ${btoa(`${username}:${password}`)}`) return { status: 401 };
    const [, version, what, ...rest] = path.replace(this.basePath, '').split('/');
    const asked = `${method} ${version}/${what}`;
    if (asked === 'GET v2/status')
      return xml(`<status xmlns="${NAMESPACE}"><ipAddress>127.0.0.1</ipAddress><username>${username}</username>${MEMBER}</status>`);
    if (asked === 'GET v2/members') return xml(`<members xmlns="${NAMESPACE}">${MEMBER}</members>`);
    if (asked === 'GET v2/feedback' && FEEDBACK_TYPES.includes(rest[0] ?? '') && rest[1] === 'reasons') return reasons(rest[0] as string);
    if (asked === 'PUT v2/entries' && rest[3] === 'feedback') return feedback(rest, headers, body);
    if (asked === 'GET v2/entries' && rest[1] === 'fingerprints') return { body: large(rest[0] as string, rest[2] as string) };
    return asked === 'GET v2/entries' && rest.length === 0 ? this.#page(query) : { status: 404 };
  }

  #present(from: number, to: number): Row[] {
    const now = Math.floor(this.#world.now() / 1000);
    return this.#rows.filter(({ second }) => second >= from && second < to && second <= now);
  }

  #page(query: URLSearchParams): FakeAnswer {
    const [from, to] = [query.get('from'), query.get('to')].map((text) =>
      /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/.test(text ?? '') ? Date.parse(text ?? '') / 1000 : Number.NaN,
    );
    if (from === undefined || to === undefined || !(from < to)) return { status: 400, body: 'from and to' };
    const size = Math.min(this.#world.pageSize, LARGEST_PAGE);
    const start = Number(query.get('start') ?? 1);
    if (start > 1 && this.#isTooOld(String(query), start > 2 * size)) return { status: 400, body: 'the paging has expired' };
    const all = this.#present(from, to);
    // The page before an empty one names it with the same start.
    const isEmpty = this.#world.has('empty-page') && start > 1 && !query.has('again');
    const page = isEmpty ? [] : all.slice(start - 1, start - 1 + size);
    const next = isEmpty ? start : start + size;
    const parameters = new URLSearchParams({
      from: query.get('from') ?? '',
      to: query.get('to') ?? '',
      start: String(next),
      size: String(size),
      max: String(all.length),
    });
    if (isEmpty) parameters.set('again', '1');
    if (next > all.length) return pageXml(page, undefined);
    this.#given.set(String(parameters), this.#world.now());
    return pageXml(page, escaped(`/v2/entries?${parameters}`, this.#world.has('escaped-next')));
  }

  #isTooOld(url: string, isThird: boolean): boolean {
    const given = this.#given.get(url);
    if (given === undefined || this.#world.now() - given > PAGE_URL_MS) return true;
    if (!isThird || this.#expired || !this.#world.has('expired-paging')) return false;
    this.#expired = true;
    return true;
  }
}

function xml(text: string, status = 200): FakeAnswer {
  return {
    status,
    headers: { 'content-type': 'application/xml; charset=utf-8' },
    body: `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n${text}`,
  };
}

function escaped(path: string, numeric: boolean): string {
  return path.replaceAll('&', numeric ? '&#38;' : '&amp;').replaceAll('=', numeric ? '&#x3D;' : '=');
}

function pageXml(rows: readonly Row[], next: string | undefined): FakeAnswer {
  const section = (kind: 'image' | 'video'): string => {
    const own = rows.filter((row) => row.kind === kind);
    if (own.length === 0) return `<${kind}s count="0"/>`;
    const latest = new Date(1000 * Math.max(...own.map(({ second }) => second))).toISOString().replace('.000', '');
    return `<${kind}s count="${own.length}" maxTimestamp="${latest}">${own.map((row) => row.xml).join('')}</${kind}s>`;
  };
  const paging = next === undefined ? '' : `<paging><next>${next}</next></paging>`;
  return xml(`<queryResult xmlns="${NAMESPACE}">${section('image')}${section('video')}${paging}</queryResult>`);
}

function reasons(type: string): FakeAnswer {
  const mixed = type.charAt(0) + type.slice(1).toLowerCase();
  const all = REASONS.map(([guid, name]) => `<reason guid="${guid}" name="${name}" type="${mixed}"/>`).join('');
  return xml(`<availableFeedbackReasons xmlns="${NAMESPACE}">${all}</availableFeedbackReasons>`);
}

function feedback([member, entry, type]: readonly string[], headers: FakeRequest['headers'], body: string): FakeAnswer {
  const negative = REASONS.some(([guid]) => body.includes(`<negative><reasonIds><guid>${guid}</guid></reasonIds></negative>`));
  const isWell = headers['content-type'] === 'application/xml; charset=utf-8' && body.includes(`<feedbackSubmission xmlns="${NAMESPACE}">`);
  if (!member || !entry || !FEEDBACK_TYPES.includes(type ?? '')) return { status: 404 };
  return isWell && (negative || body.includes('<affirmative/>')) ? xml('<submissionResult/>') : xml('<error/>', 400);
}
