import type { PatchStep } from '../patch/rungs.js';
import { plural } from './summary.js';
import type { Problem } from './verdict.js';

/** What is left out when a scan has no time left: decoding, whole frames, one of the steps of looking for patches, or asking services. */
export type LeftOut = 'decoding' | 'frames' | 'services' | PatchStep;

const WORDS: Readonly<Record<Exclude<LeftOut, 'decoding' | 'services'>, string>> = {
  frames: 'everything',
  patches: 'patches',
  negatives: 'negatives by patches',
  deep: 'small parts by patches',
  stretched: 'stretched copies by patches',
};

/** The time that a scan may take, and what was not begun any more when it had run out. */
export class TimeBudget {
  readonly #budgetMs: number | undefined;
  readonly #started = performance.now();
  /** Frames by what was left out of them; services that were not asked. */
  readonly #leftOut = new Map<LeftOut, number>();

  /** @param budgetMs Without it there is always time left. */
  constructor(budgetMs: number | undefined) {
    this.#budgetMs = budgetMs;
  }

  get isUp(): boolean {
    return this.#budgetMs !== undefined && this.elapsedMs >= this.#budgetMs;
  }

  /** Milliseconds until it is; `undefined` if it never will be. */
  get leftMs(): number | undefined {
    return this.#budgetMs === undefined ? undefined : Math.max(1, this.#budgetMs - this.elapsedMs);
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Notes what is not done for want of time. */
  leave(step: LeftOut, count = 1): void {
    this.#leftOut.set(step, (this.#leftOut.get(step) ?? 0) + count);
  }

  /** What the verdict says about it; `undefined` if there was time enough. */
  get problem(): Problem | undefined {
    if (this.#leftOut.size === 0) return undefined;
    const words = [...this.#leftOut].map(([step, count]) => {
      if (step === 'decoding') return step;
      if (step === 'services') return `asking ${plural(count, 'service', 'services')}`;
      return `${WORDS[step]} of ${plural(count, 'frame', 'frames')}`;
    });
    return {
      code: 'OUT_OF_TIME',
      message: `the ${this.#budgetMs} ms that it may take were over, so this was not done: ${words.join(', ')}`,
    };
  }
}
