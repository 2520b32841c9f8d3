import type { PdqMode } from '../backend.js';
import { invalid, wholeNumber } from '../errors.js';
import { PDQ_MIN_QUALITY } from '../hash/pdq.js';
import { MAX_PHOTODNA_DISTANCE } from '../hash/photodna.js';
import { PATCH_TIERS, type PatchTier } from '../patch/patch-match.js';
import type { ClassificationActions } from './remote/remote-service.js';
import type { Action } from './verdict.js';

/** When a perceptual hash is worth looking up, when it is near, and how sure patches must be. */
export interface Thresholds {
  /** Bits, 0 to 256, that a PDQ hash may differ from a listed one and still be a near match. */
  readonly pdqMaxDistance: number;
  /** Quality, 0 to 100, below which a PDQ hash is not looked up. */
  readonly pdqMinQuality: number;
  /** The least sure tier that counts as a partial match; `off`: do not look for patches (docs/patches.md). */
  readonly patchMinTier: PatchTier | 'off';
  /**
   * Squared distance, 0 to 9,363,600, within which a PhotoDNA hash that the caller brings is near a listed one. Without it PhotoDNA is not
   * looked up: no number here is measured ({@link IPED_PHOTODNA_MAX_DISTANCE} is what IPED takes).
   */
  readonly photoDnaMaxDistance?: number;
}

/** What to do with a match. */
export interface MatchActions {
  /** The file is, byte for byte, a listed one. */
  readonly exact: Action;
  /** The picture's perceptual hash is near a listed one. */
  readonly near: Action;
  /** Patches of the picture lie on a listed one: a part of it is a copy. */
  readonly partial: Action;
}

/** What to do with each kind of match and each of the other outcomes. None may be left out: a platform says what it lets through. */
export interface PolicyActions extends MatchActions {
  readonly noMatch: Action;
  /** The picture has too little in it to be told apart: no perceptual hash was looked up. */
  readonly notHashable: Action;
  /** Part of the work failed: damaged file, limit met, no decoder. */
  readonly couldNotTell: Action;
}

/** What one list, or one service that is asked, does differently. */
export interface ListPolicy {
  readonly thresholds?: Partial<Thresholds>;
  readonly actions?: Partial<MatchActions>;
  /** The family that the list's hashes come from, where it is another one than {@link Policy.pdqMode}. */
  readonly pdqMode?: PdqMode;
  /** Of a service: the action for a class (or a bank) that it names, in the place of `exact` and `near`. */
  readonly classifications?: ClassificationActions;
}

/** How many uploads one signal of one entry may match before people have to look at it (docs/policy.md, "Floods"). */
export interface FloodPolicy {
  /** Uploads within the window, 1 or more. */
  readonly maxMatches: number;
  /** Milliseconds, more than 0. */
  readonly windowMs: number;
}

/** The rules by which evidence becomes an action: plain JSON, so that it can be reviewed, stored and replayed (docs/policy.md). */
export interface Policy {
  /** Names this policy in every verdict: change it whenever anything below changes. */
  readonly version: string;
  readonly thresholds: Thresholds;
  /** Where each number comes from, by its name; for people, never read by a program. */
  readonly sources?: Readonly<Record<string, string>>;
  readonly actions: PolicyActions;
  /** The PDQ family to hash uploads with (docs/pdq.md). */
  readonly pdqMode: PdqMode;
  /** `true`: do not decode a file that an exact match blocks. Absent or `false`: look for near matches too, as further evidence. */
  readonly stopAtExact?: boolean;
  /**
   * `true`: look for no patches once a near match has the sternest action that a partial one could have. Absent or `false`: look for
   * them too, which shows the region.
   */
  readonly stopAtNear?: boolean;
  /** `true`: of frames in which patches confirm nothing, also try negatives, small parts and stretched copies. Default `false`. */
  readonly deep?: boolean;
  /** Milliseconds, more than 0, after which no further step is begun; the verdict says what was left out. Default: no bound. */
  readonly budgetMs?: number;
  /**
   * Milliseconds, more than 0, since a list of a snapshot was brought up to date, after which a scan could not tell any more what a current
   * list would have said. Default: no bound.
   */
  readonly maxListAgeMs?: number;
  /**
   * From when on an entry matches too much to be believed: its matches then bring `hold` at most. Default: nothing is counted; what is too
   * much depends on how many uploads a platform has.
   */
  readonly flood?: FloodPolicy;
  /** Overrides by the name of a list. */
  readonly lists?: Readonly<Record<string, ListPolicy>>;
}

