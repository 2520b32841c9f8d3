import { writeSync } from 'node:fs';
import files, { open } from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { saveFile } from '../../src/search/save-file-node.js';
import { version } from './versions.js';

// Saves one version after the other until it is killed, and says on a line of its own what it is about to do: `write 7`, `sync 7`,
// `rename 7`, `folder 7` (after the renaming), `saved 7`. After each line it waits a little, so that a kill can fall on that very spot.
const path = process.argv[2] as string;
let number = Number(process.argv[3]);

function about(phase: string): void {
  writeSync(1, `${phase} ${number}\n`);
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
}

const file = await open(process.execPath);
await file.close();
const handle = Object.getPrototypeOf(file) as typeof file;
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

for (; ; ++number) {
  await saveFile(path, [version(number)]);
  about('saved');
}
