// Matches kept uploads in a bank on disk with hashes that are new: node bench/rematch.mjs. EGIDE_REMATCH_UPLOADS (default 1,000,000) PDQ
// hashes are kept once, in a folder of the system's for temporary files, 70 bytes each; EGIDE_REMATCH_NEW (default 10,000) come. It checks the
// answer: every planted pair is found, and nothing else. With FAISS in .cache/faiss (bench/run-search.mjs installs it) it does the same work at
// EGIDE_REMATCH_PEER (default 1,000,000) hashes. Prints one line of JSON.
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { fileURLToPath } from 'node:url';
import { load } from '../dist/entry/node.js';
import { hand, require, timed } from './measure.mjs';
import { HASH_BYTES, RADIUS } from './search-data.mjs';

const UPLOADS = Number(process.env.EGIDE_REMATCH_UPLOADS ?? 1_000_000);
const NEW = Number(process.env.EGIDE_REMATCH_NEW ?? 10_000);
const PEER = Math.min(UPLOADS, Number(process.env.EGIDE_REMATCH_PEER ?? 1_000_000));
const BATCH = 16_384;
const FORGOTTEN = 20;

const python = fileURLToPath(new URL('../.cache/faiss/bin/python', import.meta.url));
const peerProgram = fileURLToPath(new URL('faiss_peer.py', import.meta.url));

const idOf = (upload) => `upload-${String(upload).padStart(12, '0')}`;
/** The hashes of one batch, the same whenever they are asked for. No word is in two of them: the finalizer of MurmurHash3 (A. Appleby) loses nothing. */
function batchHashes(batch) {
  const words = new Uint32Array((HASH_BYTES / 4) * BATCH);
  for (let i = 0, n = batch * words.length; i < words.length; ++i, ++n) {
    let word = Math.imul(n ^ (n >>> 16), 0x85ebca6b);
    word = Math.imul(word ^ (word >>> 13), 0xc2b2ae35);
    words[i] = word ^ (word >>> 16);
  }
  return new Uint8Array(words.buffer);
}

/** The upload that a new hash is made of. */
const uploadOf = (number) => Math.floor((number * UPLOADS) / NEW);

/** Bits that a new hash differs by, from 0 to a little more than the radius; every third one is a negative's. */
const bitsOf = (number) => number % (RADIUS + 9);
const isNegative = (number) => number % 3 === 0;

function newHash(upload, number) {
  const hash = isNegative(number) ? upload.map((byte) => ~byte) : upload.slice();
  for (let bit = 0; bit < bitsOf(number); ++bit) hash[(5 * bit + number) % HASH_BYTES] ^= 1 << (bit >> 5);
  return hash;
}

/** Keeps all uploads, and gives the new hashes. */
async function keepAll(bank, record) {
  let next = 0;
  for (let first = 0, batch = 0; first < UPLOADS; first += BATCH, ++batch) {
    const hashes = batchHashes(batch);
    const uploads = Array.from({ length: Math.min(BATCH, UPLOADS - first) }, (_, i) => ({
      id: idOf(first + i),
      at: 1_700_000_000_000 + 10 * (first + i),
      pdq: hashes.subarray(HASH_BYTES * i, HASH_BYTES * (i + 1)),
    }));
    for (; next < NEW && uploadOf(next) < first + uploads.length; ++next) record(next, newHash(uploads[uploadOf(next) - first].pdq, next));
    await bank.uploads.keep(uploads);
  }
}

