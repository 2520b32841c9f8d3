import { execFileSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A PostgreSQL server of its own, reached only through a socket in its folder. */
export interface PostgresServer extends AsyncDisposable {
  /** Folder of the socket. */
  readonly folder: string;
  start(): void;
  /** Ends it as a power cut would: nothing is finished, and the next start recovers. */
  stop(): void;
}

/** Makes a server in a folder of its own and starts it; `undefined` where none is installed. */
export async function startServer(): Promise<PostgresServer | undefined> {
  const binaries = serverBinaries();
  if (!binaries) return undefined;
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
  let running = false;
  const start = () => {
    run('pg_ctl', 'start', '--pgdata', data, '--wait', '--silent', '--log', join(folder, 'log'), '--options', options);
    running = true;
  };
  const stop = () => {
    run('pg_ctl', 'stop', '--pgdata', data, '--mode', 'immediate', '--silent');
    running = false;
  };
  start();
  return {
    folder,
    start,
    stop,
    async [Symbol.asyncDispose]() {
      if (running) stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Debian keeps each version in a folder of its own. */
function serverBinaries(): string | undefined {
  const root = '/usr/lib/postgresql';
  const versions = existsSync(root) ? readdirSync(root).sort((a, b) => Number(b) - Number(a)) : [];
  return versions.map((version) => join(root, version, 'bin')).find((folder) => existsSync(join(folder, 'initdb')));
}
