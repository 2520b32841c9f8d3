import type { Command } from './command.js';
import { EXIT } from './io.js';
import { packageVersion } from './package-version.js';

/** `egide --version [--verbose]`. */
export const versionCommand: Command = {
  name: '--version',
  help: `egide --version [--verbose] [--json]

  --verbose   also the backend, its kernel, why it was chosen, and the result of the self test

Exit code 0, or 1 if the self test fails.
`,
  options: { version: { type: 'boolean', short: 'V' }, verbose: { type: 'boolean' } },
  async run(io, given) {
    const version = packageVersion();
    if (!given.flag('verbose')) {
      await io.out(given.flag('json') ? `${JSON.stringify({ version })}\n` : `${version}\n`);
      return 0;
    }
    const egide = await io.load();
    const { backend } = egide;
    const selfTest = egide.selfTest();
    const { ok, passed, failed, elapsedMs, details } = selfTest;
    if (given.flag('json')) await io.out(`${JSON.stringify({ version, node: process.version, backend, selfTest })}\n`);
    else {
      const lines = [
        `egide ${version}, Node ${process.version}, ${process.platform} ${process.arch}`,
        `backend    ${backend.name}, ${backend.kernel} kernels (${backend.reason})`,
        `self test  ${ok ? 'passed' : 'FAILED'}: ${passed} of ${passed + failed} checks agree, ${elapsedMs.toFixed(0)} ms`,
        ...details.filter((detail) => !detail.ok).map(({ name, message }) => `  ${name}: ${message}`),
      ];
      await io.out(`${lines.join('\n')}\n`);
    }
    return ok ? 0 : EXIT.error;
  },
};
