import { writeSync } from 'node:fs';
import { load } from 'egide';
import type { BankTarget } from '../../src/bank/bank.js';
import { record, signal } from './fixtures.js';

/** What a saver is told to do. */
export interface SaverTask {
  readonly target: BankTarget;
  readonly path: string;
  /** No two have the same. */
  readonly name: string;
  /** Entries that it adds. */
  readonly count: number;
}

// Adds an entry and saves a snapshot, over and over, and says what is in the file then. Every sixth needs to be written whole.
const { target, path, name, count } = JSON.parse(process.argv[2] as string) as SaverTask;
const say = (...words: unknown[]): unknown => writeSync(1, `${JSON.stringify([Date.now(), ...words])}\n`);
const egide = await load();
await using bank = await egide.openBank(target, { create: false });
for (let i = 0; i < count; ++i) {
  await bank.add(record(`${name} ${i}`, signal('md5', i)));
  if (i % 6 === 5) await bank.setList('empty', { enabled: i % 12 !== 5 });
  const { wrote } = await egide.saveSnapshot(bank, path);
  say('saved', i, wrote);
}
say('end');
