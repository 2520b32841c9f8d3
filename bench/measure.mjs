// What the benchmarks share: medians, turns, pictures, and how a part hands its figures to run.mjs.
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import sharp from 'sharp';

/** Milliseconds given to each row of a table: EGIDE_BENCH_MS, by default 1,500. */
export const ROW_MS = Number(process.env.EGIDE_BENCH_MS ?? 1500);

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

/** Stops the program: a benchmark of a wrong answer means nothing. */
export function require(holds, what) {
  if (!holds) throw new Error(`wrong answer: ${what}`);
}

/** The one line of JSON that run.mjs reads. */
export function hand(figures) {
  process.stdout.write(`${JSON.stringify(figures)}\n`);
}

/**
 * Lets every contender work in turn until the time is used up, at least five rounds, so that all of them meet the same weather. A turn
 * begins with one piece of work that is not counted, and has a multiple of `pieces`. Times are milliseconds for one piece: on the wall, and
 * of processor time of the whole process, decoding threads included. A contender with `turn` (another process) times its turns itself.
 */
export async function interleave(contenders, { turnMs, pieces = 1, ms = ROW_MS, leastRounds = 5 }) {
  const figures = contenders.map(({ name }) => ({ name, wall: [], cpu: [] }));
  const end = performance.now() + ms;
  for (let round = 0; round < leastRounds || performance.now() < end; ++round)
    for (const [i, contender] of contenders.entries()) {
      const { wall, cpu } = contender.turn ? await contender.turn() : await turnOf(contender.work, turnMs, pieces);
      figures[i].wall.push(wall);
      figures[i].cpu.push(cpu);
    }
  return figures.map(({ name, wall, cpu }) => ({ name, wallMs: median(wall), cpuMs: median(cpu), turns: wall.length }));
}

async function turnOf(work, turnMs, atLeast) {
  await work();
  const usage = process.cpuUsage();
  const started = performance.now();
  let pieces = 0;
  let wall = 0;
  // The clocks are asked after 1, 2, 4 ... pieces: asking takes about as long as the shortest piece.
  for (let next = atLeast; wall < turnMs; next *= 2) {
    for (; pieces < next; ++pieces) {
      const pending = work();
      if (pending instanceof Promise) await pending;
    }
    wall = performance.now() - started;
  }
  const { user, system } = process.cpuUsage(usage);
  return { wall: wall / pieces, cpu: (user + system) / 1000 / pieces };
}

/** What some work made, and the seconds of processor time that it took. */
export async function timed(work) {
  const usage = process.cpuUsage();
  const made = await work();
  const { user, system } = process.cpuUsage(usage);
  return { made, seconds: (user + system) / 1e6 };
}

const PHOTOGRAPHS = ['airplane-from-above', 'allium-oreophilum', 'french-alpine-landscape', 'locomotion-house-cat', 'nagasaki-boats'].map(
  (name) => new URL(`../examples/pictures/${name}.jpg`, import.meta.url),
);

/**
 * The five photographs of examples/pictures, cropped and scaled to a size, as JPEG files of quality 90. They have at most 900 pixels a side:
 * larger ones are enlarged. `grained` adds noise, without which an enlarged picture is far easier to decode than a camera's.
 */
export async function photographs(width, height, { grained = true } = {}) {
  const grain = { input: grainTile(), raw: { width: GRAIN_SIDE, height: GRAIN_SIDE, channels: 3 }, tile: true, blend: 'overlay' };
  const files = [];
  for (const url of PHOTOGRAPHS) {
    const scaled = await sharp(readFileSync(url))
      .resize(width, height, { fit: 'cover' })
      .toColourspace('srgb')
      .png({ compressionLevel: 0 })
      .toBuffer();
    const bytes = await sharp(scaled)
      .composite(grained ? [grain] : [])
      .jpeg({ quality: 90 })
      .toBuffer();
    files.push({ name: basename(url.pathname), bytes });
  }
  return files;
}

const GRAIN_SIDE = 256;

/** Noise around middle grey, the sum of four throws. Seeded. */
function grainTile() {
  let state = 2463534242;
  const next = () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 24) - 127.5;
  };
  return Uint8Array.from({ length: GRAIN_SIDE * GRAIN_SIDE * 3 }, () => 127.5 + (next() + next() + next() + next()) / 12);
}
