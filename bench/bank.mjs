// Imports rows of CSV into an embedded bank, beside what the database itself takes, imports them again, and again with one in a hundred changed,
// makes a snapshot and searches in it, and writes an overlay of some changes: node bench/bank.mjs [rows] (default 1,000,000; ten million with EGIDE_BENCH_LARGE=1).
// It checks the answers: every row is there, and what is searched is what was written. Prints one line of JSON.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import Database from 'libsql';
import { load } from '../dist/entry/node.js';
import { hand, require, timed } from './measure.mjs';

const rows = Number(process.argv[2] ?? (process.env.EGIDE_BENCH_LARGE === '1' ? 10_000_000 : 1_000_000));
const ROW_BYTES = 48; // an MD5 digest and a PDQ hash
const ROWS_PER_CHUNK = 1_000;
const ROWS_PER_TRANSACTION = 5_000;
const SEARCHES = 1_000;
const RADIUS = 31;
/** One row in so many is another one in the changed file. */
const CHANGED_EVERY = 100;
/** Entries that are replaced once there is a snapshot. */
const OVERLAID = 100;

/** Words of a row that no other row has: a multiplication by an odd number loses nothing (Knuth, volume 2, 3.2.1). */
function writeValue(row, into) {
  const words = new Uint32Array(into.buffer, into.byteOffset, ROW_BYTES / 4);
  for (let i = 0; i < words.length; ++i) words[i] = Math.imul(row + 1, 0x9e3779b1 + 2 * i) ^ (row >>> i);
}

const keyOf = (row) => `entry-${String(row).padStart(9, '0')}`;

/** The list as a file would give it; each `changedEvery`th row as another one. */
async function* csv(changedEvery = Infinity) {
  yield Buffer.from('id,md5,pdq\n');
  const value = Buffer.alloc(ROW_BYTES);
  for (let row = 0; row < rows; ) {
    let text = '';
    for (const end = Math.min(rows, row + ROWS_PER_CHUNK); row < end; ++row) {
      writeValue((row + 1) % changedEvery === 0 ? row + rows : row, value);
      text += `${keyOf(row)},${value.toString('hex', 0, 16)},${value.toString('hex', 16)}\n`;
    }
    yield Buffer.from(text);
  }
}

/** What the database takes one by one: the ceiling of a bank that thinks of nothing. */
function bare(path) {
  const database = new Database(path);
  database.exec('pragma journal_mode=wal; pragma synchronous=full');
  database.exec('create table entry (list integer, key text, value blob, primary key (list, key)) without rowid');
  const insert = database.prepare('insert into entry values (?, ?, ?) on conflict do update set value=excluded.value');
  const value = Buffer.alloc(ROW_BYTES);
  for (let row = 0; row < rows; ) {
    database.exec('begin');
    for (const end = Math.min(rows, row + ROWS_PER_TRANSACTION); row < end; ++row) {
      writeValue(row, value);
      insert.run([1, keyOf(row), value]);
    }
    database.exec('commit');
  }
  require(database.prepare('select count(*) as count from entry').all([])[0].count === rows, 'the ceiling lost rows');
}

/** MiB of a process as Linux counts them: `VmHWM` at its peak, `RssAnon` its own memory, `RssFile` pages of files. */
function memoryMiB(field) {
  return Number(new RegExp(`${field}:\\s+(\\d+)`).exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? Number.NaN) / 1024;
}

/** In a process of its own: makes a snapshot of a bank. */
async function makeSnapshot(folder, file) {
  const egide = await load();
  const bank = await egide.openBank(folder);
  const started = performance.now();
  const { seconds } = await timed(() => egide.saveSnapshot(bank, file));
  const wallSeconds = (performance.now() - started) / 1000;
  await bank.close();
  return { seconds, wallSeconds, fileMiB: statSync(file).size / 2 ** 20, peakMiB: memoryMiB('VmHWM') };
}

/** In a process of its own: what a scanner holds of a snapshot. */
async function searchSnapshot(file) {
  const egide = await load();
  const before = memoryMiB('RssAnon');
  const snapshot = await egide.openSnapshot(file);
  const openedMiB = memoryMiB('RssAnon') - before;
  const [list] = snapshot.lists;
  require(list.entryCount === rows, `the snapshot has ${list.entryCount} entries`);
  // A key that the filter of keys takes for a repeated one has a name of its content after it (docs/lists.md).
  const isOf = (row) => (id) => list.entry(id).id.split('~')[0] === keyOf(row);
  const value = Buffer.alloc(ROW_BYTES);
  for (let i = 0; i < SEARCHES; ++i) {
    const row = Math.floor((i * rows) / SEARCHES);
    writeValue((row + 1) % CHANGED_EVERY === 0 ? row + rows : row, value);
    require(list.digests.md5.find(value.subarray(0, 16)).some(isOf(row)), `the digest of row ${row} is not found`);
    require(list.pdq
      .search(value.subarray(16), { maxDistance: RADIUS })
      .hits.some(({ id }) => isOf(row)(id)), `the hash of row ${row} is not found`);
  }
  return { openedMiB, searchedMiB: memoryMiB('RssAnon') - before, fileMiB: memoryMiB('RssFile') };
}

