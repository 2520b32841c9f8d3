import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { expect } from 'vitest';

/** Where to kill: so many milliseconds after a phase began for the nth time. */
export interface Aim {
  readonly phase: string;
  readonly nth: number;
  readonly delayMs: number;
}

/** What was said last, and the numbers of the versions that may stand at the path then. */
export interface Struck {
  readonly phase: string;
  readonly possible: number[];
}

/** Runs a program that announces what it does (announce.ts) and kills it there. */
export async function killed(program: string, args: string[], aim: Aim): Promise<Struck> {
  const child = spawn(process.execPath, [program, ...args], { stdio: ['ignore', 'pipe', 'inherit'] });
  const closed = once(child, 'close'); // after the last of its output
  let said = '';
  const aimed = new Promise<void>((resolve) => {
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
      if (said.split('\n').filter((line) => line.startsWith(`${aim.phase} `)).length >= aim.nth) resolve();
    });
  });
  await Promise.race([aimed, closed]);
  if (aim.delayMs > 0) await delay(aim.delayMs);
  child.kill('SIGKILL');
  expect(await closed, `${said} and then an end of its own`).toEqual([null, 'SIGKILL']);

  const [phase, text] = (said.trim().split('\n').at(-1) as string).split(' ') as [string, string];
  const number = Number(text);
  // Once it is renamed the new one is there; until then it is the one before.
  if (phase === 'folder' || phase === 'saved') return { phase, possible: [number] };
  return { phase, possible: phase === 'rename' ? [number - 1, number] : [number - 1] };
}
