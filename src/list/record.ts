import type { BankSignal } from '../bank/signal.js';
import type { SignalType } from './hash-list.js';
import { plainName } from './signal-text.js';

/** Takes what a parser makes of the lines, in order. */
export interface RecordSink {
  /** What the record that begins at `line` says, or the reason why there is none. A reason never contains text of the list. */
  take(line: number, record: Cells | string): void;
}

/** Turns the lines of one format into records. */
export interface RecordParser {
  /** One line without its end. */
  push(text: string, line: number): void;
  /** No line follows the last one pushed, or the next could not be read. */
  end(): void;
}

/** What a column or field can hold. `value` is a signal whose type stands elsewhere. */
export type Meaning = 'id' | 'list' | 'category' | 'quality' | 'type' | 'value' | SignalType | BankMeaning;

/** What only a bank reads: further signals, and what is known of an entry. */
type BankMeaning = Exclude<BankSignal, SignalType | 'other'> | 'pdq-mode' | 'tags' | 'note' | 'updated' | 'opinions' | 'signals';

/** The text of each column or field that a record fills, as its format wrote it; nothing is checked yet. Empty text: the record does not say. */
export type Cells = Partial<Record<Meaning, string>>;

/** The same cells, with what a value is when the record does not say. */
export function typed(cells: Cells, signalType: string | undefined): Cells {
  if (cells.value && !cells.type && signalType !== undefined) cells.type = signalType;
  return cells;
}

/** The signal types, in the order in which a record's are looked at. */
export const SIGNALS: readonly SignalType[] = ['pdq', 'md5', 'sha1', 'sha256'];

/** Names of columns and fields, written as {@link plainName} leaves them (docs/lists.md has the table). */
const MEANINGS: ReadonlyMap<string, Meaning> = namesOf({
  id: ['id', 'entryid', 'indicatorid'],
  list: ['list', 'listname', 'bank'],
  category: ['category', 'classification'],
  quality: ['quality', 'pdqquality'],
  type: ['type', 'signaltype', 'hashtype', 'algorithm'],
  value: ['value', 'signal', 'signalvalue', 'hash', 'hashvalue', 'hashdigest', 'indicator'],
  pdq: ['pdq', 'pdqhash', 'hashpdq', 'pdqhex'],
  md5: ['md5', 'md5hash', 'hashmd5', 'md5hex'],
  sha1: ['sha1', 'sha1hash', 'hashsha1', 'sha1hex'],
  sha256: ['sha256', 'sha256hash', 'hashsha256', 'sha256hex'],
  sha512: ['sha512', 'sha512hash', 'hashsha512', 'sha512hex'],
  'video-md5': ['videomd5', 'hashvideomd5'],
  'video-sha256': ['videosha256', 'hashvideosha256'],
  photodna: ['photodna', 'pdna', 'photodnahash'],
  url: ['url'],
  'url-md5': ['urlmd5', 'hashurlmd5'],
  'pdq-mode': ['pdqmode'],
  tags: ['tags', 'labels'],
  note: ['note', 'notes', 'comment', 'comments', 'description'],
  updated: ['updated', 'updatedat', 'updatedon', 'lastupdated', 'dateupdated'],
  opinions: ['opinions'],
  signals: ['signals'],
});

/** Columns that hold a signal. */
const SIGNAL_MEANINGS: ReadonlySet<Meaning> = new Set([
  'value',
  ...SIGNALS,
  'sha512',
  'video-md5',
  'video-sha256',
  'photodna',
  'url',
  'url-md5',
]);

/** What may stand twice: the first is taken, because what these names are used for differs from list to list. */
const LOOSE_MEANINGS: ReadonlySet<Meaning> = new Set(['tags', 'note', 'updated', 'opinions', 'signals', 'url']);

/** Names of the signal types that are read: ours, ThreatExchange's (`HASH_PDQ`), StopNCII's (`ImagePDQ`). */
const SIGNAL_TYPES: ReadonlyMap<string, SignalType> = namesOf({
  pdq: ['pdq', 'hashpdq', 'imagepdq'],
  md5: ['md5', 'hashmd5'],
  sha1: ['sha1', 'hashsha1'],
  sha256: ['sha256', 'hashsha256'],
});

/** Types that exist elsewhere and are not read here: python-threatexchange, ThreatExchange, StopNCII, NCMEC, TCAP. */
const FOREIGN_TYPES: ReadonlySet<string> = new Set(
  (
    'videomd5 hashvideomd5 videosha256 sha512 url rawurl uri rawuri urlmd5 hashurlmd5 text rawtext textstring texttlsh trendquery ' +
    'vpdq videopdq videovpdq tmk hashtmk videotmk tmkpdqf pdqocr hashpdqocr pdna photodna netclean videntifier ssvhpdna ssvhsaferhash unknown'
  ).split(' '),
);

/** Whether a column of this meaning holds a signal. */
export function holdsSignal(meaning: Meaning): boolean {
  return SIGNAL_MEANINGS.has(meaning);
}

/** Whether a second column or field of this meaning is ignored, and not a contradiction. */
export function mayRepeat(meaning: Meaning): boolean {
  return LOOSE_MEANINGS.has(meaning);
}

/** What a column or field of this name holds, if it is known. */
export function meaningOf(name: string): Meaning | undefined {
  return MEANINGS.get(plainName(name));
}

/** The signal type of this name; the plain name of one that is known and not read; `null` for any other text. */
export function signalTypeOf(name: string): { type: SignalType } | { foreign: string } | null {
  const plain = plainName(name);
  const type = SIGNAL_TYPES.get(plain);
  if (type) return { type };
  return FOREIGN_TYPES.has(plain) ? { foreign: plain } : null;
}

function namesOf<Word extends string>(names: Readonly<Record<Word, readonly string[]>>): ReadonlyMap<string, Word> {
  return new Map((Object.keys(names) as Word[]).flatMap((word) => names[word].map((name): [string, Word] => [name, word])));
}
