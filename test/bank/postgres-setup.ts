import type { TestProject } from 'vitest/node';
import { startServer } from './postgres-server.js';

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder of the socket of a PostgreSQL server that the tests may use; empty where there is none. */
    readonly postgres: string;
  }
}

/** Starts a PostgreSQL server that the tests share, and stops it after them. */
export default async function setup(project: TestProject): Promise<(() => Promise<void>) | undefined> {
  const server = await startServer();
  project.provide('postgres', server?.folder ?? '');
  if (server) return () => server[Symbol.asyncDispose]() as Promise<void>;
  console.log('banks in PostgreSQL: skipped, because there is no server here: apt-get install postgresql-15');
  return undefined;
}
