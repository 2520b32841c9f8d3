import type { Bank, BankTarget, OpenBankOptions } from '../../src/bank/bank.js';
import { openBank as open } from '../../src/bank/open-bank-node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { readRecords } from '../../src/list/read-records.js';

/** Opens a bank as the whole library does, without a backend. */
export function openBank(target: BankTarget, options?: OpenBankOptions): Promise<Bank> {
  return open(target, options, (source, { format: _, ...asked }) =>
    readRecords({ runtime: 'node', createDigester: createPortableDigester }, source, asked),
  );
}
