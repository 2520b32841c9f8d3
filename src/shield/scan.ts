import type { Backend } from '../backend.js';
import { checkCallOptions, EgideError, type ErrorCode, invalid } from '../errors.js';
import { digestInput } from '../hash/digests.js';
import type { Pdq } from '../hash/pdq.js';
import type { DecodeLimits, DecodeOptions, Decoder, ResolvedDecodeOptions } from '../image/decoder.js';
import { checkImage, type Image, isImage } from '../image/image.js';
import { resolveDecodeOptions } from '../image/limits.js';
import { type Input, readAll } from '../input.js';
import type { Platform } from '../platform.js';
import { exactMatches } from './exact-matches.js';
import type { FloodGuard } from './flood-guard.js';
import { hashViews } from './frame-views.js';
import { type HashedView, NearMatches, unhashable } from './near-matches.js';
import { LEAST_FEATURES, PartialMatches } from './partial-matches.js';
import { climb } from './patch-ladder.js';
import { ownPhotoDna, photoDnaMatches, photoDnaUnasked } from './photodna-matches.js';
import { checkBudget, type Policy, sternest } from './policy.js';
import { RemoteQuestions } from './remote-questions.js';
import { carriesDigests, namedSnapshot, type Searched } from './searched.js';
import { staleProblems } from './staleness.js';
import { summarise } from './summary.js';
import { TimeBudget } from './time-budget.js';
import {
  type Action,
  type ExactMatch,
  type ListMatch,
  MAX_MATCHES,
  type Match,
  type Outcome,
  type PhotoDnaMatch,
  type Problem,
  type Verdict,
} from './verdict.js';

/** How far a scan has come. */
export interface ScanProgress {
  /** Frames hashed and looked up so far. */
  readonly framesDone: number;
  /** Frames in the file (1 for a still). */
  readonly frameCount: number;
}

/** How to look at one upload. */
export interface ScanOptions {
  readonly signal?: AbortSignal;
  /** Called after each frame. */
  readonly onProgress?: (progress: ScanProgress) => void;
  /** How to decode; default `default` (docs/images.md). */
  readonly profile?: NonNullable<DecodeOptions['profile']>;
  /** Takes the place of the policy's `deep`: also look for negatives, small parts and stretched copies. */
  readonly deep?: boolean;
  /** Takes the place of the policy's `budgetMs`. */
  readonly budgetMs?: number;
  /**
   * The upload's PhotoDNA hash, 144 bytes, if the platform has computed it (egide does not): it is looked up besides. The policy must name
   * `thresholds.photoDnaMaxDistance`.
   */
  readonly photodna?: Uint8Array;
}

/** What every scan of one shield needs, worked out once. */
export interface ScanParts {
  readonly backend: Backend;
  readonly platform: Platform;
  readonly pdq: Pdq;
  readonly policy: Policy;
  readonly limits: DecodeLimits;
  readonly searched: Searched;
  readonly floods: FloodGuard;
}

/** Failures that are an answer about the upload. Any other is a mistake in the program, and is thrown. */
const ANSWERS: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'EMPTY_INPUT',
  'TOO_MANY_BYTES',
  'TOO_MANY_PIXELS',
  'UNSUPPORTED_FORMAT',
  'CORRUPT_IMAGE',
  'DECODE_TIMEOUT',
  'NO_DECODER',
  'NOT_FOUND',
  'OUT_OF_MEMORY',
]);

/** Looks one upload up. What it throws is in the doc comment of `Shield.scan`. */
export async function scan(parts: ScanParts, input: Input | Image, options: ScanOptions): Promise<Verdict> {
  checkCallOptions(options);
  if (options.deep !== undefined && typeof options.deep !== 'boolean') throw invalid('deep', 'true or false', options.deep);
  if (options.budgetMs !== undefined) checkBudget('budgetMs', options.budgetMs);
  const photodna = options.photodna === undefined ? undefined : ownPhotoDna(parts.policy, options.photodna);
  options.signal?.throwIfAborted();
  const work = new Scan(parts, options);
  // Both calls take what they need of the caller's buffer before they first give way, so that it may be transferred.
  if (isImage(input)) await work.lookAtPixels(input);
  else await work.lookAtFile(input);
  await work.lookUpPhotoDna(photodna);
  await work.askServices();
  return work.verdict();
}

/** Parts of the work whose time is told. */
type Part = 'readMs' | 'digestMs' | 'decodeMs' | 'hashMs' | 'searchMs' | 'patchMs' | 'remoteMs';