/** Meta's published thresholds; an exact match blocks, and whatever is near, partial, not hashable or not told waits for a person. */
export const defaultPolicy: Policy = {
  version: 'egide-default-2',
  thresholds: { pdqMaxDistance: 31, pdqMinQuality: PDQ_MIN_QUALITY, patchMinTier: 'probable' },
  sources: {
    pdqMaxDistance: "Meta, python-threatexchange, PDQ_CONFIDENT_MATCH_THRESHOLD = 31; PDQ README: 'distance <= 31'",
    pdqMinQuality: "Meta, python-threatexchange, QUALITY_THRESHOLD = 50; PDQ README: discard 'quality <= 49'",
    patchMinTier: "egide, docs/patches.md: 'probable' is at least 6 distinctive features and at most 1e-6 false alarms expected",
  },
  actions: { exact: 'block', near: 'hold', partial: 'hold', noMatch: 'allow', notHashable: 'hold', couldNotTell: 'hold' },
  pdqMode: 'full-res',
};

/** The three actions, mildest first. */
export const ACTIONS: readonly Action[] = ['allow', 'hold', 'block'];

/** The sternest of several actions: block over hold over allow. `allow` for none. */
export function sternest(actions: Iterable<Action>): Action {
  let worst = 0;
  for (const action of actions) worst = Math.max(worst, ACTIONS.indexOf(action));
  return ACTIONS[worst] as Action;
}

/** What a policy comes to for one list. */
export interface ListRules extends Thresholds, MatchActions {
  readonly pdqMode: PdqMode;
  readonly classifications: ClassificationActions;
}

/** The rules of one list: the policy's own, and what the list does differently. */
export function rulesFor(policy: Policy, list: string): ListRules {
  const own = policy.lists && Object.hasOwn(policy.lists, list) ? policy.lists[list] : undefined;
  const { exact, near, partial } = policy.actions;
  const { pdqMode = policy.pdqMode, classifications = {}, thresholds, actions } = own ?? {};
  return { ...policy.thresholds, exact, near, partial, pdqMode, classifications, ...thresholds, ...actions };
}

/**
 * Checks a policy and returns a frozen copy, so that a later change to the caller's object changes no verdict.
 * A key that is not known is an error: a misspelt threshold must not be passed over.
 *
 * @throws {EgideError} `INVALID_ARGUMENT`, naming the path, as in `policy.thresholds.pdqMaxDistance`.
 */
export function checkPolicy(policy: unknown): Policy {
  const fields = record('policy', policy, ['version', 'thresholds', 'actions', 'pdqMode'], OPTIONAL);
  if (typeof fields.version !== 'string' || fields.version.trim() === '')
    throw invalid('policy.version', 'a text that names this policy', fields.version);
  checkThresholds('policy.thresholds', record('policy.thresholds', fields.thresholds, THRESHOLDS, OPTIONAL_THRESHOLDS));
  checkActions(
    'policy.actions',
    record('policy.actions', fields.actions, [...MATCH_ACTIONS, 'noMatch', 'notHashable', 'couldNotTell'], []),
  );
  checkPdqMode('policy.pdqMode', fields.pdqMode);
  for (const name of SWITCHES)
    if (fields[name] !== undefined && typeof fields[name] !== 'boolean') throw invalid(`policy.${name}`, 'true or false', fields[name]);
  for (const name of TIMES) if (fields[name] !== undefined) checkBudget(`policy.${name}`, fields[name]);
  if (fields.flood !== undefined) checkFlood(record('policy.flood', fields.flood, ['maxMatches', 'windowMs'], []));
  for (const [name, text] of Object.entries(record('policy.sources', fields.sources ?? {})))
    if (typeof text !== 'string') throw invalid(`policy.sources.${name}`, 'a text', text);
  for (const [name, own] of Object.entries(record('policy.lists', fields.lists ?? {}))) checkListPolicy(`policy.lists.${name}`, own);
  return deepFreeze(structuredClone(policy as Policy));
}

