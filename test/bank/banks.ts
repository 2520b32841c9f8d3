import { join } from 'node:path';
import { inject } from 'vitest';
import type { Bank, BankTarget } from '../../src/bank/bank.js';
import { temporaryFolder } from './fixtures.js';
import { openBank } from './open.js';

/** A place where a bank is, which can be opened more than once. */
export interface BankPlace extends AsyncDisposable {
  readonly target: BankTarget;
  open(): Promise<Bank>;
}

const socket = inject('postgres');

/** Every database that a bank can be in. */
export const places: readonly (readonly [name: string, make: () => Promise<BankPlace>])[] = [
  ['libsql', folderPlace],
  ...(socket ? [['PostgreSQL', schemaPlace] as const] : []),
];

async function folderPlace(): Promise<BankPlace> {
  const folder = await temporaryFolder();
  const target = join(folder.path, 'bank');
  return { target, open: () => openBank(target), [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() };
}

let schemas = 0;

/** The server goes away with the tests, and its schemas with it. */
async function schemaPlace(): Promise<BankPlace> {
  const target = { postgres: { host: socket, user: 'egide', database: 'postgres', max: 4 }, schema: `bank_${process.pid}_${++schemas}` };
  return { target, open: () => openBank(target), [Symbol.asyncDispose]: async () => undefined };
}
