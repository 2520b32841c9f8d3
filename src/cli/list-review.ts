import type { SendFeedbackProgress } from '../bank/bank.js';
import { BANK_SIGNALS, type BankSignal } from '../bank/signal.js';
import { BANK_HELP, BANK_OPTIONS, withBank } from './bank.js';
import type { Command } from './command.js';
import { EXIT, UsageError } from './io.js';
import { CREDENTIALS_HELP, exchangeOfList, listNamed } from './list-exchange.js';
import { Progress } from './progress.js';

/** Reasons that are printed. */
const PROBLEMS_SAID = 10;
/** Feedback that a dry run counts: what the queue gives at once. */
const MOST_COUNTED = 100_000;

const decide: Command = {
  name: 'list decide',
  help: `egide list decide NAME KEY --positive|--negative --signal TYPE [options]

Keeps what a reviewer decided about an entry of a list: as the platform's own opinion, and as feedback that \`egide list feedback\` sends to the
list's source. A negative opinion keeps the entry out of the next snapshot.

  --positive          the entry belongs on the list
  --negative          it does not
  --signal TYPE       what matched: ${BANK_SIGNALS.slice(0, 6).join(', ')}, …
  --reason TEXT       a reason or tag, as the source names it (docs/exchanges.md); may be repeated
${BANK_HELP}  --json              print it as one JSON document
`,
  options: {
    ...BANK_OPTIONS,
    positive: { type: 'boolean' },
    negative: { type: 'boolean' },
    signal: { type: 'string' },
    reason: { type: 'string', multiple: true },
  },
  async run(io, given) {
    const [list, key] = given.files;
    if (list === undefined || key === undefined) throw new UsageError('expected list decide NAME KEY');
    if (given.flag('positive') === given.flag('negative')) throw new UsageError('list decide: expected --positive or --negative');
    const signal = given.text('signal');
    if (signal === undefined) throw new UsageError('list decide: expected --signal TYPE');
    const opinion = given.flag('positive') ? 'positive' : 'negative';
    const decision = { opinion, signal: signal as BankSignal, reasons: given.texts('reason') } as const;
    const feedback = await withBank(await io.load(), given, false, (bank) => bank.decide(list, key, decision));
    const words = feedback === undefined ? 'the opinion is kept' : 'the opinion is kept, and the source is still to be told';
    await io.out(given.flag('json') ? `${JSON.stringify({ list, opinion, feedback: feedback ?? null })}\n` : `${words}\n`);
    return 0;
  },
};

const feedback: Command = {
  name: 'list feedback',
  help: `egide list feedback NAME [options]

Tells the exchange of a list what reviewers decided and it was not told yet. What fails is kept for the next time, and stops nothing else.
${CREDENTIALS_HELP}

  --dry-run           send nothing: say how much there is to be told
${BANK_HELP}  --json              print the counts and the reasons as one JSON document

Exit code 0, or 1 if anything failed.
`,
  options: { ...BANK_OPTIONS, 'dry-run': { type: 'boolean' } },
  async run(io, given) {
    const [name] = given.files;
    if (name === undefined) throw new UsageError('expected list feedback NAME');
    return withBank(await io.load(), given, false, async (bank) => {
      const list = await listNamed(bank, name, 'list feedback');
      if (given.flag('dry-run')) {
        const counts = { positive: 0, negative: 0 };
        for (const { feedback } of await bank.feedback.pending({ list: name, limit: MOST_COUNTED })) counts[feedback.opinion] += 1;
        await io.out(
          given.flag('json')
            ? `${JSON.stringify({ list: name, ...counts })}\n`
            : `to be told: ${counts.positive} positive, ${counts.negative} negative\n`,
        );
        return 0;
      }
      const progress = new Progress(io, 0);
      const onProgress = ({ sent, failed }: SendFeedbackProgress): void => progress.say(`${sent} sent, ${failed} failed`);
      const report = await bank.feedback.send(name, exchangeOfList(list), { signal: io.signal, onProgress });
      progress.clear();
      await io.out(given.flag('json') ? `${JSON.stringify(report)}\n` : `${report.sent} sent, ${report.failed} failed\n`);
      for (const { reason } of report.problems.slice(0, PROBLEMS_SAID)) io.err(`${reason}\n`);
      if (report.failed > PROBLEMS_SAID) io.err('and more: --json has the first 1,000\n');
      return report.failed === 0 ? 0 : EXIT.error;
    });
  },
};

/** `egide list decide` and `feedback`. */
export const listReviewCommands: readonly Command[] = [decide, feedback];
