import { expect, test } from 'vitest';
import { load } from '../../src/entry/node.js';
import type { Flood } from '../../src/shield/flood-guard.js';
import { defaultPolicy } from '../../src/shield/policy.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';

test('an entry that floods goes into quarantine by its key and out again, and the next look-up knows', async () => {
  await using folder = await temporaryFolder();
  const egide = await load();
  await using bank = await egide.openBank(folder.path);
  await bank.apply(
    'a',
    batch([
      { key: 'clip', signals: [signal('video-md5', 1)] },
      { key: 'fine', signals: [signal('md5', 2)] },
    ]),
  );
  const floods: Flood[] = [];
  const policy = { ...defaultPolicy, flood: { maxMatches: 2, windowMs: 3_600_000 } };
  const shield = egide.shield({ bank, policy, onFlood: (flood) => floods.push(flood) });
  const look = async () => (await shield.lookUp({ md5: valueFor('md5', 1) })).action;
  expect([await look(), await look(), await look()]).toEqual(['block', 'block', 'hold']);
  const [{ entry, signal: type }] = floods as [Flood];
  expect(await bank.quarantineEntry(entry.list, entry.id, type, { reason: 'matches every second upload' })).toBe(1);
  expect(await bank.quarantined()).toMatchObject([{ type: 'video-md5' }]);
  expect(await look()).toBe('allow');
  expect(await shield.lookUp({ md5: valueFor('md5', 2) })).toMatchObject({ action: 'block' });
  expect(await bank.releaseEntry(entry.list, entry.id, type)).toBe(1);
  expect(await look()).toBe('hold');
});
