/** One reference that a matcher tells of. */
export interface Answer {
  /** The id of the reference, as it was given to {@link Matcher.open}. */
  readonly id: string;
  /** Higher is surer; comparable within one matcher. Finite. */
  readonly score: number;
  /** Whether the matcher, at the setting that it recommends, calls this a match. */
  readonly accepted: boolean;
  /** How sure, in the matcher's own words, such as `confirmed`. */
  readonly tier?: string;
  /** Row-major 3 x 3 homography from a pixel of the upright query to a pixel of the upright reference. */
  readonly transform?: readonly number[];
}

/** A search over all references, opened once in each process. */
export interface Searcher {
  /**
   * Every reference worth telling, in any order. Tell of those below the recommended setting too: the curves are made of them.
   *
   * @param file The bytes of a picture's file.
   */
  search(file: Uint8Array): Promise<readonly Answer[]>;
}

/** What a bank keeps of one picture. */
export interface Reference {
  readonly id: string;
  /** What {@link Matcher.reference} gave. */
  readonly signature: Uint8Array;
}

/** A way to recognise edited copies, as the harness sees it. docs/bench-attacks.md shows how to write one. */
export interface Matcher {
  /** Short, in letters, digits, dots and dashes: it names columns and files. */
  readonly name: string;
  /** A run is resumed only with the same version. */
  readonly version: string;
  /** Where the setting behind `accepted` comes from, for the report. */
  readonly setting: string;
  /**
   * Set if nobody recommends a setting: `accepted` is then not used, and the threshold is the lowest score at which the matcher is wrong
   * about the unedited distractors no more often than `pdq` is.
   */
  readonly calibrated?: boolean;
  /** What a bank keeps of one picture; kept on disk, so that a run resumes. Throws if the picture cannot be used. */
  reference(file: Uint8Array): Promise<Uint8Array>;
  open(references: readonly Reference[]): Promise<Searcher>;
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9.-]{0,39}$/;

/** Whether a value that a user's file exports is a matcher; says what is wrong if it is not. */
export function faultOf(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null) return 'it is no object';
  const { name, version, setting, calibrated, reference, open } = value as Partial<Record<keyof Matcher, unknown>>;
  if (typeof name !== 'string' || !NAME.test(name)) return 'its name is not 1 to 40 letters, digits, dots and dashes';
  if (typeof version !== 'string' || version === '') return `${name} has no version`;
  if (typeof setting !== 'string') return `${name} has no text "setting" that says where its threshold comes from`;
  if (calibrated !== undefined && typeof calibrated !== 'boolean') return `${name}.calibrated is neither true nor false`;
  if (typeof reference !== 'function' || typeof open !== 'function') return `${name} has no functions reference() and open()`;
  return undefined;
}
