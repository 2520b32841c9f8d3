// Memory: `egide hash` over 1,000 pictures, and one picture of 12 megapixels decoded and hashed. Linux only: it reads /proc.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { load } from '../dist/entry/node.js';
import { hand, photographs, require } from './measure.mjs';

const PICTURES = 1000;
const STEP = 100;
const MIB = 1024 * 1024;
const LARGE = [4000, 3000];
const CLI = fileURLToPath(new URL('../dist/cli/main.js', import.meta.url));

/** 1,000 files, no two alike: five photographs, widths from 601 to 800 pixels. */
async function writeVariants(folder) {
  const files = await photographs(900, 700);
  for (let i = 0; i < PICTURES; ++i) {
    const width = 601 + Math.floor(i / files.length);
    const bytes = await sharp(files[i % files.length].bytes)
      .resize({ width })
      .jpeg({ quality: 80 })
      .toBuffer();
    writeFileSync(join(folder, `${String(i).padStart(4, '0')}.jpg`), bytes);
  }
}

const residentMiB = (pid, field) =>
  (Number(new RegExp(`${field}:\\s+(\\d+) kB`).exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) * 1024) / MIB;

/** Runs the command as a person would, and looks at it after each hundredth line that it prints. */
async function hashFolder(folder) {
  const child = spawn(process.execPath, [CLI, 'hash', folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  const samples = [];
  const hashes = new Set();
  for await (const line of createInterface({ input: child.stdout })) {
    require(/^[0-9a-f]{64},\d+,/.test(line), line);
    hashes.add(line);
    if (hashes.size % STEP === 0) samples.push({ pictures: hashes.size, rssMiB: residentMiB(child.pid, 'VmRSS') });
  }
  require(hashes.size === PICTURES, `${hashes.size} pictures were hashed`);
  return samples;
}

const WORKS = {
  decode: (egide, bytes) => egide.decode(bytes),
  hash: async (egide, bytes) => egide.pdq.hash(await egide.decode(bytes)),
  // Hashing without holding the event loop takes a copy of the pixels: the caller may transfer them meanwhile.
  hashAsync: async (egide, bytes) => egide.pdq.hashAsync(await egide.decode(bytes)),
};

/** Growth of this process at its peak, after one small picture has loaded everything that stays. The file was made by another process. */
async function growth(name, largeFile, smallFile) {
  const work = WORKS[name];
  const egide = await load({ backend: 'native' });
  await work(egide, readFileSync(smallFile));
  const bytes = readFileSync(largeFile);
  globalThis.gc();
  writeFileSync('/proc/self/clear_refs', '5'); // forgets the peak so far: proc(5)
  const before = residentMiB('self', 'VmRSS');
  const answer = await work(egide, bytes);
  require(name === 'decode' ? answer.width === LARGE[0] : answer.quality > 50, name);
  return { work: name, growthMiB: residentMiB('self', 'VmHWM') - before };
}

async function growths(folder) {
  const [large, small] = [join(folder, 'large.jpg'), join(folder, 'small.jpg')];
  writeFileSync(large, (await photographs(...LARGE))[0].bytes);
  writeFileSync(small, (await photographs(512, 512))[0].bytes);
  const script = fileURLToPath(import.meta.url);
  return Object.keys(WORKS).map((name) =>
    JSON.parse(execFileSync(process.execPath, ['--expose-gc', script, name, large, small], { encoding: 'utf8' })),
  );
}

async function main() {
  const [pictures, others] = [1, 2].map(() => mkdtempSync(join(tmpdir(), 'egide-bench-')));
  try {
    await writeVariants(pictures);
    hand({ samples: await hashFolder(pictures), growths: await growths(others) });
  } finally {
    for (const folder of [pictures, others]) rmSync(folder, { recursive: true });
  }
}

const [name, ...files] = process.argv.slice(2);
if (name) hand(await growth(name, ...files));
else await main();