/** One scan: what has been found so far. */
class Scan {
  readonly #parts: ScanParts;
  readonly #options: ScanOptions;
  readonly #time: TimeBudget;
  readonly #spent: Record<Part, number> = { readMs: 0, digestMs: 0, decodeMs: 0, hashMs: 0, searchMs: 0, patchMs: 0, remoteMs: 0 };
  readonly #problems: Problem[] = [];
  readonly #exact: ExactMatch[] = [];
  readonly #near: NearMatches;
  readonly #partial: PartialMatches;
  readonly #photodna: PhotoDnaMatch[] = [];
  /** All that lists say. */
  #told: readonly ListMatch[] | undefined;
  readonly #remote: RemoteQuestions;
  /** The file, once it has been read. */
  #bytes: Uint8Array | undefined;
  #byteLength = 0;
  /** The first frame, without its pixels. */
  #first: Omit<Image, 'data'> | undefined;
  #framesHashed = 0;
  #quality: number | undefined;
  /** Something that was to be done failed, or was left out. */
  #incomplete = false;

  constructor(parts: ScanParts, options: ScanOptions) {
    this.#parts = parts;
    this.#options = options;
    this.#time = new TimeBudget(options.budgetMs ?? parts.policy.budgetMs);
    this.#near = new NearMatches(parts.searched.lists);
    this.#partial = new PartialMatches(parts.searched.patches);
    this.#remote = new RemoteQuestions(parts.searched.remote);
  }

