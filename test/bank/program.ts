import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';

/** What a program says, a line of JSON at a time: when, a word, and more. */
export type Line = readonly [at: number, word: string, ...more: unknown[]];

/** A program that runs until it is killed, and what it said. */
export class Program<Said = unknown> {
  readonly lines: Line[] = [];
  /** How it ended, if nobody killed it. */
  ownEnd: string | undefined;
  readonly #child: ChildProcessByStdio<null, Readable, Readable>;
  readonly #closed: Promise<unknown>;
  readonly #listeners = new Set<() => void>();
  #errors = '';
  #killed = false;

  /** @param task What it is told to do, as JSON. */
  constructor(path: string, task: unknown) {
    this.#child = spawn(process.execPath, [path, JSON.stringify(task)], { stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    this.#closed = once(this.#child, 'close').then(([code, signal]) => {
      if (!this.#killed) this.ownEnd = `${code ?? signal}: ${this.#errors}`;
      this.#tell();
    });
    createInterface(this.#child.stdout).on('line', (line) => {
      if (!line.endsWith(']')) return; // it was killed in the middle of it
      this.lines.push(JSON.parse(line));
      this.#tell();
    });
  }

  /** Settles when it says a word from now on, with something that is as expected. Fails if it ends before. */
  async hears(word: string, isExpected: (said: Said) => boolean = () => true): Promise<void> {
    for (let from = this.lines.length; ; ) {
      for (; from < this.lines.length; ++from) {
        const [, said, what] = this.lines[from] as Line;
        if (said === word && isExpected(what as Said)) return;
      }
      if (this.ownEnd !== undefined || this.#killed) throw new Error(`it ended before it said ${word}: ${this.ownEnd}`);
      await new Promise<void>((resolve) => {
        this.#listeners.add(resolve);
      });
    }
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
    this.#listeners.clear();
  }

  async kill(): Promise<void> {
    this.#killed = this.ownEnd === undefined;
    this.#child.kill('SIGKILL');
    await this.#closed;
  }
}
