import { nextTurn } from '../../input.js';

/** Milliseconds of work between two turns of the event loop (our own choice: as building an index does). */
const WORK_MS = 15;
/** Small pieces of work between two looks at the clock: a millisecond at most (our own choice). */
const AT_ONCE = 4_096;

/** Lets the event loop turn where long work says that it could, if it has not for some milliseconds. */
export class Pace {
  readonly #signal: AbortSignal | undefined;
  #turned = performance.now();

  constructor(signal: AbortSignal | undefined) {
    this.#signal = signal;
  }

  /** Throws the signal's reason if it was raised. */
  async turn(): Promise<void> {
    if (performance.now() - this.#turned < WORK_MS) return;
    await nextTurn(this.#signal);
    this.#turned = performance.now();
  }

  /** Does a small piece of work for each number below `count`. Throws as {@link Pace.turn}. */
  async each(count: number, work: (i: number) => void): Promise<void> {
    for (let i = 0; i < count; await this.turn()) for (const end = Math.min(count, i + AT_ONCE); i < end; ++i) work(i);
  }
}
