import type { Snapshot } from '../snapshot/snapshot.js';
import type { Problem } from './verdict.js';

const HOUR_MS = 3_600_000;

/**
 * The lists of a snapshot that are older than a policy allows: since their source was last read to the end or, for a list of the
 * platform's own, since the snapshot was made.
 */
export function staleProblems({ lists, createdAt }: Snapshot, maxListAgeMs: number, now: number): Problem[] {
  return lists.flatMap(({ name, syncedAt = createdAt }) =>
    now - syncedAt <= maxListAgeMs ? [] : { code: 'STALE_LIST', message: sayStale(name, now - syncedAt, maxListAgeMs) },
  );
}

function sayStale(name: string, ageMs: number, maxListAgeMs: number): string {
  return `list ${name} was brought up to date ${sayHours(ageMs)} ago, and the policy allows ${sayHours(maxListAgeMs)}: synchronise it`;
}

function sayHours(ms: number): string {
  return `${(ms / HOUR_MS).toFixed(1)} hours`;
}
