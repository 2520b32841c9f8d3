import { rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, workFolder } from '../runtimes/bundle.js';
import { seededNumbers } from '../spec/search-fixture.js';
import { places } from './banks.js';
import { Program } from './program.js';
import { BATCH, EVERY } from './uploads-kill-program.js';

/** Processes that are killed: EGIDE_KILLS for more. */
const KILLS = Number(process.env['EGIDE_KILLS'] ?? 2);

const work = workFolder();
afterAll(() => rm(work, { recursive: true }));

describe.each(places)('uploads on %s', (_name, makePlace) => {
  test(`that are kept and matched by a process killed ${KILLS} times are whole, and every match is told`, {
    timeout: 60_000 + 20_000 * KILLS,
  }, async () => {
    const program = await bundle('test/bank/uploads-kill-program.ts', work, ['node', 'import']);
    await using place = await makePlace();
    const next = seededNumbers(5);
    const told = new Set<string>();
    let kept = 0;
    for (let kill = 0; kill < KILLS; ++kill) {
      const running = new Program(program, { target: place.target });
      await running.hears(kill % 2 === 0 ? 'kept' : 'match');
      await delay(next() % 20);
      await running.kill();
      expect(running.ownEnd).toBeUndefined();
      for (const [, word, id, key] of running.lines) {
        if (word === 'match') told.add(`${id} ${key}`);
        if (word === 'kept') kept = Math.max(kept, Number(id));
      }
      const bank = await place.open();
      const { count, hashes } = (await bank.status()).uploads;
      expect(count % BATCH).toBe(0);
      expect(count).toBeGreaterThanOrEqual(kept);
      expect(hashes).toBe(count);
      expect(await bank.verify()).toEqual({ ok: true, problems: [] });
      await bank.close();
    }
    const bank = await place.open();
    for await (const { upload, entry } of bank.rematch({ maxDistance: 0 })) told.add(`${upload.id} ${entry.key}`);
    const wanted: string[] = [];
    for await (const { record } of bank.entries('a'))
      if (Number(record.key.slice(1)) < (await bank.status()).uploads.count) wanted.push(`${record.key} ${record.key}`);
    expect([...told].sort()).toEqual(wanted.sort());
    expect(wanted.length).toBeGreaterThan(BATCH / EVERY);
    const again: string[] = [];
    for await (const { upload } of bank.rematch({ maxDistance: 0 })) again.push(upload.id);
    expect(again).toEqual([]);
    await bank.close();
  });
});
