import { describe, expect, test } from 'vitest';
import { type Digester, type Digests, digestInput } from '../../src/hash/digests.js';
import { createNodeDigester } from '../../src/hash/digests-node.js';
import { createPortableDigester } from '../../src/hash/digests-portable.js';
import { digestToHex } from '../../src/hash/encoding.js';
import type { Input } from '../../src/input.js';
import type { Platform } from '../../src/platform.js';
import { seededBytes } from './search-fixture.js';

const digesters: [string, () => Digester][] = [
  ['node:crypto', createNodeDigester],
  ['@noble/hashes', createPortableDigester],
];

/** Text, MD5 (RFC 1321, A.5), SHA-1 and SHA-256 (FIPS 180-4 and NIST's example values). */
const KNOWN: [string, string, string, string][] = [
  [
    '',
    'd41d8cd98f00b204e9800998ecf8427e',
    'da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  ],
  [
    'abc',
    '900150983cd24fb0d6963f7d28e17f72',
    'a9993e364706816aba3e25717850c26c9cd0d89d',
    'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
  ],
];

function hex(digests: Digests): string[] {
  return [digests.md5, digests.sha1, digests.sha256].map(digestToHex);
}

function feed(digester: Digester, bytes: Uint8Array, step: number): string[] {
  for (let start = 0; start < bytes.length; start += step) digester.update(bytes.subarray(start, start + step));
  return hex(digester.finish());
}

describe.each(digesters)('Digests by %s', (_name, createDigester) => {
  const platform: Platform = { runtime: 'node', createDigester };
  const digest = (input: Input, options?: Parameters<typeof digestInput>[2]) => digestInput(platform, input, options);

  test.each(KNOWN)('of %j are the published ones', async (text, ...expected) => {
    expect(hex(await digest(new TextEncoder().encode(text)))).toEqual(expected);
  });

  test.each([0, 1, 55, 56, 63, 64, 65, 119, 120, 1000])('of %i bytes are the same however they are cut, and by either', (length) => {
    const bytes = seededBytes(length + 1, 5).subarray(1);
    const whole = feed(createNodeDigester(), bytes, length || 1);
    for (const step of [1, 3, 63, 64, 65]) expect(feed(createDigester(), bytes, step)).toEqual(whole);
  });

  test('are the same for bytes, a Blob, a stream and an iterable', async () => {
    const bytes = seededBytes(200_000, 3);
    const expected = feed(createNodeDigester(), bytes, bytes.length);
    async function* pieces() {
      for (let start = 0; start < bytes.length; start += 1_001) yield bytes.subarray(start, start + 1_001);
    }
    const blob = new Blob([bytes.slice()]);
    for (const input of [bytes, bytes.slice().buffer, blob, blob.stream(), pieces()]) expect(hex(await digest(input))).toEqual(expected);
  });

  test('are the same when one piece is looked at in slices, and progress counts its bytes', async () => {
    const bytes = seededBytes(2_500_000, 3);
    const seen: number[] = [];
    expect(hex(await digest(bytes, { onProgress: (count) => seen.push(count) }))).toEqual(feed(createNodeDigester(), bytes, bytes.length));
    expect(seen).toEqual([2_500_000]);
  });

  test('stop at the signal, before and between slices', async () => {
    await expect(digest(new Uint8Array(1), { signal: AbortSignal.abort(new Error('enough')) })).rejects.toThrow('enough');
    const controller = new AbortController();
    const running = digest(new Uint8Array(50_000_000), { signal: controller.signal });
    setTimeout(() => controller.abort(new Error('enough')), 1);
    await expect(running).rejects.toThrow('enough');
  });

  test('of bytes that were transferred away meanwhile are an error, not those of nothing', async () => {
    for (const wait of [0, 2]) {
      const bytes = new Uint8Array(10_000_000);
      const running = digest(bytes);
      running.catch(() => {}); // looked at below, after the transfer
      if (wait) await new Promise((resolve) => setTimeout(resolve, wait));
      structuredClone(bytes, { transfer: [bytes.buffer] });
      await expect(running).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    }
  });

  test('cannot be made of a path where there are no files, nor of other things', async () => {
    await expect(digest('/etc/hostname')).rejects.toMatchObject({ code: 'NO_FILESYSTEM' });
    await expect(digest(42 as unknown as Input)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
