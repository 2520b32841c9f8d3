import type { Picture } from './corpus.js';
import { type Bank, type Hand, localHand, type TrapTask, type UnitTask } from './hand.js';
import type { MatcherChoice } from './matchers/matchers.js';

/** What the parent asks of this process; it waits for each answer. */
export type Request =
  | { readonly ask: 'begin'; readonly choice: MatcherChoice }
  | { readonly ask: 'reference'; readonly picture: Picture }
  | { readonly ask: 'trapReference'; readonly task: TrapTask }
  | { readonly ask: 'open'; readonly banks: readonly Bank[] }
  | { readonly ask: 'unit'; readonly task: UnitTask };

/** What it answers. */
export type Reply = { readonly answer: unknown } | { readonly failed: string };

let hand: Hand | undefined;

async function answerTo(request: Request): Promise<unknown> {
  if (request.ask === 'begin') {
    hand = await localHand(request.choice);
    return undefined;
  }
  const begun = hand as Hand;
  if (request.ask === 'reference') return begun.reference(request.picture);
  if (request.ask === 'trapReference') return begun.trapReference(request.task);
  if (request.ask === 'open') return begun.open(request.banks);
  return begun.unit(request.task);
}

process.on('SIGINT', () => undefined); // a terminal sends Ctrl-C to every process; the parent ends this one when it has heard it
process.on('disconnect', () => process.exit()); // the parent is gone
process.on('message', (request: Request) => {
  answerTo(request).then(
    (answer) => process.send?.({ answer } satisfies Reply),
    (error) => process.send?.({ failed: error instanceof Error ? (error.stack ?? error.message) : String(error) } satisfies Reply),
  );
});
