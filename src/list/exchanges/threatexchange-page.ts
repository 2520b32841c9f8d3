import type { BankRecord, Opinion, OpinionValue, RecordProblem } from '../../bank/record.js';
import type { BankSignal } from '../../bank/signal.js';
import { type HttpAnswer, jsonOf, notTheProtocol } from '../http-client.js';
import { bankSignalOf, readSignal } from '../signal-text.js';
import { fieldsOf, isWanted, textOfField } from './fields.js';

/** One page of `threat_updates`. */
export interface ThreatExchangePage {
  readonly updates: ReadonlyMap<string, BankRecord | null>;
  readonly problems: readonly RecordProblem[];
  readonly read: number;
  /** When the updates happened, in seconds since 1970, by key and in the order of the page. */
  readonly times: ReadonlyMap<string, number>;
  /** URL of the next page. It has the access token in it. */
  readonly next?: string;
}

/** Whose page it is, and what of it is wanted. */
export interface PageReader {
  /** Number of the app that asks, where its token says it. */
  readonly appId?: string;
  readonly types?: readonly BankSignal[];
}

/** What is asked of each update: python-threatexchange's choice, and the number that `key` is made of. */
export const UPDATE_FIELDS = 'id,indicator,type,last_updated,should_delete,descriptors{id,reactions,owner{id},tags,status}';

/** Types of a URL. One URL may stand in all three, as three indicators, each of which comes, changes and goes alone. */
const URL_TYPES: readonly string[] = ['URI', 'RAW_URI', 'UNCLICKABLE_URL'];
/** How python-threatexchange tells the digest of a video from others of type `HASH_MD5` and `HASH_SHA256`. */
const VIDEO_TAG = 'media_type_video';

/** What the status of a descriptor says; of any other its owner has no opinion. */
const STATUSES: ReadonlyMap<string, OpinionValue> = new Map([
  ['MALICIOUS', 'positive'],
  ['NON_MALICIOUS', 'negative'],
]);
/** What a reaction to a descriptor says: python-threatexchange's two, and the one that Meta documents as the same as a status. */
const REACTIONS: ReadonlyMap<string, OpinionValue> = new Map([
  ['HELPFUL', 'positive'],
  ['DISAGREE_WITH_TAGS', 'negative'],
  ['NON_MALICIOUS', 'negative'],
]);

type Fields = Readonly<Record<string, unknown>>;

/** Reads a page. @throws {EgideError} `EXCHANGE_FAILED` if it is none. */
export function pageOf(answer: HttpAnswer, reader: PageReader): ThreatExchangePage {
  const { data, paging } = fieldsOf(jsonOf(answer)) ?? {};
  if (!Array.isArray(data)) throw notTheProtocol(answer, 'data is no list');
  const updates = new Map<string, BankRecord | null>();
  const problems: RecordProblem[] = [];
  const times = new Map<string, number>();
  for (const [at, item] of data.entries()) {
    const update = fieldsOf(item);
    const key = idOf(update?.['id']);
    if (!update || key === undefined) {
      problems.push({ reason: `update ${at + 1} of the page: no update with an id`, partial: false });
      continue;
    }
    const time = secondsOf(update['last_updated']);
    times.delete(key); // so that a key that stands twice has its later place
    if (time !== undefined) times.set(key, time);
    take(updates, key, update, time, reader, problems);
  }
  const next = textOfField(fieldsOf(paging)?.['next']);
  return { updates, problems, read: data.length, times, ...(next && { next }) };
}

function take(
  updates: Map<string, BankRecord | null>,
  key: string,
  update: Fields,
  time: number | undefined,
  reader: PageReader,
  problems: RecordProblem[],
): void {
  const { descriptors } = update;
  const list = descriptors === undefined || descriptors === null ? [] : (fieldsOf(descriptors)?.['data'] ?? []);
  if (!Array.isArray(list) || typeof descriptors === 'string') {
    problems.push({ key, reason: 'descriptors is no list', partial: false });
    return;
  }
  updates.delete(key);
  // An indicator that nobody describes has left the group, whatever `should_delete` says (#834).
  const isGone = update['should_delete'] === true || list.length === 0;
  updates.set(key, isGone ? null : recordOf(key, update, list, time, reader, problems));
}

