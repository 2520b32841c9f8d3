import { mkdir, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus } from 'node:os';
import { join } from 'node:path';
import { falsePositivePairsCsv, falsePositivesCsv, recallCsv, thresholdsCsv } from '../bench/csv.js';
import { DEFAULT_MATCHERS, MATCHER_NAMES } from '../bench/matchers/matchers.js';
import { type BenchResults, type MatcherResults, resultsOf } from '../bench/results.js';
import { type BenchOptions, type FinishedRun, runBench } from '../bench/run.js';
import { plural } from '../shield/summary.js';
import { type BenchSetting, benchPage } from './bench-page.js';
import { percent, rate } from './bench-words.js';
import type { Command, Given } from './command.js';
import { EXIT, type Io, printable, UsageError } from './io.js';
import { packageVersion } from './package-version.js';
import { Progress } from './progress.js';

/** The largest seed: 32 bits. */
const MAX_SEED = 2 ** 32 - 1;
/** Processes at most (our own choice: beyond it one process that hands out the work is the bottleneck). */
const MAX_WORKERS = 256;
/** Originals at most: no corpus is larger. */
const MAX_LIMIT = 10_000_000;

/** `egide bench`, which has only parts. */
export const benchCommand: Command = {
  name: 'bench',
  help: `egide bench attacks --originals DIR --distractors DIR --out DIR

  egide bench attacks    how many edited copies of pictures are found, and how often wrongly

egide bench attacks --help prints the options.
`,
  options: {},
  async run(io, given) {
    if (given.files.length > 0) throw new UsageError(`bench: expected 'bench attacks', got ${JSON.stringify(given.files[0])}`);
    await io.out(benchCommand.help);
    return EXIT.error;
  },
};

/** `egide bench attacks --originals DIR --distractors DIR --out DIR`. */
export const benchAttacksCommand: Command = {
  name: 'bench attacks',
  help: `egide bench attacks --originals DIR --distractors DIR --out DIR [options]

Makes edited copies of every original (cropped, mirrored, covered, in a collage…), looks each up in a bank of all originals and distractors,
and says how many are found, and how often an unrelated picture is named. docs/bench-attacks.md explains every figure.

  --originals DIR      pictures that are attacked (with the folders inside)
  --distractors DIR    other pictures, that fill the bank and must not be found
  --out DIR            where results.json, recall.csv, false-positives.csv, false-positive-pairs.csv, thresholds.csv and
                       report.html go. A run that was stopped goes on when it is started again with the same settings
  --matchers A,B,…     of ${MATCHER_NAMES.join(', ')}; default: ${DEFAULT_MATCHERS.join(',')}
  --matcher-file FILE  a module of your own whose default export is a matcher or a list of them
  --attacks A,B,…      ids or families of attacks, 'traps' among the families; default: all
  --related FILE       pairs of pictures that do resemble each other: two paths a line with a tab between them
  --limit N            attack at most N originals, chosen by the seed; all stay in the bank
  --seed N             default 1
  --workers N          processes; default: the number of cores
  --json               print one JSON document

Exit code 0, 130 if it was stopped, or 1 if it could not be done.
`,
  options: Object.fromEntries(
    ['originals', 'distractors', 'out', 'matchers', 'matcher-file', 'attacks', 'related', 'limit', 'seed', 'workers'].map((name) => [
      name,
      { type: 'string' as const },
    ]),
  ),
  async run(io, given) {
    const options = optionsOf(io, given);
    const run = await measured(io, options);
    try {
      const results = await resultsOf(run);
      const files = await writeResults(options, run, results);
      if (given.flag('json')) await io.out(`${JSON.stringify({ out: options.out, files, ...summaryOf(results) })}\n`);
      else await io.out(sayResults(options.out, results));
      return 0;
    } finally {
      await run.log.close();
    }
  },
};

function optionsOf(io: Io, given: Given): BenchOptions {
  if (given.files.length > 0) throw new UsageError(`bench attacks: expected options alone, got ${JSON.stringify(given.files[0])}`);
  const needed = (name: string) => {
    const value = given.text(name);
    if (value === undefined || value === '') throw new UsageError(`bench attacks: expected --${name} DIR`);
    return value;
  };
  const file = given.text('matcher-file');
  const names = words(given.text('matchers')) ?? (file === undefined ? DEFAULT_MATCHERS : ['pdq']);
  const related = given.text('related');
  const limit = given.number('limit', 1, MAX_LIMIT, 0);
  return {
    originals: needed('originals'),
    distractors: needed('distractors'),
    out: needed('out'),
    matchers: { names, file },
    attacks: words(given.text('attacks')) ?? [],
    seed: given.number('seed', 0, MAX_SEED, 1),
    workers: given.number('workers', 1, MAX_WORKERS, availableParallelism()),
    version: packageVersion(),
    signal: io.signal,
    ...(related !== undefined && { related }),
    ...(limit > 0 && { limit }),
  };
}

