import { describe, expect, test } from 'vitest';
import { bytesToBase64, bytesToHex } from '../../src/hash/encoding.js';
import { IPED_PHOTODNA_MAX_DISTANCE, PHOTODNA_BYTES, photoDnaDistance, readPhotoDna } from '../../src/hash/photodna.js';
import { seededBytes } from './search-fixture.js';

const A = seededBytes(PHOTODNA_BYTES, 1);

describe('A PhotoDNA hash', () => {
  test('has a squared distance to another', () => {
    expect(photoDnaDistance(A, A)).toBe(0);
    expect(photoDnaDistance(new Uint8Array(144), new Uint8Array(144).fill(255))).toBe(9_363_600);
    const near = A.map((byte, i) => (i < 100 ? byte ^ 16 : byte)); // 100 numbers, each 16 off
    expect(photoDnaDistance(A, near)).toBe(25_600);
    expect(photoDnaDistance(near, A)).toBeLessThan(IPED_PHOTODNA_MAX_DISTANCE);
  });

  test.each([
    [A, A.subarray(1)],
    [new Uint8Array(145), A],
  ])('is compared with another one only', (a, b) => {
    expect(() => photoDnaDistance(a, b)).toThrow(expect.objectContaining({ code: 'INVALID_ARGUMENT' }));
  });

  test.each([
    ['base64', bytesToBase64(A)],
    ['hex', bytesToHex(A)],
    ['numbers', A.join(',')],
    ['numbers with spaces', ` ${A.join(', ')}\n`],
  ])('is read from %s', (_form, text) => {
    const read = new Uint8Array(PHOTODNA_BYTES);
    expect(readPhotoDna(text, read)).toBe(true);
    expect(read).toEqual(A);
  });

  test.each([
    '',
    bytesToBase64(A).slice(4),
    `${bytesToBase64(A)}AAAA`,
    A.subarray(1).join(','),
    `${A.join(',')},1`,
    A.join(',').replace(/^\d+/, '256'),
    A.join(',').replace(/^\d+/, '-1'),
    A.join(',').replace(/^\d+/, ''),
    ','.repeat(1e6),
  ])('is not read from other texts (%#)', (text) => {
    expect(readPhotoDna(text, new Uint8Array(PHOTODNA_BYTES))).toBe(false);
  });
});