/** In a process of its own: what it takes of memory is told by itself. */
async function rematchAll(path) {
  const bank = await (await load()).openBank(path, { create: false });
  const delay = monitorEventLoopDelay({ resolution: 1 });
  delay.enable();
  const usage = process.cpuUsage();
  const started = performance.now();
  const found = [];
  const onProgress = ({ uploads, total }) =>
    process.env.EGIDE_REMATCH_WATCH &&
    process.stderr.write(`${uploads} of ${total}, ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
  for await (const { upload, entry, distance, negative } of bank.rematch({ maxDistance: RADIUS, onProgress }))
    found.push([upload.id, Number(entry.key), distance, negative]);
  const wallSeconds = (performance.now() - started) / 1000;
  const { user, system } = process.cpuUsage(usage);
  delay.disable();
  await bank.close();
  hand({
    found,
    wallSeconds,
    cpuSeconds: (user + system) / 1e6,
    peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
    longestTurnMs: Math.round(delay.max / 1e6),
  });
}

function check(found) {
  const got = found.map((match) => match.join(' ')).sort();
  const wanted = [];
  for (let number = 0; number < NEW; ++number)
    if (bitsOf(number) <= RADIUS) wanted.push(`${idOf(uploadOf(number))} ${number} ${bitsOf(number)} ${isNegative(number)}`);
  require(got.join() === wanted.sort().join(), `${got.length} matches, where ${wanted.length} were planted`);
  return got.length;
}

/** What FAISS takes for the same: an index of the uploads, asked with the new hashes and their complements, of which some stand for all. */
async function peerSeconds(folder, setting, fresh, asked) {
  const path = join(folder, 'hashes');
  if (!existsSync(path))
    writeFileSync(
      path,
      Buffer.concat(Array.from({ length: Math.ceil(PEER / BATCH) }, (_, i) => batchHashes(i))).subarray(0, HASH_BYTES * PEER),
    );
  const peer = spawn(python, [peerProgram, setting, path], { stdio: ['pipe', 'pipe', 'inherit'] });
  const chunks = peer.stdout[Symbol.asyncIterator]();
  let held = Buffer.alloc(0);
  const take = async (count) => {
    while (held.length < count) held = Buffer.concat([held, (await chunks.next()).value]);
    const taken = held.subarray(0, count);
    held = held.subarray(count);
    return taken;
  };
  const buildSeconds = (await take(16)).readDoubleLE(0);
  const queries = [fresh[0], ...Array.from({ length: asked }, (_, i) => fresh[Math.floor((i * NEW) / asked)])];
  const head = Buffer.alloc(8);
  head.writeUInt32LE(queries.length, 0);
  head.writeUInt32LE(RADIUS, 4);
  peer.stdin.write(Buffer.concat([head, ...queries]));
  let us = 0;
  for (let i = 0; i < asked; ++i) {
    const answer = await take(12);
    us += answer.readDoubleLE(0);
    await take(8 * answer.readUInt32LE(8));
  }
  peer.stdin.end();
  return buildSeconds + (2 * NEW * us) / asked / 1e6;
}

async function main() {
  const folder = mkdtempSync(join(tmpdir(), 'egide-bench-'));
  try {
    const path = join(folder, 'bank');
    const bank = await (await load()).openBank(path);
    const fresh = [];
    const keeping = await timed(() => keepAll(bank, (number, hash) => (fresh[number] = hash)));
    const updates = new Map(fresh.map((value, number) => [`${number}`, { key: `${number}`, signals: [{ type: 'pdq', value }] }]));
    await bank.apply('a', { updates, problems: [], read: NEW });
    const { byteLength } = await bank.status();
    await bank.close();
    const self = fileURLToPath(import.meta.url);
    const { found, ...figures } = JSON.parse(
      execFileSync(process.execPath, [self, path], { maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'inherit'] }),
    );
    const again = await (await load()).openBank(path);
    const forgetting = await timed(() =>
      again.uploads.forget(Array.from({ length: FORGOTTEN }, (_, i) => idOf(Math.floor((i * UPLOADS) / FORGOTTEN)))),
    );
    require(forgetting.made === FORGOTTEN, `${forgetting.made} uploads of ${FORGOTTEN} were forgotten`);
    await again.close();
    const cpuPerUpload = figures.cpuSeconds / UPLOADS;
    const peers = {};
    if (existsSync(python))
      for (const [setting, asked] of [
        ['flat', 400],
        ['16x16x1', 2_000],
      ]) {
        const seconds = await peerSeconds(folder, setting, fresh, asked);
        peers[setting] = {
          hashes: PEER,
          cpuSeconds: Number(seconds.toFixed(1)),
          ratio: Number((seconds / PEER / cpuPerUpload).toFixed(1)),
        };
      }
    hand({
      uploads: UPLOADS,
      fresh: NEW,
      found: check(found),
      keptPerCpuSecond: Math.round(UPLOADS / keeping.seconds),
      bytesPerUpload: Number((byteLength / UPLOADS).toFixed(1)),
      wallSeconds: Number(figures.wallSeconds.toFixed(1)),
      cpuSeconds: Number(figures.cpuSeconds.toFixed(1)),
      comparisonsPerSecond: Number(((2 * UPLOADS * NEW) / figures.wallSeconds).toExponential(2)),
      peakMiB: figures.peakMiB,
      longestTurnMs: figures.longestTurnMs,
      forgetCpuSeconds: Number(forgetting.seconds.toFixed(2)),
      peers,
      load: loadavg().map((load) => Number(load.toFixed(1))),
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [, , bankToMatch] = process.argv;
await (bankToMatch === undefined ? main() : rematchAll(bankToMatch));
