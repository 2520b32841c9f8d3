import { inspect } from 'node:util';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { EgideError, invalid } from '../../src/errors.js';
import { FAKES, startFake } from '../../src/fakes/fakes.js';
import { FAKE_SECRET, fakeBytes, fakeHex } from '../../src/fakes/synthetic.js';
import { bytesToBase64 } from '../../src/hash/encoding.js';
import { basicAuthorization } from '../../src/list/http-client.js';
import { takeLeaks, watchConsole, watchStream } from './leak-watch.js';
import { hashesIn, LISTED_URL, leaksIn } from './leaks.js';

const hash = fakeBytes(32, 1, 'leaks');
const after = (bytes: number): Uint8Array => Uint8Array.of(...new Uint8Array(bytes), ...hash);
const base64 = (bytes: number): string => bytesToBase64(after(bytes));

test.each([
  ['hex', fakeHex(32, 1, 'leaks')],
  ['hex in capitals, in a path', `/hash/${fakeHex(16, 2, 'x').toUpperCase()}?page=1`],
  ['a Buffer', inspect(Buffer.from(hash))],
  ['bytes of C', Array.from(hash, (byte) => `0x${byte.toString(16)}`).join(', ')],
  ['an array', JSON.stringify([...hash])],
  ['a Uint8Array as JSON', JSON.stringify(hash)],
  ['base64', base64(0)],
  ['base64 after one byte', base64(1)],
  ['base64 after two bytes', base64(2)],
  ['base64url', base64(1).replaceAll('+', '-').replaceAll('/', '_')],
  ['base32', 'MVTWSZCGIFFUK6DY'],
  ['text as hex', Buffer.from(fakeHex(32, 3, 'y')).toString('hex')],
  ['a URL of a list', `no answer from ${LISTED_URL}7`],
  ['a password', `password=${FAKE_SECRET}1234`],
  ['a header', basicAuthorization('somebody', `${FAKE_SECRET}1`)],
  ['another header', basicAuthorization('somebody1', `${FAKE_SECRET}1`)],
  ['a third one', basicAuthorization('somebody12', `${FAKE_SECRET}1`)],
])('a leak is found: %s', (_what, text) => {
  expect(leaksIn(text)).toHaveLength(1);
});

test('an ordinary text is no leak; whatever has the form of a hash is one, where no hash has a place', () => {
  expect(leaksIn('read 12, added 10; https://example.org/, fake-member, 101,103,106')).toEqual([]);
  for (const digits of [32, 40, 64, 128, 288]) expect(hashesIn(`key ${'0a'.repeat(digits / 2)}.`)).toHaveLength(1);
  expect(hashesIn(`commit ${'0a'.repeat(15)}`)).toEqual([]);
});

test('every secret of a fake is recognised', async () => {
  for (const { kind } of FAKES) {
    const fake = await startFake(kind, { entries: 1 });
    const secrets = Object.entries(fake.credentials).filter(([name]) => name !== 'username');
    expect(secrets.length, kind).toBeGreaterThan(0);
    for (const [name, secret] of secrets) expect(leaksIn(secret), `${kind}: ${name}`).toHaveLength(1);
    await fake.close();
  }
});

describe('what is planted is found', () => {
  afterEach(() => void takeLeaks());

  test('in an error, its stack and its cause', () => {
    new EgideError('INVALID_LIST', 'nothing in it');
    expect(takeLeaks()).toEqual([]);
    new EgideError('INVALID_LIST', `not a hash: ${fakeHex(16, 4, 'z')}`);
    expect(takeLeaks().length).toBeGreaterThan(0);
    new EgideError('INVALID_HASH', `not a hash: ${'a1'.repeat(16)}`);
    expect(takeLeaks()).toHaveLength(1);
    new EgideError('EXCHANGE_FAILED', 'no answer', { cause: Object.assign(new Error('401'), { headers: { key: `${FAKE_SECRET}9` } }) });
    expect(takeLeaks()).toHaveLength(1);
  });

  test('in what is printed', () => {
    const says = { log: vi.fn(), info: vi.fn(), warn: vi.fn(), error: vi.fn(), debug: vi.fn() };
    watchConsole(says);
    says.warn('read', { hash });
    expect(takeLeaks()).toEqual(['console.warn: a listed hash, in decimal']);
    const stream = { write: vi.fn((_written: string | Uint8Array) => true) };
    watchStream(stream);
    stream.write(new TextEncoder().encode('all is well'));
    expect(takeLeaks()).toEqual([]);
    stream.write(`GET /?key=${FAKE_SECRET}1\n`);
    expect(takeLeaks()).toEqual(['what was printed: a secret, as text']);
  });
});

test('a wrong parameter is shown, but not if it could be a hash or a key', () => {
  expect(invalid('kind', 'a kind', 'some-kind-of-exchange').message).toContain('"some-kind-of-exchange"');
  for (const text of [fakeHex(16, 5, 'k'), bytesToBase64(hash.subarray(0, 16)), bytesToBase64(hash.subarray(0, 16)).replace('==', '')])
    expect(invalid('value', '16 bytes', text).message).toBe(`value: expected 16 bytes, got a string of ${text.length} characters`);
});
