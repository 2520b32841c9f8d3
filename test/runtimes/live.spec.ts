import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { bundle, workFolder } from './bundle.js';

const folder = workFolder();
afterAll(() => rmSync(folder, { recursive: true }));

const bundled = (program: string): Promise<string> => bundle(`test/runtimes/${program}.ts`, folder, ['node', 'import']);

async function run(args: readonly string[]): Promise<unknown> {
  const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: 600_000 });
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

describe('an index that one thread changes and merges while another searches it', () => {
  // The full size takes minutes on a busy machine: EGIDE_CHURN=full.
  const [hashes, changes] = process.env['EGIDE_CHURN'] === 'full' ? [1_000_000, 100_000] : [300_000, 30_000];

  test('answers as comparing everything does, at the version that each answer names', { timeout: 600_000 }, async () => {
    const worker = await bundled('live-churn-worker');
    const told = (await run([await bundled('live-churn-program'), worker, folder, String(hashes), String(changes)])) as {
      [name in 'merges' | 'answers' | 'versions' | 'different' | 'superseded' | 'lastVersion' | 'wrong']: number;
    } & { firstWrong: unknown; elapsedMs: number; turnMs: number[] };
    console.log(JSON.stringify(told));
    expect(told.firstWrong).toBeUndefined();
    expect(told.wrong).toBe(0);
    expect(told.merges).toBeGreaterThanOrEqual(7);
    expect(told.superseded).toBeGreaterThan(0);
    expect(told.lastVersion).toBe(changes);
    expect(told.answers).toBeGreaterThan(50);
    expect(told.versions).toBeGreaterThan(25);
    expect(told.different).toBeGreaterThan(25);
    expect(told.turnMs[0]).toBeLessThan(50); // a busy machine may keep any turn waiting, but not most
  });
});

describe('a hundred merges', () => {
  test.each([
    ['native', 'memory'],
    ['native', 'shared'],
    ['native', 'file'],
    ['wasm', 'memory'],
    ['wasm', 'file'],
  ])('take no more memory than some: %s, %s', { timeout: 300_000 }, async (backend, kind) => {
    const program = await bundled('live-leak-program');
    const residentMb = (await run(['--expose-gc', program, backend, kind, folder])) as number[];
    console.log(`${backend}, ${kind}: ${residentMb.join(' ')} MB`);
    expect(residentMb.length).toBe(8);
    // An index is 9 MB, so that 70 lost ones would be 600.
    expect((residentMb.at(-1) as number) - (residentMb[0] as number)).toBeLessThan(60);
  });
});
