import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { type Hand, localHand } from './hand.js';
import type { MatcherChoice } from './matchers/matchers.js';
import type { Reply, Request } from './worker.js';

/**
 * As many hands as asked for. One works in this process, which is easy to debug. More are child processes: threads of one process would
 * share the four threads that decode.
 */
export async function crewOf(count: number, choice: MatcherChoice, signal?: AbortSignal): Promise<readonly Hand[]> {
  if (count === 1) return [await localHand(choice, signal)];
  const children = Array.from({ length: count }, () => new ChildHand());
  try {
    await Promise.all(children.map((child) => child.begin(choice)));
  } catch (error) {
    for (const child of children) child.close();
    throw error;
  }
  return children;
}

/**
 * Does every item, each hand one at a time. After a failure, or when `signal` says so, no further item is begun; children are then closed
 * by the caller without waiting for what they have in hand.
 */
export async function shareOut<Item>(
  hands: readonly Hand[],
  items: readonly Item[],
  work: (hand: Hand, item: Item) => Promise<void>,
  signal?: AbortSignal,
): Promise<void> {
  let next = 0;
  let failed = false;
  const stopped = new Promise<never>((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason), { once: true }));
  stopped.catch(() => undefined); // it may come when nobody waits for it any more
  const runs = hands.map(async (hand) => {
    while (next < items.length && !failed) {
      signal?.throwIfAborted();
      try {
        await work(hand, items[next++] as Item);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  });
  await Promise.race([Promise.all(runs), stopped]);
}

/** A hand in a process of its own. */
class ChildHand implements Hand {
  readonly #child: ChildProcess;
  #waiting: { resolve(answer: unknown): void; reject(error: Error): void } | undefined;
  #gone: Error | undefined;

  constructor() {
    this.#child = fork(fileURLToPath(new URL('./worker.js', import.meta.url)), {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    this.#child.on('message', (reply: Reply) => {
      const waiting = this.#waiting;
      this.#waiting = undefined;
      if ('failed' in reply) waiting?.reject(new Error(`a worker failed: ${reply.failed}`));
      else waiting?.resolve(reply.answer);
    });
    const gone = (why: string) => {
      this.#gone = new Error(`a worker ended before its work was done (${why})`);
      this.#waiting?.reject(this.#gone);
    };
    this.#child.on('error', (error) => gone(error.message));
    this.#child.on('exit', (code, killed) => gone(killed ?? `exit code ${code}`));
  }

  begin = (choice: MatcherChoice) => this.#ask<void>({ ask: 'begin', choice });
  reference: Hand['reference'] = (picture) => this.#ask({ ask: 'reference', picture });
  trapReference: Hand['trapReference'] = (task) => this.#ask({ ask: 'trapReference', task });
  open: Hand['open'] = (banks) => this.#ask({ ask: 'open', banks });
  unit: Hand['unit'] = (task) => this.#ask({ ask: 'unit', task });

  close(): void {
    this.#waiting = undefined;
    this.#child.kill('SIGKILL'); // whatever it has in hand is lost and will be done again
  }

  #ask<Answer>(request: Request): Promise<Answer> {
    return new Promise((resolve, reject) => {
      if (this.#gone) return reject(this.#gone);
      this.#waiting = { resolve: resolve as (answer: unknown) => void, reject };
      this.#child.send(request, (error) => error && reject(error));
    });
  }
}
