import { createHash } from 'node:crypto';
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
import { bitsApart, FAKE_SECRET, fakeHex } from './synthetic.js';

/**
 * A fake of Hasher-Matcher-Actioner, version 2, as its public source has it, behind a proxy that asks for a header. It is read as a list, and
 * asked about uploads; `POST /c/bank/FAKE_BANK/signal` and `/content` add to it. Ids have gaps, and every fourth item is of another bank.
 */
export const fakeHma: FakeKind = {
  kind: 'hma',
  faults: [
    { name: 'deleted', what: 'items are deleted later' },
    { name: 'disabled', what: 'items are switched off, some for a time (disable_until_ts)' },
    { name: 'bank-disabled', what: 'the bank is switched off in 2026: no look-up finds anything in it' },
    { name: 'empty-hash', what: 'items of pictures that could not be hashed have the signal "", and look-ups by file are answered 400' },
    { name: 'other-types', what: 'signals of texts among the hashes' },
    { name: 'malformed-record', what: 'items that are none' },
    { name: 'outer-key', what: 'look-ups by signal are answered by type, too, and distances are numbers' },
    { name: 'index-stale', what: 'the status is 503 INDEX-STALE' },
    { name: 'index-not-loaded', what: 'the status is 503 INDEX-NOT-LOADED, and look-ups are answered 503' },
    { name: 'odd-errors', what: 'errors are pages or lists, not { message }', fatal: true },
    { name: 'no-bank', what: 'the bank is gone', fatal: true },
    { name: 'no-signals', what: 'items are shown without their signals, as older versions do', fatal: true },
  ],
  create: (world) => new Hma(world),
};

const BANK = 'FAKE_BANK';
const OTHER_BANK = 'OTHER_BANK';
const DAY_S = 86_400;
/** Bits within which PDQ hashes match: Meta's threshold. */
const NEAR_BITS = 31;

interface Item {
  readonly id: number;
  readonly bank: string;
  /** By HMA's names. */
  readonly signals: Readonly<Record<string, string>>;
  /** Seconds since 1970. */
  readonly created: number;
  readonly deleted: number;
  /** As HMA has it: 0 for never, 1 for ever. */
  readonly disabledUntil: number;
  readonly isMalformed: boolean;
}

class Hma implements FakeSource {
  readonly basePath = '';
  readonly settings = { bank: BANK };
  readonly credentials = { authorization: `Bearer ${FAKE_SECRET}5d10` };
  readonly #world: FakeWorld;
  readonly #items: Item[];

  constructor(world: FakeWorld) {
    this.#world = world;
    this.#items = Array.from({ length: world.entries }, (_, i) => itemOf(world, i));
  }

