import { EgideError } from '../errors.js';

/** The formats that are decoded. Everything else is refused before a decoder sees it. */
export type SourceFormat = 'jpeg' | 'png' | 'gif' | 'webp' | 'tiff' | 'avif';

/**
 * Tells a format by its first bytes, never by a file name. An allow-list on purpose: the decoder would also render SVG, which is
 * drawing, not decoding, and can reach for other files.
 *
 * @throws {EgideError} `EMPTY_INPUT`; `UNSUPPORTED_FORMAT`, with what to do for formats that are known and not read.
 */
export function sniffFormat(bytes: Uint8Array): SourceFormat {
  if (bytes.byteLength === 0) throw new EgideError('EMPTY_INPUT', 'input: there were no bytes');
  const head = latin1(bytes.subarray(0, HEAD_BYTES));
  const format = formatByMagic(head);
  if (format) return format;
  const brands = ftypBrands(head);
  if (brands.includes('avis'))
    throw unsupported(
      'an AVIF sequence, of which the decoder reads no frame',
      'Decode its frames elsewhere and pass pixels, or send GIF or WebP',
    );
  if (brands.includes('avif')) return 'avif';
  if (brands.some((brand) => HEVC_BRANDS.has(brand))) throw heicUnsupported();
  const text = head.replace(/^\xef\xbb\xbf/, '').trimStart(); // markup may begin with a byte order mark and blanks
  for (const [magic, what] of KNOWN_AND_REFUSED)
    if (text.startsWith(magic)) throw unsupported(what, 'Convert it, or decode it elsewhere and pass pixels');
  if (brands.length > 0) throw unsupported('an ISO media file (a video?)', 'Pass single frames as pixels');
  throw unsupported('not a picture that is recognised', `Send ${DECODED}`);
}

/** The media type of a file, by its first bytes: of pictures, of MP4 and of WebM; `application/octet-stream` for all else. */
export function mediaTypeOf(bytes: Uint8Array): string {
  const head = latin1(bytes.subarray(0, HEAD_BYTES));
  const format = formatByMagic(head);
  if (format) return `image/${format}`;
  const brands = ftypBrands(head);
  if (brands.some((brand) => brand === 'avif' || brand === 'avis')) return 'image/avif';
  if (brands.some((brand) => HEVC_BRANDS.has(brand))) return 'image/heic';
  if (brands.length > 0) return 'video/mp4';
  return head.startsWith('\x1aE\xdf\xa3') ? 'video/webm' : 'application/octet-stream'; // the EBML header of Matroska and WebM (RFC 8794)
}

function formatByMagic(head: string): SourceFormat | undefined {
  if (head.startsWith('RIFF') && head.slice(8, 12) === 'WEBP') return 'webp';
  return MAGIC.find(([, magic]) => head.startsWith(magic))?.[0];
}

/** The error for HEIC: known, common, and not readable with the decoder at hand. */
export function heicUnsupported(): EgideError {
  return unsupported(
    'HEIC, and this decoder has no HEVC in it',
    'Convert it to JPEG or AVIF before the scan, or decode it elsewhere and pass pixels',
  );
}

function unsupported(what: string, advice: string): EgideError {
  return new EgideError('UNSUPPORTED_FORMAT', `input: this is ${what}. ${advice}.`);
}

const DECODED = 'JPEG, PNG, GIF, WebP, AVIF or TIFF';

/** Enough for the longest signature and for an `ftyp` box of 30 brands. */
const HEAD_BYTES = 128;

const MAGIC: readonly (readonly [SourceFormat, string])[] = [
  ['jpeg', '\xff\xd8\xff'],
  ['png', '\x89PNG\r\n\x1a\n'],
  ['gif', 'GIF87a'],
  ['gif', 'GIF89a'],
  ['tiff', 'II*\0'],
  ['tiff', 'MM\0*'],
  ['tiff', 'II+\0'], // BigTIFF
  ['tiff', 'MM\0+'],
];

/** ISO/IEC 23008-12: coded images by HEVC (B.4.1, B.4.3), and its two structural brands (10.2). */
const HEVC_BRANDS = new Set(['heic', 'heix', 'heim', 'heis', 'hevc', 'hevx', 'hevm', 'hevs', 'mif1', 'msf1']);

const KNOWN_AND_REFUSED: readonly (readonly [string, string])[] = [
  ['<', 'a text of markup, SVG perhaps, which would be rendered rather than decoded'],
  ['%PDF-', 'a PDF document'],
  ['\xff\x0a', 'JPEG XL'],
  ['\0\0\0\x0cJXL ', 'JPEG XL'],
  ['\xff\x4f\xff\x51', 'JPEG 2000'],
  ['\0\0\0\x0cjP  ', 'JPEG 2000'],
  ['BM', 'a BMP picture'],
];

/** The brands of an `ftyp` box (ISO/IEC 14496-12, 4.3), major first; none if the bytes do not begin with one. */
function ftypBrands(head: string): string[] {
  if (head.slice(4, 8) !== 'ftyp') return [];
  const size = [...head.slice(0, 4)].reduce((sum, c) => sum * 256 + c.charCodeAt(0), 0);
  const brands = [head.slice(8, 12)];
  for (let at = 16; at + 4 <= Math.min(size, head.length); at += 4) brands.push(head.slice(at, at + 4));
  return brands;
}

function latin1(bytes: Uint8Array): string {
  return String.fromCharCode(...bytes);
}
