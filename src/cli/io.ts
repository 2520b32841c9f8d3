import type { Egide } from '../egide.js';

/** Everything outside that a command touches, so that a test can stand in for a terminal. */
export interface Io {
  /** Writes to standard output; settles when it was taken. Rejects if it was not: the disk is full, or the reader of a pipe has gone. */
  out(text: string): Promise<void>;
  /** Writes to standard error. */
  err(text: string): void;
  /** Whether standard output is a terminal that shows colours (NO_COLOR is honoured). */
  readonly colour: boolean;
  /** Whether standard error is a terminal: only then is there a progress bar. */
  readonly errIsTerminal: boolean;
  /** Stops the work, as Ctrl-C does. */
  readonly signal: AbortSignal;
  load(): Promise<Egide>;
}

/** Exit codes: the sternest action of all files, or a failure. */
export const EXIT = { allow: 0, error: 1, hold: 2, block: 3, interrupted: 130 } as const;

/** A mistake in how the command was called; printed without a stack, exit code 1. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** A text of a stranger's making (a file name, a category) without anything that a terminal would obey. */
export function printable(text: string): string {
  // Control characters (C0, DEL, C1), and the marks that turn the direction of writing.
  return text.replace(
    /[\p{Cc}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/gu,
    (mark) => `\\u${(mark.codePointAt(0) as number).toString(16).padStart(4, '0')}`,
  );
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
