import { describe, expect, test } from 'vitest';
import { DIGEST_BYTES, type DigestType } from '../../src/hash/digests.js';
import { DigestIndex } from '../../src/search/digest-index.js';
import { seededBytes } from './search-fixture.js';

const NONE = { md5: new Uint8Array(0), sha1: new Uint8Array(0), sha256: new Uint8Array(0) };
const TYPES: DigestType[] = ['md5', 'sha1', 'sha256'];

describe.each(TYPES)('DigestIndex for %s', (type) => {
  const width = DIGEST_BYTES[type];
  const row = (bytes: Uint8Array, position: number) => bytes.slice(position * width, (position + 1) * width);

  /** Random digests; from 400 on copies of earlier ones, from 450 on ones that agree with another in all but the last byte. */
  const digests = seededBytes(500 * width, 11);
  for (let position = 400; position < 500; ++position) {
    digests.set(row(digests, position % 40), position * width);
    if (position >= 450) digests[position * width + width - 1] = ((digests[position * width + width - 1] as number) + position) & 255;
  }
  const index = new DigestIndex({ ...NONE, [type]: digests });

  test('finds every digest at all of its positions, ascending', () => {
    expect(index.size(type)).toBe(500);
    for (let position = 0; position < 500; ++position) {
      const digest = row(digests, position);
      const expected = Array.from({ length: 500 }, (_, other) => other).filter((other) =>
        row(digests, other).every((byte, i) => byte === digest[i]),
      );
      expect(index.find(type, digest)).toEqual(expected);
    }
  });

  test('finds no digest that it was not given', () => {
    for (const byte of [0, 255]) expect(index.find(type, new Uint8Array(width).fill(byte))).toEqual([]);
    const other = row(digests, 200);
    other[width - 1] = (other[width - 1] as number) ^ 1;
    expect(index.find(type, other)).toEqual([]);
  });

  test('orders digests that all begin alike', () => {
    const alike = new Uint8Array(300 * width);
    for (let position = 0; position < 300; ++position) alike.set([(position * 7) % 256, position % 3], position * width + width - 2);
    const all = new DigestIndex({ ...NONE, [type]: alike });
    for (let position = 0; position < 300; ++position) expect(all.find(type, row(alike, position))).toContain(position);
  });

  test('accepts views at an odd offset', () => {
    const shifted = new Uint8Array(digests.length + 1);
    shifted.set(digests, 1);
    const view = new DigestIndex({ ...NONE, [type]: shifted.subarray(1) });
    const digest = new Uint8Array(width + 3);
    digest.set(row(digests, 300), 3);
    expect(view.find(type, digest.subarray(3))).toEqual([300]);
  });

  test('refuses lengths that do not fit', () => {
    expect(() => index.find(type, new Uint8Array(width - 1))).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => index.find(type, 'abc' as unknown as Uint8Array)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
    expect(() => new DigestIndex({ ...NONE, [type]: new Uint8Array(width + 1) })).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

test('a DigestIndex refuses types that it does not have', () => {
  for (const type of ['sha512', 'toString', '', undefined])
    expect(() => new DigestIndex(NONE).find(type as DigestType, new Uint8Array(16))).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
});
