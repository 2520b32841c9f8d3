import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

/** Runs one part, given as shell commands, as scripts/test.sh does, and returns its three totals. */
function totals(part: string): string | undefined {
  const logs = mkdtempSync(join(tmpdir(), 'egide-counts-'));
  try {
    const script = `set -euo pipefail; . scripts/lib.sh; part() { ${part}; }; run_part name part; echo "$total_passed $total_failed $total_skipped"`;
    const { stdout } = spawnSync('bash', ['-c', script], { encoding: 'utf8', env: { ...process.env, LOGS: logs } });
    return stdout.trim().split('\n').at(-1);
  } finally {
    rmSync(logs, { recursive: true });
  }
}

test.each([
  ['a part that passes', 'echo "counts: 5 passed, 0 failed, 2 skipped"', '5 0 2'],
  ['a part with failures', 'echo "counts: 5 passed, 3 failed"; return 1', '5 3 0'],
  ['only the last line of several', 'echo "counts: 1 passed, 0 failed"; echo "counts: 7 passed, 0 failed"', '7 0 0'],
  ['a crash after all passed as one failure', 'echo "counts: 5 passed, 0 failed"; return 139', '5 1 0'],
  ['a crash that says nothing as one failure', 'kill -SEGV $BASHPID', '0 1 0'],
  ['a part that ran nothing as one failure', 'true', '0 1 0'],
  ['a part in which everything was skipped as one failure', 'echo "counts: 0 passed, 0 failed, 9 skipped"', '0 1 9'],
])('counts %s', (_what, part, expected) => {
  expect(totals(part)).toBe(expected);
});
