import { inspect } from 'node:util';
import { StoredBank } from '../../src/bank/stored-bank.js';
import { look } from './leak-watch.js';
import { hashesIn } from './leaks.js';

/** Set up before every test of banks: looks through what they report. These are the methods whose result is about a bank, and not what it holds. */
const REPORTS = ['sync', 'import', 'apply', 'add', 'lists', 'addList', 'setList', 'status', 'verify'] as const;
for (const name of REPORTS) {
  const method = StoredBank.prototype[name] as (...words: unknown[]) => Promise<unknown>;
  async function watched(this: StoredBank, ...words: unknown[]): Promise<unknown> {
    const report = await method.apply(this, words);
    look(`the report of ${name}`, hashesIn(`${JSON.stringify(report)} ${inspect(report, { depth: 8, maxArrayLength: null })}`));
    return report;
  }
  Object.assign(StoredBank.prototype, { [name]: watched });
}
