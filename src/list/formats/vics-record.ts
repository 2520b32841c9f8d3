import { cleanText } from '../../bank/plain-text.js';
import type { Signal } from '../../bank/signal.js';
import { readTime } from '../time-text.js';
import { addSignal, type ReadRecord, readTags } from './bank-record.js';

/** Fields that hold a signal besides `MD5`. */
const SIGNALS = ['sha1', 'sha256', 'sha512', 'photodna'] as const;

/** Fields that say yes or no, each with the tag of a yes. */
const FLAGS = {
  victimidentified: 'VictimIdentified',
  offenderidentified: 'OffenderIdentified',
  isdistributed: 'IsDistributed',
  issuspected: 'IsSuspected',
} as const;

/** A field that says yes: VICS files have `true`, `"true"` and `"True"`, ICSE files `1`, `Yes` and `true`. */
export function isYes(value: unknown): boolean {
  return value === true || value === 1 || (typeof value === 'string' && /^\s*(true|yes|y|1)\s*$/i.test(value));
}

/**
 * What a bank makes of one Media of VICS. The category is its number as a text, flags that say yes are tags, so is the series, as `series:NAME`.
 *
 * @param keyPrefix What stands before the `MediaID`: that of the case it is of.
 */
export function vicsRecordOf(media: Readonly<Record<string, unknown>>, keyPrefix: string): ReadRecord {
  const fields = new Map(Object.entries(media).map(([name, value]) => [name.toLowerCase(), value]));
  const text = (name: string): string => textOf(fields.get(name));
  const signals: Signal[] = [];
  const reasons: string[] = [];
  const isVideo = /^video\//i.test(text('mimetype'));
  const add = (type: string, value: string): void => {
    if (value !== '') addSignal(signals, reasons, isVideo && /^md5$/i.test(type) ? 'video-md5' : type, value);
  };
  add('md5', text('md5'));
  for (const type of SIGNALS) add(type, text(type));
  for (const { name, value } of alternatives(fields.get('alternativehashes'))) add(name, value);
  if (signals.length === 0 && reasons.length === 0) reasons.push('no signal');
  const tags = [
    ...Object.entries(FLAGS).flatMap(([name, tag]) => (isYes(fields.get(name)) ? [tag] : [])),
    ...(text('series') === '' ? [] : [`series:${text('series')}`]),
    ...(Array.isArray(fields.get('tags')) ? (fields.get('tags') as unknown[]).map(textOf) : readTags(text('tags'))),
  ].filter((tag) => tag !== '');
  const updatedAt = text('dateupdated') === '' ? null : readTime(text('dateupdated'));
  if (updatedAt === null && text('dateupdated') !== '') reasons.push('a time that is none');
  const [id, category, note] = [text('mediaid'), text('category'), text('comments')];
  const record = {
    key: id === '' ? '' : cleanText(keyPrefix + id),
    signals,
    ...(category !== '' && { category: cleanText(category) }),
    ...(tags.length > 0 && { tags: [...new Set(tags.map(cleanText))] }),
    ...(updatedAt !== null && { updatedAt }),
    ...(note !== '' && { note: cleanText(note) }),
  };
  return { record, reasons };
}

/** `AlternativeHashes: [{ HashName, HashValue }]`; in 1.x PhotoDNA stands here. */
function alternatives(listed: unknown): { name: string; value: string }[] {
  if (!Array.isArray(listed)) return [];
  return listed.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const fields = new Map(Object.entries(item).map(([name, value]) => [name.toLowerCase(), value]));
    return [{ name: textOf(fields.get('hashname')), value: textOf(fields.get('hashvalue')) }];
  });
}

/** A text or a number as text; empty for anything else. */
export function textOf(value: unknown): string {
  return typeof value === 'string' ? value.trim() : typeof value === 'number' ? String(value) : '';
}
