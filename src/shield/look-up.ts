import { HASH_BYTES } from '../backend.js';
import { checkCallOptions, EgideError, invalid, wholeNumber } from '../errors.js';
import { DIGEST_BYTES, type DigestType } from '../hash/digests.js';
import { liveBytes } from '../input.js';
import { exactMatches } from './exact-matches.js';
import type { FloodGuard } from './flood-guard.js';
import { keyOf, type SearchedList } from './near-matches.js';
import { asksPhotoDna, ownPhotoDna, photoDnaMatches } from './photodna-matches.js';
import { type Policy, sternest } from './policy.js';
import { namedSnapshot, type Searched } from './searched.js';
import { staleProblems } from './staleness.js';
import { plural, SIGNAL_WORDS, sayBits, sayFlood, sayOthers, sayPhotoDna } from './summary.js';
import {
  type Action,
  type ExactMatch,
  type GivenHashMatch,
  MAX_MATCHES,
  type Outcome,
  type PhotoDnaMatch,
  type Problem,
  type Verdict,
} from './verdict.js';

/** Signals of one upload that a platform holds already: one or more. */
export interface UploadSignals {
  /** A PDQ hash, 32 bytes, or several of one picture, such as its eight orientations. Of each the complement, which is the hash of the negative, is looked up too. */
  readonly pdq?: Uint8Array | readonly Uint8Array[];
  /** Quality of the PDQ hashes, 0 to 100. Without it they are looked up whatever the policy asks for. */
  readonly pdqQuality?: number;
  /** 16 bytes. */
  readonly md5?: Uint8Array;
  /** 20 bytes. */
  readonly sha1?: Uint8Array;
  /** 32 bytes. */
  readonly sha256?: Uint8Array;
  /** 144 bytes. The policy must name `thresholds.photoDnaMaxDistance`. */
  readonly photodna?: Uint8Array;
}

/** A type of signal that a caller can bring. */
export type GivenSignal = DigestType | 'pdq' | 'photodna';

/** What signals of an upload are on the lists, and what the policy makes of it. None of the signals is in it. */
export interface SignalVerdict
  extends Pick<Verdict, 'action' | 'outcome' | 'summary' | 'problems' | 'policyVersion' | 'snapshot' | 'lists'> {
  /** Exact before near, near by distance (PDQ before PhotoDNA), then in the order of the lists; as of {@link Verdict.matches}. */
  readonly matches: readonly (ExactMatch | GivenHashMatch | PhotoDnaMatch)[];
  /** The types that were given. */
  readonly given: readonly GivenSignal[];
}

/** The most trustworthy first: MD5 and SHA-1 collisions can be made. */
const DIGESTS: readonly DigestType[] = ['sha256', 'sha1', 'md5'];

/** Hashes of one upload at most: eight orientations of a hundred frames, which are looked up in one go (our own choice). */
const MAX_HASHES = 800;

/** Looks signals up. What it throws is in the doc comment of `Shield.lookUp`. */
export async function lookUp(
  searched: Searched,
  policy: Policy,
  floods: FloodGuard,
  signals: UploadSignals,
  options: { readonly signal?: AbortSignal },
): Promise<SignalVerdict> {
  checkCallOptions(options);
  const { hashes, quality, digests, photodna, given } = checkSignals(policy, signals);
  options.signal?.throwIfAborted();
  const { lists, snapshot } = searched;
  const exact = exactMatches(lists, digests);
  const near = nearGiven(lists, hashes, quality);
  const photo = photodna ? await photoDnaMatches(lists, photodna, options.signal) : { matches: [], truncatedLists: [] };
  const matches = floods.mark([...exact.matches, ...near.matches, ...photo.matches]);
  const unasked = lists.filter((one) => !canAsk(one, given)).map(({ list }) => notAsked(list.name, given));
  const stale = snapshot && policy.maxListAgeMs !== undefined ? staleProblems(snapshot, policy.maxListAgeMs, Date.now()) : [];
  const poor = near.wanted === undefined ? [] : [lowQuality(quality, near.wanted)];
  const left = [exact, near, photo].flatMap(({ truncatedLists }) => truncatedLists.map(matchesLeftOut));
  const incomplete = unasked.length + stale.length > 0;
  const outcome = matches.length > 0 ? 'match' : incomplete ? 'could-not-tell' : poor.length > 0 ? 'not-hashable' : 'no-match';
  const found = { outcome, matches, problems: [...unasked, ...stale, ...poor, ...left], given } as const;
  const named = lists.map(({ list }) => ({ name: list.name, entries: list.entryCount }));
  return {
    action: actionOf(
      policy,
      outcome,
      matches.map(({ action }) => action),
      incomplete,
      poor.length > 0,
    ),
    summary: summarise(found, named),
    ...found,
    policyVersion: policy.version,
    ...namedSnapshot(searched),
    lists: named,
  };
}

