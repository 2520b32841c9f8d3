import { rm } from 'node:fs/promises';
import { afterAll, expect, test } from 'vitest';
import { bundle, workFolder } from '../runtimes/bundle.js';
import type { DamageTask, Outcomes } from './damaged-columns-program.js';
import { temporaryFolder } from './fixtures.js';
import { Program } from './program.js';

/** Columns that are damaged: those that once ended the process; EGIDE_FLIPS for all. */
const COLUMNS = process.env['EGIDE_FLIPS'] ? [] : ['entry.md5', 'signal.entry', 'upload.level', 'upload.first_at'];
/** Columns that nothing but a later step reads. */
const UNREAD = ['signal.n', 'opinion.list', 'opinion.key', 'opinion.tags', 'opinion.at', 'feedback.list', 'feedback.sent_at'];

const work = workFolder();
afterAll(() => rm(work, { recursive: true }));

test('text that is none, in whatever column, ends no process: what meets it says that the bank is damaged', async () => {
  const program = await bundle('test/bank/damaged-columns-program.ts', work, ['node', 'import']);
  await using folder = await temporaryFolder();
  const task: DamageTask = { folder: folder.path, columns: COLUMNS };
  const running = new Program<Outcomes>(program, task);
  await running.hears('end');
  const said = running.lines.filter(([, word]) => word === 'outcomes').map(([, , outcomes]) => Object.entries(outcomes as Outcomes));
  const columns = running.lines.filter(([, word]) => word === 'damaged').map(([, , column]) => column as string);
  expect(said).toHaveLength(columns.length);
  for (const [i, outcomes] of said.entries()) {
    const column = columns[i] as string;
    const failed = outcomes.filter(([, outcome]) => outcome !== 'well');
    // A list or an entry that cannot be told by its name or key any more is not there.
    const codes = new Set(failed.map(([, code]) => code).filter((code) => code !== 'INVALID_ARGUMENT'));
    expect([...codes], column).toEqual(UNREAD.includes(column) ? [] : ['INVALID_BANK']);
  }
  await running.kill();
  console.log(`damaged: ${columns.length} columns`);
});