function recordOf(
  key: string,
  update: Fields,
  list: readonly unknown[],
  time: number | undefined,
  { appId, types }: PageReader,
  problems: RecordProblem[],
): BankRecord {
  const partial = (reason: string): void => void problems.push({ key, reason, partial: true });
  const descriptors = list.flatMap((item) => descriptorOf(item, partial));
  const tags = [...new Set(descriptors.flatMap((descriptor) => descriptor.tags))].sort();
  const opinions = opinionsOf(descriptors, appId);
  const name = textOfField(update['type']) ?? 'unnamed';
  const type = typeOf(name, tags.includes(VIDEO_TAG));
  const text = textOfField(update['indicator']) ?? '';
  const reading = readSignal(type, type === 'url' ? text.replace(/^\[h\]/i, 'h') : text, type === 'other' ? { name } : {});
  if (typeof reading === 'string') partial(`${reading}; no signal that can be used`);
  return {
    key,
    signals: typeof reading !== 'string' && isWanted(type, types) ? [reading] : [],
    ...(tags.length > 0 && { tags }),
    ...(opinions.length > 0 && { opinions }),
    ...(time !== undefined && { updatedAt: 1000 * time }),
  };
}

function typeOf(name: string, isVideo: boolean): BankSignal {
  const type = URL_TYPES.includes(name) ? 'url' : (bankSignalOf(name) ?? 'other');
  if (isVideo && type === 'md5') return 'video-md5';
  return isVideo && type === 'sha256' ? 'video-sha256' : type;
}

/** What one member says of an indicator, and what others say to that. */
interface Descriptor {
  readonly owner: string;
  readonly status: string;
  readonly tags: readonly string[];
  readonly reactions: readonly { readonly key: string; readonly apps: readonly string[] }[];
}

/** None for a descriptor without an owner, which the source is known to give now and then. */
function descriptorOf(item: unknown, partial: (reason: string) => void): Descriptor[] {
  const { owner, status, tags, reactions } = fieldsOf(item) ?? {};
  const ownerId = idOf(fieldsOf(owner)?.['id']);
  if (ownerId === undefined) {
    partial('a descriptor without an owner');
    return [];
  }
  return [{ owner: ownerId, status: textOfField(status) ?? '', tags: tagsOf(tags), reactions: reactionsOf(reactions) }];
}

/** Texts, or `{ data: [{ text }] }`. */
function tagsOf(tags: unknown): string[] {
  const list = Array.isArray(tags) ? tags : fieldsOf(tags)?.['data'];
  return Array.isArray(list) ? list.flatMap((tag) => textOfField(tag) ?? textOfField(fieldsOf(tag)?.['text']) ?? []) : [];
}

/** `[{ key, value }]`, where the value is numbers of apps between commas. */
function reactionsOf(reactions: unknown): Descriptor['reactions'] {
  if (!Array.isArray(reactions)) return [];
  return reactions.flatMap((reaction) => {
    const { key, value } = fieldsOf(reaction) ?? {};
    const name = textOfField(key);
    return name ? [{ key: name, apps: (textOfField(value) ?? '').split(',').filter((app) => app !== '') }] : [];
  });
}

/** The opinion of each member: that of its own descriptors, or else of its reactions; `disputed` where these contradict each other. */
function opinionsOf(descriptors: readonly Descriptor[], appId: string | undefined): Opinion[] {
  const said = new Map<string, Opinion>();
  const reacted = new Map<string, Opinion>();
  const note = (held: Map<string, Opinion>, app: string, value: OpinionValue | undefined, tags: readonly string[]): void => {
    if (!value) return;
    const before = held.get(app);
    const all = [...new Set([...(before?.tags ?? []), ...tags])].sort();
    held.set(app, {
      by: app === appId ? 'own' : app,
      value: before && before.value !== value ? 'disputed' : value,
      ...(all.length > 0 && { tags: all }),
    });
  };
  for (const { owner, status, tags, reactions } of descriptors) {
    note(said, owner, STATUSES.get(status), tags);
    for (const { key, apps } of reactions) for (const app of apps) note(reacted, app, REACTIONS.get(key), []);
  }
  return [...new Map([...reacted, ...said]).values()];
}

/** A number of the source, which writes it as a text, and so is exact above 2^53. */
export function idOf(value: unknown): string | undefined {
  const text = typeof value === 'number' && Number.isSafeInteger(value) ? String(value) : textOfField(value);
  return text !== undefined && /^\d+$/.test(text) ? text : undefined;
}

function secondsOf(value: unknown): number | undefined {
  const seconds = typeof value === 'string' && /^\d+$/.test(value) ? Number(value) : value;
  return typeof seconds === 'number' && Number.isFinite(seconds) ? Math.floor(seconds) : undefined;
}
