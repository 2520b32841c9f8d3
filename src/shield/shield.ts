import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError, invalid } from '../errors.js';
import { createPdq } from '../hash/pdq.js';
import type { DecodeLimits } from '../image/decoder.js';
import { type Image, isImage } from '../image/image.js';
import { resolveDecodeOptions } from '../image/limits.js';
import { type Input, liveBytes, orAborted } from '../input.js';
import type { SearchableList } from '../list/hash-list.js';
import type { Platform } from '../platform.js';
import type { SearchableBank } from '../snapshot/bank-snapshots.js';
import { type CurrentSnapshot, Snapshot } from '../snapshot/snapshot.js';
import { type Flood, FloodGuard } from './flood-guard.js';
import { lookUp, type SignalVerdict, type UploadSignals } from './look-up.js';
import type { PatchList } from './patch-list.js';
import { checkPolicy, defaultPolicy, type Policy } from './policy.js';
import type { RemoteList } from './remote/remote-service.js';
import { type ScanOptions, scan } from './scan.js';
import { scanUrl, type UrlVerdict } from './scan-url.js';
import { type GivenLists, type Searched, searchedOf } from './searched.js';
import type { UrlList } from './url-list.js';
import type { Verdict } from './verdict.js';

/** What a shield is made of: lists, or a snapshot or bank, or both. */
export type ShieldOptions = ShieldParts &
  (Required<Pick<ShieldParts, 'lists'>> | Required<Pick<ShieldParts, 'snapshot'>> | Required<Pick<ShieldParts, 'bank'>>);

/** The parts of a shield, of which some may be left out. */
export interface ShieldParts {
  /**
   * The lists to look in, each with a name of its own; one or more unless there are patches, URLs, services, a snapshot or a bank. The caller keeps and
   * disposes of them.
   */
  readonly lists?: readonly SearchableList[];
  /** Banks of patches to look in, each with a name that no other bank has. */
  readonly patches?: readonly PatchList[];
  /** Lists of URLs for `scanUrl`, each with a name that no other list of URLs has. */
  readonly urls?: readonly UrlList[];
  /**
   * A snapshot, or what holds the current one: its lists are looked in besides, with their patches and URLs. Each scan takes the current one
   * when it begins, and keeps it to its end.
   */
  readonly snapshot?: Snapshot | CurrentSnapshot;
  /**
   * In place of a snapshot, the bank itself: each scan takes the newest snapshot of it. What was changed through this object is seen by the next
   * scan; but where so much was changed that a snapshot has to be made anew of more than 100,000 entries, scans go on with the one before until
   * it is there. What others changed is seen some seconds later. The names that the policy has for lists are checked by the first scan.
   */
  readonly bank?: SearchableBank;
  /** Services that scans ask too, over the network, after everything else (docs/remote.md); each with a name that no other service has. */
  readonly remote?: readonly RemoteList[];
  /** Default {@link defaultPolicy}. */
  readonly policy?: Policy;
  /** Bounds on what is decoded (docs/images.md). */
  readonly limits?: DecodeLimits;
  /**
   * Told once for each entry, signal and window of the policy's `flood` that it matches too much, from within the call that finds it; what
   * it throws, that call throws.
   */
  readonly onFlood?: (flood: Flood) => void;
}

/** Looks uploads up in lists and says what a policy makes of the answer. Between scans it keeps what a policy's `flood` counts, and nothing else. */
export interface Shield {
  /** The policy in force, frozen. */
  readonly policy: Policy;
  /**
   * Looks one upload up: its digests, then the hash and the patches of every frame; hashes in eight orientations, as stored, upright, (if it is
   * transparent) on white and on black, and inside a frame if it has one; then, if there are services to ask, it asks them.
   *
   * A file that cannot be read, decoded or hashed is an answer (`could-not-tell`, `not-hashable`), not an exception. Bytes are
   * copied, so the caller may transfer or reuse the buffer at once.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a wrong parameter, or a PhotoDNA hash where the policy names no
   * `thresholds.photoDnaMaxDistance`; `NO_FILESYSTEM`, `DISPOSED` if a list was disposed of; the signal's reason; and whatever a stream that the caller passed throws.
   */
  scan(input: Input | Image, options?: ScanOptions): Promise<Verdict>;
  /**
   * Looks signals of one upload up that the platform holds already, without the picture: PDQ hashes, digests of the file, and a PhotoDNA hash,
   * which egide compares but never computes. The bytes are copied. Lists alone are asked, not the services of `remote`.
   *
   * The outcome is `could-not-tell` also if a list holds none of the signals that were given, and `not-hashable` if `pdqQuality` is too
   * low for a list.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a wrong parameter, or a PhotoDNA hash where the policy names no
   * `thresholds.photoDnaMaxDistance`; `DISPOSED` if a list was disposed of; or the signal's reason.
   */
  lookUp(signals: UploadSignals, options?: { readonly signal?: AbortSignal }): Promise<SignalVerdict>;
  /**
   * Looks one URL up in the lists of URLs: a match of an `exact` rule brings the action that the policy has for `exact`, one of any other
   * rule that for `near`. A text that is no http or https URL is an answer, `could-not-tell`. Nothing is fetched.
   *
   * @throws {EgideError} `INVALID_ARGUMENT` for a wrong parameter, `DISPOSED` if a list was disposed of, `INVALID_INDEX` if one turns out to be damaged.
   */
  scanUrl(url: string): UrlVerdict;
}

