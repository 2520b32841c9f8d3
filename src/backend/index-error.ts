import { EgideError } from '../errors.js';

/** What the numbers of `IndexError` (native/core/index/index_format.hpp) mean. */
const MEANINGS: readonly string[] = [
  '',
  'these bytes are not an index: expected a file that egide has saved',
  'this index is of another version of the format: build it again with this version of egide',
  'the header of this index is damaged: fetch or build it again',
  'this index is cut short or has bytes too many: fetch it again',
  'the directory of this index is damaged: fetch or build it again',
  'this index is damaged, its checksum fails: fetch or build it again',
  'this index is damaged, a position in it points nowhere: fetch or build it again',
  'this index is of another kind: expected PDQ hashes where digests were found, or the other way round',
];

/** Passes on what the core answered, or throws what a negative number says. */
export function checkedAnswer(answer: number): number {
  if (answer >= 0) return answer;
  throw new EgideError('INVALID_INDEX', MEANINGS[-answer] ?? `this index cannot be read (error ${-answer})`);
}
