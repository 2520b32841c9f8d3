import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { EgideError } from '../../errors.js';
import { faultOf, type Matcher } from '../matcher.js';
import { ladderDeepMatcher, ladderMatcher } from './ladder.js';
import { patchesCompactMatcher, patchesDeepMatcher, patchesStandardMatcher } from './patches.js';
import { pdqMatcher, pdqOrientationsMatcher } from './pdq.js';
import { blockhashMatcher, imghashMatcher, sharpPhashMatcher } from './peers.js';

/** The matchers that come with egide, made when they are asked for. */
const BUILT_IN: Readonly<Record<string, () => Promise<Matcher>>> = {
  pdq: pdqMatcher,
  'pdq-orientations': pdqOrientationsMatcher,
  'patches-standard': patchesStandardMatcher,
  'patches-compact': patchesCompactMatcher,
  'patches-deep': patchesDeepMatcher,
  ladder: ladderMatcher,
  'ladder-deep': ladderDeepMatcher,
  'sharp-phash': sharpPhashMatcher,
  imghash: imghashMatcher,
  blockhash: blockhashMatcher,
};

/** Names that may be asked for. */
export const MATCHER_NAMES: readonly string[] = Object.keys(BUILT_IN);

/** Measured when nobody says what. */
export const DEFAULT_MATCHERS: readonly string[] = ['pdq', 'pdq-orientations', 'patches-standard', 'ladder'];

/** Which matchers to measure. */
export interface MatcherChoice {
  /** Of {@link MATCHER_NAMES}. */
  readonly names: readonly string[];
  /** The path of a module of the user's own, whose default export is a matcher or a list of them. */
  readonly file?: string | undefined;
}

/**
 * Loads matchers, in the order asked for; those of the file come last.
 *
 * @throws {EgideError} `INVALID_ARGUMENT` if a name is unknown or given twice, a package is not installed, or the file exports no matcher.
 */
export async function loadMatchers({ names, file }: MatcherChoice): Promise<readonly Matcher[]> {
  const matchers: Matcher[] = [];
  for (const name of names) {
    const make = Object.hasOwn(BUILT_IN, name) ? BUILT_IN[name] : undefined;
    if (!make) throw wrong(`matchers: there is no ${JSON.stringify(name)}; there are ${MATCHER_NAMES.join(', ')}`);
    matchers.push(await make());
  }
  if (file !== undefined) matchers.push(...(await matchersIn(file)));
  const all = matchers.map(({ name }) => name);
  const twice = all.find((name, i) => all.indexOf(name) !== i);
  if (twice !== undefined) throw wrong(`matchers: there are two of the name ${twice}`);
  const calibrated = matchers.find((matcher) => matcher.calibrated);
  if (calibrated && !all.includes('pdq')) throw wrong(`matchers: ${calibrated.name} takes its threshold from pdq: add pdq`);
  return matchers;
}

async function matchersIn(file: string): Promise<readonly Matcher[]> {
  let exported: unknown;
  try {
    ({ default: exported } = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown });
  } catch (cause) {
    throw wrong(`matcher file: ${file} could not be loaded: ${cause instanceof Error ? cause.message : String(cause)}`, cause);
  }
  const values: readonly unknown[] = Array.isArray(exported) ? exported : [exported];
  for (const value of values) {
    const fault = faultOf(value);
    if (fault) throw wrong(`matcher file: expected the default export of ${file} to be a matcher or a list of matchers, but ${fault}`);
  }
  if (values.length === 0) throw wrong(`matcher file: ${file} exports an empty list`);
  return values as readonly Matcher[];
}

function wrong(message: string, cause?: unknown): EgideError {
  return new EgideError('INVALID_ARGUMENT', message, { cause });
}
