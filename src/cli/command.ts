import { type ParseArgsConfig, parseArgs } from 'node:util';
import { type Io, messageOf, UsageError } from './io.js';

/** The options of one command, as `parseArgs` wants them. */
export type Options = NonNullable<ParseArgsConfig['options']>;

/** One subcommand. */
export interface Command {
  /** As typed, `hash` or `list make`. */
  readonly name: string;
  readonly help: string;
  readonly options: Options;
  /** Returns the exit code. Throws {@link UsageError} for a mistake of the caller. */
  run(io: Io, given: Given): Promise<number>;
}

/** What was typed after the command's name. */
export class Given {
  readonly files: readonly string[];
  readonly #values: Readonly<Record<string, unknown>>;

  constructor(values: Readonly<Record<string, unknown>>, files: readonly string[]) {
    this.#values = values;
    this.files = files;
  }

  flag(name: string): boolean {
    return this.#values[name] === true;
  }

  text(name: string): string | undefined {
    const value = this.#values[name];
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): readonly string[] {
    const value = this.#values[name];
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : [];
  }

  /** One of a few words. */
  choice<Word extends string>(name: string, words: readonly Word[], otherwise: Word): Word {
    const value = this.text(name) ?? otherwise;
    const word = words.find((candidate) => candidate === value);
    if (word === undefined) throw new UsageError(`--${name}: expected ${words.join(' or ')}, got ${JSON.stringify(value)}`);
    return word;
  }

  /** A whole number from `min` to `max`. */
  number(name: string, min: number, max: number, otherwise: number): number {
    const value = this.text(name);
    if (value === undefined) return otherwise;
    const number = Number(value);
    if (!/^\d+$/.test(value) || number < min || number > max)
      throw new UsageError(`--${name}: expected a whole number from ${min} to ${max}, got ${JSON.stringify(value)}`);
    return number;
  }
}

/** Reads the words after a command's name. */
export function readGiven(options: Options, words: readonly string[]): Given {
  try {
    const { values, positionals } = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
    return new Given(values, positionals);
  } catch (error) {
    throw new UsageError(messageOf(error), { cause: error });
  }
}
