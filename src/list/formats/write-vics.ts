import type { BankRecord } from '../../bank/record.js';
import type { BankSignal, Signal } from '../../bank/signal.js';
import { bytesToBase64, bytesToHex } from '../../hash/encoding.js';
import { type LeaveOut, type RecordWriter, signalTexts, timeText } from './writer.js';

/** The data model as IPED, Griffeye and others look for it. */
const CONTEXT = 'http://github.com/VICSDATAMODEL/ProjectVic/DataModels/2.0.xml/Default/$metadata#Media';

/** Tags that are fields of their own (docs/lists.md). */
const FLAGS: ReadonlySet<string> = new Set(['VictimIdentified', 'OffenderIdentified', 'IsDistributed', 'IsSuspected']);

const SERIES = 'series:';

/** Names among the alternative hashes: as the reader knows them. */
const NAMES: Readonly<Partial<Record<BankSignal, string>>> = {
  pdq: 'PDQ',
  md5: 'MD5',
  sha1: 'SHA1',
  sha256: 'SHA256',
  sha512: 'SHA512',
  'video-md5': 'VideoMD5',
  'video-sha256': 'VideoSHA256',
  photodna: 'PhotoDNA',
};

/**
 * VICS 2.0. Media are numbered from 1: VICS has whole numbers where a bank has keys. A record without an MD5 digest, which VICS requires, is left out.
 * What has no field of its own stands among the alternative hashes.
 *
 * @param categories The number of each category of the records; a category that is a number stands for itself.
 */
export function vicsWriter(leaveOut: LeaveOut, categories: Readonly<Record<string, number>>): RecordWriter {
  let count = 0;
  return {
    head: `{"@odata.context":${JSON.stringify(CONTEXT)},"value":[`,
    recordText: (record) => {
      const media = mediaOf(record, count + 1, categories, leaveOut);
      return media === null ? '' : `${++count === 1 ? '\n' : ',\n'}${JSON.stringify(media)}`;
    },
    tail: '\n]}\n',
  };
}

function mediaOf(record: BankRecord, id: number, categories: Readonly<Record<string, number>>, leaveOut: LeaveOut): object | null {
  const take = (type: BankSignal): Signal | undefined => {
    const at = rest.findIndex((signal) => signal.type === type);
    return at < 0 ? undefined : rest.splice(at, 1)[0];
  };
  const rest = [...record.signals];
  const image = take('md5');
  const md5 = image ?? take('video-md5');
  if (!md5) {
    leaveOut('records without an MD5 digest, which VICS requires');
    return null;
  }
  const MD5 = bytesToHex(md5.value).toUpperCase();
  const sha1 = take('sha1');
  const photodna = take('photodna');
  const others = alternativesOf(rest, MD5, leaveOut);
  if (record.opinions?.length) leaveOut('opinions');
  if (record.signals.some(({ quality }) => quality !== undefined)) leaveOut('qualities of PDQ hashes');
  if (record.signals.some(({ mode }) => mode !== undefined)) leaveOut('modes of PDQ hashes');
  const { tags = [], category, note, updatedAt } = record;
  const time = timeText(updatedAt, leaveOut);
  const series = tags.find((tag) => tag.startsWith(SERIES));
  const plain = tags.filter((tag) => tag !== series && !FLAGS.has(tag));
  return {
    MediaID: id,
    Category: categoryOf(category, categories, leaveOut),
    MD5,
    ...(sha1 && { SHA1: bytesToHex(sha1.value).toUpperCase() }),
    ...(photodna && { PhotoDNA: bytesToBase64(photodna.value) }),
    ...(others.length > 0 && { AlternativeHashes: others }),
    ...Object.fromEntries(tags.filter((tag) => FLAGS.has(tag)).map((flag) => [flag, true])),
    ...(series && { Series: series.slice(SERIES.length) }),
    ...(plain.length > 0 && { Tags: plain.join(';') }),
    ...(note && { Comments: note }),
    ...(time && { DateUpdated: time }),
    ...(!image && { MimeType: 'video/*' }),
  };
}

function categoryOf(category: string | undefined, categories: Readonly<Record<string, number>>, leaveOut: LeaveOut): number | null {
  if (category === undefined) return null;
  const number = Object.hasOwn(categories, category) ? categories[category] : /^\d{1,9}$/.test(category) ? Number(category) : undefined;
  if (number === undefined) leaveOut('categories that are no number and have none in `categories`');
  return number ?? null;
}

function alternativesOf(signals: readonly Signal[], MD5: string, leaveOut: LeaveOut): object[] {
  return signals.flatMap((signal) => {
    const texts = signalTexts(signal);
    const HashName = signal.type === 'other' ? texts?.type : NAMES[signal.type];
    if (HashName && texts) return [{ MD5, HashName, HashValue: texts.value }];
    leaveOut(signal.type === 'other' ? 'signals that have no text' : `signals of type ${signal.type}`);
    return [];
  });
}