/** In a process of its own: some entries are others now, and are found by a scanner that opens the snapshot. */
async function overlaySnapshot(folder, file) {
  const egide = await load();
  const bank = await egide.openBank(folder);
  const changed = Array.from({ length: OVERLAID }, (_, i) => {
    const value = Buffer.alloc(ROW_BYTES);
    writeValue(2 * rows + i, value);
    return { key: keyOf(Math.floor((i * rows) / OVERLAID)), value: value.subarray(16) };
  });
  const updates = new Map(changed.map(({ key, value }) => [key, { key, signals: [{ type: 'pdq', value }] }]));
  await bank.apply('a', { updates, problems: [], read: OVERLAID });
  const started = performance.now();
  const { made, seconds } = await timed(async () => {
    const { wrote } = await egide.saveSnapshot(bank, file);
    return { wrote, snapshot: await egide.openSnapshot(file) };
  });
  const wallSeconds = (performance.now() - started) / 1000;
  await bank.close();
  require(made.wrote === 'overlay', `saved as ${made.wrote}`);
  const [list] = made.snapshot.lists;
  for (const { key, value } of changed)
    require(list.pdq
      .search(value, { maxDistance: 0 })
      .hits.some(({ id }) => list.entry(id).id === key), `the change of ${key} is not found`);
  return { changes: OVERLAID, seconds, wallSeconds };
}

/** Runs a part of this program in a process of its own. */
function apart(part, ...paths) {
  const args = [fileURLToPath(import.meta.url), String(rows), part, ...paths];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }));
}

/** Imports, and the rows a second of processor time without the making of the text, which a file would not take. */
async function imported(bank, changedEvery, makingSeconds, onProgress) {
  const started = performance.now();
  const { made, seconds } = await timed(() => bank.import(csv(changedEvery), { list: 'a', onProgress }));
  const wallSeconds = (performance.now() - started) / 1000;
  return { made, rowsPerSecond: rows / (seconds - makingSeconds), wallRowsPerSecond: rows / (wallSeconds - makingSeconds) };
}

async function measure(folder) {
  const ceilings = [(await timed(() => bare(join(folder, 'before.db')))).seconds];
  const making = await timed(async () => {
    for await (const _ of csv());
  });
  const place = join(folder, 'bank');
  const bank = await (await load()).openBank(place);
  const residentMiB = []; // after each tenth
  const first = await imported(bank, Infinity, making.seconds, ({ read }) => {
    if (read >= (rows / 10) * (residentMiB.length + 1)) residentMiB.push(Math.round(memoryMiB('VmRSS')));
  });
  require(first.made.added === rows && first.made.problems.length === 0, `${first.made.added} rows of ${rows} were added`);
  ceilings.push((await timed(() => bare(join(folder, 'after.db')))).seconds);
  const again = await imported(bank, Infinity, making.seconds);
  require(again.made.unchanged === rows && again.made.withdrawn === 0, 'the second time something had changed');
  const changed = await imported(bank, CHANGED_EVERY, making.seconds);
  // Of 10 million keys one in 250 is taken for a repeated one, and has its content in it (record-keys.ts): it goes, and another comes.
  const { replaced, added, withdrawn } = changed.made;
  require(replaced + added === rows / CHANGED_EVERY &&
    added === withdrawn, `${replaced} rows were replaced, ${added} added, ${withdrawn} withdrawn`);
  const ceilingSeconds = (ceilings[0] + ceilings[1]) / 2;
  const { byteLength } = await bank.status();
  await bank.close();
  const file = join(folder, 'snapshot');
  return {
    rows,
    ceiling: rows / ceilingSeconds,
    ofCeiling: (first.rowsPerSecond * ceilingSeconds) / rows,
    import: first.rowsPerSecond,
    importWall: first.wallRowsPerSecond,
    unchanged: again.rowsPerSecond,
    changed: changed.rowsPerSecond,
    bytesPerRow: byteLength / rows,
    residentMiB,
    snapshot: apart('snapshot', place, file),
    scanner: apart('scanner', file),
    overlay: apart('overlay', place, file),
  };
}

const [, , , part, ...paths] = process.argv;
if (part === 'snapshot') hand(await makeSnapshot(...paths));
else if (part === 'scanner') hand(await searchSnapshot(...paths));
else if (part === 'overlay') hand(await overlaySnapshot(...paths));
else {
  const folder = mkdtempSync(join(tmpdir(), 'egide-bench-'));
  try {
    hand(await measure(folder));
  } finally {
    rmSync(folder, { recursive: true });
  }
}
