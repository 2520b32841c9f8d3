import { copyFile, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import type { Bank } from '../../src/bank/bank.js';
import type { BankRecord } from '../../src/bank/record.js';
import { BANK_SIGNALS, type Signal } from '../../src/bank/signal.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { nodePlatform } from '../fixtures/shield.js';
import { type BankPlace, places } from './banks.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';
import { answersOf, nearHash, noisePictures, POOL, siteFor } from './overlay-answers.js';

const egide = createEgide(createNativeBackend(), { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) });
/** Changes after each of which everything is compared: few here, more for a night. */
const STEPS = Number(process.env.EGIDE_OVERLAY_STEPS ?? 12);
const KEY = new Uint8Array(32).fill(5);

let pictures: Awaited<ReturnType<typeof noisePictures>>;
beforeAll(async () => {
  pictures = await noisePictures(egide, 2);
});

/** Random whole numbers below a bound (xorshift: Marsaglia 2003). */
function randomNumbers(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % bound;
  };
}

function randomSignal(random: (bound: number) => number): Signal {
  const type = BANK_SIGNALS[random(BANK_SIGNALS.length)] as Signal['type'];
  const number = random(POOL);
  if (type === 'pdq') return { type, value: nearHash(number), quality: random(8) === 0 ? 20 : 90 };
  if (type === 'url') return { type, value: new TextEncoder().encode(siteFor(number)) };
  if (type === 'patches') return { type, value: pictures.enrolled[number % pictures.enrolled.length] as Uint8Array };
  if (type === 'video-md5') return { type, value: valueFor('md5', number) };
  return signal(type, number);
}

async function* only<Item>(item: Item): AsyncGenerator<Item> {
  yield item;
}

/** Changes a bank somehow. */
async function changeSomething(bank: Bank, random: (bound: number) => number): Promise<void> {
  const record = (): BankRecord => ({
    key: `key-${random(20)}`,
    ...(random(2) === 0 ? {} : { category: `category-${random(3)}` }),
    signals: Array.from({ length: 1 + random(4) }, () => randomSignal(random)),
  });
  const list = `list-${random(3)}`;
  const { type, value } = randomSignal(random);
  const what = random(40);
  if (what < 22)
    await bank.apply(list, batch([...Array.from({ length: 1 + random(4) }, record), ...(random(2) === 0 ? [`key-${random(20)}`] : [])]));
  else if (what < 25) await bank.quarantine(type, value, { reason: 'a test' });
  else if (what < 28) {
    const [held] = await bank.quarantined();
    if (held) await bank.release(held.type, held.value);
  } else if (what < 31) {
    for (const { name } of await bank.lists())
      for await (const { record: found } of bank.entries(name)) {
        if (random(3) > 0) continue;
        await bank.opine(name, found.key, random(2) === 0 ? null : { value: random(2) === 0 ? 'negative' : 'disputed' });
        break;
      }
  } else if (what < 33) await bank.add({ ...record(), key: 'own' });
  else if (what < 35) await bank.sync(list, only(batch([record(), record()], { whole: 'both' })), { now: random(1e9) });
  else if (what < 36) await bank.setList(list, { enabled: random(2) === 0 }).catch(() => undefined);
  else if (what < 37) await bank.removeList(list).catch(() => undefined);
  else if (what < 38) await bank.apply('good', batch([record()]));
  else if (what < 39) await bank.setList('good', { enabled: random(2) === 0 });
  else await bank.apply(`new-${random(1e6)}`, batch([record()]));
}

