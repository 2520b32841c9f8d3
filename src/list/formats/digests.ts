import { EgideError } from '../../errors.js';
import { LineRecords } from '../line-records.js';
import type { RecordParser, RecordSink } from '../record.js';

/** Types that the length of a value tells, by its bytes; 32 bytes may be a PDQ hash or a SHA-256 digest. */
const BY_BYTES: ReadonlyMap<number, string> = new Map([
  [16, 'md5'],
  [20, 'sha1'],
  [64, 'sha512'],
  [144, 'photodna'],
]);

const AMBIGUOUS_BYTES = 32;

/** Bytes of a value by the length of its text; no length of hex is one of base64 here. */
const BYTES_BY_LENGTH: ReadonlyMap<number, number> = new Map(
  [...BY_BYTES.keys(), AMBIGUOUS_BYTES].flatMap((bytes): [number, number][] => [
    [2 * bytes, bytes],
    [Math.ceil((8 * bytes) / 6), bytes],
    [4 * Math.ceil(bytes / 3), bytes],
  ]),
);

/** The type of a value in hex or base64, told from its length; `ask`: it may be of two; `null`: no value. */
export function digestTypeOf(text: string): string | 'ask' | null {
  const plain = text.replace(/^0x/i, '');
  if (!/^[\w+/-]+={0,2}$/.test(plain)) return null;
  const bytes = BYTES_BY_LENGTH.get(plain.length);
  if (bytes === undefined) return null;
  return bytes === AMBIGUOUS_BYTES ? 'ask' : (BY_BYTES.get(bytes) as string);
}

/**
 * Lines of one value each, in hex or base64. The type is told from the length where none is given.
 *
 * Pushing throws `INVALID_LIST` at the first value of 32 bytes without a type.
 */
export function digestLines(signalType: string | undefined, sink: RecordSink): RecordParser {
  return new LineRecords(sink, (text, line) => {
    const type = signalType ?? digestTypeOf(text);
    if (type === null) return 'neither hex nor base64 of 16, 20, 32, 64 or 144 bytes';
    if (type === 'ask')
      throw new EgideError(
        'INVALID_LIST',
        `line ${line} has a value of 32 bytes, which may be a PDQ hash or a SHA-256 digest: pass signalType, 'pdq' or 'sha256'`,
      );
    return { type, value: text };
  });
}
