import { writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { type Bank, EgideError, load, type SyncProgress } from 'egide';
import type { BankTarget } from '../../src/bank/bank.js';
import { EndlessSource, type KnownPicture, type ListName } from './endless-source.js';

/** What a writer is told to do. */
export interface WriterTask {
  readonly target: BankTarget;
  readonly lists: readonly ListName[];
  readonly pictures: readonly KnownPicture[];
  /** Where the snapshots go. */
  readonly path: string;
}

// Synchronises lists and saves a snapshot, over and over, until it is killed. What fails is said, and done again.
const { target, lists, pictures, path } = JSON.parse(process.argv[2] as string) as WriterTask;
const say = (...words: unknown[]): unknown => writeSync(1, `${JSON.stringify([Date.now(), ...words])}\n`);
const egide = await load();
const tried = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof EgideError)) throw error;
    say('failed', error.code, `${error.stack} ${error.cause}`);
    await delay(20);
    return undefined;
  }
};
let bank: Bank | undefined;
while (!bank) bank = await tried(() => egide.openBank(target));
const open: Bank = bank;
for (;;) {
  for (const list of lists) {
    say('sync', list);
    let kept = 0; // told once more at the end
    const onProgress = ({ steps }: SyncProgress) => steps > kept && say('step', list, (kept = steps));
    await tried(() => open.sync(list, new EndlessSource(list, pictures), { onProgress }));
  }
  say('save');
  const saved = await tried(() => egide.saveSnapshot(open, path));
  if (saved) say('saved', saved.change);
  await delay(20);
}