/** @internal */
export function createShield(backend: Backend, platform: Platform, options: ShieldOptions): Shield {
  if (typeof options !== 'object' || options === null)
    throw invalid('options', '{ lists, patches?, urls?, remote?, policy?, limits? }', options);
  const policy = checkPolicy(options.policy ?? defaultPolicy);
  const limits = options.limits ?? {};
  resolveDecodeOptions(limits);
  const banks = checkBanks(options.patches ?? []);
  const urlLists = checkUrlLists(options.urls ?? []);
  const source = sourceOf(options);
  const remote = checkRemote(options.remote ?? []);
  const lists = checkLists(options.lists ?? [], banks.length + urlLists.length + remote.length === 0 && !source);
  const given: GivenLists = { lists, patches: banks, urls: urlLists, remote };
  const searched = searchedNow(policy, given, source);
  const pdq = createPdq(backend);
  const floods = new FloodGuard(policy.flood, checkOnFlood(policy, options.onFlood));
  return {
    policy,
    async scan(given, scanOptions = {}) {
      const newest = source?.ready?.();
      const [input, own] = newest ? [ownInput(given), ownBytes(scanOptions)] : [given, scanOptions];
      if (newest) await waited(newest, own); // without one, the input is read before this first gives way
      const now = searched();
      const { lists, patches, snapshot } = now;
      if (lists.length + patches.length + remote.length === 0) throw onlyFor('lists', 'scan', 'hash lists, patches or services');
      using _held = snapshot?.hold();
      return await scan({ backend, platform, pdq, policy, limits, searched: now, floods }, input, own);
    },
    async lookUp(given, lookUpOptions = {}) {
      const newest = source?.ready?.();
      const signals = newest ? ownBytes(given) : given;
      if (newest) await waited(newest, lookUpOptions);
      const now = searched();
      if (now.lists.length === 0) throw onlyFor('lists', 'lookUp', 'hash lists');
      using _held = now.snapshot?.hold();
      return await lookUp(now, policy, floods, signals, lookUpOptions);
    },
    scanUrl(url) {
      const { urls } = searched();
      if (urls.length === 0) throw onlyFor('urls', 'scanUrl', 'lists of URLs');
      return scanUrl(urls, policy, floods, url);
    },
  };
}

/** What is searched now: worked out anew when there is another snapshot. */
function searchedNow(policy: Policy, given: GivenLists, source: CurrentSnapshot | undefined): () => Searched {
  let known: Searched | undefined;
  const now = (): Searched => {
    const snapshot = source?.current;
    if (known?.snapshot === snapshot && known) return known;
    const next = searchedOf(policy, given, snapshot);
    if (!known) checkNames(policy, [...next.lists, ...next.patches, ...next.urls, ...next.remote]);
    known = next;
    return next;
  };
  if (!source?.ready) now();
  return now;
}

async function waited(newest: Promise<void>, options: { readonly signal?: AbortSignal }): Promise<void> {
  checkCallOptions(options);
  await orAborted(newest, options.signal);
}

/** An input that nobody changes or takes away while its scan waits. */
function ownInput(input: Input | Image): Input | Image {
  if (input instanceof Uint8Array) return liveBytes('input', input).slice();
  if (input instanceof ArrayBuffer) return input.slice(0);
  return isImage(input) ? ownBytes(input) : input;
}

/** The same with copies of all bytes that it names. */
function ownBytes<Given>(given: Given): Given {
  if (typeof given !== 'object' || given === null) return given;
  const own = (value: unknown): unknown => (value instanceof Uint8Array ? value.slice() : Array.isArray(value) ? value.map(own) : value);
  return Object.fromEntries(Object.entries(given).map(([name, value]) => [name, own(value)])) as Given;
}

function sourceOf({ snapshot, bank }: ShieldOptions): CurrentSnapshot | undefined {
  if (bank === undefined) return checkSnapshot(snapshot);
  if (snapshot !== undefined) throw invalid('bank', 'a bank or a snapshot, not both', bank);
  if (typeof bank?.newest?.ready !== 'function') throw invalid('bank', 'a bank that openBank gave (await it)', bank);
  return bank.newest;
}

