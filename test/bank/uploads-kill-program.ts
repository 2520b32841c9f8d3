import { writeSync } from 'node:fs';
import { load } from 'egide';
import type { BankTarget } from '../../src/bank/bank.js';
import { batch, record, signal, valueFor } from './fixtures.js';

/** Uploads of one batch, and batches between two rematches. */
export const BATCH = 300;
export const BATCHES = 8;
/** Which uploads an entry comes for, some of them before they are kept. */
export const EVERY = 50;

// Keeps uploads, lets entries come and matches anew, over and over until it is killed, and says what it has done.
const say = (...line: unknown[]): void => void writeSync(1, `${JSON.stringify([Date.now(), ...line])}\n`);

if (process.argv[2] !== undefined) {
  const { target } = JSON.parse(process.argv[2]) as { target: BankTarget };
  const bank = await (await load()).openBank(target);
  for (let { count } = (await bank.status()).uploads; ; ) {
    for (let i = 0; i < BATCHES; ++i) {
      const uploads = Array.from({ length: BATCH }, (_, k) => ({
        id: `u${count + k}`,
        at: count + k,
        md5: valueFor('md5', count + k),
        pdq: valueFor('pdq', count + k),
      }));
      await bank.uploads.keep(uploads);
      count += BATCH;
      say('kept', count);
    }
    const numbers = Array.from({ length: (2 * BATCH * BATCHES) / EVERY }, (_, i) => count - BATCH * BATCHES + i * EVERY);
    await bank.apply('a', batch(numbers.map((number) => record(`u${number}`, signal('md5', number)))));
    for await (const { upload, entry } of bank.rematch({ maxDistance: 0 })) say('match', upload.id, entry.key);
    say('rematched', count);
  }
}
