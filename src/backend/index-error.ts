import type { IndexFacts } from '../backend.js';
import { EgideError } from '../errors.js';

/** What the numbers of `IndexError` (native/core/index/index_format.hpp) mean. */
const MEANINGS: readonly string[] = [
  '',
  'these bytes are not an index: expected a file that egide has saved',
  'this index is of another version of the format, or was made with other learned tables: build it again with this version of egide',
  'the header of this index is damaged: fetch or build it again',
  'this index is cut short or has bytes too many: fetch it again',
  'the directory of this index is damaged: fetch or build it again',
  'this index is damaged, its checksum fails: fetch or build it again',
  'this index is damaged, a position in it points nowhere: fetch or build it again',
  'this index is of another kind than it was opened as: PDQ hashes, digests or patches',
];

/** Passes on what the core answered, or throws what a negative number says. */
export function checkedAnswer(answer: number): number {
  if (answer >= 0) return answer;
  throw new EgideError('INVALID_INDEX', MEANINGS[-answer] ?? `this index cannot be read (error ${-answer})`);
}

/** The error for a build that gets other rows than it was begun for. */
export function rowsChanged(): EgideError {
  return new EgideError('INVALID_ARGUMENT', 'what the index is built of was changed meanwhile: leave it as it is until the index is there');
}

const KINDS: readonly IndexFacts['kind'][] = ['pdq', 'digest', 'patch'];

/** The name of `IndexKind` (native/core/index/index_format.hpp). */
export function kindOf(number: number): IndexFacts['kind'] {
  const kind = KINDS[number - 1];
  if (kind === undefined) throw new EgideError('INVALID_INDEX', `this index is of a kind that this version does not know (${number})`);
  return kind;
}
