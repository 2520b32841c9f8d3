import { EgideError } from '../errors.js';
import { bankCommands } from './bank.js';
import { bankUploadCommands } from './bank-rematch.js';
import { bankSearch } from './bank-search.js';
import { benchAttacksCommand, benchCommand } from './bench.js';
import { type Command, readGiven } from './command.js';
import { compareCommand } from './compare.js';
import { hashCommand } from './hash.js';
import { EXIT, type Io, messageOf, printable, UsageError } from './io.js';
import { listBankCommands } from './list-bank.js';
import { listDiffCommand } from './list-diff.js';
import { listFakeCommand } from './list-fake.js';
import { listMakeCommand } from './list-make.js';
import { listReviewCommands } from './list-review.js';
import { listSubmitCommand } from './list-submit.js';
import { scanCommand } from './scan.js';
import { versionCommand } from './version.js';

const COMMANDS: readonly Command[] = [
  hashCommand,
  compareCommand,
  listMakeCommand,
  listFakeCommand,
  ...listBankCommands,
  ...listReviewCommands,
  listSubmitCommand,
  listDiffCommand,
  ...bankCommands,
  bankSearch,
  ...bankUploadCommands,
  scanCommand,
  benchAttacksCommand,
  benchCommand,
];

const HELP = `egide: recognise known pictures by exact and perceptual hashes

  egide hash FILE…                    print the PDQ hash of pictures
  egide compare A B                   how far two pictures are apart
  egide list make DIR… -o list.csv    make a hash list of the pictures in a folder
  egide list fake KIND                run a server that acts as an exchange of lists, to try one
  egide list add|import|sync NAME     lists of a bank: add one, keep a file in it, ask its exchange
  egide list diff A B                 what became of the entries of one list, or file, in another
  egide list decide|feedback NAME     what reviewers decided: keep it, and tell the list's exchange
  egide list submit NAME KEY…         hashes of the platform's own, for StopNCII.org
  egide bank init|status|verify|compact
                                      the lists that a platform holds
  egide bank search QUERY…            which lists and entries carry a hash, a URL or a file
  egide bank keep|forget|expire|rematch
                                      signatures of past uploads: which of them match what came since
  egide scan FILE|DIR… --list FILE    look pictures up in hash lists

  egide bench attacks --originals DIR --distractors DIR --out DIR
                                      measure how many edited copies are found, and how often wrongly

  egide COMMAND --help                the options of a command
  egide --version [--verbose]         version; with --verbose the backend, the kernel and a self test

Every command takes --json (one JSON document per line).
Exit codes: 0 allow, 2 hold, 3 block (scan: the sternest over all files), 1 error.
`;

/**
 * Runs the command line `egide …` and returns its exit code. It never throws: what goes wrong is printed.
 *
 * @param words What was typed after `egide`.
 */
export async function run(words: readonly string[], io: Io): Promise<number> {
  try {
    return await dispatch(words, io);
  } catch (error) {
    if (io.signal.aborted) return EXIT.interrupted;
    // The reader of our pipe has had enough, as in `egide scan … | head`; 0 would mean that all is well.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return EXIT.error;
    io.err(`egide: ${printable(describe(error))}\n`);
    if (error instanceof UsageError) io.err("Try 'egide --help'.\n");
    return EXIT.error;
  }
}

async function dispatch(words: readonly string[], io: Io): Promise<number> {
  const [first] = words;
  if (first === undefined || first === '--help' || first === '-h' || first === 'help') {
    await io.out(HELP);
    return first === undefined ? EXIT.error : 0;
  }
  if (first === '--version' || first === '-V' || first === '--verbose') return await start(versionCommand, words, io);
  for (const command of COMMANDS) {
    const name = command.name.split(' ');
    if (name.every((word, i) => words[i] === word)) return await start(command, words.slice(name.length), io);
  }
  const longer = COMMANDS.filter(({ name }) => name.startsWith(`${first} `)).map(({ name }) => name.slice(first.length + 1));
  throw new UsageError(
    longer.length > 0 ? `${first}: expected one of ${longer.join(', ')}` : `there is no command ${JSON.stringify(first)}`,
  );
}

async function start(command: Command, words: readonly string[], io: Io): Promise<number> {
  const given = readGiven({ ...command.options, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }, words);
  if (given.flag('help')) {
    await io.out(command.help);
    return 0;
  }
  return command.run(io, given);
}

/** A deliberate failure by its code and message; anything else is a fault of ours and shows where it happened. */
function describe(error: unknown): string {
  if (error instanceof EgideError) return `${error.message} (${error.code})`;
  if (error instanceof UsageError) return error.message;
  if (error instanceof Error && 'code' in error && 'syscall' in error) return error.message; // the operating system said no
  return error instanceof Error ? (error.stack ?? error.message) : messageOf(error);
}
