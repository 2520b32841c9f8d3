import type { Attack } from './attacks/attack.js';
import type { Found, QueryRecord, UnitRecord } from './records.js';
import { type Cluster, effectiveTrials, quantile, type Share, wilson } from './statistics.js';

/** Which queries a figure is about. `visible`: those that show {@link VISIBLE_SHARE} or more of the original. */
export type RecallScope = 'all' | 'visible' | 'crop-or-mask' | 'family' | 'attack';

/** How many of the queries of a kind were found. */
export interface Recall extends Share {
  readonly scope: RecallScope;
  /** The attack's id or the family; '' for the others. */
  readonly name: string;
  readonly n: number;
  readonly found: number;
  /** How many independent queries they are worth, which the interval is made with: those of one original hang together. */
  readonly effectiveN: number;
  /** Median over the found copies whose place is known, in pixels of a reference with a longer side of 640. */
  readonly regionError: number | undefined;
}

/** With less of the original in it a query may hold too little to be known by anyone (our own choice). */
export const VISIBLE_SHARE = 1 / 3;

/** Counts what one matcher found, by kind of query. */
export class RecallCounter {
  readonly #matcher: string;
  readonly #attacks: ReadonlyMap<string, Attack>;
  readonly #accepts: (found: Found) => boolean;
  readonly #kinds = new Map<string, { scope: RecallScope; name: string; clusters: Cluster[]; errors: number[] }>();

  /** @param accepts Whether an answer counts as found. */
  constructor(matcher: string, attacks: readonly Attack[], accepts: (found: Found) => boolean) {
    this.#matcher = matcher;
    this.#attacks = new Map(attacks.map((attack) => [attack.id, attack]));
    this.#accepts = accepts;
    this.#kind('all', '');
    this.#kind('visible', '');
    this.#kind('crop-or-mask', '');
    for (const { family } of attacks) this.#kind('family', family);
    for (const { id } of attacks) this.#kind('attack', id);
  }

  add({ queries }: UnitRecord): void {
    const counted = new Map<string, { successes: number; n: number }>();
    for (const query of queries) {
      const outcome = query.outcomes[this.#matcher];
      if (!outcome || query.attack === undefined) continue;
      const found = outcome.found && this.#accepts(outcome.found) ? outcome.found : undefined;
      for (const key of this.#keysOf(query, query.attack)) {
        const { successes, n } = counted.get(key) ?? { successes: 0, n: 0 };
        counted.set(key, { successes: successes + (found ? 1 : 0), n: n + 1 });
        if (found?.regionError !== undefined) this.#kinds.get(key)?.errors.push(found.regionError);
      }
    }
    for (const [key, cluster] of counted) this.#kinds.get(key)?.clusters.push(cluster);
  }

  #kind(scope: RecallScope, name: string): void {
    if (!this.#kinds.has(`${scope} ${name}`)) this.#kinds.set(`${scope} ${name}`, { scope, name, clusters: [], errors: [] });
  }

  #keysOf({ visible = 0 }: QueryRecord, id: string): string[] {
    const { family, cropOrMaskRelevant } = this.#attacks.get(id) as Attack;
    return [
      'all ',
      ...(visible >= VISIBLE_SHARE ? ['visible '] : []),
      ...(cropOrMaskRelevant ? ['crop-or-mask '] : []),
      `family ${family}`,
      `attack ${id}`,
    ];
  }

  /** One row for each kind of which there was a query: all, visible, crop or mask, families, attacks. */
  rows(): Recall[] {
    const rows: Recall[] = [];
    for (const { scope, name, clusters, errors } of this.#kinds.values()) {
      if (clusters.length === 0) continue;
      const n = clusters.reduce((sum, cluster) => sum + cluster.n, 0);
      const found = clusters.reduce((sum, cluster) => sum + cluster.successes, 0);
      // Queries of one attack are each of another original, and so independent.
      const effectiveN = scope === 'attack' ? n : effectiveTrials(clusters);
      const share = wilson((found / n) * effectiveN, effectiveN);
      rows.push({ scope, name, n, found, effectiveN, ...share, regionError: quantile(errors, 0.5) });
    }
    return rows;
  }
}