describe.each(places)('overlays of the snapshots of a bank, on %s', (name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const path = (file = 'bank.snapshot'): string => join(folder.path, file);
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
    folder = await temporaryFolder();
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const steps = name === 'libsql' ? STEPS : Math.ceil(STEPS / 3);
  test(`after each of ${steps} random changes answer as a whole snapshot does`, { timeout: 600_000 }, async () => {
    const random = randomNumbers(20_260_730);
    await bank.addList('good', { negative: true });
    await bank.apply('good', batch([{ key: 'fine', signals: [signal('md5', 1), { type: 'pdq', value: nearHash(2), quality: 90 }] }]));
    for (let i = 0; i < 8; ++i) await changeSomething(bank, random);
    await egide.saveSnapshot(bank, path());
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000 });
    const wrote = { whole: 0, overlay: 0 };
    for (let step = 0; step < steps; ++step) {
      await changeSomething(bank, random);
      wrote[(await egide.saveSnapshot(bank, path())).wrote] += 1;
      await egide.saveSnapshot(bank, path('whole'), { whole: true });
      await watch.look();
      using whole = await egide.openSnapshot(path('whole'));
      expect(await answersOf(watch.current, pictures.asked), `step ${step}`).toEqual(await answersOf(whole, pictures.asked));
    }
    expect(wrote.overlay).toBeGreaterThan(wrote.whole);
    using opened = await egide.openSnapshot(path());
    expect(opened.id).toBe(watch.current.id);
  });

  test('what does not fit an overlay is written whole', async () => {
    const wrote = async () => (await egide.saveSnapshot(bank, path())).wrote;
    const made = [await wrote()];
    await bank.apply('a', batch([{ key: 'x', signals: [signal('md5', 1)] }]));
    made.push(await wrote()); // a new list
    await egide.saveSnapshot(bank, path(), { whole: true });
    await bank.setList('a', { enabled: false });
    made.push(await wrote()); // which the file has
    await bank.addList('good', { negative: true });
    made.push(await wrote());
    await bank.apply('good', batch([{ key: 'x', signals: [signal('md5', 1)] }]));
    made.push(await wrote());
    await bank.apply('good', batch(['x']));
    made.push(await wrote());
    made.push(await wrote()); // nothing has changed
    expect(made).toEqual(['whole', 'overlay', 'whole', 'whole', 'whole', 'whole', 'overlay']);
    expect((await egide.saveSnapshot(bank, path(), { whole: true })).wrote).toBe('whole');
    await expect(stat(path('bank.snapshot.overlay'))).rejects.toThrow('ENOENT');
    expect((await egide.saveSnapshot(bank, path(), { key: KEY })).wrote).toBe('whole'); // what is there is not encrypted
  });
});

