import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createFileMapper } from '../../src/backend/native.js';
import type { SourceList } from '../../src/bank/snapshot-source.js';
import { createEgide } from '../../src/egide.js';
import { createIndexFiles } from '../../src/search/index-file-node.js';
import { defaultPolicy } from '../../src/shield/policy.js';
import type { SnapshotWatch } from '../../src/snapshot/watch-snapshot.js';
import { snapshotChunks } from '../../src/snapshot/write-snapshot.js';
import { nodePlatform, photo } from '../fixtures/shield.js';
import { backends } from './backends.js';
import { type TestEntry, viewOf } from './bank-view.js';

const platform = { ...nodePlatform, indexFiles: createIndexFiles(createFileMapper()) };
const list = (syncedAt?: number): SourceList => ({
  id: 1,
  name: 'police',
  enabled: true,
  negative: false,
  ...(syncedAt !== undefined && { syncedAt }),
});

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'egide-watch-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe.each(backends)('a shield over a snapshot on %s', (_name, makeBackend) => {
  const backend = makeBackend();
  const egide = createEgide(backend, platform);
  const path = () => join(folder, `${backend.name}.snapshot`);
  const entryOf = async (key: string, bytes: Uint8Array): Promise<TestEntry> => {
    const { md5 } = await egide.digest(bytes);
    const image = await egide.decode(bytes);
    const { hash } = await egide.pdq.hashAsync(image);
    const { bytes: record } = await egide.patches.enrol(image);
    const url = new TextEncoder().encode(`https://example.org/${key}`);
    const signals: TestEntry['signals'] = [
      { type: 'md5', value: md5 },
      { type: 'pdq', value: hash },
      { type: 'patches', value: record },
      { type: 'url', value: url },
    ];
    return { list: 1, key, category: 'test', signals };
  };
  const save = (entries: readonly TestEntry[], syncedAt?: number) =>
    platform.indexFiles.save(path(), snapshotChunks(backend, platform, viewOf(entries, [list(syncedAt)])), { mode: 0o600 });

  test('finds what the snapshot holds, by every signal, and names it', async () => {
    const cat = await photo('locomotion-house-cat');
    await save([await entryOf('cat', cat)]);
    expect((await stat(path())).mode & 0o777).toBe(0o600);
    using snapshot = await egide.openSnapshot(path());
    const shield = egide.shield({ snapshot });
    const verdict = await shield.scan(cat);
    expect(verdict).toMatchObject({ action: 'block', outcome: 'match', problems: [] });
    expect(verdict.snapshot).toEqual({ id: snapshot.id, createdAt: snapshot.createdAt, change: 17 });
    expect(verdict.matches.map(({ signal, entry }) => [signal, entry])).toEqual(
      ['md5', 'pdq', 'patches'].map((signal) => [signal, { id: 'cat', list: 'police', category: 'test' }]),
    );
    expect(shield.scanUrl('http://example.org/cat')).toMatchObject({ outcome: 'match', action: 'block' });
    expect(await shield.scan(await photo('nagasaki-boats'))).toMatchObject({ outcome: 'no-match', action: 'allow' });
  });

  test('a list that is older than the policy allows cannot tell', async () => {
    const [cat, boats] = [await photo('locomotion-house-cat'), await photo('nagasaki-boats')];
    await save([await entryOf('cat', cat)], Date.now() - 7_200_000);
    using snapshot = await egide.openSnapshot(path());
    const policy = { ...defaultPolicy, maxListAgeMs: 3_600_000 };
    const stale = await egide.shield({ snapshot, policy }).scan(boats);
    expect(stale).toMatchObject({ action: 'hold', outcome: 'could-not-tell', problems: [{ code: 'STALE_LIST' }] });
    expect(stale.problems[0]?.message).toBe(
      'list police was brought up to date 2.0 hours ago, and the policy allows 1.0 hours: synchronise it',
    );
    expect(await egide.shield({ snapshot, policy }).scan(cat)).toMatchObject({ action: 'block', outcome: 'match' });
    const lenient = { ...defaultPolicy, maxListAgeMs: 10_800_000 };
    expect(await egide.shield({ snapshot, policy: lenient }).scan(boats)).toMatchObject({ outcome: 'no-match', problems: [] });
  });

  test('a newer snapshot takes the place of the one before, and no scan mixes the two', async () => {
    const [cat, boats] = [await photo('locomotion-house-cat'), await photo('nagasaki-boats')];
    await save([await entryOf('cat', cat)]);
    const onChange = vi.fn();
    using watch: SnapshotWatch = await egide.watchSnapshot(path(), { intervalMs: 60_000, onChange });
    const shield = egide.shield({ snapshot: watch });
    const before = watch.current;
    const running = shield.scan(boats); // with the first, to its end
    await save([await entryOf('boats', boats)]);
    await watch.look();
    expect(onChange).toHaveBeenCalledExactlyOnceWith(watch.current);
    expect(watch.current.id).not.toBe(before.id);
    expect(await running).toMatchObject({ outcome: 'no-match', snapshot: { id: before.id } });
    expect(() => before.hold()).toThrow('disposed');
    expect(await shield.scan(boats)).toMatchObject({ outcome: 'match', snapshot: { id: watch.current.id } });
    expect(await shield.scan(cat)).toMatchObject({ outcome: 'no-match' });
    await watch.look();
    expect(onChange).toHaveBeenCalledOnce();
  });

  test('a damaged snapshot takes no place, and is told once', async () => {
    const cat = await photo('locomotion-house-cat');
    await save([await entryOf('cat', cat)]);
    const onError = vi.fn();
    using watch = await egide.watchSnapshot(path(), { intervalMs: 60_000, onError });
    const { id } = watch.current;
    const good: Uint8Array[] = [];
    for await (const chunk of snapshotChunks(backend, platform, viewOf([await entryOf('cat', cat)], [list()]))) good.push(chunk.slice());
    const bytes = new Uint8Array(Buffer.concat(good));
    for (const at of [3, 70, Math.floor(bytes.byteLength / 2), bytes.byteLength - 100]) {
      const bad = bytes.slice();
      bad[at] = (bad[at] as number) ^ 1;
      await platform.indexFiles.save(path(), [bad]);
      await watch.look();
      await watch.look();
    }
    expect(onError).toHaveBeenCalledTimes(4);
    await rm(path());
    await watch.look();
    await watch.look();
    expect(onError).toHaveBeenCalledTimes(5);
    expect(watch.current.id).toBe(id);
    expect(await egide.shield({ snapshot: watch }).scan(cat)).toMatchObject({ outcome: 'match' });
    await platform.indexFiles.save(path(), [bytes]);
    await watch.look();
    expect(watch.current.id).not.toBe(id);
  });

  test('looks by itself, until it is disposed of or stopped', async () => {
    const cat = await photo('locomotion-house-cat');
    await save([]);
    const stop = new AbortController();
    const watch = await egide.watchSnapshot(path(), { intervalMs: 10, signal: stop.signal });
    const { id } = watch.current;
    await save([await entryOf('cat', cat)]);
    await vi.waitFor(() => expect(watch.current.id).not.toBe(id), { timeout: 20_000 });
    stop.abort();
    expect(() => watch.current).toThrow('disposed');
    watch[Symbol.dispose]();
  });

  test('what is no snapshot is refused, and one without lists cannot be asked', async () => {
    expect(() => egide.shield({ snapshot: {} as never })).toThrow('snapshot: expected a snapshot that openSnapshot gave');
    expect(() => egide.shield({} as never)).toThrow('lists: expected an array of one or more hash lists');
    await expect(egide.watchSnapshot(path(), { intervalMs: 1 })).rejects.toThrow('intervalMs');
    await platform.indexFiles.save(path(), snapshotChunks(backend, platform, viewOf([], [])));
    using snapshot = await egide.openSnapshot(path());
    await expect(egide.shield({ snapshot }).scan(await photo('nagasaki-boats'))).rejects.toThrow('nothing that scan could ask');
  });
});
