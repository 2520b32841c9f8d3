import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';

/** One file of the tarball, as `npm pack --json` tells it. */
export interface PackedFile {
  /** From the package's top folder. */
  readonly path: string;
  /** Bytes. */
  readonly size: number;
}

/** The packed package, and an empty folder in which it is installed. */
export interface Packed {
  readonly tarball: string;
  /** Bytes, compressed. */
  readonly size: number;
  readonly files: readonly PackedFile[];
  /** A project with nothing in it but egide, outside this repository: nothing here can be resolved from there. */
  readonly consumer: string;
}

/** Runs a command to its end and returns what it printed; throws with that if it fails. */
export async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  try {
    const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: '0' };
    return (await promisify(execFile)(command, args, { cwd, env, maxBuffer: 64 << 20 })).stdout;
  } catch (cause) {
    const { stdout = '', stderr = '' } = cause as { stdout?: string; stderr?: string };
    throw new Error(`${command} ${args.join(' ')} failed:\n${stdout}\n${stderr}`, { cause });
  }
}

/** Packs this repository as it is built, and installs the tarball as a user would. The caller removes `consumer`. */
export async function packAndInstall(): Promise<Packed> {
  const consumer = mkdtempSync(join(tmpdir(), 'egide-consumer-'));
  const said = await run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', consumer], resolve('.'));
  const [packed] = JSON.parse(said) as [{ filename: string; size: number; files: PackedFile[] }];
  writeFileSync(join(consumer, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }));
  const tarball = join(consumer, packed.filename);
  await run('npm', ['install', '--prefer-offline', '--no-audit', '--no-fund', tarball], consumer);
  return { tarball, size: packed.size, files: packed.files, consumer };
}
