import type { Command } from './command.js';
import { packageVersion } from './package-version.js';

/** `egide --version`. */
export const versionCommand: Command = {
  name: '--version',
  help: `egide --version [--json]
`,
  options: { version: { type: 'boolean', short: 'V' } },
  async run(io, given) {
    const version = packageVersion();
    await io.out(given.flag('json') ? `${JSON.stringify({ version })}\n` : `${version}\n`);
    return 0;
  },
};
