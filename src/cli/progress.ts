import type { Io } from './io.js';

/** Milliseconds between two drawings: ten a second look smooth (our own choice). */
const REDRAW_MS = 100;
const BAR_WIDTH = 24;

/** A bar on standard error while it is a terminal, and nothing otherwise. */
export class Progress {
  readonly #io: Io;
  readonly #total: number;
  readonly #what: string;
  #done: number;
  #drawn = 0;

  /**
   * @param total Files to come; only used on a terminal.
   * @param done How many of them were done before.
   */
  constructor(io: Io, total: number, { what = 'files', done = 0 } = {}) {
    this.#io = io;
    this.#total = total;
    this.#what = what;
    this.#done = done;
  }

  /** One more file is done; `note` stands behind the bar. */
  step(note: string): void {
    this.#done += 1;
    const share = this.#total > 0 ? Math.min(1, this.#done / this.#total) : 0;
    const filled = Math.round(share * BAR_WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
    this.say(`${bar} ${this.#done}/${Math.max(this.#done, this.#total)} ${this.#what}  ${note}`);
  }

  /** How far work has come whose end is not known. */
  say(words: string): void {
    const now = performance.now();
    if (!this.#io.errIsTerminal || now - this.#drawn < REDRAW_MS) return;
    this.#drawn = now;
    this.#io.err(`\r\u001b[K${words}`);
  }

  /** Takes the bar away, so that other text can be written. */
  clear(): void {
    if (this.#io.errIsTerminal && this.#drawn > 0) this.#io.err('\r\u001b[K');
    this.#drawn = 0;
  }
}
