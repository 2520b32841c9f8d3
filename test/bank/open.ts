import { createNativeBackend } from '../../src/backend/native.js';
import type { Bank, BankTarget, OpenBankOptions } from '../../src/bank/bank.js';
import { openBank as open } from '../../src/bank/open-bank-node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { readRecords } from '../../src/list/read-records.js';
import type { Platform } from '../../src/platform.js';

const platform: Platform = { runtime: 'node', createDigester: createPortableDigester };
const backend = createNativeBackend();

/** Opens a bank as the whole library does. */
export function openBank(target: BankTarget, options?: OpenBankOptions): Promise<Bank> {
  return open(target, options, { read: (source, { format: _, ...asked }) => readRecords(platform, source, asked), backend, platform });
}
