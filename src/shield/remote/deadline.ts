import type { EgideError } from '../../errors.js';

/** Milliseconds for one look-up, all tries and waits between them included: our own choice, half of what Project Arachnid's own client gives one try. */
export const DEFAULT_DEADLINE_MS = 30_000;

/**
 * Does work that stops when the signal it is given aborts: after so many milliseconds, with `late` as the reason, or when the caller's does.
 */
export async function withDeadline<T>(
  ms: number,
  late: EgideError,
  signal: AbortSignal | undefined,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  signal?.throwIfAborted();
  const limit = new AbortController();
  const stop = (): void => limit.abort(signal?.reason);
  const timer = setTimeout(() => limit.abort(late), ms);
  signal?.addEventListener('abort', stop);
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', stop);
  }
}
