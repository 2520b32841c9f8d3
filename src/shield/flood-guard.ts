import type { EntryRef } from '../list/hash-list.js';
import { keyOf } from './near-matches.js';
import type { FloodPolicy } from './policy.js';
import type { Action, ListMatch } from './verdict.js';

/** An entry that suddenly matches far too much: perhaps the hash of a blank picture or of a logo. */
export interface Flood {
  readonly entry: EntryRef;
  /** What matches: with the entry, what `bank.quarantineEntry` takes. */
  readonly signal: ListMatch['signal'] | 'url' | 'url-md5';
  /** Uploads that it has matched since the window began. */
  readonly count: number;
  readonly windowMs: number;
}

/** What can be counted of a match. */
interface Counted extends Pick<Flood, 'entry' | 'signal'> {
  readonly action: Action;
  readonly flood?: true;
}

/** Entries that are counted at a time, those that matched last: some 2 MB (our own choice). What floods matches often, and so stays. */
const MAX_COUNTED = 10_000;

/** What one signal of one entry has matched since `began`. */
interface Window {
  readonly began: number;
  count: number;
}

/**
 * Counts for one shield what each signal of each entry matches. From the first match on for the length of the window; past the bound a match is
 * marked and brings no more than `hold`, so that a wrong entry blocks no more than so many uploads in a window, and lets none pass.
 */
export class FloodGuard {
  readonly #policy: FloodPolicy | undefined;
  readonly #onFlood: ((flood: Flood) => void) | undefined;
  /** In the order of their last match. */
  readonly #windows = new Map<string, Window>();

  /** Without a policy nothing is counted. */
  constructor(policy: FloodPolicy | undefined, onFlood?: (flood: Flood) => void) {
    this.#policy = policy;
    this.#onFlood = onFlood;
  }

  /** Counts the matches of one upload, one for each entry and signal, and marks those that are too many. Throws what `onFlood` does. */
  mark<Found extends Counted>(matches: readonly Found[]): readonly Found[] {
    return this.#policy ? matches.map((match) => this.#marked(match, this.#policy as FloodPolicy)) : matches;
  }

  /** What a match would bring if it were counted now. */
  actionOf(match: Counted): Action {
    if (!this.#policy || match.action !== 'block') return match.action;
    const count = this.#windowOf(nameOf(match), this.#policy)?.count ?? 0;
    return count >= this.#policy.maxMatches ? 'hold' : 'block';
  }

  #marked<Found extends Counted>(match: Found, { maxMatches, windowMs }: FloodPolicy): Found {
    const name = nameOf(match);
    const window = this.#windowOf(name, { maxMatches, windowMs }) ?? { began: performance.now(), count: 0 };
    window.count += 1;
    this.#windows.delete(name);
    this.#windows.set(name, window);
    if (this.#windows.size > MAX_COUNTED) this.#windows.delete(this.#windows.keys().next().value as string);
    if (window.count <= maxMatches) return match;
    const { entry, signal, action } = match;
    if (window.count === maxMatches + 1) this.#onFlood?.({ entry, signal, count: window.count, windowMs });
    return { ...match, action: action === 'block' ? 'hold' : action, flood: true };
  }

  #windowOf(name: string, { windowMs }: FloodPolicy): Window | undefined {
    const window = this.#windows.get(name);
    return window && performance.now() - window.began < windowMs ? window : undefined;
  }
}

function nameOf({ entry, signal }: Counted): string {
  return `${signal} ${keyOf(entry)}`;
}
