import { invalid } from '../errors.js';
import type { Bank, BankNeeds, BankTarget, OpenBankOptions } from './bank.js';
import { openLibsqlStore } from './libsql-store-node.js';
import { openPostgresStore } from './postgres-store-node.js';
import { StoredBank } from './stored-bank.js';

/** Opens a bank, or makes one. Throws as `Egide.openBank` says. */
export async function openBank(target: BankTarget, { create = true }: OpenBankOptions = {}, needs: BankNeeds): Promise<Bank> {
  if (typeof create !== 'boolean') throw invalid('create', 'true or false', create);
  if (typeof target === 'string') return new StoredBank(await openLibsqlStore(target, { create }), needs);
  if (typeof target === 'object' && target !== null && 'postgres' in target)
    return new StoredBank(await openPostgresStore(target, { create }), needs);
  throw invalid('target', 'the path of a folder, or { postgres }', target);
}