const SWITCHES = ['stopAtExact', 'stopAtNear', 'deep'] as const;
const TIMES = ['budgetMs', 'maxListAgeMs'] as const;
const OPTIONAL = ['sources', ...SWITCHES, ...TIMES, 'flood', 'lists'] as const;
const THRESHOLDS = ['pdqMaxDistance', 'pdqMinQuality', 'patchMinTier'] as const;
const OPTIONAL_THRESHOLDS = ['photoDnaMaxDistance'] as const;
const LIMITS: Readonly<Record<string, number>> = { pdqMaxDistance: 256, pdqMinQuality: 100, photoDnaMaxDistance: MAX_PHOTODNA_DISTANCE };
const MATCH_ACTIONS = ['exact', 'near', 'partial'] as const;

function checkFlood({ maxMatches, windowMs }: Record<string, unknown>): void {
  wholeNumber('policy.flood.maxMatches', maxMatches, 1, Number.MAX_SAFE_INTEGER);
  checkBudget('policy.flood.windowMs', windowMs);
}

function checkListPolicy(path: string, own: unknown): void {
  const fields = record(path, own, [], ['thresholds', 'actions', 'pdqMode', 'classifications']);
  checkThresholds(`${path}.thresholds`, record(`${path}.thresholds`, fields.thresholds ?? {}, [], [...THRESHOLDS, ...OPTIONAL_THRESHOLDS]));
  checkActions(`${path}.actions`, record(`${path}.actions`, fields.actions ?? {}, [], MATCH_ACTIONS));
  if (fields.pdqMode !== undefined) checkPdqMode(`${path}.pdqMode`, fields.pdqMode);
  checkActions(`${path}.classifications`, record(`${path}.classifications`, fields.classifications ?? {}));
}

function checkThresholds(path: string, fields: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(fields)) {
    if (name === 'patchMinTier') {
      if (value !== 'off' && !PATCH_TIERS.includes(value as PatchTier))
        throw invalid(`${path}.${name}`, "'confirmed', 'probable', 'weak' or 'off'", value);
      continue;
    }
    const max = LIMITS[name] as number;
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0 || value > max)
      throw invalid(`${path}.${name}`, `a whole number from 0 to ${max}`, value);
  }
}

/** @internal A bound on time: what is 0 or not finite is a mistake. */
export function checkBudget(path: string, value: unknown): void {
  if (typeof value !== 'number' || !Number.isFinite(value) || value <= 0) throw invalid(path, 'milliseconds, more than 0', value);
}

function checkActions(path: string, fields: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(fields))
    if (!ACTIONS.includes(value as Action)) throw invalid(`${path}.${name}`, "'allow', 'hold' or 'block'", value);
}

function checkPdqMode(path: string, mode: unknown): void {
  if (mode !== 'full-res' && mode !== 'reference-cpp') throw invalid(path, "'full-res' or 'reference-cpp'", mode);
}

/** A plain object with every required key and, where any are named, no key besides those. */
function record(path: string, value: unknown, required: readonly string[] = [], optional?: readonly string[]): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !isPlain(value)) throw invalid(path, 'a plain object', value);
  for (const key of required) if (!Object.hasOwn(value, key)) throw invalid(`${path}.${key}`, 'to be given', undefined);
  if (optional)
    for (const key of Object.keys(value))
      if (!required.includes(key) && !optional.includes(key))
        throw invalid(`${path}.${key}`, `one of ${[...required, ...optional].join(', ')}`, key);
  return value as Record<string, unknown>;
}

/** Not an instance of a class; a prototype from another realm (a test runner, an iframe) is as good as ours. */
function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

function deepFreeze<T extends object>(value: T): T {
  for (const part of Object.values(value)) if (typeof part === 'object' && part !== null) deepFreeze(part);
  return Object.freeze(value);
}
