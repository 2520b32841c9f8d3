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
import { FAKE_SECRET, fakeHex, fakeNumbers } from './synthetic.js';

/** A fake of StopNCII.org's interface, version 1, as python-threatexchange's client and its fixtures show it. It holds what is submitted to it. */
export const fakeStopNcii: FakeKind = {
  kind: 'stopncii',
  faults: [
    { name: 'malformed-record', what: 'one record of each page is malformed (ThreatExchange #2004)' },
    { name: 'unknown-values', what: 'statuses, feedback and signal types that no document names' },
    { name: 'withdrawn', what: 'hashes are withdrawn and deleted; some come back' },
    { name: 'empty-page', what: 'pages without a record that say that there are more' },
    { name: 'expired-token', what: 'the token of the third page is refused once' },
    { name: 'other-types', what: 'MD5 and TMK of videos, texts, URLs and unknown types among the PDQ hashes' },
  ],
  create: (world) => new StopNcii(world),
};

interface HashRecord {
  readonly lastModtimestamp: number;
  readonly signalType: string;
  readonly hashValue: string;
  readonly hashStatus: string;
  readonly caseNumbers: Readonly<Record<string, string>>;
  readonly CSPFeedbacks?: readonly { source: string; feedbackValue: string; tags: string[] }[];
}

/** What is sent to be taken: hashes, or feedback, which is counted and no more. */
interface Submission {
  readonly count?: number;
  readonly hashRecords?: readonly HashRecord[];
  readonly hashFeedbacks?: readonly unknown[];
}

/** What egide calls the types; anything else is `other`. */
const TYPES: Readonly<Record<string, string>> = { ImagePDQ: 'pdq', VideoMD5: 'video-md5', URL: 'url' };
const OTHER_TYPES: readonly string[] = ['ImagePDQ', 'VideoMD5', 'VideoTMK', 'Text', 'URL', 'Unknown'];
const GONE: readonly string[] = ['Withdrawn', 'Deleted'];
const LARGEST_PAGE = 1000;

class StopNcii implements FakeSource {
  readonly basePath = '/v1';
  readonly credentials = {
    subscriptionKey: `${FAKE_SECRET}6f1d`,
    fetchKey: `${FAKE_SECRET}a93b`,
    submitKey: `${FAKE_SECRET}27c4`,
    feedbackKey: `${FAKE_SECRET}e850`,
  };
  readonly #world: FakeWorld;
  readonly #records: HashRecord[];
  #expired = false;

  constructor(world: FakeWorld) {
    this.#world = world;
    this.#records = Array.from({ length: world.entries }, (_, i) => recordOf(world, i));
  }

  truth(): Truth {
    const held = new Map<string, string[]>();
    for (const { signalType, hashValue, hashStatus } of this.#present(0)) {
      const key = `${signalType}:${createHash('sha256').update(hashValue).digest('hex').slice(0, 20)}`;
      if (GONE.includes(hashStatus)) held.delete(key);
      else held.set(key, [`${TYPES[signalType] ?? 'other'}:${hexOf(signalType, hashValue)}`]);
    }
    return held;
  }

  answer(request: FakeRequest): FakeAnswer {
    const { path, method, headers } = request;
    const { subscriptionKey, fetchKey, submitKey, feedbackKey } = this.credentials;
    const keys: Readonly<Record<string, string>> = {
      'GET /v1/FetchHashes': fetchKey,
      'POST /v1/SubmitHashes': submitKey,
      'POST /v1/SubmitFeedback': feedbackKey,
    };
    const key = keys[`${method} ${path}`];
    if (key === undefined) return { status: 404, body: { statusCode: 404, message: 'Resource not found' } };
    if (headers['ocp-apim-subscription-key'] !== subscriptionKey || headers['x-functions-key'] !== key)
      return { status: 401, body: { statusCode: 401, message: 'Access denied due to invalid subscription key.' } };
    if (method === 'GET') return this.#page(request.query);
    const { count, hashRecords, hashFeedbacks } = JSON.parse(request.body) as Submission;
    const items = hashRecords ?? hashFeedbacks;
    if (items?.length !== count) return { status: 400, body: { message: 'count is not the number of items' } };
    this.#hold(hashRecords ?? []);
    return { body: { count } };
  }

  /** What is submitted is new from now on, whatever time it says it is of. */
  #hold(submitted: readonly HashRecord[]): void {
    const lastModtimestamp = Math.floor(this.#world.now() / 1000);
    for (const { signalType, hashValue, CSPFeedbacks = [] } of submitted) {
      const feedbacks = CSPFeedbacks.map((feedback) => ({ ...feedback, source: 'Fake Platform' }));
      this.#records.push({ lastModtimestamp, signalType, hashValue, hashStatus: 'Received', caseNumbers: {}, CSPFeedbacks: feedbacks });
    }
  }

