import { describe, expect, test } from 'vitest';
import { listOf, nodeEgide } from '../fixtures/shield.js';
import { backends } from './backends.js';

describe.each(backends)('a long call on %s', (_name, makeBackend) => {
  const egide = nodeEgide(makeBackend());
  const bytes = new Uint8Array(10);
  const image = egide.image({ data: new Uint8Array(64 * 64), width: 64, height: 64, channels: 1 });
  const calls: Record<string, (options: object) => Promise<unknown>> = {
    decode: (options) => egide.decode(bytes, options),
    frames: (options) => egide.frames(bytes, options).next(),
    digest: (options) => egide.digest(bytes, options),
    hashList: (options) => egide.hashList(bytes, { name: 'list', ...options }),
    'pdq.hashAsync': (options) => egide.pdq.hashAsync(image, options),
    scan: async (options) => egide.shield({ lists: [await listOf(egide, 'list', [])] }).scan(bytes, options),
    'scan of pixels': async (options) => egide.shield({ lists: [await listOf(egide, 'list', [])] }).scan(image, options),
  };

  test.each(Object.entries(calls))('%s takes no signal but an AbortSignal', async (_call, make) => {
    for (const signal of [null, 'stop', {}, new AbortController()])
      await expect(make({ signal })).rejects.toMatchObject({ code: 'INVALID_ARGUMENT', message: expect.stringMatching('^signal: ') });
  });

  test.each(['digest', 'hashList', 'scan'])('%s takes no onProgress but a function', async (call) => {
    await expect(calls[call]?.({ onProgress: true })).rejects.toMatchObject({ message: expect.stringMatching('^onProgress: ') });
  });

  test.each(['decode', 'scan'])('%s takes no profile but those there are', async (call) => {
    for (const profile of ['', 'exact', null])
      await expect(calls[call]?.({ profile })).rejects.toMatchObject({ message: expect.stringMatching('^profile: ') });
  });

  test.each([null, 'options', 5])('and no options but an object: %j', async (options) => {
    await expect(egide.digest(bytes, options as unknown as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(egide.pdq.hashAsync(image, options as unknown as object)).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});
