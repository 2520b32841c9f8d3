import { EgideError } from '../errors.js';
import type { EntryRef } from '../list/hash-list.js';
import type { UrlHit } from '../search/url-hashing.js';
import type { UrlRuleKind } from '../search/url-rule.js';
import { keyOf } from './near-matches.js';
import { type ListRules, type Policy, sternest } from './policy.js';
import { plural, sayOthers } from './summary.js';
import type { UrlList } from './url-list.js';
import { type Action, MAX_MATCHES, type Outcome, type Problem } from './verdict.js';

/** A URL is caught by a rule of a list. What the rule says is not told: the list keeps it secret. */
export interface UrlMatch {
  readonly kind: 'url';
  readonly entry: EntryRef;
  /** What the rule is about. */
  readonly rule: UrlRuleKind;
  /** The list's action for `exact` if the rule is about this one URL, or else that for `near`. */
  readonly action: Action;
  /** By which steps the URL and the rule were brought into one form (docs/urls.md). */
  readonly canonicalUrlVersion: number;
}

/** What was found out about one URL, and what the policy makes of it. The URL is not in it. */
export interface UrlVerdict {
  readonly action: Action;
  /** `could-not-tell`: the text is no http or https URL that can be looked up. */
  readonly outcome: Exclude<Outcome, 'not-hashable'>;
  /** One sentence a person can read. */
  readonly summary: string;
  /** The narrowest rule of each entry, in the order of the lists; of a list the narrowest first, {@link MAX_MATCHES} at most. */
  readonly matches: readonly UrlMatch[];
  /** Why there is no answer, or matches are not told. */
  readonly problems: readonly Problem[];
  /** The policy's own version text. */
  readonly policyVersion: string;
  /** The lists that were searched. */
  readonly lists: readonly { readonly name: string; readonly rules: number }[];
}

/** A list of URLs, and the policy's rules for it. */
export interface SearchedUrls {
  readonly list: UrlList;
  readonly rules: ListRules;
}

/** Looks one URL up. What it throws is in the doc comment of `Shield.scanUrl`. */
export function scanUrl(lists: readonly SearchedUrls[], policy: Policy, url: string): UrlVerdict {
  const problems: Problem[] = [];
  const matches: UrlMatch[] = [];
  try {
    for (const searched of lists) matches.push(...matchesOf(searched, searched.list.index.search(url), problems));
  } catch (error) {
    if (!(error instanceof EgideError) || error.code !== 'INVALID_URL') throw error;
    problems.push({ code: error.code, message: error.message.replace(/^url: /, '') }); // the verdict is about nothing else
  }
  const failed = problems.some(({ code }) => code === 'INVALID_URL');
  const outcome = matches.length > 0 ? 'match' : failed ? 'could-not-tell' : 'no-match';
  const actions = matches.map(({ action }) => action);
  if (failed) actions.push(policy.actions.couldNotTell);
  const named = lists.map(({ list }) => ({ name: list.name, rules: list.index.size }));
  return {
    action: outcome === 'no-match' ? policy.actions.noMatch : sternest(actions),
    outcome,
    summary: summarise(matches, problems, named),
    matches,
    problems,
    policyVersion: policy.version,
    lists: named,
  };
}

/** One match for each entry: its narrowest rule, since hits come so. */
function matchesOf({ list, rules }: SearchedUrls, hits: readonly UrlHit[], problems: Problem[]): UrlMatch[] {
  const found = new Map<string, UrlMatch>();
  for (const { id, kind: rule } of hits) {
    const entry = list.entry(id);
    if (found.has(keyOf(entry))) continue;
    if (found.size === MAX_MATCHES) {
      problems.push({
        code: 'MATCHES_LEFT_OUT',
        message: `list ${list.name} has more matches than the ${MAX_MATCHES} that a verdict names`,
      });
      break;
    }
    const action = rule === 'exact' ? rules.exact : rules.near;
    found.set(keyOf(entry), { kind: 'url', entry, rule, action, canonicalUrlVersion: list.index.hashing.version });
  }
  return [...found.values()];
}

const RULE_WORDS: Readonly<Record<UrlRuleKind, string>> = {
  exact: 'the URL is that',
  prefix: 'the URL is in the folder',
  'host-exact': 'the URL is on the host',
  host: 'the URL is on the host, or below the host,',
};

function summarise(matches: readonly UrlMatch[], problems: readonly Problem[], lists: UrlVerdict['lists']): string {
  const [first, ...others] = matches;
  if (first)
    return `URL match: ${RULE_WORDS[first.rule]} of entry ${first.entry.id} of list ${first.entry.list}${sayOthers(others.length)}.`;
  const [problem] = problems;
  if (problem) return `Could not tell: ${problem.message}.`;
  const rules = lists.reduce((sum, list) => sum + list.rules, 0);
  return `No match among ${plural(rules, 'rule', 'rules')} of ${plural(lists.length, 'list', 'lists')} of URLs.`;
}