  #present(from: number): HashRecord[] {
    const now = this.#world.now() / 1000;
    return this.#records.filter(({ lastModtimestamp }) => lastModtimestamp >= from && lastModtimestamp <= now);
  }

  #page(query: URLSearchParams): FakeAnswer {
    const size = Math.min(Number(query.get('pageSize') ?? LARGEST_PAGE), this.#world.pageSize, LARGEST_PAGE);
    const token = query.get('nextPageToken');
    const [offset = 0, empty = 0] = (token ?? '0.0').split('.').map(Number);
    if (offset >= 2 * size && this.#world.has('expired-token') && !this.#expired) {
      this.#expired = true;
      return { status: 400, body: { message: 'The page token has expired' } };
    }
    const all = this.#present(Number(query.get('startTimestamp')));
    // The page before an empty one names it with the same offset.
    const isEmpty = this.#world.has('empty-page') && empty === 0 && offset > 0;
    const page: unknown[] = isEmpty ? [] : all.slice(offset, offset + size);
    const end = isEmpty ? offset : offset + size;
    if (this.#world.has('malformed-record') && page.length > 0) page.splice(page.length >> 1, 0, malformed(offset / size));
    const more = end < all.length;
    return {
      body: {
        count: page.length,
        nextPageToken: more ? `${end}.${isEmpty ? 1 : 0}` : null,
        // Before the last page this is a trap: a client that kept it would skip what stands between.
        nextSetTimestamp: all.at(-1)?.lastModtimestamp ?? Number(query.get('startTimestamp')),
        hasMoreRecords: more,
        hashRecords: page,
      },
    };
  }
}

function recordOf(world: FakeWorld, i: number): HashRecord {
  const next = fakeNumbers(world.seed, `stopncii ${i}`);
  const lastModtimestamp = Math.floor((FIRST_DAY + ((LAST_DAY - FIRST_DAY) * i) / world.entries) / 1000);
  // Of five records the fifth withdraws the second; every other one is back with the first of the next five.
  const withdraws = world.has('withdrawn') && i % 5 === 4;
  const returns = world.has('withdrawn') && i % 10 === 5;
  const subject = withdraws ? i - 3 : returns ? i - 4 : i;
  const unknown = world.has('unknown-values') && i % 7 === 3;
  const signalType = unknown && i % 2 ? 'ImageNEW' : world.has('other-types') ? (OTHER_TYPES[subject % 6] as string) : 'ImagePDQ';
  const status = withdraws ? (GONE[i % 2] as string) : unknown ? 'Escalated' : ((['Received', 'Active'] as const)[i % 2] as string);
  const caseNumber = `${(next() & 0xffff).toString(16).padStart(8, '0')}-0000-4000-8000-000000000000`;
  const feedbackValue = unknown ? 'Pondered' : ['Blocked', 'NotBlocked', 'PendingReview', 'None'][next() & 3];
  return {
    lastModtimestamp,
    signalType,
    hashValue: hashValueOf(world, signalType, subject),
    hashStatus: status,
    caseNumbers: { [caseNumber]: status },
    ...(i % 4 === 0 && { CSPFeedbacks: [{ source: 'Example Platform', feedbackValue: feedbackValue as string, tags: ['Example'] }] }),
  };
}

function hashValueOf({ seed }: FakeWorld, signalType: string, subject: number): string {
  const name = `stopncii ${signalType} ${subject}`;
  if (signalType === 'URL') return `https://example.invalid/${fakeHex(16, seed, name)}`;
  if (signalType === 'Text') return `an example text ${fakeHex(16, seed, name)}`;
  return fakeHex(signalType === 'VideoMD5' ? 16 : 32, seed, name);
}

/** Texts as UTF-8. */
function hexOf(signalType: string, value: string): string {
  return signalType in TYPES && signalType !== 'URL' ? value : Buffer.from(value).toString('hex');
}

/** Things that were no records, one after the other. */
function malformed(page: number): unknown {
  const record = { lastModtimestamp: 1, signalType: 'ImagePDQ', hashStatus: 'Active', caseNumbers: {} };
  const all: readonly unknown[] = [
    null,
    record,
    { ...record, hashValue: 7 },
    'a text',
    { ...record, hashValue: 'no hash' },
    { ...record, signalType: null },
  ];
  return all[page % all.length];
}
