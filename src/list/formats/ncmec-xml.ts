import type { BankRecord, Opinion, OpinionValue, RecordProblem } from '../../bank/record.js';
import type { Signal } from '../../bank/signal.js';
import { bankSignalOf, readSignal, type SignalReading } from '../signal-text.js';
import { readTime } from '../time-text.js';
import type { RecordTaker } from './format.js';
import { childOf, childrenOf, type XmlElement, XmlFault, XmlReader } from './xml.js';

/** What one page of NCMEC's hash sharing holds. */
export interface NcmecPage {
  /** By `memberId-entryId`, in the order of the page; of a key that stands twice the newest, of two as new the later. `null`: withdrawn. */
  readonly updates: ReadonlyMap<string, BankRecord | null>;
  /** By key, since when it is as its update says, in milliseconds since 1970, where the page says. */
  readonly times: ReadonlyMap<string, number>;
  readonly problems: readonly RecordProblem[];
  /** Records that the page has, also those that cannot be used. */
  readonly read: number;
  /** Text of `paging/next`: the path of the next page; absent on the last one. */
  readonly next?: string;
  /** The later `maxTimestamp` of images and videos, in milliseconds since 1970, where the page has one. */
  readonly maxTimestamp?: number;
  /** Why this is not a whole page (cut short, not well-formed, another document); what stands before the fault is given all the same. */
  readonly fault?: string;
}

/** Characters of one record, and of any text: our own choice; a record has some 2,000, and large fingerprints stand elsewhere. */
export const NCMEC_MAX_RECORD_LENGTH = 1 << 20;

const ROOT = 'queryResult';
const RECORDS: ReadonlySet<string> = new Set(['image', 'video']);
const WITHDRAWN: ReadonlySet<string> = new Set(['deletedImage', 'deletedVideo']);
const FEEDBACK: ReadonlyMap<string, OpinionValue> = new Map([
  ['affirmativeFeedback', 'positive'],
  ['negativeFeedback', 'negative'],
]);

/** Parses one page of NCMEC's hash sharing, version 2 (`GET /v2/entries`), given whole or in pieces. */
export function parseNcmecPage(page: string | Iterable<string>): NcmecPage {
  const updates = new Map<string, BankRecord | null>();
  const times = new Map<string, number>();
  const problems: RecordProblem[] = [];
  const reader = new NcmecReader({
    update(line, key, record, reasons, at) {
      if ((times.get(key) ?? 0) > (at ?? Number.POSITIVE_INFINITY)) return;
      updates.delete(key); // so that a key that stands twice has its later place
      updates.set(key, record);
      if (at !== undefined) times.set(key, at);
      if (reasons.length > 0) problems.push({ key, line, reason: reasons.join('; '), partial: true });
    },
    refuse: (line, reason) => problems.push({ line, reason, partial: false }),
  });
  for (const piece of typeof page === 'string' ? [page] : page) reader.push(piece);
  const fault = reader.end();
  const { next, maxTimestamp, read } = reader;
  return { updates, times, problems, read, ...(next && { next }), ...(maxTimestamp && { maxTimestamp }), ...(fault && { fault }) };
}

/**
 * Reads a page of NCMEC's hash sharing, or an export in its form, from pieces of text, and holds one record of it at a time.
 *
 * MD5 digests of videos are `video-md5`. `pdna` is `photodna`. Fingerprints that are not matched here (`tmk-pdqf`, `videntifier`, `netclean`,
 * `ssvh-pdna`, `ssvh-safer-hash`, and any that is not known) are `other` ones, named as NCMEC's interface names them (`TMK_PDQF`); the value of one
 * that stands elsewhere is the path in its `href`. Who gave a record holds a positive opinion of it, with the classification as its tag. Feedback
 * is an opinion of each member that gave it, tagged with the type of fingerprint it is about (`MD5`), then the names of the reasons.
 */
export class NcmecReader {
  /** Records so far, also those that cannot be used. */
  read = 0;
  /** Text of `paging/next`, once it was read. */
  next: string | undefined;
  /** The latest so far, in milliseconds since 1970. */
  maxTimestamp: number | undefined;
  readonly #sink: RecordTaker;
  readonly #xml: XmlReader;

