import { HASH_BYTES } from '../backend.js';
import type { Orientation } from '../hash/pdq.js';
import type { Match, NearMatch, PartialMatch, PhotoDnaMatch, ProblemCode, RemoteMatch, Verdict, View } from './verdict.js';

/** How the upload lies compared with the listed picture, said to a person; empty if it lies the same way. */
export const ORIENTATION_WORDS: Readonly<Record<Orientation, string>> = {
  original: '',
  rotate90: 'turned a quarter clockwise',
  rotate180: 'turned upside down',
  rotate270: 'turned a quarter counter-clockwise',
  flipX: 'mirrored top to bottom',
  flipY: 'mirrored',
  flipPlus1: 'mirrored along the rising diagonal',
  flipMinus1: 'mirrored along the falling diagonal',
};

/** In which view an upload was seen, said to a person; empty for the stored pixels. */
const VIEW_WORDS: Readonly<Record<View, string>> = {
  stored: '',
  upright: 'upright by its EXIF tag',
  'on-white': 'laid on white',
  'on-black': 'laid on black',
  trimmed: 'inside a frame',
};

/** What makes a match of patches doubtful, said to a person. */
export const LABEL_WORDS = {
  'heavily-overlaid': 'much of what should be seen is covered or changed',
  'shared-element': 'perhaps only an element is shared, such as a logo or a sticker',
} as const;

/** What a digest is called. */
export const DIGEST_WORDS = { md5: 'MD5', sha1: 'SHA-1', sha256: 'SHA-256' } as const;

/** What a signal that a caller can bring is called. */
export const SIGNAL_WORDS = { ...DIGEST_WORDS, pdq: 'PDQ', photodna: 'PhotoDNA' } as const;

/** Why a picture cannot be looked up; any other problem, but for matches left out, is why nobody could tell. */
const POOR: ReadonlySet<ProblemCode> = new Set<ProblemCode>(['LOW_QUALITY', 'TOO_SMALL', 'FEW_FEATURES']);

/** One sentence about what was found, for a person. It says what matches, never what a picture is. */
export function summarise({
  outcome,
  matches,
  problems,
  lists,
  patches,
  remote,
  input,
}: Pick<Verdict, 'outcome' | 'matches' | 'problems' | 'lists' | 'patches' | 'remote' | 'input'>): string {
  const [strongest, ...others] = matches;
  if (strongest) return `${sayMatch(strongest, input.frameCount)}${sayOthers(others.length)}${sayFlood(strongest)}.`;
  const problem = problems.find(({ code }) => POOR.has(code) === (outcome === 'not-hashable'));
  if (outcome === 'could-not-tell') return `Could not tell: ${clause(problem?.message ?? 'part of the work failed')}.`;
  if (outcome === 'not-hashable') return `Not hashable: ${clause(problem?.message ?? 'the picture has too little in it')}.`;
  const entries = lists.reduce((sum, list) => sum + list.entries, 0);
  const hashes = lists.length > 0 ? [`${plural(entries, 'entry', 'entries')} of ${plural(lists.length, 'list', 'lists')}`] : [];
  const pictures = patches.reduce((sum, bank) => sum + bank.pictures, 0);
  const banks = patches.length > 0 ? [`the patches of ${plural(pictures, 'picture', 'pictures')}`] : [];
  const services =
    remote.length > 0 ? [`what ${remote.map(({ name }) => name).join(' and ')} ${remote.length === 1 ? 'knows' : 'know'}`] : [];
  return `No match among ${[...hashes, ...banks, ...services].join(' and ')}.`;
}

/** One match without the full stop, as in `Near match: 6 of 256 bits differ, mirrored, with entry 42 of list ncmec-test`. */
function sayMatch(match: Match, frameCount = 1): string {
  const entry = `entry ${match.entry.id} of list ${match.entry.list}`;
  if (match.kind === 'exact') return `Exact match: the ${DIGEST_WORDS[match.signal]} of the file is that of ${entry}`;
  if (match.kind === 'remote') return sayRemote(match, frameCount);
  if (match.kind === 'partial')
    return `Partial match, ${match.tier}: ${[...saySeen(match, frameCount), match.description].join(', ')}, with ${entry}`;
  if (match.signal === 'photodna') return `Near match: ${sayPhotoDna(match)}, with ${entry}`;
  return `Near match: ${[sayBits(match.distance), ...saySeen(match, frameCount)].join(', ')}, with ${entry}`;
}

/** How far two PDQ hashes are apart. */
export function sayBits(distance: number): string {
  return `${distance} of ${8 * HASH_BYTES} bits ${distance === 1 ? 'differs' : 'differ'}`;
}

/** How far two PhotoDNA hashes are apart. */
export function sayPhotoDna({ distance, maxDistance }: PhotoDnaMatch): string {
  return `PhotoDNA at a squared distance of ${grouped(distance)} (up to ${grouped(maxDistance)} counts)`;
}

/** As in `Remote match: arachnid knows this very file, as csam`. */
function sayRemote(match: RemoteMatch, frameCount: number): string {
  const { entry, matchType } = match;
  const what = matchType === 'exact' ? 'knows this very file' : 'knows something like it';
  const seen = saySeen(match, frameCount);
  return `Remote match: ${[`${entry.list} ${what}`, `as ${entry.category}`, ...seen].join(', ')}`;
}

/** In which shape the upload was seen to match: frame, view, orientation and negative, where they are out of the ordinary. */
export function saySeen(match: NearMatch | PartialMatch | RemoteMatch, frameCount = 1): string[] {
  const words: string[] = [];
  const { frame, view } = match;
  if (frameCount > 1 && frame !== undefined) words.push(`in frame ${frame + 1} of ${frameCount}`);
  if (view && VIEW_WORDS[view]) words.push(VIEW_WORDS[view]);
  if (match.kind !== 'near') return words;
  if (ORIENTATION_WORDS[match.orientation]) words.push(ORIENTATION_WORDS[match.orientation]);
  if (match.negative) words.push('as a negative');
  return words;
}

/** What stands behind the first match, as in ` (and 2 more matches)`. */
export function sayOthers(count: number): string {
  return count === 0 ? '' : ` (and ${plural(count, 'more match', 'more matches')})`;
}

/** What stands behind a match of an entry that matches more than its policy believes. */
export function sayFlood({ flood }: { readonly flood?: true }): string {
  return flood ? '; the entry matches so much that it may be wrong' : '';
}

/** A message without its full stop, to stand within a sentence. */
function clause(message: string): string {
  return message.replace(/\.$/, '');
}

/** A count with its noun, as in `1,024 entries`. */
export function plural(count: number, one: string, many: string): string {
  return `${grouped(count)} ${count === 1 ? one : many}`;
}

/** A whole number with its thousands apart, as in `1,024`: by hand, since `toLocaleString` takes longer than the rest of a verdict. */
export function grouped(count: number): string {
  let text = String(count);
  for (let i = text.length - 3; i > 0; i -= 3) text = `${text.slice(0, i)},${text.slice(i)}`;
  return text;
}
