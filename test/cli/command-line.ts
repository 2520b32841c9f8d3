import type { Io } from '../../src/cli/io.js';
import { run } from '../../src/cli/run.js';
import type { Egide } from '../../src/egide.js';

/** What a command printed, and its exit code. */
export interface Printed {
  readonly code: number;
  readonly out: string;
  readonly err: string;
}

/** Runs `egide …` in this process over `egide`, as from a pipe unless `terminal`. */
export async function type(
  egide: Egide,
  words: readonly string[],
  { terminal = false, signal }: { terminal?: boolean; signal?: AbortSignal } = {},
): Promise<Printed> {
  let out = '';
  let err = '';
  const io: Io = {
    out: async (text) => {
      out += text;
    },
    err: (text) => {
      err += text;
    },
    colour: terminal,
    errIsTerminal: terminal,
    signal: signal ?? new AbortController().signal,
    load: async () => egide,
  };
  return { code: await run(words, io), out, err };
}

/** The lines of NDJSON. */
export function documents(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