interface Checked {
  readonly hashes: readonly Uint8Array[];
  readonly quality: number;
  readonly digests: Partial<Record<DigestType, Uint8Array>>;
  readonly photodna: Uint8Array | undefined;
  readonly given: readonly GivenSignal[];
}

/** Copies of what was given. Throws `INVALID_ARGUMENT`, without any of it. */
function checkSignals(policy: Policy, signals: UploadSignals): Checked {
  if (typeof signals !== 'object' || signals === null) throw invalid('signals', '{ pdq?, md5?, sha1?, sha256?, photodna? }', signals);
  const { pdq = [], pdqQuality = 100, photodna } = signals;
  wholeNumber('pdqQuality', pdqQuality, 0, 100);
  if (!(pdq instanceof Uint8Array) && (!Array.isArray(pdq) || pdq.length > MAX_HASHES))
    throw invalid('pdq', `${HASH_BYTES} bytes, or an array of up to ${MAX_HASHES} such`, pdq);
  const hashes = (pdq instanceof Uint8Array ? [pdq] : pdq).map((hash) => ownBytes('pdq', hash, HASH_BYTES));
  const digests: Partial<Record<DigestType, Uint8Array>> = {};
  for (const type of DIGESTS) if (signals[type] !== undefined) digests[type] = ownBytes(type, signals[type], DIGEST_BYTES[type]);
  const given = [
    ...DIGESTS.filter((type) => digests[type]),
    ...(hashes.length > 0 ? ['pdq' as const] : []),
    ...(photodna === undefined ? [] : ['photodna' as const]),
  ];
  if (given.length === 0) throw new EgideError('INVALID_ARGUMENT', 'signals: expected one or more of pdq, md5, sha1, sha256 and photodna');
  return { hashes, quality: pdqQuality, digests, photodna: photodna === undefined ? undefined : ownPhotoDna(policy, photodna), given };
}

function ownBytes(name: string, bytes: Uint8Array, byteLength: number): Uint8Array {
  if (liveBytes(name, bytes).byteLength !== byteLength) throw invalid(name, `${byteLength} bytes`, bytes);
  return new Uint8Array(bytes);
}

interface NearGiven {
  /** By distance, then in the order of the lists: the nearest of each entry, {@link MAX_MATCHES} of a list at most. */
  readonly matches: readonly GivenHashMatch[];
  readonly truncatedLists: readonly string[];
  /** The least quality asked for by a list that could not use the hashes. */
  readonly wanted: number | undefined;
}

