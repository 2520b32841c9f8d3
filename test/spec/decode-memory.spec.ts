import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { encode, picture } from '../fixtures/pictures.js';
import { decode } from './decoding.js';

const MIB = 1_048_576;

/** The most memory that this process held since the mark was set (proc(5): `clear_refs`, `VmHWM`); only Linux tells. */
function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;
}

if (process.platform !== 'linux') console.log('decode-memory: skipped, because only Linux tells the peak of a process');

// The bounds are those of docs/images.md: measured growth, and room for the allocator.
test.skipIf(process.platform !== 'linux').each([
  ['jpeg', { quality: 90 }, 64],
  ['jpeg', { quality: 90, progressive: true }, 112],
  ['png', { compressionLevel: 1 }, 128],
] as const)('one 12-megapixel %s %o takes at most %i MiB', async (format, options, bound) => {
  const file = await encode(picture(4_000, 3_000, 3))
    .toFormat(format, options)
    .toBuffer();
  writeFileSync('/proc/self/clear_refs', '5');
  const before = process.memoryUsage.rss();
  const image = await decode(file);
  expect(image).toMatchObject({ width: 4_000, height: 3_000 });
  expect((peakBytes() - before) / MIB).toBeLessThan(bound);
});
