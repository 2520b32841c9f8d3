import { writeSync } from 'node:fs';
import { load } from 'egide';
import { CrashSource } from './crash-source.js';

// Synchronises a list until it is killed, or done; says when it begins, and how many steps were kept.
const [, , target] = process.argv as [string, string, string];
const bank = await (await load()).openBank(target);
writeSync(1, 'begin\n');
await bank.sync('a', new CrashSource(), { onProgress: ({ steps }) => writeSync(1, `step ${steps}\n`) });
writeSync(1, 'done\n');
await bank.close();
