import { invalid } from '../errors.js';

const LEAST_INTERVAL_MS = 10;
/** Milliseconds between two looks (our own choice: one takes microseconds to milliseconds). */
const INTERVAL_MS = 5_000;

/** Checks how often to look. Throws `INVALID_ARGUMENT`. */
export function checkInterval(intervalMs: unknown = INTERVAL_MS): number {
  if (typeof intervalMs !== 'number' || !Number.isFinite(intervalMs) || intervalMs < LEAST_INTERVAL_MS)
    throw invalid('intervalMs', `milliseconds, ${LEAST_INTERVAL_MS} or more`, intervalMs);
  return intervalMs;
}

/** Does some work again and again, so long after it was done, until it is disposed of; it keeps no process alive. */
export function every(intervalMs: number, work: () => Promise<unknown>): Disposable {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let disposed = false;
  const wait = (): void => {
    timer = setTimeout(() => void work().finally(() => disposed || wait()), intervalMs);
    (timer as { unref?: () => void }).unref?.();
  };
  wait();
  return {
    [Symbol.dispose]() {
      disposed = true;
      clearTimeout(timer);
    },
  };
}
