import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Bank } from '../../src/bank/bank.js';
import type { KeptUpload, Rematch, RematchOptions } from '../../src/bank/uploads/upload.js';
import { type BankPlace, places } from './banks.js';
import { batch, record, signal, valueFor } from './fixtures.js';

const DAY = 24 * 60 * 60 * 1000;

/** A hash with some bits turned over, from `first` on. */
function turned(hash: Uint8Array, bits: number, first = 0): Uint8Array {
  const copy = hash.slice();
  for (let bit = first; bit < first + bits; ++bit) copy[bit >> 3] = (copy[bit >> 3] as number) ^ (1 << (bit & 7));
  return copy;
}

const negative = (hash: Uint8Array): Uint8Array => hash.map((byte) => ~byte);
const upload = (id: string, more: Partial<KeptUpload>): KeptUpload => ({ id, at: 1_000, ...more });
const hashes = (...all: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(all));

describe.each(places)('uploads that a bank keeps on %s', (_name, makePlace) => {
  let place: BankPlace;
  let bank: Bank;
  beforeEach(async () => {
    place = await makePlace();
    bank = await place.open();
  });
  afterEach(async () => {
    await bank.close();
    await place[Symbol.asyncDispose]();
  });

  /** In words, sorted: upload, list and key, how. */
  async function matched(options: Partial<RematchOptions> = {}): Promise<string[]> {
    const found: string[] = [];
    for await (const match of bank.rematch({ maxDistance: 31, ...options })) found.push(said(match));
    return found.sort();
  }
  const said = ({ upload: { id }, entry: { list, key }, signal: type, distance, negative: turnedOver }: Rematch): string =>
    `${id}: ${list}/${key} ${type}${distance === undefined ? '' : ` ${distance}`}${turnedOver ? ' negative' : ''}`;

  test('are found when a list grows, each once, and not again', async () => {
    const hash = valueFor('pdq', 7);
    await bank.uploads.keep([
      upload('near', { pdq: turned(hash, 31), at: 5 }),
      upload('far', { pdq: turned(hash, 32) }),
      upload('negative', { pdq: negative(turned(hash, 3)) }),
      upload('several', { pdq: hashes(valueFor('pdq', 900), turned(hash, 9), turned(hash, 4)) }),
      upload('file', { md5: valueFor('md5', 1), sha1: valueFor('sha1', 1), sha256: valueFor('sha256', 1) }),
      upload('video', { md5: valueFor('md5', 2) }),
    ]);
    expect(await matched()).toEqual([]);
    await bank.apply(
      'a',
      batch([
        { ...record('x', signal('pdq', 7), signal('pdq', 8), { type: 'pdq', value: turned(hash, 2, 100) }), category: 'B2' },
        record('y', signal('md5', 1), signal('sha1', 1), signal('sha256', 2)),
        record('z', { type: 'video-md5', value: valueFor('md5', 2) }),
      ]),
    );
    const found: Rematch[] = [];
    for await (const match of bank.rematch({ maxDistance: 31 })) found.push(match);
    expect(found.find(({ upload: { id } }) => id === 'near')).toEqual({
      upload: { id: 'near', at: 5 },
      entry: { list: 'a', key: 'x', category: 'B2' },
      signal: 'pdq',
      distance: 31,
      negative: false,
    });
    expect(found.map(said).sort()).toEqual([
      'file: a/y md5',
      'file: a/y sha1',
      'near: a/x pdq 31',
      'negative: a/x pdq 3 negative',
      'several: a/x pdq 4',
      'video: a/z md5',
    ]);
    expect((await bank.status()).uploads).toMatchObject({ count: 6, hashes: 6, firstAt: 5, lastAt: 1_000, rematchedTo: 2 });
    expect(await matched()).toEqual([]);
    expect(await matched({ since: 0, maxDistance: 3 })).toEqual([
      'file: a/y md5',
      'file: a/y sha1',
      'negative: a/x pdq 3 negative',
      'video: a/z md5',
    ]);
    await bank.apply('a', batch([record('later', signal('pdq', 7))]));
    expect(await matched({ maxDistance: 4 })).toEqual(['negative: a/later pdq 3 negative', 'several: a/later pdq 4']);
  });

  test('are matched with what their scan did not know, whenever they are kept', async () => {
    const kept = (id: string, change: number) => bank.uploads.keep(upload(id, { md5: valueFor('md5', 1) }), { change });
    await bank.apply('a', batch([record('old', signal('md5', 1))]));
    await kept('scanned', 2);
    await kept('not scanned', 0);
    expect(await matched()).toEqual(['not scanned: a/old md5']);
    await bank.apply('a', batch([record('new', signal('md5', 1))]));
    await kept('scanned before', 2);
    const running = bank.rematch({ maxDistance: 31 });
    const first = await running.next();
    await kept('scanned before, kept while it runs', 2);
    await kept('scanned with it', 3);
    const rest = [first.value as Rematch];
    for await (const match of running) rest.push(match);
    expect(rest.map(said).sort()).toEqual(['not scanned: a/new md5', 'scanned before: a/new md5', 'scanned: a/new md5']);
    expect(await matched()).toEqual(['scanned before, kept while it runs: a/new md5']);
    await expect(kept('x', 99)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('are matched anew until a rematch has come to its end', async () => {
    await bank.uploads.keep([1, 2, 3].map((number) => upload(`${number}`, { md5: valueFor('md5', number) })));
    await bank.apply('a', batch([1, 2, 3].map((number) => record(`k${number}`, signal('md5', number)))));
    for await (const match of bank.rematch({ maxDistance: 31 })) if (match.upload.id === '3') break;
    const stop = new AbortController();
    const stopped = (async () => {
      for await (const _ of bank.rematch({ maxDistance: 31, signal: stop.signal })) stop.abort(new Error('enough'));
    })();
    await expect(stopped).rejects.toThrow('enough');
    expect(await matched({ lists: ['a'] })).toHaveLength(3);
    expect(await matched({ since: 0 })).toHaveLength(3);
    const progress: number[] = [];
    expect(
      await matched({ onProgress: ({ uploads, total, signals, matches }) => progress.push(uploads, total, signals, matches) }),
    ).toHaveLength(3);
    expect(progress.slice(-4)).toEqual([3, 3, 3, 3]);
    expect(await matched()).toEqual([]);
    await expect(matched({ lists: ['nobody'] })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(matched({ since: 99 })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(matched({ maxDistance: undefined as unknown as number })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });

  test('are matched with what comes back: a list turned on, a value released, an opinion taken back', async () => {
    await bank.uploads.keep([1, 2, 3].map((number) => upload(`${number}`, { pdq: valueFor('pdq', number) })));
    await bank.addList('off', { enabled: false });
    await bank.apply('off', batch([record('x', signal('pdq', 1)), record('y', signal('pdq', 1))]));
    await bank.apply(
      'a',
      batch([record('p', signal('pdq', 2)), record('q', signal('pdq', 3)), record('blurred', signal('pdq', 3, { quality: 9 }))]),
    );
    await bank.quarantine('pdq', valueFor('pdq', 2), { reason: 'too many' });
    await bank.opine('a', 'q', { value: 'negative' });
    expect(await matched()).toEqual([]);
    await bank.setList('off', { enabled: true });
    expect(await matched()).toEqual(['1: off/x pdq 0', '1: off/y pdq 0']);
    await bank.release('pdq', valueFor('pdq', 2));
    expect(await matched()).toEqual(['2: a/p pdq 0']);
    await bank.opine('a', 'q', null);
    expect(await matched()).toEqual(['3: a/q pdq 0']);
    expect(await matched({ since: 0, lists: ['a'] })).toEqual(['2: a/p pdq 0', '3: a/q pdq 0']);
  });

  test('are not matched with what a negative list carries', async () => {
    await bank.uploads.keep([
      ...[1, 2, 3].map((number) => upload(`${number}`, { pdq: valueFor('pdq', number) })),
      upload('video', { md5: valueFor('md5', 4) }),
    ]);
    await bank.addList('good', { negative: true });
    await bank.apply('good', batch([record('x', signal('pdq', 1), signal('pdq', 9)), record('y', signal('md5', 4))]));
    const video = { type: 'video-md5', value: valueFor('md5', 4) } as const;
    await bank.apply('a', batch([record('p', signal('pdq', 1)), record('q', signal('pdq', 2), signal('pdq', 1)), record('v', video)]));
    await bank.apply('b', batch([record('p', signal('pdq', 1)), record('r', signal('pdq', 3))]));
    expect(await matched()).toEqual(['2: a/q pdq 0', '3: b/r pdq 0']);
    expect(await matched({ since: 0, lists: ['good'] })).toEqual([]);
    await bank.setList('good', { enabled: false });
    expect(await matched({ since: 0 })).toEqual([
      '1: a/p pdq 0',
      '1: a/q pdq 0',
      '1: b/p pdq 0',
      '2: a/q pdq 0',
      '3: b/r pdq 0',
      'video: a/v md5',
    ]);
  });

  test('are packed as they grow, by whichever batches they came', { timeout: 60_000 }, async () => {
    const all = Array.from({ length: 12_000 }, (_, i) =>
      upload(`upload ${i} ${'é'.repeat(i % 5)}`, {
        at: 1_000 + ((i * 7919) % 12_000),
        md5: valueFor('md5', i),
        ...(i % 3 === 0 ? { pdq: valueFor('pdq', i) } : {}),
      }),
    );
    const sizes = [1, 2, 3, 5_000, 5_994];
    let start = 0;
    for (const size of sizes) await bank.uploads.keep(all.slice(start, (start += size)));
    while (start < all.length) await bank.uploads.keep(all.slice(start, (start += 25)));
    await bank.apply(
      'a',
      batch([0, 3, 6_000, 11_999, 10_344].map((number) => record(`k${number}`, signal('md5', number), signal('pdq', number)))),
    );
    expect((await bank.status()).uploads).toMatchObject({ count: 12_000, hashes: 4_000, firstAt: 1_000, lastAt: 12_999 });
    const found: Rematch[] = [];
    for await (const match of bank.rematch({ maxDistance: 0 })) found.push(match);
    expect(found.map(({ upload: { id, at } }) => `${id} ${at}`).sort()).toEqual(
      [0, 0, 3, 3, 6_000, 6_000, 10_344, 10_344, 11_999].map((i) => `${all[i]?.id} ${all[i]?.at}`).sort(),
    );
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
    expect(await bank.uploads.forget(all.slice(5_000, 6_001).map(({ id }) => id))).toBe(1_001);
    expect(await bank.uploads.forget('upload 6000 ')).toBe(0);
    expect(await bank.uploads.expire({ before: 2_000 })).toBe(all.filter(({ at }, i) => at < 2_000 && !(i >= 5_000 && i <= 6_000)).length);
    const left = all.filter(({ at }, i) => at >= 2_000 && !(i >= 5_000 && i <= 6_000));
    expect((await bank.status()).uploads).toMatchObject({ count: left.length, firstAt: 2_000, lastAt: 12_999 });
    expect(await matched({ since: 0, maxDistance: 0 })).toHaveLength(
      found.length - 2 - found.filter(({ upload: { at, id } }) => at < 2_000 && id !== all[6_000]?.id).length,
    );
    expect(await bank.verify()).toEqual({ ok: true, problems: [] });
  });

  test('go when their time has come, and are not told of before they went', async () => {
    await expect(bank.uploads.expire()).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await bank.uploads.keep([1, 2, 3].map((day) => upload(`day ${day}`, { at: day * DAY, md5: valueFor('md5', 1) })));
    await bank.uploads.retain(2 * DAY);
    await bank.apply('a', batch([record('x', signal('md5', 1))]));
    expect((await bank.status()).uploads).toMatchObject({ retentionMs: 2 * DAY });
    expect(await matched({ now: 4 * DAY + 1, lists: ['a'] })).toEqual(['day 3: a/x md5']);
    expect(await bank.uploads.expire({ now: 3 * DAY + 1 })).toBe(1);
    expect(await matched({ since: 0, now: 3 * DAY })).toEqual(['day 2: a/x md5', 'day 3: a/x md5']);
    expect(await bank.uploads.expire({ retentionMs: 0, now: 3 * DAY })).toBe(1);
    await bank.uploads.retain(null);
    expect(await bank.uploads.expire({ before: 10 * DAY })).toBe(1);
    expect((await bank.status()).uploads).toEqual({ count: 0, hashes: 0, rematchedTo: 0 });
    expect(await matched()).toEqual([]);
  });

  test('are refused as a whole if one cannot be kept, without its id in the message', async () => {
    const good = upload('good', { md5: valueFor('md5', 1) });
    const bad: [Partial<KeptUpload>, string][] = [
      [{ id: '' }, 'uploads[1].id'],
      [{ id: 'secret'.repeat(60) }, 'uploads[1].id'],
      [{ id: 'secret\0' }, 'uploads[1].id'],
      [{ at: -1 }, 'uploads[1].at'],
      [{ at: 1.5 }, 'uploads[1].at'],
      [{ md5: new Uint8Array(15) }, 'uploads[1].md5'],
      [{ pdq: new Uint8Array(33) }, 'uploads[1].pdq'],
      [{ pdq: new Uint8Array(32 * 32) }, 'uploads[1].pdq'],
      [{ md5: undefined as unknown as Uint8Array }, 'uploads[1]: expected a PDQ hash or a digest'],
    ];
    for (const [wrong, message] of bad) {
      const refused = await bank.uploads.keep([good, { ...good, ...wrong }]).catch((error: Error & { code: string }) => error);
      expect(refused).toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringContaining(message) });
      expect((refused as Error).message).not.toContain('secret');
    }
    await expect(bank.uploads.keep(new Array(20_001).fill(good))).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bank.uploads.forget([''])).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(bank.uploads.retain(-1)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect((await bank.status()).uploads.count).toBe(0);
  });
});
