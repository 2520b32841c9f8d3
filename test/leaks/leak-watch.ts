import { inspect } from 'node:util';
import { afterEach } from 'vitest';
import { EgideError } from '../../src/errors.js';
import { hashesIn, leaksIn } from './leaks.js';

/**
 * Set up before every test file: looks through each error that the library makes and everything that is printed, and fails the test in which a hash,
 * a URL of a list, or a secret is found there.
 */
const found: string[] = [];

/** What was found since the last time, each with where. */
export function takeLeaks(): string[] {
  return found.splice(0);
}

/** Notes what was found at a place. */
export function look(where: string, leaks: readonly string[]): void {
  for (const leak of leaks) found.push(`${where}: ${leak}`);
}

/** EgideError calls whatever stands above it: that is asked anew for each one. */
class WatchedError extends Error {
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    look(`an error, ${message.slice(0, 30)}…`, hashesIn(message));
    // Whoever prints it prints its cause, with all that it carries.
    if (options?.cause) look(`the cause of an error, ${message.slice(0, 30)}…`, leaksIn(inspect(options.cause, { depth: 8 })));
  }
}
Object.setPrototypeOf(EgideError, WatchedError);

/** Looks at whatever is written to a stream. */
export function watchStream(stream: Pick<NodeJS.WriteStream, 'write'>): void {
  const write = stream.write;
  stream.write = ((...words: Parameters<typeof write>) => {
    look('what was printed', leaksIn(String(words[0])));
    return write.apply(stream, words);
  }) as typeof write;
}

/** Looks at whatever a console is told to say: in tests it is not the process that prints it. */
export function watchConsole(says: Pick<Console, 'log' | 'info' | 'warn' | 'error' | 'debug'>): void {
  for (const name of ['log', 'info', 'warn', 'error', 'debug'] as const) {
    const say = says[name];
    says[name] = (...words: unknown[]) => {
      look(`console.${name}`, leaksIn(words.map((word) => (typeof word === 'string' ? word : inspect(word, { depth: 8 }))).join(' ')));
      say(...words);
    };
  }
}

watchStream(process.stdout);
watchStream(process.stderr);
watchConsole(console);

afterEach(() => {
  const leaks = takeLeaks();
  if (leaks.length > 0) throw new Error(`found where it must not be:\n${[...new Set(leaks)].join('\n')}`);
});