  truth(): Truth {
    const own = this.#present().filter(({ bank, isMalformed }) => bank === BANK && !isMalformed);
    return new Map(
      own.map((item) => [String(item.id), this.#isEnabled(item) ? Object.entries(item.signals).flatMap(signalOf).sort() : []]),
    );
  }

  async answer(request: FakeRequest): Promise<FakeAnswer> {
    const { method, path, headers, query } = request;
    if (headers['authorization'] !== this.credentials.authorization) return { status: 401, body: 'Authorization Required' };
    const [, top, part, name, what, id] = path.split('/');
    if (path === '/status') return this.#status();
    if (top === 'm' && this.#world.has('index-not-loaded')) return this.#error(503, 'index not yet ready');
    if (path === '/m/raw_lookup')
      return { body: { matches: this.#near(query).map(({ id: bank_content_id, distance }) => ({ bank_content_id, distance })) } };
    if (path === '/m/lookup') return method === 'POST' ? this.#lookUpFile(request) : this.#lookUp(query);
    if (path === '/c/signal_type/index') return { body: this.#sizes() };
    if (top !== 'c' || part !== 'bank') return this.#error(404, 'The requested URL was not found on the server.');
    if (!this.#banks().includes(name ?? '')) return this.#error(404, `bank '${name}' not found`);
    if (what === undefined) return { body: { name, matching_enabled_ratio: this.#ratio(name ?? '') } };
    if (method === 'POST') return this.#add(name ?? '', what, request);
    return this.#content(Number(id), query.get('include_signals') === 'true');
  }

  #banks(): string[] {
    return this.#world.has('no-bank') ? [OTHER_BANK] : [BANK, OTHER_BANK];
  }

  #ratio(bank: string): number {
    return bank === BANK && this.#world.has('bank-disabled') && this.#world.now() >= LAST_DAY ? 0 : 1;
  }

  #present(): Item[] {
    const now = this.#world.now() / 1000;
    return this.#items.filter(({ created, deleted }) => created <= now && deleted > now);
  }

  #isEnabled({ bank, disabledUntil }: Item): boolean {
    return this.#ratio(bank) > 0 && disabledUntil !== 1 && disabledUntil <= this.#world.now() / 1000;
  }

  #status(): FakeAnswer {
    if (this.#world.has('index-not-loaded')) return { status: 503, body: 'INDEX-NOT-LOADED' };
    return this.#world.has('index-stale') ? { status: 503, body: 'INDEX-STALE' } : { body: 'I-AM-ALIVE' };
  }

  #error(status: number, message: string): FakeAnswer {
    if (!this.#world.has('odd-errors')) return { status, body: { message } };
    return { status, body: status === 404 ? '<!doctype html><title>404 Not Found</title>' : [{ type: 'missing', msg: message }] };
  }

  #sizes(): object {
    const counts: Record<string, number> = { pdq: 0, video_md5: 0 };
    for (const { signals } of this.#present()) for (const type of Object.keys(signals)) counts[type] = (counts[type] ?? 0) + 1;
    return Object.fromEntries(
      Object.entries(counts).map(([type, db_size]) => [type, { db_size, index_size: db_size, index_out_of_date: false }]),
    );
  }

  /** Of any bank, whichever was named. */
  #content(id: number, withSignals: boolean): FakeAnswer {
    const item = this.#present().find((one) => one.id === id);
    if (!item) return this.#error(404, `content '${id}' not found`);
    const { bank, signals, disabledUntil, isMalformed } = item;
    return {
      body: {
        id: isMalformed ? String(id) : id,
        disable_until_ts: disabledUntil,
        original_media_uri: null,
        bank: { name: bank, matching_enabled_ratio: this.#ratio(bank) },
        ...(withSignals && !this.#world.has('no-signals') && { signals }),
        ...(id % 3 === 0 && { metadata: { collab: { EXAMPLE_EXCHANGE: [`key-${id}`] } }, note: 'an example' }),
      },
    };
  }

  #near(query: URLSearchParams): (Item & { distance: string | number })[] {
    const [type, signal, banks] = [query.get('signal_type') ?? '', query.get('signal') ?? '', query.get('banks')?.split(',')];
    return this.#present().flatMap((item) => {
      const listed = item.signals[type];
      if (!listed || (banks && !banks.includes(item.bank))) return [];
      const apart = type === 'pdq' ? bitsApart(Buffer.from(listed, 'hex'), Buffer.from(signal, 'hex')) : listed === signal ? 0 : Infinity;
      return apart <= NEAR_BITS ? [{ ...item, distance: this.#world.has('outer-key') ? apart : String(apart) }] : [];
    });
  }

  #byBank(query: URLSearchParams): Record<string, object[]> {
    const found: Record<string, object[]> = {};
    for (const item of this.#near(query).filter((one) => this.#isEnabled(one)))
      (found[item.bank] ??= []).push({ bank_content_id: item.id, distance: item.distance });
    return found;
  }

  #lookUp(query: URLSearchParams): FakeAnswer {
    const type = query.get('signal_type');
    if (!type || !query.get('signal')) return this.#error(400, 'Either url or both signal and signal_type are required');
    return { body: this.#world.has('outer-key') ? { [type]: this.#byBank(query) } : this.#byBank(query) };
  }

  async #lookUpFile({ query, ...request }: FakeRequest): Promise<FakeAnswer> {
    const signals = await signalsOfFile(request);
    if (!signals) return this.#error(400, 'Missing multipart/form-data file upload');
    if (this.#world.has('empty-hash')) return this.#error(400, 'invalid signal: PDQ hashes must be 64 characters');
    const asked = Object.entries(signals).map(([signal_type, signal]) => {
      const banks = query.get('banks');
      return [signal_type, this.#byBank(new URLSearchParams({ signal_type, signal, ...(banks && { banks }) }))];
    });
    return { body: Object.fromEntries(asked) };
  }

  async #add(bank: string, what: string, request: FakeRequest): Promise<FakeAnswer> {
    const signals = what === 'signal' ? (JSON.parse(request.body) as Record<string, string>) : await signalsOfFile(request);
    if (!signals) return this.#error(400, 'Neither `url` nor multipart file upload was received');
    const id = 1 + (this.#items.at(-1)?.id ?? 0);
    this.#items.push({ id, bank, signals, created: 0, deleted: Infinity, disabledUntil: 0, isMalformed: false });
    return { status: 201, body: { id, signals } };
  }
}

function itemOf(world: FakeWorld, i: number): Item {
  const created = Math.floor((FIRST_DAY + ((LAST_DAY - FIRST_DAY) * i) / world.entries) / 1000);
  const hex = (type: string, bytes: number): string => fakeHex(bytes, world.seed, `hma ${type} ${i}`);
  const pdq = world.has('empty-hash') && i % 6 === 5 ? '' : hex('pdq', 32);
  const text = world.has('other-types') && i % 4 === 0 ? { raw_text: `an example ${i}`, text_tlsh: `T1${hex('tlsh', 35)}` } : {};
  return {
    id: i + 1 + 5 * Math.floor(i / 10),
    bank: i % 4 === 3 ? OTHER_BANK : BANK,
    signals: { ...(i % 3 === 0 && { video_md5: hex('video_md5', 16) }), ...((i % 3 !== 0 || i % 2) && { pdq }), ...text },
    created,
    deleted: world.has('deleted') && i % 7 === 2 ? created + 30 * DAY_S : Infinity,
    disabledUntil: world.has('disabled') && i % 5 === 1 ? (i % 2 ? 1 : created + 60 * DAY_S) : 0,
    isMalformed: world.has('malformed-record') && i % 9 === 4,
  };
}

/** As a client must hold it: none for what could not be hashed. */
function signalOf([type, text]: [string, string]): string[] {
  if (text === '') return [];
  const known: Readonly<Record<string, string>> = { pdq: 'pdq', video_md5: 'video-md5' };
  return [known[type] ? `${known[type]}:${text}` : `other:${Buffer.from(text).toString('hex')}`];
}

/** The fake decodes nothing: a file's digest stands for its hashes. */
async function signalsOfFile({ headers, bytes }: Pick<FakeRequest, 'headers' | 'bytes'>): Promise<Record<string, string> | undefined> {
  const type = headers['content-type'] ?? '';
  if (!type.startsWith('multipart/form-data')) return undefined;
  const [[field, file] = []] = [...(await new Response(bytes, { headers: { 'content-type': type } }).formData())];
  if (!(file instanceof Blob) || (field !== 'photo' && field !== 'video')) return undefined;
  const digest = createHash('sha256')
    .update(new Uint8Array(await file.arrayBuffer()))
    .digest('hex');
  return field === 'photo' ? { pdq: fakeHex(32, 0, digest) } : { video_md5: fakeHex(16, 0, digest) };
}
