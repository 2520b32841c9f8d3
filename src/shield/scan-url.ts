import { EgideError } from '../errors.js';
import { urlMd5Compat } from '../hash/url-md5.js';
import type { EntryRef } from '../list/hash-list.js';
import type { UrlRuleKind } from '../search/url-rule.js';
import type { FloodGuard } from './flood-guard.js';
import { keyOf } from './near-matches.js';
import { type ListRules, type Policy, sternest } from './policy.js';
import { plural, sayFlood, sayOthers } from './summary.js';
import type { UrlList } from './url-list.js';
import { type Action, MAX_MATCHES, type Outcome, type Problem } from './verdict.js';

/** A URL is caught by a rule of a list. What the rule says is not told: the list keeps it secret. */
export interface UrlMatch {
  readonly kind: 'url';
  /** What caught it: a rule, or the digest of its text in the form of python-threatexchange. */
  readonly signal: 'url' | 'url-md5';
  readonly entry: EntryRef;
  /** What the rule is about; a digest is about one URL. */
  readonly rule: UrlRuleKind;
  /** The list's action for `exact` if the rule is about this one URL, or else that for `near`. */
  readonly action: Action;
  /** Present if the entry matches more than the policy's `flood` believes: the action is then no more than `hold`. */
  readonly flood?: true;
  /** Of a rule: by which steps it and the URL were brought into one form (docs/urls.md). */
  readonly canonicalUrlVersion?: number;
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
export function scanUrl(lists: readonly SearchedUrls[], policy: Policy, floods: FloodGuard, url: string): UrlVerdict {
  const problems: Problem[] = [];
  const wantsMd5 = lists.some(({ list }) => (list.md5?.size ?? 0) > 0);
  const digest = wantsMd5 ? orNoUrl(() => urlMd5Compat(url), problems) : undefined;
  const matches = floods.mark(lists.flatMap((searched) => matchesOf(searched, hitsOf(searched.list, url, digest, problems), problems)));
  const failed = problems.some(({ code }) => code === 'INVALID_URL');
  const outcome = matches.length > 0 ? 'match' : failed ? 'could-not-tell' : 'no-match';
  const actions = matches.map(({ action }) => action);
  if (failed) actions.push(policy.actions.couldNotTell);
  const named = lists.map(({ list }) => ({ name: list.name, rules: list.index.size + (list.md5?.size ?? 0) }));
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

/** What a list says of a URL. */
interface Caught extends Pick<UrlMatch, 'signal' | 'rule'> {
  readonly id: number;
}

/** What catches a URL, the narrowest first. */
function hitsOf({ index, md5 }: UrlList, url: string, digest: Uint8Array | undefined, problems: Problem[]): Caught[] {
  const rules = orNoUrl(() => index.search(url), problems) ?? [];
  const digests = digest ? (md5?.find(digest) ?? []) : [];
  const hits: Caught[] = rules.map(({ id, kind }) => ({ id, rule: kind, signal: 'url' }));
  hits.push(...digests.map((id): Caught => ({ id, rule: 'exact', signal: 'url-md5' })));
  return hits.sort((a, b) => Number(a.rule !== 'exact') - Number(b.rule !== 'exact'));
}

/** What `work` gives, or nothing where the text is no URL, which is a problem once. */
function orNoUrl<Answer>(work: () => Answer, problems: Problem[]): Answer | undefined {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof EgideError) || error.code !== 'INVALID_URL') throw error;
    const { code, message } = error;
    if (!problems.some((problem) => problem.code === code)) problems.push({ code, message: message.replace(/^url: /, '') }); // the verdict is about nothing else
    return undefined;
  }
}

/** One match for each entry: its narrowest rule, since hits come so. */
function matchesOf({ list, rules }: SearchedUrls, hits: readonly Caught[], problems: Problem[]): UrlMatch[] {
  const found = new Map<string, UrlMatch>();
  for (const { id, rule, signal } of hits) {
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
    const version = signal === 'url' ? { canonicalUrlVersion: list.index.hashing.version } : {};
    found.set(keyOf(entry), { kind: 'url', signal, entry, rule, action, ...version });
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
    return `URL match: ${RULE_WORDS[first.rule]} of entry ${first.entry.id} of list ${first.entry.list}${sayOthers(others.length)}${sayFlood(first)}.`;
  const [problem] = problems;
  if (problem) return `Could not tell: ${problem.message}.`;
  const rules = lists.reduce((sum, list) => sum + list.rules, 0);
  return `No match among ${plural(rules, 'rule', 'rules')} of ${plural(lists.length, 'list', 'lists')} of URLs.`;
}
