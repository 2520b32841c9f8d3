import { cp, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { createFileMapper, createNativeBackend } from '../../src/backend/native.js';
import { createWasmBackend } from '../../src/backend/wasm.js';
import type { BankTarget } from '../../src/bank/bank.js';
import { openBank } from '../../src/bank/open-bank-node.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import type { BankSnapshotOptions, SearchableBank } from '../../src/snapshot/bank-snapshots.js';
import type { Snapshot } from '../../src/snapshot/snapshot.js';
import { nodePlatform, photo } from '../fixtures/shield.js';
import { type BankPlace, places } from './banks.js';
import { batch, signal, temporaryFolder, valueFor } from './fixtures.js';

const withBanks = { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()), openBank };
const egide = createEgide(createNativeBackend(), withBanks);
const KEY = new Uint8Array(32).fill(7);

/** Which of some MD5 digests a snapshot has. */
function found(snapshot: Snapshot, ...numbers: number[]): number[] {
  return numbers.filter((number) => snapshot.lists.some(({ digests }) => digests.md5.find(valueFor('md5', number)).length > 0));
}

const record = (number: number) => ({ key: `key-${number}`, signals: [signal('md5', number)] });

describe.each(places)('a bank that is searched, on %s', (name, makePlace) => {
  let place: BankPlace;
  let bank: SearchableBank;
  let folder: Awaited<ReturnType<typeof temporaryFolder>>;
  const others: AsyncDisposable[] = [];
  const open = async (snapshot: BankSnapshotOptions = { intervalMs: 60_000 }, target: BankTarget = place.target) => {
    const opened = await egide.openBank(target, { snapshot });
    others.push(opened);
    return opened;
  };
  beforeEach(async () => {
    place = await makePlace();
    folder = await temporaryFolder();
    bank = await open();
  });
  afterEach(async () => {
    for (const other of others.splice(0)) await other[Symbol.asyncDispose]();
    await place[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  test('gives the snapshot of what it is now, which is made anew only if something changed', async () => {
    await bank.add(record(1));
    const first = await bank.snapshot();
    expect(found(first, 1, 2)).toEqual([1]);
    expect(first.change).toBe((await bank.status()).change);
    expect(await bank.snapshot()).toBe(first);
    await bank.feedback.add('own', { key: 'key-1', signal: 'md5', value: valueFor('md5', 1), opinion: 'positive' });
    expect(await bank.snapshot()).toBe(first);
    await bank.add(record(2));
    const second = await bank.snapshot();
    expect(found(second, 1, 2)).toEqual([1, 2]);
    expect(() => first.hold()).toThrow('disposed');
  });

  test.runIf(name === 'libsql')('one build is shared, and who asks after a change gets what has it', async () => {
    const told: Snapshot[] = [];
    bank.onSnapshot((snapshot) => told.push(snapshot));
    await bank.snapshot();
    await bank.add(record(1));
    const before = bank.snapshot();
    const adding = bank.add(record(2)).then(() => bank.snapshot());
    const all = await Promise.all([before, bank.snapshot(), adding, bank.snapshot()]);
    expect(found(await adding, 1, 2)).toEqual([1, 2]);
    expect(new Set([...all, ...told]).size).toBeLessThanOrEqual(2);
    await bank.add(record(3));
    const many = await Promise.all(Array.from({ length: 20 }, () => bank.snapshot()));
    expect(new Set(many)).toEqual(new Set([bank.newest.current]));
  });

  test('listeners are told of each newer one, and held ones stay', async () => {
    const [told, silent] = [vi.fn(), vi.fn()];
    using _listening = bank.onSnapshot(told);
    bank.onSnapshot(silent)[Symbol.dispose]();
    await bank.add(record(1));
    const first = await bank.snapshot();
    const held = first.hold();
    await bank.add(record(2));
    const second = await bank.snapshot();
    expect(told).toHaveBeenCalledExactlyOnceWith(second);
    expect(found(first, 1, 2)).toEqual([1]);
    held[Symbol.dispose]();
    expect(() => first.hold()).toThrow('disposed');
    await bank.snapshot();
    expect(told).toHaveBeenCalledOnce();
    expect(silent).not.toHaveBeenCalled();
    expect(() => bank.onSnapshot('listener' as never)).toThrow('listener: expected a function');
  });

  test('a sync that changed nothing but when it was is in the next one', async () => {
    async function* source() {
      yield batch([record(1)], { whole: 'both' });
    }
    await bank.sync('a', source(), { now: 1_700_000_000_000 });
    expect((await bank.snapshot()).lists[0]?.syncedAt).toBe(1_700_000_000_000);
    await bank.sync('a', source(), { now: 1_700_000_001_000 });
    expect((await bank.snapshot()).lists[0]?.syncedAt).toBe(1_700_000_001_000);
  });

  test('it is kept in a file, which the next opening finds', async () => {
    const path = typeof place.target === 'string' ? join(place.target, 'bank.snapshot') : join(folder.path, 'bank.snapshot');
    const options = { intervalMs: 60_000, ...(typeof place.target !== 'string' && { path }) };
    const first = await open(options);
    await first.add(record(1));
    const { id, storage } = await first.snapshot();
    expect(storage).toBe('mapped');
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    await first.close();
    const second = await open(options);
    expect((await second.snapshot()).id).toBe(id);
    await second.add(record(2));
    expect(found(await second.snapshot(), 1, 2)).toEqual([1, 2]);
  });

  test.runIf(name === 'libsql')('it is encrypted under a key, and made anew under another', async () => {
    const path = join(folder.path, 'sealed');
    const sealed = await open({ path, key: KEY });
    await sealed.add(record(1));
    expect((await sealed.snapshot()).storage).toBe('memory');
    await expect(egide.openSnapshot(path)).rejects.toThrow('encrypted');
    await sealed.close();
    const onError = vi.fn();
    const other = await open({ path, key: new Uint8Array(32).fill(8), onError });
    expect(found(await other.snapshot(), 1)).toEqual([1]);
    expect(onError).toHaveBeenCalledOnce();
  });

  test('what somebody else changed is found some moments later', async () => {
    const scanner = await open({ intervalMs: 10, path: join(folder.path, 'other') });
    await scanner.snapshot();
    await bank.add(record(5));
    await vi.waitFor(() => expect(found(scanner.newest.current, 5)).toEqual([5]), { timeout: 20_000 });
  });

  test('each scan sees what was changed before it through the same object', async () => {
    const cat = await photo('locomotion-house-cat');
    const [image, { md5 }] = [await egide.decode(cat), await egide.digest(cat)];
    const { hash, quality } = await egide.pdq.hashAsync(image);
    const shield = egide.shield({ bank });
    expect(() => shield.scanUrl('https://example.org/')).toThrow('await bank.snapshot() first');
    await bank.add([record(1), { key: 'site', signals: [{ type: 'url', value: new TextEncoder().encode('example.org') }] }]);
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
    expect(shield.scanUrl('https://example.org/x')).toMatchObject({ outcome: 'match' });
    await bank.add({ key: 'cat', signals: [{ type: 'md5', value: md5 }] });
    const buffer = cat.slice();
    const scanning = shield.scan(buffer);
    structuredClone(buffer, { transfer: [buffer.buffer] });
    expect(await scanning).toMatchObject({ matches: [{ signal: 'md5' }], snapshot: { change: (await bank.status()).change } });
    await bank.addCanary({ key: 'canary', signals: [signal('md5', 9)] });
    expect(await shield.lookUp({ md5: valueFor('md5', 9) })).toMatchObject({ matches: [{ entry: { id: 'canary' } }] });
    await bank.quarantine('md5', md5, { reason: 'a test' });
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
    await bank.apply('police', batch([{ key: 'c', signals: [{ type: 'pdq', value: hash, quality }] }]));
    expect(await shield.scan(cat)).toMatchObject({ matches: [{ signal: 'pdq' }] });
    await bank.opine('police', 'c', { value: 'negative' });
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
    await bank.release('md5', md5);
    expect(await shield.scan(cat)).toMatchObject({ matches: [{ signal: 'md5' }] });
    await bank.setList('own', { enabled: false });
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
  });

  test.runIf(name === 'libsql')('scans go on with the snapshot that there is when none can be made, and it is told', async () => {
    const onError = vi.fn();
    const path = join(folder.path, 'gone', 'bank.snapshot');
    const other = await open({ path, intervalMs: 60_000, onError });
    const shield = egide.shield({ bank: other });
    const cat = await photo('locomotion-house-cat');
    await expect(shield.scan(cat)).rejects.toMatchObject({ code: 'WRITE_FAILED' });
    const working = await open({ path: join(folder.path, 'bank.snapshot'), intervalMs: 60_000, onError });
    await working.add(record(1));
    const { change } = await working.snapshot();
    await rm(folder.path, { recursive: true });
    await working.add(record(2));
    expect(await egide.shield({ bank: working }).scan(cat)).toMatchObject({ outcome: 'no-match', snapshot: { change } });
    expect(onError.mock.calls.map(([{ code }]) => code)).toContain('WRITE_FAILED');
    await expect(working.snapshot()).rejects.toMatchObject({ code: 'WRITE_FAILED' });
  });

  test('it ends with the bank', async () => {
    await bank.add(record(1));
    const snapshot = await bank.snapshot();
    await bank.add(record(2));
    const stopped = expect(bank.snapshot()).rejects.toMatchObject({ code: 'DISPOSED' });
    await bank.close();
    await stopped;
    expect(() => snapshot.hold()).toThrow('disposed');
    await expect(bank.snapshot()).rejects.toMatchObject({ code: 'DISPOSED' });
  });

  test.runIf(name === 'libsql')('what is asked wrongly is told before a bank is opened', async () => {
    await expect(open({ path: '' })).rejects.toThrow('snapshot.path');
    await expect(open({ key: new Uint8Array(3) })).rejects.toThrow('key: expected 32 random bytes');
    await expect(open({ intervalMs: 1 })).rejects.toThrow('intervalMs');
    await expect(open({ onError: 3 as never })).rejects.toThrow('snapshot.onError');
    expect(() => egide.shield({ bank: {} as never })).toThrow('bank: expected a bank that openBank gave');
    expect(() => egide.shield({ bank, snapshot: {} as never })).toThrow('not both');
  });

  test.runIf(name === 'libsql')('a bank that was restored from a copy is not taken for the one that its snapshot is of', async () => {
    const target = place.target as string;
    await bank.add(record(1));
    await bank.close();
    await cp(target, join(folder.path, 'copy'), { recursive: true });
    const later = await open();
    await later.add(record(2));
    const { change } = await later.snapshot();
    await later.close();
    await cp(join(target, 'bank.snapshot'), join(folder.path, 'copy', 'bank.snapshot'));
    const restored = await open({ intervalMs: 60_000 }, join(folder.path, 'copy'));
    await restored.add(record(3));
    const snapshot = await restored.snapshot();
    expect([snapshot.change, found(snapshot, 1, 2, 3)]).toEqual([change, [1, 3]]);
  });

  test.runIf(name === 'libsql')('in WebAssembly as well', async () => {
    await bank.close();
    const { readFile } = await import('node:fs/promises');
    const backend = createWasmBackend(new WebAssembly.Module(await readFile(new URL('../../dist/core.wasm', import.meta.url))));
    await using portable = await createEgide(backend, withBanks).openBank(place.target);
    await portable.add(record(1));
    expect(found(await portable.snapshot(), 1)).toEqual([1]);
  });
});
