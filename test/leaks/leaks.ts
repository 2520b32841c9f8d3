import { FAKE_SECRET, FAKE_TAG } from '../../src/fakes/synthetic.js';

/** What every URL of a list begins with in tests. */
export const LISTED_URL = 'https://listed.example.org/';

/** What may be written nowhere but in a list: the tag of synthetic hashes, what every secret of a fake begins with, and URLs of lists. */
const MARKERS: readonly (readonly [name: string, bytes: Uint8Array])[] = [
  ['a listed hash', FAKE_TAG],
  ['a secret', new TextEncoder().encode(FAKE_SECRET)],
  ['a listed URL', new TextEncoder().encode(LISTED_URL)],
];
const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE32 = 'abcdefghijklmnopqrstuvwxyz234567';

/** Ways to write bytes, each as a pattern that finds some of them inside others. */
const WRITINGS: readonly (readonly [name: string, patternOf: (bytes: Uint8Array) => RegExp])[] = [
  ['in hex', (bytes) => inTurn(bytes, hexOf, '[^0-9a-z]{0,4}(?:0x)?', 'i')],
  ['in decimal', (bytes) => inTurn(bytes, String, '[^0-9]{1,8}(?:"[0-9]+":)?')],
  ['as text', (bytes) => new RegExp(escaped(new TextDecoder().decode(bytes)), 'i')],
  ['as hex of its hex', (bytes) => inTurn(new TextEncoder().encode(Array.from(bytes, hexOf).join('')), hexOf, '', 'i')],
  ['in base64', (bytes) => packed(bytes, BASE64, 6)],
  ['in base32', (bytes) => packed(bytes, BASE32, 5, 'i')],
];
const PATTERNS = MARKERS.flatMap(([what, bytes]) => WRITINGS.map(([how, patternOf]) => [`${what}, ${how}`, patternOf(bytes)] as const));

/** As many digits of hex as MD5, SHA-1, SHA-256 or PDQ, SHA-512 and PhotoDNA have. */
const HASH = /(?<![0-9a-f])(?:[0-9a-f]{32}|[0-9a-f]{40}|[0-9a-f]{64}|[0-9a-f]{128}|[0-9a-f]{288})(?![0-9a-f])/i;

/** What a text gives away of the hashes, URLs and secrets that tests and fakes use, in any of the ways in which bytes are written. */
export function leaksIn(text: string): string[] {
  return PATTERNS.filter(([, pattern]) => pattern.test(text)).map(([what]) => what);
}

/** The same, and whatever has the form of a hash: for texts in which no hash has a place. */
export function hashesIn(text: string): string[] {
  return [...leaksIn(text), ...(HASH.test(text) ? ['something of the form of a hash'] : [])];
}

/** One byte after the other, with little between them. */
function inTurn(bytes: Uint8Array, write: (byte: number) => string, between: string, flags = ''): RegExp {
  return new RegExp(Array.from(bytes, write).join(between), flags);
}

/** The characters of `bits` each that hold nothing but these bytes, wherever the bytes stand among others. */
function packed(bytes: Uint8Array, alphabet: string, bits: number, flags = ''): RegExp {
  const forms = new Set<string>();
  for (let before = 0; before < bits; ++before) {
    const all = [...new Uint8Array(before), ...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const whole = all.slice(bits * Math.ceil((8 * before) / bits)).match(new RegExp(`.{${bits}}`, 'g')) ?? [];
    forms.add(whole.map((digits) => alphabet[Number.parseInt(digits, 2)]).join(''));
  }
  // base64url has two other characters.
  return new RegExp([...forms].join('|').replaceAll('+', '[-+]').replaceAll('/', '[_/]'), flags);
}

function hexOf(byte: number): string {
  return byte.toString(16).padStart(2, '0');
}

function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
}