describe('an overlay', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  let bank: Bank;
  const [libsql] = places;
  let place: BankPlace;
  const path = (file = ''): string => join(folder.path, `bank.snapshot${file}`);
  const put = (...numbers: number[]) =>
    bank.apply('a', batch(numbers.map((number) => ({ key: `key-${number}`, signals: [signal('md5', number)] }))));
  const found = (snapshot: Snapshot): number[] =>
    [1, 2, 3, 4].filter((number) => (snapshot.lists[0]?.digests.md5.find(valueFor('md5', number)).length ?? 0) > 0);
  const save = (key?: Uint8Array) => egide.saveSnapshot(bank, path(), key ? { key } : {});
  beforeEach(async () => {
    folder = await temporaryFolder();
    place = await (libsql as (typeof places)[number])[1]();
    bank = await place.open();
    await put(1);
    await save();
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('is named by verdicts, and goes with its base alone', async () => {
    const [base, overlay] = [await readFile(path()), await putAndRead(2)];
    using both = await egide.openSnapshot(base, { overlay });
    using alone = await egide.openSnapshot(base);
    expect([found(both), found(alone), both.byteLength - alone.byteLength]).toEqual([[1, 2], [1], overlay.byteLength]);
    expect([both.id === alone.id, both.change - alone.change]).toEqual([false, 1]);
    await expect(egide.openSnapshot(overlay)).rejects.toThrow('is an overlay');
    await egide.saveSnapshot(bank, path(), { whole: true });
    await expect(egide.openSnapshot(new Uint8Array(await readFile(path())), { overlay })).rejects.toMatchObject({ code: 'INVALID_BANK' });
    expect((await stat(path())).mode & 0o777).toBe(0o600);
  });

  async function putAndRead(number: number): Promise<Uint8Array> {
    await put(number);
    expect((await save()).wrote).toBe('overlay');
    expect((await stat(path('.overlay'))).mode & 0o777).toBe(0o600);
    return new Uint8Array(await readFile(path('.overlay')));
  }

  test('that is damaged changes nothing, and is told once', async () => {
    await putAndRead(2);
    const onError = vi.fn();
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000, onError });
    const good = await putAndRead(3);
    const places = [0, 70, Math.floor(good.length / 2), good.length - 100, good.length - 1];
    for (const at of places) {
      const bad = good.slice();
      bad[at] = (bad[at] as number) ^ 1;
      await writeFile(path('.new'), bad);
      await copyFile(path('.new'), path('.overlay'));
      await watch.look();
      await watch.look();
      expect(found(watch.current), `byte ${at}`).toEqual([1, 2]);
      await expect(egide.openSnapshot(path())).rejects.toMatchObject({ code: 'INVALID_BANK' });
    }
    expect(onError).toHaveBeenCalledTimes(places.length);
    expect((await save()).wrote).toBe('overlay');
    await watch.look();
    expect(found(watch.current)).toEqual([1, 2, 3]);
    await writeFile(path('.overlay'), good.slice(0, 200));
    await rm(path());
    await egide.saveSnapshot(bank, path(), { whole: true });
    await writeFile(path('.overlay'), good.slice(0, 200)); // which is of no base that anybody can tell
    await watch.look();
    expect([found(watch.current), onError.mock.calls.length]).toEqual([[1, 2, 3], places.length + 1]);
  });

  test('of the file before, or of the next, is not used, and nothing is missing meanwhile', async () => {
    const onError = vi.fn();
    const [base, older] = [await readFile(path()), await putAndRead(2)];
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000, onError });
    await put(3);
    await egide.saveSnapshot(bank, path(), { whole: true });
    const next = await readFile(path());
    await writeFile(path('.overlay'), older, { mode: 0o600 }); // as if the process had been killed before it could remove it
    await watch.look();
    expect(found(watch.current)).toEqual([1, 2, 3]);
    const newest = await putAndRead(4);
    await writeFile(path('.old'), base);
    await copyFile(path('.old'), path()); // the new overlay has come, and its base not yet
    using early = await egide.openSnapshot(path());
    expect(found(early)).toEqual([1]);
    await writeFile(path(), next);
    await writeFile(path('.overlay'), newest);
    await watch.look();
    expect(found(watch.current)).toEqual([1, 2, 3, 4]);
    await rm(path('.overlay'));
    await watch.look();
    expect(found(watch.current)).toEqual([1, 2, 3, 4]);
    expect(onError).not.toHaveBeenCalled();
  });

  test('goes when the last who holds it has let go, and its base when nothing needs that', async () => {
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000 });
    await putAndRead(2);
    await watch.look();
    const first = watch.current;
    const held = first.hold();
    await putAndRead(3);
    await watch.look();
    expect([found(first), found(watch.current)]).toEqual([
      [1, 2],
      [1, 2, 3],
    ]);
    await egide.saveSnapshot(bank, path(), { whole: true });
    await watch.look();
    expect(found(first)).toEqual([1, 2]);
    held[Symbol.dispose]();
    expect(() => found(first)).toThrow('disposed');
    expect(found(watch.current)).toEqual([1, 2, 3]);
  });

  test('is encrypted as its base is', async () => {
    await rm(path());
    await save(KEY);
    await put(2);
    expect((await save(KEY)).wrote).toBe('overlay');
    const sealed = await readFile(path('.overlay'));
    expect(sealed.includes('key-2')).toBe(false);
    using opened = await egide.openSnapshot(path(), { key: KEY });
    expect(found(opened)).toEqual([1, 2]);
    await expect(egide.openSnapshot(path())).rejects.toThrow('encrypted');
    expect((await save(new Uint8Array(32).fill(6))).wrote).toBe('whole');
  });

  test('of another bank, or of one restored from a copy, is none: all is written', async () => {
    const other = await (libsql as (typeof places)[number])[1]();
    await using second = await other.open();
    await second.apply('a', batch([{ key: 'key-4', signals: [signal('md5', 4)] }]));
    await second.apply('a', batch([{ key: 'key-3', signals: [signal('md5', 3)] }]));
    expect((await egide.saveSnapshot(second, path())).wrote).toBe('whole');
    using opened = await egide.openSnapshot(path());
    expect(found(opened)).toEqual([3, 4]);
    await other[Symbol.asyncDispose]();
  });

  test('counts what is left of a hash that very many have, and says when there are more', async () => {
    const records = (from: number, to: number) =>
      Array.from({ length: to - from }, (_, i) => ({ key: `n${from + i}`, signals: [{ ...signal('pdq', 7), quality: 90 }] }));
    await bank.apply('a', batch(records(0, 60)));
    await egide.saveSnapshot(bank, path(), { whole: true });
    await bank.apply('a', batch([...records(60, 70), ...Array.from({ length: 40 }, (_, i) => `n${i}`)]));
    expect((await save()).wrote).toBe('overlay');
    using opened = await egide.openSnapshot(path());
    const pdq = (opened.lists[0] as Snapshot['lists'][number]).pdq;
    const asked = (limit?: number) => pdq.search(valueFor('pdq', 7), { maxDistance: 0, ...(limit !== undefined && { limit }) });
    expect(pdq.size).toBe(30);
    expect([asked().hits.length, asked(30).hits.length, asked(30).truncated]).toEqual([30, 30, false]);
    expect([asked(29).hits.length, asked(29).truncated, asked(5).hits.length]).toEqual([29, true, 5]);
    const left = asked().hits.map(({ id }) => opened.lists[0]?.entry(id).id);
    expect(left.sort()).toEqual(Array.from({ length: 30 }, (_, i) => `n${40 + i}`).sort());
  });
});