/** What stands between commas; `undefined` if nothing was said. */
function words(text: string | undefined): readonly string[] | undefined {
  const found = text?.split(',').map((word) => word.trim());
  return found?.filter((word) => word !== '');
}

/** What is counted while it is done. */
const STAGES = { references: 'references made', traps: 'traps set', queries: 'pictures looked up' } as const;

/** Does the run with a bar for each stage, and says how to go on if it is stopped. */
async function measured(io: Io, options: BenchOptions): Promise<FinishedRun> {
  let progress: Progress | undefined;
  let current: string | undefined;
  let left = '';
  const onProgress: BenchOptions['onProgress'] = (stage, done, total, id) => {
    if (stage !== current) {
      progress?.clear();
      progress = new Progress(io, total, { what: STAGES[stage], done: done - 1 });
      current = stage;
    }
    left = `${done} of ${total} ${STAGES[stage]}`;
    progress?.step(printable(id));
  };
  try {
    return await runBench({ ...options, onProgress });
  } catch (error) {
    progress?.clear();
    if (io.signal.aborted) io.err(`egide: stopped${left && `: ${left}`}. Start the same command again and it goes on from there.\n`);
    throw error;
  } finally {
    progress?.clear();
  }
}

async function writeResults(options: BenchOptions, run: FinishedRun, results: BenchResults): Promise<string[]> {
  const { version, seed, limit, out, originals, distractors, workers } = options;
  const setting: BenchSetting = {
    made: new Date(),
    by: `egide ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
    machine: `${cpus()[0]?.model ?? 'unknown processor'}, ${plural(cpus().length, 'core', 'cores')}; ${plural(workers, 'process', 'processes')}`,
    seed,
    limit,
    originals,
    distractors,
  };
  const { thumbnails: _, ...figures } = results;
  const files = {
    'results.json': `${JSON.stringify({ setting, header: run.header, ...figures }, undefined, 1)}\n`,
    'recall.csv': recallCsv(results),
    'false-positives.csv': falsePositivesCsv(results),
    'false-positive-pairs.csv': falsePositivePairsCsv(results),
    'thresholds.csv': thresholdsCsv(results),
    'report.html': benchPage(results, setting),
  };
  await mkdir(out, { recursive: true });
  for (const [name, text] of Object.entries(files)) await writeFile(join(out, name), text);
  return Object.keys(files);
}

/** The figures that a script would look at first. */
function summaryOf({ counts, matchers, broken }: BenchResults) {
  return { counts, broken, matchers: matchers.map((matcher) => ({ name: matcher.name, ...headline(matcher) })) };
}

function headline({ recall, falsePositives, medianMs }: MatcherResults) {
  const of = (scope: string) => recall.find((row) => row.scope === scope);
  const { count, pairs, upper } = falsePositives.find(({ queries, tier }) => queries === 'all' && tier === '') as {
    count: number;
    pairs: number;
    upper: number;
  };
  return { all: of('all'), visible: of('visible'), falsePositives: { count, pairs, upper }, medianMs };
}

function sayResults(out: string, { matchers, broken, counts }: BenchResults): string {
  const width = Math.max(...matchers.map(({ name }) => name.length));
  const lines = matchers.map((matcher) => {
    const { visible, all, falsePositives } = headline(matcher);
    const shares = [visible ?? all].map((row) =>
      row ? `${percent(row.value)} (${percent(row.low)} to ${percent(row.high)})` : 'no query',
    );
    const { count, pairs, upper } = falsePositives;
    return `${matcher.name.padEnd(width)}  found ${shares[0]}, wrong ${count} of ${rate(pairs)} pairs (at most ${rate(upper)} a pair)`;
  });
  return [
    `${counts.attacked} originals attacked, ${counts.bank} pictures in the bank; found: of the copies that show a third or more of the original`,
    ...lines,
    ...broken.map(({ id, reason }) => `left out: ${printable(id)}: ${printable(reason)}`),
    `report: ${printable(join(out, 'report.html'))}\n`,
  ].join('\n');
}
