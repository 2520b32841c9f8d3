import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createPdq } from '../../src/hash/pdq.js';
import { backends } from './backends.js';
import { decode } from './decoding.js';

/** Published answers of python-threatexchange's own tests: file to hash and quality (`null`: not published). */
interface Expected {
  readonly pdq: Readonly<Record<string, readonly [hash: string, quality: number | null]>>;
}

const folder = process.env['EGIDE_CONFORMANCE'];
const answers = folder && join(folder, 'python-threatexchange/expected.json');
const present = answers !== undefined && existsSync(answers);
if (!present) console.log('decode-conformance: published answers skipped, because EGIDE_CONFORMANCE names no folder that has them');
const expected: Expected | undefined = present ? (JSON.parse(readFileSync(answers, 'utf8')) as Expected) : undefined;

const FILES = ['LA.png', 'I16.png', 'rgb.jpeg', 'sample-b.jpg', 'random_26x28.png'];

// Its `static_gif_100x100`, made by the formula in that test and saved as GIF by Pillow 12.3, so that it has Pillow's palette.
const STATIC_GIF = new URL('../fixtures/pytx-static-100x100.gif', import.meta.url);
const STATIC_GIF_HASH = '77ffdd3a9405fbb0805027270fa7d7065e7cf8da0c0d795881002667e44f266f';

describe.each(backends)('python-threatexchange on %s', (_name, makeBackend) => {
  const pdq = createPdq(makeBackend());
  const hashOf = async (file: Uint8Array) => {
    const { hash, quality } = pdq.hash(await decode(file, { profile: 'pytx' }));
    return { hash: Buffer.from(hash).toString('hex'), quality };
  };

  test.skipIf(!present).each(FILES)('%s hashes as published', async (name) => {
    const [hash, quality] = expected?.pdq[name] ?? [];
    const answer = await hashOf(readFileSync(join(String(folder), 'python-threatexchange', name)));
    expect(answer).toEqual({ hash, quality: quality ?? answer.quality });
  });

  test('a GIF is hashed by its palette indices', async () => {
    expect((await hashOf(readFileSync(STATIC_GIF))).hash).toBe(STATIC_GIF_HASH);
  });
});