  constructor(sink: RecordTaker) {
    this.#sink = sink;
    this.#xml = new XmlReader({
      isWanted: (path) => path.length === 3 || (path.length === 2 && path[1] === 'paging'),
      onOpen: (path, attributes) => this.#open(path, attributes),
      onElement: (element, path) => this.#take(element, path[1] as string),
      maxLength: NCMEC_MAX_RECORD_LENGTH,
    });
  }

  /** Why the page is not read on; none so far if absent. */
  get fault(): string | undefined {
    return this.#xml.fault;
  }

  push(text: string): void {
    this.#xml.push(text);
  }

  /** Nothing follows. Returns {@link fault}. */
  end(): string | undefined {
    return this.#xml.end();
  }

  #open(path: readonly string[], attributes: Readonly<Record<string, string>>): void {
    if (path[0] !== ROOT) throw new XmlFault(`does not begin with the element ${ROOT}`);
    const time = readTime(attributes['maxTimestamp'] ?? '');
    if (path.length === 2 && time !== null) this.maxTimestamp = Math.max(time, this.maxTimestamp ?? 0);
  }

  #take(element: XmlElement, section: string): void {
    if (section === 'paging') this.next = childOf(element, 'next')?.text.trim() || undefined;
    else this.#takeRecord(element);
  }

  #takeRecord(element: XmlElement): void {
    ++this.read;
    const { name, line } = element;
    const withdrawn = WITHDRAWN.has(name);
    const member = childOf(element, 'member')?.attributes['id']?.trim();
    const id = childOf(element, 'id')?.text.trim();
    const key = `${member}-${id}`;
    const at = readTime(childOf(element, 'timestamp')?.text ?? '') ?? undefined;
    if (!withdrawn && !RECORDS.has(name)) this.#sink.refuse(line, 'an element of this kind is not known here');
    else if (!member || !id) this.#sink.refuse(line, `a record without ${id ? 'the id of its member' : 'an id'}`);
    else if (withdrawn) this.#sink.update(line, key, null, [], at);
    else {
      const reasons: string[] = [];
      this.#sink.update(line, key, recordOf(element, key, member, at, reasons), reasons, at);
    }
  }
}

function recordOf(element: XmlElement, key: string, member: string, updatedAt: number | undefined, reasons: string[]): BankRecord {
  const category = childOf(element, 'classification')?.text.trim();
  if (updatedAt === undefined && childOf(element, 'timestamp')) reasons.push('a timestamp that is none');
  const signals: Signal[] = [];
  for (const fingerprint of childOf(element, 'fingerprints')?.children ?? []) {
    const reading = readFingerprint(fingerprint, element.name === 'video');
    if (typeof reading === 'string') reasons.push(reading);
    else signals.push(reading);
  }
  if (signals.length === 0) reasons.push('no signal that can be used');
  const opinions: Opinion[] = [{ by: member, value: 'positive', ...(category && { tags: [category] }) }];
  for (const feedback of childrenOf(element, 'feedback').flatMap(({ children }) => children))
    opinions.push(...opinionsOf(feedback, reasons));
  return { key, signals, opinions, ...(category && { category }), ...(updatedAt !== undefined && { updatedAt }) };
}

function readFingerprint({ name, text, attributes }: XmlElement, isVideo: boolean): SignalReading {
  const type = bankSignalOf(name) ?? 'other';
  if (type === 'other')
    return readSignal(type, text.trim() || (attributes['href'] ?? ''), { name: name.toUpperCase().replaceAll('-', '_') });
  return readSignal(type === 'md5' && isVideo ? 'video-md5' : type, text);
}

/** What `<affirmativeFeedback>` or `<negativeFeedback>` says; the reasons of the latter stand beside the members, or around them. */
function opinionsOf(feedback: XmlElement, problems: string[]): Opinion[] {
  const value = FEEDBACK.get(feedback.name);
  if (value === undefined) {
    problems.push('feedback of a kind that is not known here');
    return [];
  }
  const type = (feedback.attributes['type'] ?? '').toUpperCase();
  const opinions: Opinion[] = [];
  for (const group of [feedback, ...childrenOf(feedback, 'reasons')]) {
    const reasons = [group, ...(group === feedback ? childrenOf(group, 'reasons') : [])].flatMap((place) => childrenOf(place, 'reason'));
    const tags = [type, ...reasons.map(({ attributes }) => attributes['name'] ?? '')].filter((tag) => tag !== '');
    for (const member of childrenOf(group, 'members').flatMap((members) => childrenOf(members, 'member'))) {
      const by = member.attributes['id']?.trim();
      if (by) opinions.push({ by, value, ...(tags.length > 0 && { tags }) });
      else problems.push('feedback of a member without an id');
    }
  }
  return opinions;
}
