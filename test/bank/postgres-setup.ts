import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the socket of a PostgreSQL server that the tests may use; empty where there is none. */
    readonly postgres: string;
  }
}

/** Starts a PostgreSQL server in a folder of its own, reached only through a socket there, and stops it after the tests. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const binaries = serverBinaries();
  if (!binaries) {
    console.log('banks in PostgreSQL: skipped, because there is no server here: apt-get install postgresql-15');
    project.provide('postgres', '');
    return undefined;
  }
  const folder = await mkdtemp(join(tmpdir(), 'egide-postgres-'));
  // The server refuses to run as root, whom the package's own user stands in for.
  const isRoot = process.getuid?.() === 0;
  if (isRoot) execFileSync('chown', ['postgres', folder]);
  await chmod(folder, 0o700);
  const run = (program: string, ...words: string[]): void => {
    const command = [join(binaries, program), ...words];
    const [file, ...rest] = isRoot ? ['runuser', '-u', 'postgres', '--', ...command] : command;
    execFileSync(file as string, rest, { stdio: ['ignore', 'ignore', 'inherit'], cwd: folder });
  };
  const data = join(folder, 'data');
  run('initdb', '--pgdata', data, '--username', 'egide', '--auth', 'trust', '--no-sync', '--encoding', 'UTF8', '--locale', 'C.UTF-8');
  const options = `-c listen_addresses= -c unix_socket_directories=${folder} -c shared_buffers=32MB`;
  run('pg_ctl', 'start', '--pgdata', data, '--wait', '--silent', '--log', join(folder, 'log'), '--options', options);
  project.provide('postgres', folder);
  return async () => {
    run('pg_ctl', 'stop', '--pgdata', data, '--mode', 'immediate', '--silent');
    await rm(folder, { recursive: true, force: true });
  };
}

/** Debian keeps each version in a folder of its own. */
function serverBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}
