import { createHash } from 'node:crypto';
import type { FakeAnswer, FakeKind, FakeRequest, FakeSource, FakeWorld, Truth } from './fake.js';
import { bitsApart, FAKE_SECRET, fakeHex } from './synthetic.js';

/**
 * A fake of Project Arachnid Shield, version 1, as the service's own clients show it. It knows synthetic PDQ hashes, and what it is told with
 * `POST /fake/known`: `{"pdq": base64}` or `{"sha256": hex, "match_type": "exact"}`, with a `classification`.
 */
export const fakeArachnid: FakeKind = {
  kind: 'arachnid',
  faults: [
    { name: 'unknown-class', what: 'what is known is of a class that no client names' },
    { name: 'no-details', what: 'near_match_details is null' },
    { name: 'nested-details', what: 'near_match_details has the older, nested shape, with distances' },
    { name: 'quota', what: 'every second answer is 429 with the header ratelimit, and no Retry-After' },
    { name: 'no-host', what: 'no URL may be asked about: Hostname not authorized for this user' },
    { name: 'slow', what: 'answers take a minute', fatal: true },
    { name: 'other-file', what: 'answers about a file are about another; of hashes one is left out', fatal: true },
  ],
  create: (world) => new Arachnid(world),
};

const CLASSES = ['csam', 'harmful-abusive-material', 'test'] as const;
const NOTHING = { classification: 'no-known-match', match_type: null };
/** Bits within which the fake finds a PDQ hash: Meta's threshold; the service's own is not public. */
const NEAR_BITS = 31;

interface Known {
  readonly classification: string;
  readonly match_type: 'exact' | 'near';
}

class Arachnid implements FakeSource {
  readonly basePath = '';
  readonly credentials = { username: 'fake-platform', password: `${FAKE_SECRET}93b2` };
  readonly #world: FakeWorld;
  readonly #hashes: { readonly hash: Uint8Array; readonly classification: string }[];
  /** By SHA-256 in lower-case hex. */
  readonly #files = new Map<string, Known>();
  #asked = 0;

  constructor(world: FakeWorld) {
    this.#world = world;
    this.#hashes = Array.from({ length: world.entries }, (_, i) => ({
      hash: Buffer.from(fakeHex(32, world.seed, `arachnid ${i}`), 'hex'),
      classification: CLASSES[i % CLASSES.length] as string,
    }));
  }

  truth(): Truth {
    return new Map(
      this.#hashes.map(({ hash, classification }, i) => [`${classification}-${i}`, [`pdq:${Buffer.from(hash).toString('hex')}`]]),
    );
  }

  answer(request: FakeRequest): FakeAnswer {
    const { method, path, headers, body } = request;
    if (`${method} ${path}` === 'POST /fake/known') return this.#learn(JSON.parse(body));
    const { username, password } = this.credentials;
    if (headers['authorization'] !== `Basic ${btoa(`${username}:${password}`)}`)
      return { status: 401, body: { detail: 'Please supply your API username and password in the Authorization header' } };
    if (this.#world.has('quota') && ++this.#asked % 2 === 1)
      return { status: 429, headers: { ratelimit: '"burst";r=0;t=1' }, body: { detail: 'Request was throttled.' } };
    const answered = this.#ask(request);
    return this.#world.has('slow') ? { ...answered, delayMs: 60_000 } : answered;
  }

  #ask({ method, path, body, bytes }: FakeRequest): FakeAnswer {
    if (method !== 'POST') return { status: 405, body: { detail: 'Method Not Allowed' } };
    if (path === '/v1/media/') return bytes.length === 0 ? { status: 400, body: { detail: 'No media was sent' } } : this.#media(bytes);
    if (path === '/v1/pdq/') return this.#pdq(JSON.parse(body));
    if (path !== '/v1/url/') return { status: 404, body: { detail: 'Not Found' } };
    if (this.#world.has('no-host')) return { status: 403, body: { detail: 'Hostname not authorized for this user' } };
    return this.#media(Buffer.from((JSON.parse(body) as { url: string }).url)); // nothing is fetched: the URL stands for what is there
  }

  #media(bytes: Uint8Array): FakeAnswer {
    const other = this.#world.has('other-file') ? bytes.subarray(1) : bytes;
    const [sha1, sha256] = [createHash('sha1').update(other).digest(), createHash('sha256').update(other).digest('hex')];
    const known = this.#files.get(createHash('sha256').update(bytes).digest('hex'));
    const near = known?.match_type === 'near' ? this.#details(known.classification, 0) : [];
    return {
      body: {
        sha1_base32: base32(sha1),
        sha256_hex: sha256.toUpperCase(),
        size_bytes: other.length,
        ...this.#matched(known),
        near_match_details: near.length === 0 && this.#world.has('no-details') ? null : near,
      },
    };
  }

  #pdq({ hashes }: { hashes: string[] }): FakeAnswer {
    const answered = this.#world.has('other-file') ? hashes.slice(1) : hashes;
    const scanned = answered.map((text) => {
      const asked = Buffer.from(text, 'base64');
      const found = this.#hashes.find(({ hash }) => bitsApart(hash, asked) <= NEAR_BITS);
      const known = found && ({ classification: found.classification, match_type: 'near' } as const);
      const details = found ? this.#details(found.classification, bitsApart(found.hash, asked)) : [];
      return [text, { ...this.#matched(known), near_match_details: this.#world.has('nested-details') ? details : (details[0] ?? null) }];
    });
    return { body: { scanned_hashes: Object.fromEntries(scanned) } };
  }

  #matched(known: Known | undefined): object {
    if (!known) return NOTHING;
    const { classification, match_type } = known;
    return {
      classification: this.#world.has('unknown-class') ? `${classification}-2027` : classification,
      match_type,
    };
  }

  #details(classification: string, distance: number): object[] {
    if (this.#world.has('no-details')) return [];
    const digests = { sha1_base32: base32(Buffer.from(fakeHex(20, 0, classification), 'hex')), sha256_hex: fakeHex(32, 0, classification) };
    const named = this.#world.has('unknown-class') ? `${classification}-2027` : classification;
    if (this.#world.has('nested-details'))
      return [{ timestamp: 0, matches: [{ ...digests, classification: named, distance: 1000 + distance }] }];
    return [{ timestamp: 0, ...digests, classification: named }];
  }

  #learn({ pdq, sha256, classification = 'test', match_type = 'exact' }: Partial<Known> & { pdq?: string; sha256?: string }): FakeAnswer {
    if (pdq !== undefined) this.#hashes.push({ hash: Buffer.from(pdq, 'base64'), classification });
    if (sha256 !== undefined) this.#files.set(sha256.toLowerCase(), { classification, match_type });
    return { body: {} };
  }
}

/** RFC 4648, 6. */
function base32(bytes: Uint8Array): string {
  const bits = Array.from(bytes, (byte) => byte.toString(2).padStart(8, '0')).join('');
  return (bits.match(/.{5}/g) ?? []).map((five) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(five, 2)]).join('');
}
