import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { Egide } from '../../src/egide.js';
import { load } from '../../src/entry/node.js';
import { FIRST_DAY, LAST_DAY, SERVER_FAULTS, type Truth } from '../../src/fakes/fake.js';
import { FAKES, startFake } from '../../src/fakes/fakes.js';
import { bytesToHex } from '../../src/hash/encoding.js';
import { EXCHANGES, exchangeOf } from '../../src/list/exchanges/registry.js';
import type { Fetch } from '../../src/list/http-client.js';
import { photo } from '../fixtures/shield.js';
import { temporaryFolder } from './fixtures.js';
import { openBank } from './open.js';

const DAY = 86_400_000;
/** Between two syncs: less than after which any source has to be read anew. */
const STEP = 5 * DAY;

let egide: Egide;
beforeAll(async () => {
  egide = await load();
});

const kinds = FAKES.filter(({ kind }) => EXCHANGES.some((exchange) => exchange.kind === kind));

test.each(kinds)('what $kind withdraws is not found any more after one sync', async ({ kind, faults }) => {
  let now = FIRST_DAY;
  const names = [...SERVER_FAULTS, ...faults].filter(({ fatal }) => !fatal).map(({ name }) => name);
  const fake = await startFake(kind, { entries: 60, faults: names, now: () => now });
  await using folder = await temporaryFolder();
  try {
    const truthAt = (time: number): Truth => {
      now = time;
      return fake.truth();
    };
    let time = FIRST_DAY + DAY / 2;
    let [goes, stays] = [undefined as string | undefined, undefined as string | undefined];
    for (; time < LAST_DAY && !(goes && stays); time += STEP) {
      const after = new Set(hashesOf(truthAt(time + STEP)));
      const before = hashesOf(truthAt(time));
      [goes, stays] = [before.find((hash) => !after.has(hash)), before.find((hash) => after.has(hash))];
    }
    expect(goes && stays, 'a hash that is withdrawn, and one that is not').toBeTruthy();
    // The fake's hashes are of no picture: on the way from it, two of them become those of photographs.
    const pictures = [await photo('locomotion-house-cat'), await photo('nagasaki-boats')] as const;
    const [cat, boats] = [await carrying(goes as string, pictures[0]), await carrying(stays as string, pictures[1])];
    const fetched: Fetch = async (url, init) => {
      const answer = await fetch(url, init);
      return new Response(boats(cat(await answer.text())), { status: answer.status, headers: answer.headers });
    };
    await using bank = await openBank(join(folder.path, 'bank'));
    const path = join(folder.path, 'snapshot');
    const exchange = exchangeOf(kind, fake.settings, fake.credentials, { fetch: fetched, sleep: async () => {} });
    const outcomesAt = async (time: number): Promise<string[]> => {
      now = time;
      await bank.sync('a', exchange, { now });
      await egide.saveSnapshot(bank, path);
      using snapshot = await egide.openSnapshot(path);
      const shield = egide.shield({ snapshot });
      return await Promise.all(pictures.map(async (picture) => (await shield.scan(picture)).outcome));
    };
    expect(await outcomesAt(time - STEP)).toEqual(['match', 'match']);
    expect(await outcomesAt(time)).toEqual(['no-match', 'match']);
  } finally {
    await fake.close();
  }
});

/** The PDQ hashes and MD5 digests of a truth, as `type:hex`. */
function hashesOf(truth: Truth): string[] {
  return [...truth.values()].flat().filter((signal) => /^(pdq|md5):/.test(signal));
}

/** What writes the hash, or digest, of a picture where a text has `signal`. */
async function carrying(signal: string, picture: Uint8Array): Promise<(text: string) => string> {
  const [type, hex = ''] = signal.split(':');
  const value = type === 'pdq' ? egide.pdq.hash(await egide.decode(picture)).hash : (await egide.digest(picture)).md5;
  return (text) => text.replaceAll(new RegExp(hex, 'gi'), bytesToHex(value));
}
