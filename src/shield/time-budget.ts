import type { PatchStep } from '../patch/rungs.js';
import { plural } from './summary.js';
import type { Problem } from './verdict.js';

/** What is left out when a scan has no time left: decoding, whole frames, or one of the steps of looking for patches. */
export type LeftOut = 'decoding' | 'frames' | PatchStep;

const WORDS: Readonly<Record<Exclude<LeftOut, 'decoding'>, string>> = {
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
  /** Frames by what was left out of them. */
  readonly #leftOut = new Map<LeftOut, number>();

  /** @param budgetMs Without it there is always time left. */
  constructor(budgetMs: number | undefined) {
    this.#budgetMs = budgetMs;
  }

  get isUp(): boolean {
    return this.#budgetMs !== undefined && this.elapsedMs >= this.#budgetMs;
  }

  get elapsedMs(): number {
    return performance.now() - this.#started;
  }

  /** Notes what is not done for want of time. */
  leave(step: LeftOut, frames = 1): void {
    this.#leftOut.set(step, (this.#leftOut.get(step) ?? 0) + frames);
  }

  /** What the verdict says about it; `undefined` if there was time enough. */
  get problem(): Problem | undefined {
    if (this.#leftOut.size === 0) return undefined;
    const words = [...this.#leftOut].map(([step, frames]) =>
      step === 'decoding' ? step : `${WORDS[step]} of ${plural(frames, 'frame', 'frames')}`,
    );
    return {
      code: 'OUT_OF_TIME',
      message: `the ${this.#budgetMs} ms that it may take were over, so this was not done: ${words.join(', ')}`,
    };
  }
}
