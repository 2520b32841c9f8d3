import { writeSync } from 'node:fs';
import files, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

/** What is being made, by its number. */
export const current = { number: 0 };

/** Says on a line of its own what comes next, such as `sync 7`, and waits a little, so that a kill can fall on that very spot. */
export function about(phase: string): void {
  writeSync(1, `${phase} ${current.number}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

/** From now on, saving says `write`, `sync`, `rename` and, after the renaming, `folder`. */
export async function announceSaving(): Promise<void> {
  const file = await open(process.execPath);
  await file.close();
  const handle = Object.getPrototypeOf(file) as typeof file; // all share it
  const { write, sync } = handle as unknown as Record<'write' | 'sync', (...args: unknown[]) => Promise<unknown>>;
  const { rename } = files;
  Object.assign(handle, {
    write(this: unknown, ...args: unknown[]) {
      about('write');
      return write.apply(this, args);
    },
    async sync(this: typeof file) {
      about((await this.stat()).isFile() ? 'sync' : 'folder');
      return sync.call(this);
    },
  });
  files.rename = (...args) => {
    about('rename');
    return rename(...args);
  };
  syncBuiltinESMExports();
}
