import { writeSync } from 'node:fs';
import { text } from 'node:stream/consumers';
import type { BankTarget } from '../../src/bank/bank.js';
import { exchangeOf, type Texts } from '../../src/list/exchanges/registry.js';
import { openBank } from './open.js';

/** What is to be synchronised. */
export interface KillTask {
  readonly target: BankTarget;
  readonly kind: string;
  readonly settings: Texts;
  readonly credentials: Texts;
  /** Present time in milliseconds since 1970. */
  readonly now: number;
}

await Promise.all([import('kysely'), import('libsql'), import('pg')]);
// Started before it has anything to do: what is killed is a sync, and not the loading of modules.
writeSync(1, 'ready\n');
const { target, kind, settings, credentials, now } = JSON.parse(await text(process.stdin)) as KillTask;
// Small windows of time make many steps; kinds that have none take no notice of them.
const asked = { sleep: async () => {}, windowRecords: 9 };
const bank = await openBank(target);
const report = await bank.sync('a', exchangeOf(kind, settings, credentials, asked), {
  now,
  onProgress: ({ steps }) => writeSync(1, `step ${steps}\n`),
});
writeSync(1, `done ${JSON.stringify(report)}\n`);
await bank.close();