/** Looks PDQ hashes, and their complements, up in every list that their quality is good enough for. */
function nearGiven(lists: readonly SearchedList[], hashes: readonly Uint8Array[], quality: number): NearGiven {
  const matches: GivenHashMatch[] = [];
  const truncatedLists: string[] = [];
  let wanted: number | undefined;
  const queries = new Uint8Array(2 * hashes.length * HASH_BYTES);
  for (const [i, hash] of [...hashes, ...hashes.map((one) => one.map((byte) => ~byte))].entries()) queries.set(hash, i * HASH_BYTES);
  for (const { list, rules } of hashes.length === 0 ? [] : lists) {
    if (list.pdq.size === 0) continue;
    if (quality < rules.pdqMinQuality) {
      wanted = Math.min(wanted ?? 100, rules.pdqMinQuality);
      continue;
    }
    const { hits, truncated } = list.pdq.searchMany(queries, { maxDistance: rules.pdqMaxDistance, limit: MAX_MATCHES });
    if (truncated) truncatedLists.push(list.name);
    const seen = new Set<string>(); // the nearest comes first
    for (const { query, id, distance } of hits) {
      const entry = list.entry(id, 'pdq');
      if (seen.has(keyOf(entry))) continue;
      seen.add(keyOf(entry));
      const how = { maxDistance: rules.pdqMaxDistance, given: query % hashes.length, negative: query >= hashes.length };
      matches.push({ kind: 'near', signal: 'pdq', entry, action: rules.near, distance, ...how });
    }
  }
  return { matches: matches.sort((a, b) => a.distance - b.distance), truncatedLists, wanted };
}

/** Whether a list that holds anything at all holds one of the signals that were given. */
function canAsk(searched: SearchedList, given: readonly GivenSignal[]): boolean {
  const { pdq, digests } = searched.list;
  const held: GivenSignal[] = DIGESTS.filter((type) => digests[type].size > 0);
  if (pdq.size > 0) held.push('pdq');
  if (asksPhotoDna(searched)) held.push('photodna');
  return held.length === 0 || held.some((type) => given.includes(type));
}

function notAsked(list: string, given: readonly GivenSignal[]): Problem {
  return { code: 'NOT_ASKED', message: `list ${list} holds none of the signals that were given (${sayGiven(given)})` };
}

function lowQuality(quality: number, wanted: number): Problem {
  return { code: 'LOW_QUALITY', message: `quality ${quality} of 100 is below the ${wanted} that the policy asks for` };
}

function matchesLeftOut(list: string): Problem {
  const message = `list ${list} has more matches than the ${MAX_MATCHES} of one signal that a verdict names`;
  return { code: 'MATCHES_LEFT_OUT', message };
}

/** A match whose list lets it pass does not excuse what could not be asked. */
function actionOf({ actions }: Policy, outcome: Outcome, all: readonly Action[], incomplete: boolean, poor: boolean): Action {
  if (outcome === 'no-match') return actions.noMatch;
  return sternest([...all, ...(incomplete ? [actions.couldNotTell] : []), ...(poor ? [actions.notHashable] : [])]);
}

function sayGiven(given: readonly GivenSignal[]): string {
  return given.map((type) => SIGNAL_WORDS[type]).join(', ');
}

function summarise(
  { outcome, matches, problems, given }: Pick<SignalVerdict, 'outcome' | 'matches' | 'problems' | 'given'>,
  lists: SignalVerdict['lists'],
): string {
  const [first, ...others] = matches;
  if (first) return `${sayMatch(first)} entry ${first.entry.id} of list ${first.entry.list}${sayOthers(others.length)}${sayFlood(first)}.`;
  if (outcome === 'could-not-tell') return `Could not tell: ${problems[0]?.message}.`;
  if (outcome === 'not-hashable') return `Not hashable: ${problems[0]?.message}.`;
  const entries = lists.reduce((sum, list) => sum + list.entries, 0);
  return `No match among ${plural(entries, 'entry', 'entries')} of ${plural(lists.length, 'list', 'lists')}, by ${sayGiven(given)}.`;
}

function sayMatch(match: SignalVerdict['matches'][number]): string {
  if (match.kind === 'exact') return `Exact match: the ${SIGNAL_WORDS[match.signal]} is that of`;
  if (match.signal === 'photodna') return `Near match: ${sayPhotoDna(match)}, with`;
  return `Near match: ${sayBits(match.distance)}${match.negative ? ', as a negative' : ''}, with`;
}