  async lookAtFile(input: Input): Promise<void> {
    const { platform, limits, policy, searched } = this.#parts;
    const { signal, profile } = this.#options;
    const decodeOptions = resolveDecodeOptions({ ...limits, ...(profile !== undefined && { profile }), ...(signal && { signal }) });
    try {
      const bytes = await this.#timed('readMs', () => readAll(input, decodeOptions.maxBytes, platform.openFile, signal));
      this.#bytes = bytes;
      this.#byteLength = bytes.byteLength;
      if (searched.wantsDigests) await this.#lookUpDigests(bytes);
      if (!this.#wantsPixels || (policy.stopAtExact && this.#blocked)) return;
      if (!platform.decoder)
        throw new EgideError('NO_DECODER', 'this runtime has no decoder: decode the file and pass the pixels, made by image()');
      await this.#lookAtFrames(platform.decoder, bytes, decodeOptions);
    } catch (error) {
      this.#note(error);
    }
  }

  async lookAtPixels(pixels: Image): Promise<void> {
    const image = ownPixels(checkImage(pixels), this.#partial.lists.length > 0);
    this.#byteLength = image.data.byteLength;
    for (const { list } of this.#parts.searched.lists)
      if (list.pdq.size === 0 && carriesDigests(list))
        this.#leave({ code: 'NO_BYTES', message: `list ${list.name} holds only digests of files, and pixels have none: pass the file` });
    for (const { list, remote } of this.#parts.searched.remote)
      if (remote.send === 'media')
        this.#leave({ code: 'NO_BYTES', message: `service ${list.name} is sent the file, and pixels are none: pass the file` });
    if (!this.#wantsPixels) return;
    try {
      await this.#lookAtFrame(image);
      this.#leaveFrames(image.frameCount, 'the pixels of one were given: pass the file');
    } catch (error) {
      this.#note(error);
    }
  }

  /** Looks up the hash that the caller brought; without one, lists of nothing else cannot be asked. */
  async lookUpPhotoDna(hash: Uint8Array | undefined): Promise<void> {
    const { lists } = this.#parts.searched;
    if (hash) {
      const { matches, truncatedLists } = await this.#timed('searchMs', () => photoDnaMatches(lists, hash, this.#options.signal));
      this.#photodna.push(...matches);
      for (const name of truncatedLists) this.#leaveMatches(name);
      return;
    }
    for (const problem of photoDnaUnasked(this.#parts.searched)) this.#leave(problem);
  }

  async askServices(): Promise<void> {
    if (this.#parts.searched.remote.length === 0) return;
    const blocked = this.#onLists().some(({ action }) => action === 'block');
    const asking = { bytes: this.#bytes, blocked, time: this.#time, signal: this.#options.signal };
    for (const problem of await this.#timed('remoteMs', () => this.#remote.ask(asking))) this.#leave(problem);
  }

  async #lookUpDigests(bytes: Uint8Array): Promise<void> {
    const { signal } = this.#options;
    const digests = await this.#timed('digestMs', () => digestInput(this.#parts.platform, bytes, signal ? { signal } : {}));
    const started = performance.now();
    const { matches, truncatedLists } = exactMatches(this.#parts.searched.lists, digests);
    this.#exact.push(...this.#parts.floods.mark(matches));
    for (const name of truncatedLists) this.#leaveMatches(name);
    this.#spent.searchMs += performance.now() - started;
  }

  async #lookAtFrames(decoder: Decoder, bytes: Uint8Array, options: ResolvedDecodeOptions): Promise<void> {
    const started = performance.now();
    const iterator = decoder.frames(bytes, options)[Symbol.asyncIterator]();
    this.#spent.decodeMs += performance.now() - started;
    try {
      while (!this.#time.isUp) {
        const { done, value } = await this.#timed('decodeMs', () => iterator.next());
        if (done) break;
        this.#options.signal?.throwIfAborted();
        await this.#lookAtFrame(value);
      }
    } finally {
      await iterator.return?.();
    }
    if (this.#time.isUp) return this.#leaveForTime();
    if (!this.#first) throw new EgideError('CORRUPT_IMAGE', `the decoder ${decoder.name} found no frame`);
    const { profile, maxFrames, maxTotalPixels } = options;
    const limit = this.#framesHashed < maxFrames ? `maxTotalPixels is ${maxTotalPixels}` : `maxFrames is ${maxFrames}`;
    const why = profile === 'pytx' ? 'the profile pytx looks at the first only' : limit;
    this.#leaveFrames(this.#first.frameCount, why);
  }

  /** Whether frames were left for want of time; if not, it was over just when all was done. */
  #leaveForTime(): void {
    if (!this.#first) this.#time.leave('decoding');
    else if (this.#first.frameCount > this.#framesHashed) this.#time.leave('frames', this.#first.frameCount - this.#framesHashed);
  }

  #leaveFrames(frameCount: number, why: string): void {
    const left = frameCount - this.#framesHashed;
    if (left > 0) this.#leave({ code: 'FRAMES_LEFT_OUT', message: `${left} of ${frameCount} frames were not looked at (${why})` });
  }

  async #lookAtFrame(image: Image): Promise<void> {
    const { backend, pdq, searched } = this.#parts;
    const { signal } = this.#options;
    const views = await this.#timed('hashMs', () => hashViews(image, { backend, pdq, modes: searched.pdqModes, signal }));
    if (!this.#first) {
      const { data: _, ...rest } = image;
      this.#first = rest;
    }
    this.#framesHashed += 1;
    if (views.length > 0) this.#lookUpHashes(image, views);
    if (this.#wantsPatches) await this.#timed('patchMs', () => this.#lookForPatches(image));
    this.#options.onProgress?.({ framesDone: this.#framesHashed, frameCount: image.frameCount });
  }

  #lookUpHashes(image: Image, views: readonly HashedView[]): void {
    const quality = Math.max(...views.map(({ hashed }) => hashed.quality));
    this.#quality = Math.max(quality, this.#quality ?? 0);
    const started = performance.now();
    const wanted = [this.#near.look(views), this.#remote.take(views)].filter((least) => least !== undefined);
    this.#spent.searchMs += performance.now() - started;
    if (wanted.length > 0) this.#problems.push(unhashable(image, quality, Math.min(...wanted)));
  }

  async #lookForPatches(image: Image): Promise<void> {
    const { backend, policy } = this.#parts;
    const { signal, deep = policy.deep ?? false } = this.#options;
    const features = await climb(image, { backend, matches: this.#partial, deep, time: this.#time, signal });
    if (features === undefined || features >= LEAST_FEATURES) return;
    const message = `${features} features: patches hardly ever find a picture with fewer than ${LEAST_FEATURES}`;
    this.#problems.push({ code: 'FEW_FEATURES', message, frame: image.frame });
  }

  async #timed<T>(part: Part, work: () => Promise<T>): Promise<T> {
    const started = performance.now();
    try {
      return await work();
    } finally {
      this.#spent[part] += performance.now() - started;
    }
  }

  /** Writes a failure down as a part of the answer, or throws it on. */
  #note(error: unknown): void {
    this.#options.signal?.throwIfAborted();
    if (!(error instanceof EgideError) || !ANSWERS.has(error.code)) throw error;
    this.#leave({ code: error.code, message: error.message.replace(/^input: /, '') }); // the verdict is about nothing else
  }

  #leave(problem: Problem): void {
    this.#problems.push(problem);
    this.#incomplete = true;
  }

  #leaveMatches(list: string): void {
    const message = `list ${list} has more matches than the ${MAX_MATCHES} of one signal that a verdict names`;
    this.#problems.push({ code: 'MATCHES_LEFT_OUT', message });
  }

  verdict(): Verdict {
    const { policy, searched } = this.#parts;
    const { lists, snapshot } = searched;
    if (snapshot && policy.maxListAgeMs !== undefined)
      for (const problem of staleProblems(snapshot, policy.maxListAgeMs, Date.now())) this.#leave(problem);
    if (this.#time.problem) this.#leave(this.#time.problem);
    for (const name of this.#near.truncatedLists) this.#leaveMatches(name);
    for (const name of this.#partial.truncatedLists)
      this.#problems.push({
        code: 'MATCHES_LEFT_OUT',
        message: `list ${name}: more pictures share something with this one than are compared or named`,
      });
    const matches: Match[] = [...this.#onLists(), ...this.#remote.sorted()];
    const outcome = this.#outcome(matches);
    const found = {
      outcome,
      matches,
      problems: this.#problems,
      input: this.#input(),
      policyVersion: policy.version,
      ...namedSnapshot(searched),
      lists: lists.map(({ list }) => ({ name: list.name, entries: list.entryCount })),
      patches: this.#partial.lists.map(({ list }) => ({ name: list.name, pictures: list.index.size })),
      remote: this.#remote.asked,
    };
    return {
      action: this.#action(outcome, matches),
      summary: summarise(found),
      ...found,
      timings: { ...this.#spent, totalMs: this.#time.elapsedMs },
    };
  }

  /** What was found without asking anybody, once all has been looked at: floods count it once. */
  #onLists(): readonly Match[] {
    const marked = () => this.#parts.floods.mark<ListMatch>([...this.#near.sorted(), ...this.#photodna, ...this.#partial.sorted()]);
    this.#told ??= [...this.#exact, ...marked()];
    return this.#told;
  }

  /** Nothing sterner can be found any more. */
  get #blocked(): boolean {
    return this.#exact.some(({ action }) => action === 'block');
  }

  get #wantsPixels(): boolean {
    return this.#parts.searched.pdqModes.length > 0 || this.#partial.lists.length > 0;
  }

  /** Patches are looked for unless the policy stops at a near match and they could bring nothing sterner. */
  get #wantsPatches(): boolean {
    const { lists } = this.#partial;
    const found = this.#near.action((match) => this.#parts.floods.actionOf(match));
    if (lists.length === 0 || !this.#parts.policy.stopAtNear || found === undefined) return lists.length > 0;
    return sternest([found, ...lists.map(({ rules }) => rules.partial)]) !== found;
  }

  /** Whether there is a list, by neither of its signals, or a service that could be asked about no frame. */
  get #notHashable(): boolean {
    if (this.#framesHashed === 0) return false;
    if (this.#remote.unasked.length > 0) return true;
    const banks = this.#partial.lists.map(({ list }) => list.name);
    const [near, partial] = [this.#near, this.#partial];
    const byHash = near.unasked.some((name) => !(partial.asked && banks.includes(name)));
    return byHash || (partial.unaskable && banks.some((name) => !near.asked.includes(name)));
  }

  #outcome(matches: readonly Match[]): Outcome {
    if (matches.length > 0) return 'match';
    if (this.#incomplete) return 'could-not-tell';
    return this.#notHashable ? 'not-hashable' : 'no-match';
  }

  /** A match whose list lets it pass does not excuse what could not be looked at. */
  #action(outcome: Outcome, matches: readonly Match[]): Action {
    const { actions } = this.#parts.policy;
    if (outcome === 'no-match') return actions.noMatch;
    const all = matches.map(({ action }) => action);
    if (this.#incomplete) all.push(actions.couldNotTell);
    if (this.#notHashable) all.push(actions.notHashable);
    return sternest(all);
  }

  #input(): Verdict['input'] {
    const first = this.#first;
    return {
      byteLength: this.#byteLength,
      ...(first && {
        format: first.format,
        profile: first.profile,
        width: first.width,
        height: first.height,
        frameCount: first.frameCount,
      }),
      framesHashed: this.#framesHashed,
      ...(this.#quality !== undefined && { quality: this.#quality }),
    };
  }
}

/** Pixels that are looked at again after the scan first gave way, as those with alpha are, and all for patches, must be a copy. */
function ownPixels(image: Image, again: boolean): Image {
  return again || image.channels % 2 === 0 ? { ...image, data: new Uint8Array(image.data) } : image;
}
