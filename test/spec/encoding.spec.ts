import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { digestToHex, hashToBase64, hashToHex, parseDigest, parseHash } from '../../src/hash/encoding.js';

/** A PDQ hash from Meta's own test data (bridge-mods/aaa-orig.jpg). */
const HEX = 'd8f8f0cee0f4a84f0637022a078f67f0b36e2ed596621e1d33e6339c4e9c9b22';
const BYTES = Uint8Array.from(Buffer.from(HEX, 'hex'));
const hash = fc.uint8Array({ minLength: 32, maxLength: 32 });

describe('The text of a PDQ hash', () => {
  test('is 64 lower-case hex digits, or the base64 of the same bytes', () => {
    expect(hashToHex(BYTES)).toBe(HEX);
    expect(hashToBase64(BYTES)).toBe(Buffer.from(BYTES).toString('base64'));
  });

  // The pair published with Project Arachnid's SDK: the base64 in its fixture, and the start and end of its hex.
  test('agrees with Project Arachnid', () => {
    const text = hashToHex(parseHash('Y/5u8mfstkL6AU+xAZmTMQwNbfwEz/wpn2ZzhJ9ykAI='));
    expect([text.slice(0, 8), text.slice(-4)]).toEqual(['63fe6ef2', '9002']);
  });

  test('round-trips for every hash, as Buffer does it', () => {
    fc.assert(
      fc.property(hash, (bytes) => {
        expect(hashToHex(bytes)).toBe(Buffer.from(bytes).toString('hex'));
        expect(hashToBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
        for (const text of [hashToHex(bytes), hashToBase64(bytes), Buffer.from(bytes).toString('base64url')])
          expect(parseHash(text)).toEqual(bytes);
      }),
    );
  });

  test.each([
    ['upper case', HEX.toUpperCase()],
    ['mixed case', `${HEX.slice(0, 32).toUpperCase()}${HEX.slice(32)}`],
    ['0x', `0x${HEX}`],
    ['0X', `0X${HEX}`],
    ['white space', ` \t${HEX}\r\n`],
    ['base64', Buffer.from(BYTES).toString('base64')],
    ['base64 without padding', Buffer.from(BYTES).toString('base64').slice(0, 43)],
    ['base64url with padding', `${Buffer.from(BYTES).toString('base64url')}=`],
  ])('is read with %s', (_case, text) => {
    expect(parseHash(text)).toEqual(BYTES);
  });

  test.each([
    ['nothing', ''],
    ['63 digits', HEX.slice(1)],
    ['65 digits', `${HEX}0`],
    ['66 digits', `00${HEX}`],
    ['a letter that is no digit', `g${HEX.slice(1)}`],
    ['a space within', `${HEX.slice(0, 31)} ${HEX.slice(32)}`],
    ['a letter beyond ASCII', `é${HEX.slice(1)}`],
    ['a digit of another script', `\u0663${HEX.slice(1)}`],
    ['base64 of 31 bytes', Buffer.alloc(31).toString('base64')],
    ['base64 of 33 bytes', Buffer.alloc(33).toString('base64')],
    ['base64 whose last bits are not zero', `${'A'.repeat(42)}B=`],
    ['base64 with a stray sign', `${'A'.repeat(20)}*${'A'.repeat(22)}=`],
  ])('is refused with %s, and not repeated', (_case, text) => {
    const error = thrown(() => parseHash(text));
    expect(error).toMatchObject({ code: 'INVALID_HASH' });
    if (text) expect((error as Error).message).not.toContain(text);
  });

  test('is made of 32 live bytes only', () => {
    const gone = BYTES.slice();
    structuredClone(gone, { transfer: [gone.buffer] });
    for (const wrong of [new Uint8Array(31), new Uint8Array(33), gone, HEX, [1], null])
      for (const encode of [hashToHex, hashToBase64])
        expect(thrown(() => encode(wrong as Uint8Array))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    for (const wrong of [null, 5, BYTES])
      expect(thrown(() => parseHash(wrong as unknown as string))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('The text of a digest', () => {
  test.each([
    ['md5', 16],
    ['sha1', 20],
    ['sha256', 32],
  ] as const)('of type %s round-trips, whatever its case', (type, length) => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: length, maxLength: length }), (bytes) => {
        const text = digestToHex(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('hex'));
        for (const form of [text, text.toUpperCase(), ` ${text}\n`, `0x${text}`]) expect(parseDigest(type, form)).toEqual(bytes);
      }),
    );
    expect(thrown(() => parseDigest(type, 'a'.repeat(2 * length - 1)))).toMatchObject({ code: 'INVALID_HASH' });
    expect(thrown(() => parseDigest(type, 'z'.repeat(2 * length)))).toMatchObject({ code: 'INVALID_HASH' });
  });

  test('has a known type and length', () => {
    expect(thrown(() => parseDigest('sha512' as 'md5', 'a'))).toMatchObject({ code: 'INVALID_ARGUMENT' });
    expect(thrown(() => digestToHex(new Uint8Array(31)))).toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

function thrown(run: () => unknown): unknown {
  try {
    run();
  } catch (error) {
    return error;
  }
  return undefined;
}