function checkSnapshot(snapshot: unknown): CurrentSnapshot | undefined {
  if (snapshot === undefined) return undefined;
  if (snapshot instanceof Snapshot) return { current: snapshot };
  if ((snapshot as Partial<CurrentSnapshot> | null)?.current instanceof Snapshot) return snapshot as CurrentSnapshot;
  throw invalid('snapshot', 'a snapshot that openSnapshot gave, or what watchSnapshot gave (await it)', snapshot);
}

/** Without a bound it would never be called, and nobody would notice. */
function checkOnFlood({ flood }: Policy, onFlood: ShieldParts['onFlood']): ShieldParts['onFlood'] {
  if (onFlood === undefined) return undefined;
  if (typeof onFlood !== 'function') throw invalid('onFlood', 'a function', onFlood);
  if (!flood) throw new EgideError('INVALID_ARGUMENT', 'onFlood: the policy does not say what a flood is: name flood (docs/policy.md)');
  return onFlood;
}

function checkLists(lists: unknown, wanted: boolean): readonly SearchableList[] {
  if (!Array.isArray(lists) || (wanted && lists.length === 0)) throw invalid('lists', 'an array of one or more hash lists', lists);
  const names = new Set<string>();
  for (const [i, list] of (lists as SearchableList[]).entries()) {
    if (typeof list !== 'object' || list === null || typeof list.entry !== 'function')
      throw invalid(`lists[${i}]`, 'a list made by hashList (await it), or one of a snapshot', list);
    if (names.has(list.name)) throw invalid(`lists[${i}].name`, 'a name that no other list has', list.name);
    names.add(list.name);
  }
  return [...lists];
}

function checkBanks(banks: unknown): readonly PatchList[] {
  if (!Array.isArray(banks)) throw invalid('patches', 'an array of { name, index, entry }', banks);
  const names = new Set<string>();
  for (const [i, bank] of (banks as Partial<PatchList>[]).entries()) {
    const { name, index, entry } = bank ?? {};
    if (typeof name !== 'string' || typeof index?.search !== 'function' || typeof entry !== 'function')
      throw invalid(`patches[${i}]`, '{ name, index, entry } with an index that buildPatchIndex gave (await it)', bank);
    if (names.has(name)) throw invalid(`patches[${i}].name`, 'a name that no other bank of patches has', name);
    names.add(name);
  }
  return [...(banks as PatchList[])];
}

function checkUrlLists(lists: unknown): readonly UrlList[] {
  if (!Array.isArray(lists)) throw invalid('urls', 'an array of { name, index, entry }', lists);
  const names = new Set<string>();
  for (const [i, list] of (lists as Partial<UrlList>[]).entries()) {
    const { name, index, entry } = list ?? {};
    if (typeof name !== 'string' || typeof index?.search !== 'function' || !index.hashing || typeof entry !== 'function')
      throw invalid(`urls[${i}]`, '{ name, index, entry } with an index that buildUrlIndex gave (await it)', list);
    if (names.has(name)) throw invalid(`urls[${i}].name`, 'a name that no other list of URLs has', name);
    names.add(name);
  }
  return [...(lists as UrlList[])];
}

function checkRemote(remote: unknown): readonly RemoteList[] {
  if (!Array.isArray(remote)) throw invalid('remote', 'an array of { service, send, when? }', remote);
  const names = new Set<string>();
  for (const [i, one] of (remote as Partial<RemoteList>[]).entries()) {
    const { service, send, when } = one ?? {};
    if (typeof service?.name !== 'string' || typeof service.lookUpMedia !== 'function' || typeof service.lookUpPdq !== 'function')
      throw invalid(`remote[${i}].service`, 'what arachnidShield gave, or another service', service);
    if (send !== 'pdq' && send !== 'media') throw invalid(`remote[${i}].send`, "'pdq' or 'media': what may leave this machine", send);
    if (when !== undefined && when !== 'unless-blocked' && when !== 'always')
      throw invalid(`remote[${i}].when`, "'unless-blocked' or 'always'", when);
    if (names.has(service.name)) throw invalid(`remote[${i}].service.name`, 'a name that no other service has', service.name);
    names.add(service.name);
  }
  return (remote as RemoteList[]).map((one) => ({ ...one }));
}

/** Nothing would be asked, and everything would pass. */
function onlyFor(parameter: string, method: string, what: string): EgideError {
  return new EgideError('INVALID_ARGUMENT', `${parameter}: this shield has no ${what}, so there is nothing that ${method} could ask`);
}

function checkNames(policy: Policy, given: readonly { readonly list: { readonly name: string } }[]): void {
  const names = new Set(given.map(({ list }) => list.name));
  for (const name of Object.keys(policy.lists ?? {}))
    if (!names.has(name)) throw invalid(`policy.lists.${name}`, `the name of a list that was given (${[...names].join(', ')})`, name);
}
